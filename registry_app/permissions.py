"""The doors: who gets to which organization and registry, and what they may do there."""

from typing import NamedTuple

from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404

from . import rules
from .choices import Action, Role
from .models import (
    AccessRequest,
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
)

NUMBERS = 2**31  # where the numbers of links end


class RegistryAccess(NamedTuple):
    """A registry, opened for one person: their membership, effective role, and the actions that pages offer them."""

    membership: OrganizationMembership
    registry: Registry
    role: Role
    allowed: frozenset[Action]


class MissingRole(PermissionDenied):
    """Somebody sees the registry of `door`, and perhaps a `collection` in it, but their role doesn't reach `action`."""

    def __init__(
        self, access: RegistryAccess, action: Action, refusal: rules.Refusal, collection: Collection | None = None
    ) -> None:
        super().__init__(refusal.reason)
        self.access, self.action, self.refusal, self.collection = access, action, refusal, collection


class SecondFactorMissing(PermissionDenied):
    """Somebody is in `organization`, which asks for a second factor, and has none."""

    refusal = rules.SECOND_FACTOR_MISSING

    def __init__(self, organization: Organization) -> None:
        super().__init__(self.refusal.reason)
        self.organization = organization


class MissingOrganizationRole(PermissionDenied):
    """Somebody is in the organization of `membership`, but may not do `action` on `subject` (a name) there.

    `admins` are the memberships of those who may.
    """

    def __init__(
        self,
        membership: OrganizationMembership,
        action: Action,
        refusal: rules.Refusal,
        subject: str = "",
        admins: QuerySet[OrganizationMembership] | None = None,
    ) -> None:
        super().__init__(refusal.reason)
        self.membership, self.action, self.refusal, self.subject = membership, action, refusal, subject
        self.admins = membership.organization.memberships.admins() if admins is None else admins


class TeamAccess(NamedTuple):
    """A team, opened for one person: their membership of the organization, their role in the team (None outside it),
    and the actions that pages offer them.
    """

    membership: OrganizationMembership
    team: Team
    role: str | None
    allowed: frozenset[Action]


class Renamed(Exception):
    """What the address names is called otherwise now: it leads on (rule 15), with these `names` in the address."""

    def __init__(self, **names: str) -> None:
        super().__init__(names)
        self.names = names


def get_organization(user: User, slug: str) -> OrganizationMembership:
    """The membership of `user` in the organization `slug`; `waiting` counts the requests that wait for their answer.

    Http404 for whoever isn't in it, SecondFactorMissing (403) for whoever lacks what it asks for.
    """
    # By the index of open requests: compared as it stands, SQLite would look for one in each of the organization's
    # registries.
    asked = AccessRequest.objects.open().answerable(user.pk).alias(place=F("registry__organization") + 0)
    asked = asked.filter(place=OuterRef("organization")).order_by().values("registry__organization")
    count = asked.annotate(count=Count("pk")).values("count")
    memberships = OrganizationMembership.objects.select_related("organization").annotate(waiting=Subquery(count))
    membership = get_object_or_404(memberships, user=user, organization__slug=slug)
    membership.user = user  # known already
    asks = membership.organization.requires_second_factor and not user.is_service  # whose tokens are all it has
    if asks and not is_mfa_enabled(user):
        raise SecondFactorMissing(membership.organization)
    return membership


def check_second_factor(user: User) -> None:
    """SecondFactorMissing where any organization of `user` asks for what they lack: the installation's own door."""
    asking = user.memberships.filter(organization__requires_second_factor=True).select_related("organization")
    if (membership := asking.first()) and not is_mfa_enabled(user):
        raise SecondFactorMissing(membership.organization)


def require_admin(user: User, slug: str, action: Action) -> OrganizationMembership:
    """The same for an organization admin; MissingOrganizationRole (403) for others, who may not do `action` there."""
    membership = get_organization(user, slug)
    if not membership.is_admin:
        raise MissingOrganizationRole(membership, action, rules.ORGANIZATION_ADMINS_ONLY)
    return membership


def require_creator(user: User, slug: str) -> OrganizationMembership:
    """The same for who may create registries there; MissingOrganizationRole (403) for others."""
    membership = get_organization(user, slug)
    if not membership.may_create:
        raise MissingOrganizationRole(membership, Action.CREATE, rules.ADMINS_CREATE)
    return membership


def get_person(
    user: User, slug: str, username: str, action: Action | None = None
) -> tuple[OrganizationMembership, OrganizationMembership]:
    """The memberships of `user` and of the person `username` in the organization `slug`.

    Http404 where either isn't in it, MissingOrganizationRole (403) where `user` is no admin and `action` asks for one.
    """
    membership = get_organization(user, slug)
    if "\0" in username:
        raise Http404  # nobody was ever called that, and not every database takes such text
    people = membership.organization.memberships.select_related("organization", "user")
    person = get_object_or_404(people, user__username=username)
    if action and not membership.is_admin:
        raise MissingOrganizationRole(membership, action, rules.ORGANIZATION_ADMINS_ONLY, username)
    return membership, person


