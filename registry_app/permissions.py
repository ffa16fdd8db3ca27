"""Permission-checked lookups: return the object and what the user may do with it, or raise 404 or 403."""

from typing import NamedTuple, NoReturn, cast

from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from . import rules
from .choices import Action, Permission, Role
from .models import (
    Artifact,
    Collection,
    FormerName,
    Link,
    Organization,
    OrganizationMembership,
    Registry,
    Team,
    User,
    Version,
    lookups,
)
from .models.event import Audited
from .models.organization_membership import OrganizationMembershipQuerySet

NUMBER_LIMIT = 2**31 - 1  # larger numbers are asked for as this one, which no link has


class RegistryAccess(NamedTuple):
    """A registry as one user may use it: their membership, their effective role, and the actions that pages offer."""

    membership: OrganizationMembership
    registry: Registry
    role: Role
    allowed: frozenset[Action | Permission]


class MissingRole(PermissionDenied):
    """403: the user sees the registry of `access`, or a `collection` in it, but their role doesn't allow `action`."""

    def __init__(
        self,
        access: RegistryAccess,
        action: Action | Permission,
        refusal: rules.Refusal,
        collection: Collection | None = None,
    ) -> None:
        super().__init__(refusal.reason)
        self.access, self.action, self.refusal, self.collection = access, action, refusal, collection


class SecondFactorMissing(PermissionDenied):
    """403: the user is in `organization`, which requires a second factor, and has none."""

    refusal = rules.SECOND_FACTOR_MISSING

    def __init__(self, organization: Organization) -> None:
        super().__init__(self.refusal.reason)
        self.organization = organization


class MissingOrganizationRole(PermissionDenied):
    """403: the user has `membership` in an organization, but may not do `action` on `target` (a row) there.

    `admins` are the memberships of the people who may, by default the organization's admins.
    """

    def __init__(
        self,
        membership: OrganizationMembership,
        action: Action,
        refusal: rules.Refusal,
        target: Audited | None = None,
        admins: OrganizationMembershipQuerySet | None = None,
    ) -> None:
        super().__init__(refusal.reason)
        self.membership, self.action, self.refusal = membership, action, refusal
        self.target = target or membership.organization
        self.admins = membership.organization.memberships.admins() if admins is None else admins


class TeamAccess(NamedTuple):
    """A team as one user may use it: their membership, their role in the team or None, and what pages offer them."""

    membership: OrganizationMembership
    team: Team
    role: str | None
    allowed: frozenset[Action | Permission]


class Renamed(Exception):
    """The object was renamed: redirect to the address with these `names` (rule 15)."""

    def __init__(self, **names: str) -> None:
        super().__init__(names)
        self.names = names


def get_organization(user: User, slug: str) -> OrganizationMembership:
    """The membership of `user` in the organization `slug`; `waiting` is the number of requests to answer.

    Http404 if the user isn't in it, SecondFactorMissing (403) if they lack the second factor that it requires.
    """
    membership = lookups.memberships.first(user.pk, slug)
    if membership is None:
        raise Http404
    membership.user = user  # saves a query
    # Service accounts have no second factor: they sign in with tokens only.
    required = membership.organization.requires_second_factor and not user.is_service
    if required and not is_mfa_enabled(user):
        raise SecondFactorMissing(membership.organization)
    return membership


def last_membership(user: User, slug: str) -> OrganizationMembership | None:
    """The membership in the organization `slug`, or else the user's first; None if they may not enter it now."""
    slugs = lookups.slugs(user.pk)
    try:
        return get_organization(user, slug if slug in slugs else slugs[0]) if slugs else None
    except SecondFactorMissing:
        return None


def check_second_factor(user: User) -> None:
    """Raise SecondFactorMissing if an organization of `user` requires a second factor and they have none.

    For pages of the installation, which belong to no organization.
    """
    requiring = user.memberships.filter(organization__requires_second_factor=True).select_related("organization")
    if (membership := requiring.first()) and not is_mfa_enabled(user):
        raise SecondFactorMissing(membership.organization)


def require_admin(user: User, slug: str, action: Action) -> OrganizationMembership:
    """Like `get_organization`, but raise MissingOrganizationRole for `action` unless the user is an admin."""
    membership = get_organization(user, slug)
    if not membership.is_admin:
        raise MissingOrganizationRole(membership, action, rules.ORGANIZATION_ADMINS_ONLY)
    return membership


def require_creator(user: User, slug: str) -> OrganizationMembership:
    """Like `get_organization`, but raise MissingOrganizationRole unless the user may create registries."""
    membership = get_organization(user, slug)
    if not membership.may_create:
        raise MissingOrganizationRole(membership, Action.CREATE, rules.ADMINS_CREATE)
    return membership


def get_person(
    user: User, slug: str, username: str, action: Action | None = None
) -> tuple[OrganizationMembership, OrganizationMembership]:
    """The memberships of `user` and of the person `username` in the organization `slug`.

    Http404 if one of them isn't in it. With `action`, MissingOrganizationRole (403) unless `user` is an admin.
    """
    membership = get_organization(user, slug)
    if "\0" in username:
        raise Http404  # no username contains it, and PostgreSQL refuses such text
    people = membership.organization.memberships.select_related("organization", "user")
    person = get_object_or_404(people, user__username=username)
    if action and not membership.is_admin:
        raise MissingOrganizationRole(membership, action, rules.ORGANIZATION_ADMINS_ONLY, person)
    return membership, person


