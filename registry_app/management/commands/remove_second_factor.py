"""`remove_second_factor`: for a person who lost phone, keys and recovery codes."""

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ...choices import Action
from ...models.event import COMMAND_LINE, record
from ...operations.prepare import prepare
from ..cli import account_named


class Command(BaseCommand):
    """Takes away all second factors of an account, recovery codes included, and logs it."""

    help = "Take away the second factors of USERNAME, who then signs in with the password alone. First check who asks."

    def add_arguments(self, parser):
        parser.add_argument("username", help="whose second factors they are")

    def handle(self, *, username, **options):
        prepare(self)
        user = account_named(username)
        with transaction.atomic():
            factors = Authenticator.objects.filter(user=user)
            kinds = sorted(factors.values_list("type", flat=True))
            if not kinds:
                raise CommandError(f"{username} has no second factor. Nothing was done.")
            factors.delete()
            changes = {"factor": [kinds, None]}
            record(COMMAND_LINE, Action.FACTOR_REMOVE, user, changes)
        self.stdout.write(f"{username} has no second factor any more.")
