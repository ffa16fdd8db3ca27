"""`create_organization`: what the set-up page does, for scripts, and for a second organization."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ...choices import Action, Target
from ...models import User, create_organization_with_admin
from ...models.event import COMMAND_LINE, AuditTarget
from ...operations.prepare import prepare
from ..cli import ask_password, refusals_as_command_errors


class Command(BaseCommand):
    """Founds an organization with its first admin."""

    help = (
        "Create an organization. Its admin's account is created where there is none, with the password from"
        " REGISTRY_ADMIN_PASSWORD or asked for."
    )

    def add_arguments(self, parser):
        parser.add_argument("name", help="name of the organization")
        parser.add_argument("--admin", required=True, metavar="USERNAME", help="who is its first admin")
        parser.add_argument("--email", default="", help="email address of a new account")

    def handle(self, *, name, admin, email, **options):
        prepare(self)
        password = "" if _has_account(admin, email) else settings.ADMIN_PASSWORD or ask_password(admin)
        with refusals_as_command_errors(Action.ORGANIZATION_CREATE, AuditTarget(Target.ORGANIZATION, None, name)):
            organization = create_organization_with_admin(name, admin, email, password, COMMAND_LINE)
        self.stdout.write(f"{organization} is created, with {admin} as its admin.")
        self.stdout.write(f"{settings.PUBLIC_URL}{organization.get_absolute_url()}")


def _has_account(username, email):
    """Whether the account is there; refuses one that `email` says is another person's, or a new one without email."""
    user = User.objects.filter(username=username).first()
    if user is None:
        if not email:
            raise CommandError(f"There is no account {username}; to create it, name its email address with --email.")
        return False
    if email and email.casefold() != user.email.casefold():
        raise CommandError(f"The account {username} has another email address. Nothing was done.")
    return True
