"""Whom a field of names may mean, while one types into it."""

import re
from typing import Any

from django.db.models import Count, Q
from django.http import QueryDict

from .. import rules
from ..forms import NamesTyped, PeopleFilter
from ..forms.base import Wanted
from ..forms.principals import SEPARATORS
from ..models import OrganizationMembership, TeamMembership

SHOWN = 8
LONGEST = rules.KEY_LENGTH  # characters; a longer text is no name, and SQLite can't search for a very long one
WRITTEN = re.compile(rf"(?s).*{SEPARATORS.pattern}\s*|")  # the names before the one that is being typed


class Suggestions:
    """The first people, and teams where the field takes them, whose names contain what `membership` has typed.

    `params` holds what stands in the field, under the field's name. A wrong parameter is a BadRequest (400).
    """

    def __init__(self, membership: OrganizationMembership, params: QueryDict) -> None:
        form = NamesTyped(params)
        form.require()
        self.membership = membership
        self.field = next((name for name in form.fields if name in params), "")
        self.line = form.cleaned_data.get(self.field, "")
        self.before = WRITTEN.match(self.line)[0]  # type: ignore[index]  # it matches every text
        self.typed = self.line[len(self.before) :]

    @property
    def context(self) -> dict[str, Any]:
        """The context of members/suggestions.html: (line, name, note) of each name; the line is what choosing types.

        No name where there is one only, and that is typed already; nor where what is typed is longer than any name.
        """
        if len(self.typed) > LONGEST:
            return {"rows": []}
        found = [] if self.field == "teams" else self._people()
        found += self._teams() if self.field in {"teams", "holders"} else []
        key = rules.name_key(self.typed)
        found.sort(key=lambda row: (not rules.name_key(row[1]).startswith(key), rules.name_key(row[1])))
        return {"rows": [] if [row[0] for row in found] == [self.line] else found[:SHOWN]}

    def _people(self):
        """Those who can sign in. An admin finds them by address too; the note then shows the address."""
        wanted = Wanted({}, {"q": self.typed} if self.typed else {})
        people = PeopleFilter.narrow(self.membership.organization.memberships.of_active(), wanted, self.membership)
        people = people.annotate(begins=Q(user__username__istartswith=self.typed)).order_by("-begins", "user__username")
        shown = ["user__username", "user_id", "user__is_service", *["user__email"] * self.membership.is_admin]
        rows = list(people.values_list(*shown)[:SHOWN])
        teams = TeamMembership.objects.filter(user__in=[pk for _, pk, *_ in rows])
        teams = teams.filter(team__organization=self.membership.organization_id).order_by("team__name_key")
        of_user: dict[int, list[str]] = {}
        for pk, name in teams.values_list("user_id", "team__name"):
            of_user.setdefault(pk, []).append(name)
        found = []
        for name, pk, is_service, *address in rows:
            by_address = [] if self.typed.lower() in name.lower() else address
            note = [*["service account"] * is_service, *by_address, *of_user.get(pk, [])]
            found.append((self.before + name, name, ", ".join(filter(None, note))))
        return found

    def _teams(self):
        """Teams. One whose name has a comma needs the whole line."""
        here = self.membership.organization.teams
        teams = here.filter(name_key__contains=rules.name_key(self.typed))
        teams = teams.exclude(name__regex=SEPARATORS.pattern) if self.before else teams
        key = rules.name_key(self.line) if len(self.line) <= LONGEST else None
        teams |= here.filter(name_key__contains=key) if key is not None else here.none()
        active = Count("memberships", filter=Q(memberships__user__is_active=True))
        sizes = teams.annotate(size=active).order_by("name_key").values_list("name", "size")[:SHOWN]
        found = []
        for name, size in sizes:
            line = name if key is not None and key in rules.name_key(name) else self.before + name
            found.append((line, name, f"team, {size} member{'' if size == 1 else 's'}"))
        return found
