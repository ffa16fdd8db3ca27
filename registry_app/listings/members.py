"""The list of an organization's people, and that of the registries that one person can see."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict

from .. import rules
from ..choices import OrganizationRole, TeamRole, Visibility
from ..forms.base import Wanted
from ..forms.members import PeopleFilter
from ..models import OrganizationMembership, RegistryMember, TeamMembership, role_sources_of_person
from ..models.group_role import origin
from .base import Listing, add_line_breaks, registry_addresses

NAMES_SHOWN = 2  # registries in a row
COLUMNS = ("id", "role", "group", "provider", "user_id")
OF_USER = ("user__username", "user__email", "user__is_service", "user__is_active", "user__last_login")
Memberships = list[tuple[int, int, str, str]]  # (user id, team id, team name, role) each


class MemberListing(Listing):
    """The people and service accounts of an organization, by username."""

    form = PeopleFilter
    sorts = {"": (["user__username"], False)}

    def make_filters(self, params: QueryDict) -> PeopleFilter:
        """The filters; only an admin searches in email addresses."""
        return PeopleFilter(params, looker=self.membership)

    @staticmethod
    def query(membership: OrganizationMembership, wanted: Wanted) -> QuerySet:
        """The memberships, as dicts."""
        people = PeopleFilter.narrow(membership.organization.memberships.all(), wanted, membership)
        return people.values(*COLUMNS, *OF_USER)

    @cached_property
    def counts(self) -> dict[str, int]:
        """The numbers of people, service accounts and teams, without deactivated accounts."""
        organization = self.membership.organization
        counted = organization.memberships.of_active().counted()
        return {**counted._asdict(), "teams": organization.teams.count()}

    def prepare(self, rows: list) -> list:
        """Each cell as the template prints it."""
        teams = self._teams([row["user_id"] for row in rows])
        restricted = self._restricted([row["user_id"] for row in rows], teams)
        every = self._restricted_registries.count()
        last = list(self.membership.organization.memberships.admins().order_by().values_list("pk", flat=True)[:2])
        for row in rows:
            own = [(name, role) for user, _, name, role in teams if user == row["user_id"]]
            names = sorted(restricted.get(row["user_id"], ()))
            row["is_admin"] = row["role"] == OrganizationRole.ADMIN
            row["is_last"] = last == [row["id"]]
            row["notes"] = self._notes(row, own)
            row["teams"] = [name for name, _ in own]
            row["restricted"] = [add_line_breaks(name) for name in names[:NAMES_SHOWN]]
            row["more_restricted"] = max(0, len(names) - NAMES_SHOWN)
            row["every_restricted"] = every if row["is_admin"] else None
        return rows

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates."""
        return {**super().context, "counts": self.counts}

    @property
    def _restricted_registries(self) -> QuerySet:
        return self.membership.registries().filter(visibility=Visibility.RESTRICTED)

    def _teams(self, users: list[int]) -> Memberships:
        """The memberships of these users in teams of the organization, by the team's name."""
        memberships = TeamMembership.objects.filter(user__in=users, team__organization=self.membership.organization_id)
        return list(memberships.order_by("team__name_key").values_list("user_id", "team_id", "team__name", "role"))

    def _restricted(self, users: list[int], teams: Memberships) -> dict[int, set[str]]:
        """{user id: names of the restricted registries that they have a role in and that the person who looks sees}."""
        seen = self._restricted_registries.order_by().values("pk")
        given = RegistryMember.objects.active().filter(registry__in=seen).order_by()
        given = given.filter(Q(user__in=users) | Q(team__in={team for _, team, _, _ in teams}))
        of_user: dict[int, set[str]] = {}
        of_team: dict[int, set[str]] = {}
        for user, team, name in given.values_list("user_id", "team_id", "registry__name"):
            names, key = (of_user, user) if user else (of_team, team)
            names.setdefault(key, set()).add(name)
        for user, team, _, _ in teams:
            of_user.setdefault(user, set()).update(of_team.get(team, ()))
        return of_user

    def _notes(self, row: dict[str, Any], teams: Iterable[tuple[str, str]]) -> list[str]:
        """The lines below the username."""
        leads = [name for name, role in teams if role == TeamRole.ADMIN]
        notes = [
            "You" if row["user_id"] == self.membership.user_id else "",
            "Service account" if row["user__is_service"] else "",
            f"Leads {', '.join(leads)}" if leads else "",
            f"Through {origin(row['group'], row['provider'])}" if row["group"] else "",
            row["user__email"] if self.membership.is_admin else "",
        ]
        return [note for note in notes if note]


class PersonRegistryListing(Listing):
    """The registries that `person`, a membership, can see and the person who looks too: with every source of a role."""

    sorts = {"": (["name_key"], False)}

    def __init__(self, membership: OrganizationMembership, person: OrganizationMembership, params: QueryDict) -> None:
        self.person = person
        super().__init__(membership, params)

    @property
    def of(self) -> tuple:
        """The membership of the person, and of who looks where that one sees less."""
        sees_all = self.person == self.membership or self.membership.is_admin
        return (self.person,) if sees_all else (self.person, self.membership)

    @staticmethod
    def query(person: OrganizationMembership, *lookers: OrganizationMembership) -> QuerySet:
        """The registries, as dicts."""
        registries = person.registries()
        for looker in lookers:
            registries = registries.filter(pk__in=looker.registries().order_by().values("pk"))
        return registries.values("id", "name", "name_key", "visibility")

    @property
    def teams(self) -> QuerySet[TeamMembership]:
        """The person's memberships in teams of the organization."""
        memberships = self.person.user.team_memberships.filter(team__organization=self.membership.organization)
        return memberships.select_related("team").order_by("team__name_key")

    def prepare(self, rows: list) -> list:
        """With the person's effective role and its sources."""
        found, address = role_sources_of_person(self.person, rows), registry_addresses(self.person)
        for row in rows:
            row["paths"] = [source for source in found[row["id"]] if source.counts]
            row["role"] = rules.effective_of(row["paths"], service=self.person.user.is_service)
            row["address"], row["label"] = address(row["name"]), add_line_breaks(row["name"])
            row["restricted"] = row["visibility"] == Visibility.RESTRICTED
        return rows
