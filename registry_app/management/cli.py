"""What commands share: organizations, teams and accounts by their names, and refusals as errors of a command."""

from contextlib import contextmanager
from getpass import getpass

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import Error

from .. import rules
from ..database.availability import fault_of
from ..models import Organization, User
from ..models.event import COMMAND_LINE, refusals_logged
from ..models.validation import format_errors


def organization_named(slug):
    """The organization that `slug` names in addresses; CommandError where there is none."""
    if organization := Organization.objects.filter(slug=slug).first():
        return organization
    known = ", ".join(Organization.objects.values_list("slug", flat=True)) or "none"
    raise CommandError(f"There is no organization {slug}. Name it as its addresses do; there are: {known}.")


def account_named(username: str) -> User:
    """The account with just this username; CommandError where there is none."""
    if user := User.objects.filter(username=username).first():
        return user
    raise CommandError(f"There is no account {username}.")


def team_named(organization, name):
    """The organization's team `name`, in whatever case; CommandError where there is none."""
    if team := organization.teams.filter(name_key=rules.name_key(name)).first():
        team.organization = organization
        return team
    known = ", ".join(organization.teams.values_list("name", flat=True)) or "none"
    raise CommandError(f"{organization} has no team {name}. There are: {known}.")


def ask_password(username: str, otherwise: str = "set REGISTRY_ADMIN_PASSWORD") -> str:
    """The password that is typed twice for `username`.

    Raises CommandError where the two differ, or where there is no terminal: then it says what to do `otherwise`.
    """
    try:
        password, again = getpass(f"Password for {username}: "), getpass("Again: ")
    except EOFError:
        raise CommandError(f"There is no terminal to ask for a password: {otherwise}.") from None
    if password != again:
        raise CommandError("The two passwords differ. Nothing was done.")
    return password


@contextmanager
def refusals_as_command_errors(action, target):
    """Let the block do `action` to `target`, whole or not at all.

    A refusal is logged, and raised as a CommandError; so is a database that is busy or out of reach.
    """
    try:
        with refusals_logged(COMMAND_LINE, action, target):
            yield
    except ValidationError as error:
        raise CommandError(format_errors(error)) from error
    except Error as error:
        if not (fault := fault_of(error)):
            raise
        raise CommandError(f"{fault.message} Nothing was done.") from error
