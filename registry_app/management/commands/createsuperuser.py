"""`createsuperuser`: Django's, under the same rules as every new account, and logged."""

from django.conf import settings
from django.core.management.base import BaseCommand

from ...choices import Action, Target
from ...models import make_superuser
from ...models.event import COMMAND_LINE, AuditTarget
from ...operations.prepare import prepare
from ..cli import ask_password, refusals_as_command_errors


class Command(BaseCommand):
    """Makes an account of site staff, with all rights."""

    help = (
        "Create an account of site staff, with all rights and in no organization. Its password comes from"
        " REGISTRY_ADMIN_PASSWORD or is asked for."
    )

    def add_arguments(self, parser):
        parser.add_argument("--username", required=True, help="the name to sign in by")
        parser.add_argument("--email", required=True, help="email address")

    def handle(self, *, username, email, **options):
        prepare(self)
        password = settings.ADMIN_PASSWORD or ask_password(username)
        with refusals_as_command_errors(Action.USER_CREATE, AuditTarget(Target.USER, None, username)):
            make_superuser(username, email, password, COMMAND_LINE)
        self.stdout.write(f"{username} is site staff.")
