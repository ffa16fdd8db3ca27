"""The list of the roles given in a registry, and that of the people who can do something there."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict

from .. import rules
from ..choices import Action
from ..models import (
    AccessRequest,
    OrganizationMembership,
    RegistryMember,
    TeamMembership,
    effective_sources,
    role_sources,
)
from ..permissions import RegistryAccess
from .base import Listing

ADMINS_SHOWN = 20  # organization admins named in the list
PEOPLE_SHOWN = 100  # people named in the answer to who can do something


class RegistryMemberListing(Listing):
    """The roles given in the registry of `access`, and who has a role there through the organization."""

    def __init__(self, access: RegistryAccess, params: QueryDict) -> None:
        self.registry, self.allowed = access.registry, access.allowed
        super().__init__(access.membership, params)

    @property
    def of(self) -> tuple:
        """The registry."""
        return (self.registry.pk,)

    @staticmethod
    def query(registry: int) -> QuerySet:
        """The roles; `size` is the number of active people in the team."""
        inside = TeamMembership.objects.filter(team=OuterRef("team"), user__is_active=True).order_by()
        size = Coalesce(Subquery(inside.values("team").annotate(size=Count("pk")).values("size")), 0)
        return RegistryMember.objects.filter(registry=registry).select_related("user", "team").annotate(size=size)

    def prepare(self, rows: list) -> list:
        """(RegistryMember, effective role of its user or None, every source of a role of its user) for each role."""
        users = [member.user_id for member in rows if member.user_id]
        here = self.registry.organization.memberships.select_related("organization", "user").filter(user__in=users)
        memberships = {membership.user_id: membership for membership in here}
        sources = role_sources(self.registry, memberships.values())
        return [
            (member, _effective(memberships.get(member.user_id), listed), listed)
            for member in rows
            for listed in [sources.get(member.user_id, [])]
        ]

    @property
    def admins(self) -> QuerySet[OrganizationMembership]:
        """The organization's admins who have no role given in the registry: one more than are shown."""
        given = self.registry.members.filter(user__isnull=False).values("user")
        admins = self.registry.organization.memberships.admins().exclude(user__in=given).select_related("user")
        return admins.order_by("user__username")[: ADMINS_SHOWN + 1]

    @property
    def requests(self) -> QuerySet[AccessRequest]:
        """The open requests for a role here; none for a person who can't answer them."""
        if Action.MEMBER_ADD not in self.allowed:
            return AccessRequest.objects.none()
        return self.registry.access_requests.open().select_related("user")

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's template: `people` is a PeopleCount, `shared` everybody's role, or None."""
        organization = self.registry.organization
        return {
            "page": self.page,
            "rows": self.rows,
            "people": self.registry.people_counted(),
            "admins": list(self.admins),
            "admins_shown": ADMINS_SHOWN,
            "shared": rules.shared_role(self.registry.visibility, organization.default_role),
            "requests": self.requests,
        }


class WhoCanListing:
    """The people whose effective role in the registry of `access` is at least `role`."""

    def __init__(self, access: RegistryAccess, role: str) -> None:
        self.registry, self.people = access.registry, access.registry.who_can(role)

    @property
    def context(self) -> dict[str, Any]:
        """The context of the template: `rows`, the first PEOPLE_SHOWN with the sources of their role, and the count."""
        first = self.people.select_related("user", "organization").order_by("user__username")[:PEOPLE_SHOWN]
        return {"rows": effective_sources(self.registry, list(first)), "count": self.people.counted()}


def _effective(membership, sources):
    return membership and rules.effective_of(sources, service=membership.user.is_service)
