"""The registries in the navigation."""

from typing import Any

from .. import rules
from ..choices import Kind, Visibility
from ..models import OrganizationMembership, RegistryMember
from .base import registry_addresses

LENGTH = 8  # registries in the navigation, beside the core ones
CORES = [(name, Visibility.ORGANIZATION) for name, _, _ in rules.CORE_REGISTRIES]


def sidebar_registries(membership: OrganizationMembership) -> list[dict[str, Any]]:
    """The core registries, then those that the person was last given a role in: dicts of name, address, restricted."""
    # Read from the index of a person's roles, the newest first. SQLite would else look for a role in each registry of
    # the organization, and a search by name would read all names.
    for_user = RegistryMember.objects.active().for_user(membership.user_id).order_by().values("pk")
    roles = RegistryMember.objects.filter(pk__in=for_user)
    roles = roles.filter(registry__organization=membership.organization_id, registry__kind=Kind.CUSTOM)
    found = roles.order_by("-pk").values_list("registry__name", "registry__visibility")[: 2 * LENGTH]
    given = sorted(list(dict.fromkeys(found))[:LENGTH])  # a person's own role and one through a team are one registry
    address = registry_addresses(membership)
    return [
        {"name": name, "address": address(name), "restricted": visibility == Visibility.RESTRICTED}
        for name, visibility in [*CORES, *given]
    ]
