"""Roles given in a registry, as its page of access shows them."""

from .. import rules
from ..models import paths


def registry_member_rows(registry, members):
    """(RegistryMember, effective role of its user or None, the paths of its user) for each of `members`."""
    users = [member.user_id for member in members if member.user_id]
    here = registry.organization.memberships.select_related("organization", "user").filter(user__in=users)
    memberships = {membership.user_id: membership for membership in here}
    found = paths(registry, memberships.values())
    rows = []
    for member in members:
        listed = found.get(member.user_id, [])
        membership = memberships.get(member.user_id)
        rows.append((member, membership and rules.effective_of(listed, service=membership.user.is_service), listed))
    return rows
