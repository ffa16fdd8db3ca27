"""Every source of a role in a registry (rulebook §3)."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from .. import rules
from ..choices import Role, Source
from .group_role import origin
from .organization_membership import OrganizationMembership
from .registry import Registry
from .registry_member import RegistryMember
from .team import TeamMembership


def role_sources(
    registry: Registry, memberships: Iterable[OrganizationMembership], visibility: str | None = None
) -> dict[int, list[rules.RoleSource]]:
    """{user id: [rules.RoleSource]} for `memberships` (with organization and user loaded), the effective one first.

    With `visibility` as if the registry had that one. Two queries, however many memberships there are. Roles that have
    ended are in the lists, and don't count.
    """
    found = {
        membership.user_id: _inherited(membership, visibility or registry.visibility) for membership in memberships
    }
    given = registry.members.filter(user__in=found).values_list("user", "role", "ends_at")
    for user, role, ends_at in given:
        found[user].append(_path(role, Source.PERSON, "", ends_at))
    through = TeamMembership.objects.filter(user__in=found, team__registry_roles__registry=registry)
    columns = ("user", "team__registry_roles__role", "team__name", "team__registry_roles__ends_at", "group", "provider")
    for user, role, team, ends_at, *group in through.order_by("team__name").values_list(*columns):
        found[user].append(_path(role, Source.TEAM, team, ends_at, origin(*group)))
    for listed in found.values():
        _winner_first(listed)
    return found


def effective_sources(
    registry: Registry, memberships: Collection[OrganizationMembership], visibility: str | None = None
) -> list[tuple[OrganizationMembership, Role | None, rules.RoleSource]]:
    """[(membership, effective role, the path that counts)] of `memberships`, who all see the registry; see `paths`."""
    found = role_sources(registry, memberships, visibility)
    return [
        (each, rules.effective_of(found[each.user_id], service=each.user.is_service), found[each.user_id][0])
        for each in memberships
    ]


def role_sources_of_person(
    membership: OrganizationMembership, registries: Iterable[dict[str, Any]]
) -> dict[int, list[rules.RoleSource]]:
    """{registry id: [rules.RoleSource]} of one person in `registries` (dicts of id and visibility), the highest first.

    One query, however many registries there are.
    """
    found = {row["id"]: _inherited(membership, row["visibility"]) for row in registries}
    given = RegistryMember.objects.for_user(membership.user_id).filter(registry__in=found).order_by("team__name")
    own = TeamMembership.objects.filter(team=OuterRef("team"), user=membership.user_id)
    group_of_team = (Subquery(own.values("group")), Subquery(own.values("provider")))
    columns = ("registry", "role", "team__name", "ends_at", *group_of_team)
    for registry, role, team, ends_at, *group in given.values_list(*columns):
        found[registry].append(_path(role, Source.TEAM if team else Source.PERSON, team or "", ends_at, origin(*group)))
    for listed in found.values():
        _winner_first(listed)
    return found


def _winner_first(listed):
    listed.sort(key=lambda path: (path.counts, rules.rank(path.role)), reverse=True)


def _inherited(membership, visibility):
    """What comes with the membership itself."""
    shared = rules.shared_role(visibility, membership.organization.default_role)
    group = membership.origin
    listed = [rules.RoleSource(Role.ADMIN, Source.ORGANIZATION, group=group)] if membership.is_admin else []
    here = "" if membership.own_role else group  # people had put them here before the group did
    return [*listed, rules.RoleSource(shared, Source.VISIBILITY, group=here)] if shared else listed


def _path(role, source, team, ends_at, group=""):
    counts = ends_at is None or ends_at > timezone.now()
    return rules.RoleSource(Role(role), source, team, ends_at, counts=counts, group=group)
