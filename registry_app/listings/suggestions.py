"""Whom a field of names may mean, while one types into it."""

import re
from typing import Any

from django.db.models import Count, Q
from django.http import QueryDict

from .. import rules
from ..forms import NamesTyped, PeopleFilter
from ..forms.base import Wanted
from ..models import OrganizationMembership, TeamMembership

SHOWN = 8
WRITTEN = re.compile(r"(?s).*[,;]\s*|")  # the names before the one that is being typed


class Suggestions:
    """The first people, and teams where the field takes them, whose names contain what `membership` has typed.

    `params` holds what stands in the field, under the field's name. A wrong parameter is a BadRequest (400).
    """

    def __init__(self, membership: OrganizationMembership, params: QueryDict) -> None:
        form = NamesTyped(params)
        form.require()
        self.membership = membership
        self.field = next((name for name in form.fields if name in params), "")
        text = form.cleaned_data.get(self.field, "")
        self.before = WRITTEN.match(text)[0]  # type: ignore[index]  # it matches every text
        self.typed = text[len(self.before) :]

    @property
    def context(self) -> dict[str, Any]:
        """The context of members/suggestions.html: what comes before each name, and (name, note) of each."""
        found = [] if self.field == "teams" else self._people()
        found += self._teams() if self.field in {"teams", "holders"} else []
        key = rules.name_key(self.typed)
        found.sort(key=lambda row: (not rules.name_key(row[0]).startswith(key), rules.name_key(row[0])))
        return {"before": self.before, "rows": found[:SHOWN]}

    def _people(self):
        """Those who can sign in. An admin finds them by address too, as in the list of people."""
        wanted = Wanted({}, {"q": self.typed} if self.typed else {})
        people = PeopleFilter.narrow(self.membership.organization.memberships.of_active(), wanted, self.membership)
        people = people.annotate(begins=Q(user__username__istartswith=self.typed)).order_by("-begins", "user__username")
        rows = list(people.values_list("user__username", "user_id", "user__is_service")[:SHOWN])
        teams = TeamMembership.objects.filter(user__in=[pk for _, pk, _ in rows])
        teams = teams.filter(team__organization=self.membership.organization_id).order_by("team__name_key")
        of_user: dict[int, list[str]] = {}
        for pk, name in teams.values_list("user_id", "team__name"):
            of_user.setdefault(pk, []).append(name)
        return [(name, ", ".join([*["service account"] * service, *of_user.get(pk, [])])) for name, pk, service in rows]

    def _teams(self):
        """Teams; one whose name has a comma would be read as two."""
        teams = self.membership.organization.teams.exclude(name__regex=r"[,;]")
        teams = teams.filter(name_key__contains=rules.name_key(self.typed))
        active = Count("memberships", filter=Q(memberships__user__is_active=True))
        sizes = teams.annotate(size=active).order_by("name_key").values_list("name", "size")[:SHOWN]
        return [(name, f"team, {size} member{'' if size == 1 else 's'}") for name, size in sizes]
