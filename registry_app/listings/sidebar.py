"""The registries in the navigation."""

from typing import Any

from django.db.models import QuerySet

from .. import rules
from ..choices import Kind, Visibility
from ..database.compiled import Compiled
from ..models import OrganizationMembership, RegistryMember, TeamMembership
from .base import registry_addresses

LENGTH = 8  # registries in the navigation, beside the core ones
CORES = [(name, Visibility.ORGANIZATION) for name, _, _ in rules.CORE_REGISTRIES]


@Compiled
def _given(user: int, organization: int) -> QuerySet:
    """(name, visibility) of the custom registries that the user was last given a role in, the newest first."""
    # Read from the indexes of a person's and of teams' roles, the newest first. SQLite would else look for a role in
    # each registry of the organization, PostgreSQL read the roles of everybody.
    given = RegistryMember.objects.active().order_by()
    teams = TeamMembership.objects.filter(user=user).values("team")
    ids = given.filter(user=user).values("pk").union(given.filter(team__in=teams).values("pk"))
    roles = RegistryMember.objects.filter(pk__in=ids)
    roles = roles.filter(registry__organization=organization, registry__kind=Kind.CUSTOM)
    return roles.order_by("-pk").values_list("registry__name", "registry__visibility")[: 2 * LENGTH]


def sidebar_registries(membership: OrganizationMembership) -> list[dict[str, Any]]:
    """The core registries, then those that the person was last given a role in: dicts of name, address, restricted."""
    found = _given(membership.user_id, membership.organization_id)
    given = sorted(list(dict.fromkeys(found))[:LENGTH])  # a person's own role and one through a team are one registry
    address = registry_addresses(membership)
    return [
        {"name": name, "address": address(name), "restricted": visibility == Visibility.RESTRICTED}
        for name, visibility in [*CORES, *given]
    ]
