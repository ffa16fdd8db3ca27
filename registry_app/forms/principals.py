"""Whom a form names: people by username or email address, teams by name, several at once."""

import re
from collections.abc import Collection, Container, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .. import rules
from ..models import Organization, OrganizationMembership, Team, User

AT_ONCE = 100  # names in one call


class PrincipalsField(forms.CharField):
    """Names with commas, semicolons or line breaks between, as a list without doubles. Refuses with `too_many`."""

    widget = forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20_000, error_messages={"required": "Name at least one."}, **kwargs)

    def clean(self, value: Any) -> list[str]:
        """The names, cleaned; order kept."""
        parts = map(rules.clean_name, re.split(r"[,;\n]", super().clean(value)))
        names = list(dict.fromkeys(filter(None, parts)))
        if self.required and not names:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(names) > AT_ONCE:
            raise ValidationError(f"At most {AT_ONCE} at once; these are {len(names)}.", code="too_many")
        return names


def names_of_people(looker: OrganizationMembership) -> str:
    """By what the membership `looker` may name people, as the help of such a field begins."""
    return "Usernames or email addresses" if looker.is_admin else "Usernames"


def find_users(looker: OrganizationMembership, names: Collection[str]) -> dict[str, User]:
    """{name: user} of those active in the organization of the membership `looker`, who names them.

    Who is called exactly so comes before who differs in case or by address. Addresses find people for organization
    admins alone, who see them anyway: to anybody else a known address is nobody's.
    """
    here = looker.organization.memberships.of_active().select_related("user")
    users = [membership.user for membership in here.named(names, by_address=looker.is_admin)]
    folded = {user.email.lower(): user for user in users if user.email and looker.is_admin}
    folded |= {user.username.lower(): user for user in users}
    exact = {user.username: user for user in users}
    found = {name: exact.get(name) or folded.get(name.lower()) for name in names}
    return {name: user for name, user in found.items() if user}


def find_teams(organization: Organization, names: Collection[str]) -> dict[str, Team]:
    """{name: team} of the teams here."""
    teams = {team.name_key: team for team in organization.teams.filter(name_key__in=map(rules.name_key, names))}
    return {name: teams[rules.name_key(name)] for name in names if rules.name_key(name) in teams}


def refuse_unknown(names: Iterable[str], found: Container[str]) -> None:
    """Refuse each of `names` that isn't among those `found`, with `not_in_organization`."""
    missing = [name for name in names if name not in found]
    if missing:
        code = rules.NOT_HERE.code
        raise ValidationError([ValidationError(f"Nobody here is called {name[:60]}.", code=code) for name in missing])
