"""`changepassword`: Django's, under the same rules as every new password, and logged."""

from django.core.management.base import BaseCommand

from ...choices import Action
from ...models.event import COMMAND_LINE
from ...operations.prepare import prepare
from ..cli import account_named, ask_password, refusals_as_command_errors


class Command(BaseCommand):
    """Sets the password of an account."""

    help = "Set the password of USERNAME, which is asked for. It ends all their sessions."

    def add_arguments(self, parser):
        parser.add_argument("username", help="whose password it is")

    def handle(self, *, username, **options):
        prepare(self)
        user = account_named(username)
        password = ask_password(username, otherwise="`reset_password` prints a link to choose one")
        with refusals_as_command_errors(Action.PASSWORD_CHANGE, user):
            user.change_password(COMMAND_LINE, password)
        self.stdout.write(f"{username} has a new password.")
