"""The list of an organization's teams, that of a team's people, and that of its roles in registries."""

from functools import cached_property
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import QueryDict
from django.urls import reverse

from ..choices import Role, TeamRole
from ..forms.base import Wanted
from ..forms.teams import TeamFilter
from ..models import RegistryMember, Team, TeamMembership
from ..models.group_role import origin
from ..permissions import TeamAccess
from .base import Listing, add_line_breaks, registry_addresses

LEADS_SHOWN, REGISTRIES_SHOWN = 3, 3  # in a row of the list
ROLES_SHOWN = 50  # registries on a team's page


class TeamListing(Listing):
    """The teams of an organization, by name."""

    form = TeamFilter
    sorts = {"": (["name_key"], False)}
    limit: int | None = None  # rows shown of the page; None for all

    @property
    def of(self) -> tuple:
        """The organization, and the filters."""
        return self.membership.organization_id, self.filters.wanted

    @staticmethod
    def query(organization: int, wanted: Wanted) -> QuerySet:
        """The teams, as dicts."""
        teams = TeamFilter.narrow(Team.objects.filter(organization=organization), wanted)
        return teams.values("id", "name", "name_key", "description")

    def prepare(self, rows: list) -> list:
        """Each cell as the template prints it, without registries that the person can't see."""
        rows = rows[: self.limit]
        ids = [row["id"] for row in rows]
        active = TeamMembership.objects.filter(team__in=ids, user__is_active=True).order_by()
        sizes = dict(active.values("team").annotate(size=Count("pk")).values_list("team", "size"))
        leads: dict[int, list[str]] = {}
        leading = active.filter(role=TeamRole.ADMIN).order_by("user__username")
        for team, name in leading.values_list("team", "user__username"):
            leads.setdefault(team, []).append(name)
        roles = self._first_roles(ids)
        for row in rows:
            row["address"] = reverse("teams:detail", args=[self.membership.organization.slug, row["name"]])
            row["size"] = sizes.get(row["id"], 0)
            row["leads"] = leads.get(row["id"], [])[:LEADS_SHOWN]
            row["more_leads"] = max(0, len(leads.get(row["id"], [])) - LEADS_SHOWN)
            row["roles"] = roles.get(row["id"], [])
            row["more_roles"] = max(0, row["roles"][0]["total"] - REGISTRIES_SHOWN) if row["roles"] else 0
        return rows

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates."""
        return {"filters": self.filters, "page": self.page, "teams": self.rows}

    def _first_roles(self, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
        """{id: the first few roles of this team in registries that the person can see}, as dicts; one query."""
        seen = self.membership.registries().order_by().values("pk")
        given = RegistryMember.objects.active().filter(registry__in=seen, team__in=ids)
        numbered = given.annotate(
            place=Window(RowNumber(), partition_by="team", order_by="registry__name_key"),
            total=Window(Count("pk"), partition_by="team"),
        )
        first = numbered.filter(place__lte=REGISTRIES_SHOWN).order_by("team", "place")
        roles: dict[int, list[dict[str, Any]]] = {}
        for row in first.values("team", "role", "total", name=F("registry__name")):
            shown = {**row, "label": add_line_breaks(row["name"]), "role": Role(row["role"]).label}
            roles.setdefault(row["team"], []).append(shown)
        return roles


class FirstTeamsListing(TeamListing):
    """The first few teams of an organization, below the list of its people."""

    limit = 10

    @property
    def context(self) -> dict[str, Any]:
        """The context of the template."""
        return {"teams": self.rows, "more_teams": len(self.page.rows) > len(self.rows)}


class TeamMemberListing(Listing):
    """The people of the team of `access`, by username."""

    sorts = {"": (["user__username"], False)}

    def __init__(self, access: TeamAccess, params: QueryDict) -> None:
        self.team = access.team
        super().__init__(access.membership, params)

    @property
    def of(self) -> tuple:
        """The team."""
        return (self.team.pk,)

    @staticmethod
    def query(team: int) -> QuerySet:
        """The memberships, as dicts."""
        of_user = ("user_id", "user__username", "user__is_service", "user__is_active")
        return TeamMembership.objects.filter(team=team).values("id", "role", "group", "provider", *of_user)

    def prepare(self, rows: list) -> list:
        """With the group that put each person there, in words, or ""."""
        return [{**row, "origin": origin(row["group"], row["provider"])} for row in rows]


class TeamRoleListing:
    """The roles of the team of `access` in registries that the person can see: the first ROLES_SHOWN, by name."""

    def __init__(self, access: TeamAccess) -> None:
        self.membership = access.membership
        seen = self.membership.registries().order_by().values("pk")
        self.given = RegistryMember.objects.active().filter(team=access.team, registry__in=seen)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The roles, as dicts."""
        address = registry_addresses(self.membership)
        rows = self.given.order_by("registry__name_key").values("role", "ends_at", name=F("registry__name"))
        return [
            {
                **row,
                "address": address(row["name"]),
                "label": add_line_breaks(row["name"]),
                "role": Role(row["role"]).label,
            }
            for row in rows[:ROLES_SHOWN]
        ]

    @property
    def context(self) -> dict[str, Any]:
        """The context of the templates; `more_roles` is how many aren't shown."""
        return {"roles": self.rows, "more_roles": self.given.count() - len(self.rows)}
