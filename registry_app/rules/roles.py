"""Who may: roles in registries, organizations and teams (rulebook §3)."""

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
    TOKEN_READ_ONLY,
    Refusal,
)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def refuse_connection(*, service: bool, active: bool, connected: bool) -> Refusal | None:
    """Why an account may not be connected to a person of an identity provider, who has its address; or None.

    `service` says that it is a service account, `active` that it isn't deactivated, `connected` that it is connected to
    another person of this provider: an address may be given to a new person.
    """
    if service:
        return SERVICE_SIGNS_IN
    if not active:
        return ACCOUNT_INACTIVE
    return OTHER_IDENTITY if connected else None


def refuse_token(read_only, method):
    """Why a token, `read_only` or not, may not carry a request of this HTTP `method`."""
    return TOKEN_READ_ONLY if read_only and method not in SAFE_METHODS else None


DEFAULT_ROLES = (Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER)  # what an organization may give to everybody
LADDER = (Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER, Role.ADMIN)
NEEDED = {
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


class Path(NamedTuple):
    """One way in which somebody has a role in a registry (rulebook §3).

    `team` names the team that it comes through, `ends_at` is when it ends (None: never), `counts` whether it does now.
    """

    role: Role
    source: Source
    team: str = ""
    ends_at: datetime | None = None
    counts: bool = True


def rank(role):
    """Where `role` stands, from 0 for the lowest; -1 for None."""
    return -1 if role is None else LADDER.index(role)


def above(role):
    """The role next above `role`, or None above the highest."""
    return LADDER[rank(role) + 1] if rank(role) + 1 < len(LADDER) else None


def highest(roles):
    """The highest of `roles`, or None where there is none."""
    return max(roles, key=rank, default=None)


def shared_role(visibility, default):
    """What everybody of the organization is in a registry of this visibility: `default`, or None."""
    return Role(default) if visibility == Visibility.ORGANIZATION else None


def effective_role(visibility, organization_role, given, *, default=Role.VIEWER, service=False):
    """The highest role that counts (rulebook §3), or None.

    `organization_role` is the person's role in the organization (None outside it: then nothing counts), `given` the
    highest role given to them or their teams in the registry (None where none was), `default` the organization's
    default role, and `service` says that it is a service account.
    """
    if organization_role is None:
        return None
    if organization_role == OrganizationRole.ADMIN:
        return Role.ADMIN
    role = highest(role for role in (shared_role(visibility, default), given) if role)
    return _lifted(role and Role(role), service)


def effective_of(paths, *, service):
    """The effective role that comes of all `paths` of somebody (a list of Path), or None."""
    return _lifted(highest(path.role for path in paths if path.counts), service)


def _lifted(role, service):
    """A service account is never below member where it has any role (rulebook §3)."""
    return highest([role, Role.MEMBER]) if service and role else role


def refuse_given_role(role, *, service):
    """Why `role` may not be given in a registry, to a service account or not."""
    return SERVICE_ROLE if service and rank(role) < rank(Role.MEMBER) else None


def refuse_creation(organization_role, *, members_create):
    """Why somebody may not create a registry in an organization whose setting is `members_create`."""
    if organization_role is None:
        return Refusal("role_too_low", "Only people of the organization create registries here.")
    return None if members_create or organization_role == OrganizationRole.ADMIN else ADMINS_CREATE


def refuse_in_organization(action, organization_role, *, members_create):
    """Why somebody of this role in an organization (None for none) may not do `action` in it."""
    if action == Action.CREATE:
        return refuse_creation(organization_role, members_create=members_create)
    return None if organization_role == OrganizationRole.ADMIN else ORGANIZATION_ADMINS_ONLY


def refuse_role(action, role):
    """Why somebody of effective `role` (None for none) may not do `action` in a registry (rule 10, §3)."""
    needed = NEEDED[action]
    if rank(role) >= rank(needed):
        return None
    return Refusal("role_too_low", f"You need the {needed.label} role for this.")


def actions_of(role, kind, visibility, accepts_all_types):
    """What somebody of effective `role` may do in such a registry: the controls that a page shows."""
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


# Teams: led by their own admins and by the organization's; made and deleted by the organization's alone.

LEADING = frozenset(
    {Action.TEAM_EDIT, Action.TEAM_MEMBER_ADD, Action.TEAM_MEMBER_CHANGE, Action.TEAM_MEMBER_REMOVE, Action.TEAM_DELETE}
)


def refuse_in_team(action, organization_role, team_role):
    """Why somebody of these roles (None for none) may not do `action` of LEADING, or leave, in a team."""
    if organization_role == OrganizationRole.ADMIN or action == Permission.LEAVE:
        return None
    if action == Action.TEAM_DELETE:
        return DELETE_BY_ADMINS
    return None if team_role == TeamRole.ADMIN and organization_role is not None else TEAM_ADMINS_ONLY


def actions_in_team(organization_role, team_role):
    """What somebody of these roles may do in a team: the controls that a page shows."""
    return frozenset(action for action in LEADING if refuse_in_team(action, organization_role, team_role) is None)