def get_team(user: User, slug: str, name: str, action: Action | None = None) -> TeamAccess:
    """The TeamAccess to the team `name` of the organization `slug`; everybody in the organization sees its teams.

    Http404 where there is none, MissingOrganizationRole (403) for whoever may not do `action`.
    """
    membership = get_organization(user, slug)
    if not rules.may_be_stored(rules.clean_name(name)):
        raise Http404
    team = get_object_or_404(membership.organization.teams, name_key=rules.name_key(name))
    team.organization = membership.organization
    role = team.memberships.filter(user=user).values_list("role", flat=True).first()
    if action and (refusal := rules.refuse_in_team(action, membership.role, role)):
        admins = None if action == Action.TEAM_DELETE else team.admins()
        raise MissingOrganizationRole(membership, action, refusal, team.name, admins)
    return TeamAccess(membership, team, role, rules.actions_in_team(membership.role, role))


def get_artifacts(user: User, slug: str, name: str, action: Action = Action.VERSION_CREATE) -> TeamAccess:
    """The TeamAccess to the artifacts of the team `name`, which its people and organization admins see and register.

    Http404 where there is no such team, MissingOrganizationRole (403) for everybody else, who may not do `action`.
    """
    access = get_team(user, slug, name)
    if refusal := rules.refuse_registration(access.membership.role, access.role):
        raise MissingOrganizationRole(access.membership, action, refusal, access.team.name, access.team.admins())
    return access


def get_artifact(
    user: User, slug: str, team: str, project: str, name: str, action: Action = Action.VERSION_CREATE
) -> tuple[TeamAccess, Artifact]:
    """The same door, and the team's artifact `name` in `project`; Http404 where there is none."""
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
    """The same door, and version `number` of that artifact; Http404 where there is none."""
    access, artifact = get_artifact(user, slug, team, project, name, action)
    version = get_object_or_404(artifact.versions.select_related("created_by"), number=number)
    version.artifact = artifact
    return access, version


def get_registry(user: User, slug: str, name: str, action: Action = Action.SEE) -> RegistryAccess:
    """The RegistryAccess to registry `name` of organization `slug`.

    Http404 for who can't see it, MissingRole (403) for who sees it but may not do `action`, Renamed where the name
    is written otherwise, or is a former one.
    """
    membership = get_organization(user, slug)
    if not rules.may_be_stored(rules.clean_name(name)):
        raise Http404
    visible = membership.registries().select_related("created_by").with_given_role(user.pk)
    registry = visible.filter(name_key=rules.name_key(name)).first() or _moved(visible, name)
    registry.organization = membership.organization
    if registry.name != name:
        raise Renamed(name=registry.name)
    role = membership.effective_role(registry.visibility, registry.given_role)  # type: ignore[union-attr]
    allowed = rules.actions_of(role, registry.kind, registry.visibility, registry.accepts_all_types)
    access = RegistryAccess(membership, registry, role, allowed)
    if refusal := rules.refuse_role(action, role):
        raise MissingRole(access, action, refusal)
    return access


def get_collection(
    user: User, slug: str, name: str, collection: str, action: Action = Action.SEE
) -> tuple[RegistryAccess, Collection]:
    """(the access to registry `name`, its Collection called `collection`); as `get_registry`, Http404 for none."""
    access = get_registry(user, slug, name)
    found = get_object_or_404(access.registry.collections.select_related("created_by"), name_key=_key(collection))
    return access, _opened(access, found, collection, action)


def get_link(
    user: User, slug: str, name: str, collection: str, number: int, action: Action = Action.SEE
) -> tuple[RegistryAccess, Collection, Link]:
    """(the access, the Collection, its Link of this number, as `with_latest`); Http404 as `get_collection`."""
    access = get_registry(user, slug, name)
    if number >= NUMBERS:
        raise Http404  # no database would take it
    links = Link.objects.with_latest().select_related("collection", "version__artifact__team", "linked_by")
    place = {"collection__registry": access.registry, "collection__name_key": _key(collection)}
    link = get_object_or_404(links, **place, number=number)
    return access, _opened(access, link.collection, collection, action), link


def _key(collection: str) -> str:
    """The key of a collection that an address calls so; Http404 where none ever was."""
    called = rules.clean_name(collection)
    if not rules.may_be_stored(called):
        raise Http404
    return rules.name_key(called)


def _opened(access: RegistryAccess, found: Collection, collection: str, action: Action) -> Collection:
    """The Collection `found`, for whoever may do `action`; Renamed where the address calls it otherwise."""
    found.registry = access.registry
    if found.name != collection:
        raise Renamed(collection=found.name)
    if refusal := rules.refuse_role(action, access.role):
        raise MissingRole(access, action, refusal, found)
    return found


def _moved(visible: QuerySet[Registry], name: str) -> Registry:
    former = FormerName.objects.filter(name_key=rules.name_key(name), registry__in=visible.order_by()).first()
    if former is None:
        raise Http404
    return visible.get(pk=former.registry_id)