def get_team(user: User, slug: str, name: str, action: Action | None = None) -> TeamAccess:
    """The TeamAccess for the team `name` of the organization `slug`, whose members all see its teams.

    Http404 if there is no such team. With `action`, MissingOrganizationRole (403) if the user may not do it.
    """
    membership = get_organization(user, slug)
    team = get_object_or_404(membership.organization.teams, name_key=_key(name))
    team.organization = membership.organization
    role = team.memberships.filter(user=user).values_list("role", flat=True).first()
    if action and (refusal := rules.refuse_in_team(action, membership.role, role)):
        admins = None if action == Action.TEAM_DELETE else team.admins()
        raise MissingOrganizationRole(membership, action, refusal, team, admins)
    return TeamAccess(membership, team, role, rules.actions_in_team(membership.role, role))


def get_artifacts(user: User, slug: str, name: str, action: Action = Action.VERSION_CREATE) -> TeamAccess:
    """The TeamAccess for the team `name`, for its people and organization admins: they see and register its artifacts.

    Http404 if there is no such team, MissingOrganizationRole (403) for `action` for all other users.
    """
    access = get_team(user, slug, name)
    if refusal := rules.refuse_in_team(action, access.membership.role, access.role):
        raise MissingOrganizationRole(access.membership, action, refusal, access.team, access.team.admins())
    return access


def get_artifact(
    user: User, slug: str, team: str, project: str, name: str, action: Action = Action.VERSION_CREATE
) -> tuple[TeamAccess, Artifact]:
    """(`get_artifacts`, the team's artifact `name` in `project`); Http404 if there is no such artifact."""
    access = get_artifacts(user, slug, team, action)
    project, name = rules.clean_name(project), rules.clean_name(name)
    if not (rules.may_be_stored(project) and rules.may_be_stored(name)):
        raise Http404
    artifact = get_object_or_404(access.team.artifacts, project=project, name=name)
    artifact.team = access.team
    return access, artifact


def get_version(
    user: User, slug: str, team: str, project: str, name: str, number: int, action: Action = Action.VERSION_CREATE
) -> tuple[TeamAccess, Version]:
    """(`get_artifacts`, version `number` of that artifact); Http404 if there is no such version."""
    access, artifact = get_artifact(user, slug, team, project, name, action)
    version = get_object_or_404(artifact.versions.select_related("created_by"), number=number)
    version.artifact = artifact
    return access, version


def get_registry(user: User, slug: str, name: str, action: Action | Permission = Permission.SEE) -> RegistryAccess:
    """The RegistryAccess for registry `name` of organization `slug`.

    Http404 if the user can't see it, MissingRole (403) if they see it but may not do `action`, Renamed if `name` has
    another case or is a former name.
    """
    access = _registry_access(get_organization(user, slug), name)
    if refusal := rules.refuse_role(action, access.role):
        raise MissingRole(access, action, refusal)
    return access


def get_collection(
    user: User, slug: str, name: str, collection: str, action: Action | Permission = Permission.SEE
) -> tuple[RegistryAccess, Collection]:
    """(`get_registry`, the registry's Collection `collection`); Http404 if there is no such collection."""
    membership = get_organization(user, slug)
    row = lookups.collections.first(membership, _key(name), _key(collection)) or _refuse_in(membership, name)
    row.registry.given_role = row.given_role
    return _collection_access(membership, name, row, collection, action), row


def get_link(
    user: User, slug: str, name: str, collection: str, number: int, action: Action | Permission = Permission.SEE
) -> tuple[RegistryAccess, Collection, Link]:
    """(`get_registry`, the Collection, its Link of this number `with_latest`); Http404 if there is no such link."""
    membership = get_organization(user, slug)
    place = _key(name), _key(collection), min(number, NUMBER_LIMIT)
    link = lookups.links.first(membership, *place) or _refuse_in(membership, name)
    row = link.collection
    row.registry.given_role = link.given_role
    return _collection_access(membership, name, row, collection, action), row, link


def _key(name: str) -> str:
    """The key of a name in an address; Http404 if nothing can have it."""
    name = rules.clean_name(name)
    if not rules.may_be_stored(name):
        raise Http404
    return rules.name_key(name)


def _registry_access(membership: OrganizationMembership, name: str, found: Registry | None = None) -> RegistryAccess:
    """The RegistryAccess for the registry `name`, as of `get_registry`: `found` with its `given_role`, or asked for."""
    registry = found or lookups.registries.first(membership, _key(name)) or _renamed(membership, _key(name))
    if registry.name != name:
        raise Renamed(name=registry.name)
    registry.organization = membership.organization
    role = cast(Role, membership.effective_role(registry.visibility, registry.given_role))  # type: ignore[union-attr]
    allowed = rules.actions_of(role, registry.kind, registry.visibility, registry.accepts_all_types)
    return RegistryAccess(membership, registry, role, allowed)


def _collection_access(
    membership: OrganizationMembership, name: str, row: Collection, collection: str, action: Action | Permission
) -> RegistryAccess:
    """The RegistryAccess for the registry of `row`.

    MissingRole if the user may not do `action`, Renamed if one of the names in the address is another.
    """
    access = _registry_access(membership, name, row.registry)
    if row.name != collection:
        raise Renamed(collection=row.name)
    if refusal := rules.refuse_role(action, access.role):
        raise MissingRole(access, action, refusal, row)
    return access


def _refuse_in(membership: OrganizationMembership, name: str) -> NoReturn:
    """Http404 for what isn't in the registry `name`; Renamed if that one was renamed."""
    _registry_access(membership, name)
    raise Http404


def _renamed(membership: OrganizationMembership, key: str) -> Registry:
    """The registry that had a name with this `key`; Http404 if the membership's person sees none."""
    formers = FormerName.objects.filter(registry__in=membership.registries().order_by()).select_related("registry")
    return get_object_or_404(formers, name_key=key).registry
