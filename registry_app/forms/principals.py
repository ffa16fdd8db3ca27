"""Whom a form names: people by username or email address, teams by name, several at once."""

import re
from collections.abc import Collection, Container, Iterable
from difflib import get_close_matches
from itertools import chain
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.text import get_text_list

from .. import rules
from ..models import Organization, OrganizationMembership, Team, User
from .base import FilterForm
from .widgets import NamesInput

AT_ONCE = 100  # names in one call
NEAREST = 3  # names that a wrong one may have meant, and wrong ones that are explained
COMPARED = 1000  # names that a wrong one is compared with
LINES, SEPARATORS = re.compile(r"[\n\t]"), re.compile("[,;，；]")  # between cells of a spreadsheet; inside a line
OWN_LINE = "A name with a comma in it needs a line of its own."
AMBIGUOUS = (
    "“{}” is a team, and its parts are names too. To name these, write one a line. "
    "To name the team, first give it a name without a comma."
)
LONGEST = 150  # characters of a name that may mean another: as many as a username has


class PrincipalsField(forms.CharField):
    """Names, one a line or cell, or several in a line with commas or semicolons between, as a list without doubles.

    Where it takes teams, a line that is a team's name is that team, because such a name may have a comma: `ask_for`
    says so. Refuses with `ambiguous` a line whose parts are all names too, and with `too_many`.
    """

    widget = NamesInput
    looker: OrganizationMembership | None = None  # where it takes teams: the membership that names them
    takes_people = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20_000, error_messages={"required": "Name at least one."}, **kwargs)

    def clean(self, value: Any) -> list[str]:
        """The names, cleaned; order kept."""
        lines = list(dict.fromkeys(_split(LINES, super().clean(value))))
        teams = self._teams([line for line in lines[:AT_ONCE] if SEPARATORS.search(line)])
        parts = [[line] if line in teams else _split(SEPARATORS, line) for line in lines]
        names = list(dict.fromkeys(chain.from_iterable(parts)))
        if self.required and not names:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(names) > AT_ONCE:
            raise ValidationError(f"At most {AT_ONCE} at once; these are {len(names)}.", code="too_many")
        return names

    def _teams(self, lines):
        """Those of `lines` that are teams. One that may mean several others as well is refused, never guessed."""
        if not (lines and self.looker):
            return []
        teams = find_teams(self.looker.organization, lines)
        parts = {line: _split(SEPARATORS, line) for line in teams}
        names = list(dict.fromkeys(chain.from_iterable(parts.values())))
        known = {*find_teams(self.looker.organization, names)}
        known |= {*find_users(self.looker, names)} if self.takes_people else set()
        unclear = [line for line in teams if parts[line] and known.issuperset(parts[line])]
        if unclear:
            raise ValidationError([ValidationError(AMBIGUOUS.format(line), code="ambiguous") for line in unclear])
        return teams


def _split(separators, text):
    """The names in `text` that `separators` stand between, cleaned; order kept."""
    return list(filter(None, map(rules.clean_name, separators.split(text))))


class NamesTyped(FilterForm):
    """What stands in a field of names while one types. The field's name says whom it takes."""

    person = forms.CharField(required=False, max_length=254)
    people = forms.CharField(required=False, max_length=20_000)
    others = forms.CharField(required=False, max_length=20_000)
    teams = forms.CharField(required=False, max_length=20_000)
    holders = forms.CharField(required=False, max_length=20_000)


def suggest(form: forms.Form, name: str, looker: OrganizationMembership) -> None:
    """Let field `name` suggest people, and teams if it takes them, of the organization of `looker`."""
    widget: Any = form.fields[name].widget
    widget.suggest(reverse("members:suggestions", args=[looker.organization.slug]))


def ask_for(form: forms.Form, name: str, looker: OrganizationMembership, people: str = "", teams: str = "") -> None:
    """Let the PrincipalsField `name` take and suggest what `looker` may name; `people` and `teams` begin its help."""
    field: Any = form.fields[name]
    field.help_text = f"{', or '.join(filter(None, [people, teams]))}, one a line or separated by commas."
    if teams:
        field.looker, field.takes_people = looker, bool(people)
        field.help_text += f" {OWN_LINE}"
    suggest(form, name, looker)


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


def refuse_unknown(
    looker: OrganizationMembership,
    names: Iterable[str],
    found: Container[str],
    *,
    people: bool = True,
    teams: bool = False,
) -> None:
    """Refuse each of `names` that isn't among those `found`, with `not_in_organization`.

    The first are told which names are the nearest, of people and of teams, of those that may be named.
    """
    missing = [name for name in names if name not in found]
    texts = {name: f"{'Nobody' if people else 'No team'} here is called {name[:60]}." for name in missing}
    for name in [name for name in missing if len(name) <= LONGEST][:NEAREST]:
        if nearest := _nearest(looker.organization, name, people, teams):
            texts[name] += f" Did you mean {get_text_list(nearest, 'or')}?"
            if any(map(SEPARATORS.search, nearest)):
                texts[name] += f" {OWN_LINE}"
    if missing:
        raise ValidationError([ValidationError(text, code=rules.NOT_HERE.code) for text in texts.values()])


def _nearest(organization, name, people, teams):
    """The names that `name` may have meant: those that contain it, and those that differ in few characters."""
    known: list[str] = []
    if people:
        near = Q(user__username__istartswith=name[0]) | Q(user__username__icontains=name)
        here = organization.memberships.of_active().filter(near).order_by("user__username")
        known += here.values_list("user__username", flat=True)[:COMPARED]
    if teams:
        known += organization.teams.order_by("name_key").values_list("name", flat=True)[:COMPARED]
    by_key = {rules.name_key(each): each for each in known}
    key = rules.name_key(name)
    keys = [*(each for each in by_key if key in each), *get_close_matches(key, by_key, NEAREST)]
    return [by_key[each] for each in list(dict.fromkeys(keys))[:NEAREST]]
