"""`demo`: fills an empty installation, so that there is something to look at and an audit log that tells a story."""

import secrets

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from benchmarks.demo import churn, clock, organizations, others, people, training
from config import env
from registry_app.models import Organization
from registry_app.operations.prepare import prepare


class Command(BaseCommand):
    """Two organizations, and nine months of what people did in them. Three can sign in: their passwords are printed."""

    help = "Fill an empty installation with an example organization."

    def handle(self, **options):
        prepare(self)
        if Organization.objects.exists():
            raise CommandError("There is an organization already; the demo fills an empty installation only.")
        folder = env.data_dir / "artifacts"
        passwords = {name: secrets.token_urlsafe(12) for name in ("ada", "mel", "sam")}
        steps = [*people.steps(passwords), *organizations.steps(), *churn.steps(training.make(folder))]
        with transaction.atomic():
            clock.run([*steps, *others.steps(folder)])
        for name, what in (
            ("ada", "admin of Example Org, and of this installation"),
            ("mel", "member of Example Org, with a role in Safety_Classifiers"),
            ("sam", "admin of Partner Org"),
        ):
            self.stdout.write(f"{name}  {passwords[name]}  {what}")
        self.stdout.write("These passwords are shown only now.")
