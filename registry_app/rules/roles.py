"""Roles in registries, organizations and teams, and what they allow (rulebook §3)."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from ..choices import Action, Kind, OrganizationRole, Permission, Role, Source, TeamRole, Visibility
from .refusals import (
    ACCOUNT_INACTIVE,
    ADMINS_CREATE,
    DELETE_BY_ADMINS,
    ORGANIZATION_ADMINS_ONLY,
    OTHER_IDENTITY,
    SERVICE_ROLE,
    SERVICE_SIGNS_IN,
    TEAM_ADMINS_ONLY,
    TEAM_PEOPLE_ONLY,
    TOKEN_READ_ONLY,
    Refusal,
)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def refuse_connection(*, service: bool, active: bool, connected: bool) -> Refusal | None:
    """Why an account may not be connected to the person of an identity provider who has its email address.

    `service`: it is a service account. `active`: it isn't deactivated. `connected`: it is connected to another person
    of this provider already; a provider may give an old address to a new person.
    """
    if service:
        return SERVICE_SIGNS_IN
    if not active:
        return ACCOUNT_INACTIVE
    return OTHER_IDENTITY if connected else None


def refuse_token(read_only: bool, method: str) -> Refusal | None:
    """Why a request of this HTTP `method` may not use a token, which is `read_only` or not."""
    return TOKEN_READ_ONLY if read_only and method not in SAFE_METHODS else None


DEFAULT_ROLES = (Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER)  # the default roles to choose from
LADDER = (Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER, Role.ADMIN)
NEEDED: dict[Action | Permission, Role] = {
    Permission.SEE: Role.RESTRICTED_VIEWER,
    Permission.USE: Role.VIEWER,
    Action.COLLECTION_CREATE: Role.MEMBER,
    Action.COLLECTION_EDIT: Role.MEMBER,
    Action.COLLECTION_DELETE: Role.MEMBER,
    Action.LINK: Role.MEMBER,
    Action.LINK_TAG: Role.MEMBER,
    Action.UNLINK: Role.MEMBER,
    Action.ALIAS_SET: Role.MEMBER,
    Action.ALIAS_REMOVE: Role.MEMBER,
    Action.ALIAS_REQUEST: Role.MEMBER,
    Action.ALIAS_APPROVE: Role.ADMIN,
    Action.ALIAS_DECLINE: Role.ADMIN,
    Action.PROTECT: Role.ADMIN,
    Action.UNPROTECT: Role.ADMIN,
    Action.EDIT: Role.MEMBER,
    Action.TYPE_ADD: Role.ADMIN,
    Action.TYPE_REMOVE: Role.ADMIN,
    Action.TYPES_ALL: Role.ADMIN,
    Action.TYPES_LIST: Role.ADMIN,
    Action.RESTRICT: Role.ADMIN,
    Action.DELETE: Role.ADMIN,
    Action.MEMBER_ADD: Role.ADMIN,
    Action.MEMBER_CHANGE: Role.ADMIN,
    Action.MEMBER_REMOVE: Role.ADMIN,
    Action.REQUEST_GRANT: Role.ADMIN,
    Action.REQUEST_DECLINE: Role.ADMIN,
}


class RoleSource(NamedTuple):
    """One way in which a person has a role in a registry (rulebook §3).

    `team` is the name of the team that gives it, `ends_at` when it ends (None: never), `counts` whether it is valid.
    `group` says which group of the identity provider puts the person there, in words; "" where people did.
    """

    role: Role
    source: Source
    team: str = ""
    ends_at: datetime | None = None
    counts: bool = True
    group: str = ""


def rank(role: str | None) -> int:
    """The position of `role` in LADDER: 0 for the lowest, -1 for None."""
    return -1 if role is None else LADDER.index(role)


def above(role: str) -> Role | None:
    """The next higher role, or None for the highest."""
    return LADDER[rank(role) + 1] if rank(role) + 1 < len(LADDER) else None


def highest(roles: Iterable[Role]) -> Role | None:
    """The highest of `roles`, or None if they are empty."""
    return max(roles, key=rank, default=None)


def shared_role(visibility: str, default: str) -> Role | None:
    """The role of every member of the organization in a registry of this visibility: `default`, or None."""
    return Role(default) if visibility == Visibility.ORGANIZATION else None


def effective_role(
    visibility: str,
    organization_role: str | None,
    given: str | None,
    *,
    default: str = Role.VIEWER,
    service: bool = False,
) -> Role | None:
    """The highest role that a person has in a registry (rulebook §3), or None.

    `organization_role` is the role in the organization; None outside it, and then the person has no role. `given` is
    the highest role given to the person or their teams in the registry, or None. `default` is the organization's
    default role. `service`: the person is a service account.
    """
    if organization_role is None:
        return None
    if organization_role == OrganizationRole.ADMIN:
        return Role.ADMIN
    roles = (shared_role(visibility, default), Role(given) if given else None)
    return _at_least_member(highest(role for role in roles if role), service)


def effective_of(sources: Iterable[RoleSource], *, service: bool) -> Role | None:
    """The effective role that follows from all role `sources` of a person, or None."""
    return _at_least_member(highest(source.role for source in sources if source.counts), service)


def _at_least_member(role: Role | None, service: bool) -> Role | None:
    """`role`, but at least member for a service account that has a role (rulebook §3)."""
    return highest([role, Role.MEMBER]) if service and role else role


def refuse_given_role(role: str, *, service: bool) -> Refusal | None:
    """Why `role` may not be given in a registry; `service`: to a service account."""
    return SERVICE_ROLE if service and rank(role) < rank(Role.MEMBER) else None


def refuse_creation(organization_role: str | None, *, members_create: bool) -> Refusal | None:
    """Why a person of this role may not create a registry in an organization whose setting is `members_create`."""
    if organization_role is None:
        return Refusal("role_too_low", "Only people of the organization create registries here.")
    return None if members_create or organization_role == OrganizationRole.ADMIN else ADMINS_CREATE


def refuse_in_organization(action: Action, organization_role: str | None, *, members_create: bool) -> Refusal | None:
    """Why a person of this role in an organization (None for no role) may not do `action` in it."""
    if action == Action.CREATE:
        return refuse_creation(organization_role, members_create=members_create)
    return None if organization_role == OrganizationRole.ADMIN else ORGANIZATION_ADMINS_ONLY


def refuse_role(action: Action | Permission, role: str | None) -> Refusal | None:
    """Why a person of effective `role` (None for no role) may not do `action` in a registry (rule 10, §3)."""
    needed = NEEDED[action]
    if rank(role) >= rank(needed):
        return None
    return Refusal("role_too_low", f"You need the {needed.label} role for this.")


def actions_of(role: str | None, kind: str, visibility: str, accepts_all_types: bool) -> frozenset[Action | Permission]:
    """The actions that a page offers a person of effective `role` in a registry of this kind and visibility."""
    allowed = {action for action in NEEDED if refuse_role(action, role) is None}
    if kind == Kind.CORE:
        allowed -= {
            Action.EDIT,
            Action.RESTRICT,
            Action.DELETE,
            Action.TYPE_REMOVE,
            Action.TYPES_ALL,
            Action.TYPES_LIST,
        }
    if visibility == Visibility.RESTRICTED:
        allowed.discard(Action.RESTRICT)
    allowed -= {Action.TYPE_ADD, Action.TYPE_REMOVE, Action.TYPES_ALL} if accepts_all_types else {Action.TYPES_LIST}
    return frozenset(allowed)


# Teams: their own admins and those of the organization manage them; only the organization's admins create and delete.

MANAGING_TEAM = frozenset(
    {Action.TEAM_EDIT, Action.TEAM_MEMBER_ADD, Action.TEAM_MEMBER_CHANGE, Action.TEAM_MEMBER_REMOVE, Action.TEAM_DELETE}
)


# What all people of a team do, and what lets them see its artifacts.
REGISTERING = frozenset({Action.VERSION_CREATE, Action.VERSION_DELETE})


def refuse_in_team(action: Action | Permission, organization_role: str | None, team_role: str | None) -> Refusal | None:
    """Why a person of these roles (None for no role) may not do `action` in a team.

    It is one of MANAGING_TEAM or REGISTERING, or to leave.
    """
    if organization_role == OrganizationRole.ADMIN or action == Permission.LEAVE:
        return None
    if action in REGISTERING:
        return TEAM_PEOPLE_ONLY if organization_role is None or team_role is None else None
    if action == Action.TEAM_DELETE:
        return DELETE_BY_ADMINS
    return None if team_role == TeamRole.ADMIN and organization_role is not None else TEAM_ADMINS_ONLY


def actions_in_team(organization_role: str | None, team_role: str | None) -> frozenset[Action]:
    """The actions that a page offers a person of these roles in a team."""
    return frozenset(action for action in MANAGING_TEAM if refuse_in_team(action, organization_role, team_role) is None)
