"""The doors: who gets to which organization and registry, and what they may do there."""

from typing import NamedTuple

from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, OuterRef, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404

from . import rules
from .choices import Action, Role
from .models import AccessRequest, FormerName, Link, OrganizationMembership, Registry, Team

NUMBERS = 2**31  # where the numbers of links end


class Door(NamedTuple):
    """A registry, opened for one person: their membership, effective role, and the actions that pages offer them."""

    membership: OrganizationMembership
    registry: Registry
    role: Role
    may: frozenset


class RoleTooLow(PermissionDenied):
    """Somebody sees the registry of `door`, and perhaps a `collection` in it, but their role doesn't reach `action`."""

    def __init__(self, door, action, refusal, collection=None):
        super().__init__(refusal.reason)
        self.door, self.action, self.refusal, self.collection = door, action, refusal, collection


class SecondFactorMissing(PermissionDenied):
    """Somebody is in `organization`, which asks for a second factor, and has none."""

    refusal = rules.SECOND_FACTOR_MISSING

    def __init__(self, organization):
        super().__init__(self.refusal.reason)
        self.organization = organization


class OrganizationRoleTooLow(PermissionDenied):
    """Somebody is in the organization of `membership`, but may not do `action` on `subject` (a name) there.

    `admins` are the memberships of those who may.
    """

    def __init__(self, membership, action, refusal, subject="", admins=None):
        super().__init__(refusal.reason)
        self.membership, self.action, self.refusal, self.subject = membership, action, refusal, subject
        self.admins = membership.organization.memberships.admins() if admins is None else admins


class TeamDoor(NamedTuple):
    """A team, opened for one person: their membership of the organization, their role in the team (None outside it),
    and the actions that pages offer them.
    """

    membership: OrganizationMembership
    team: Team
    role: str | None
    may: frozenset


class Moved(Exception):
    """What the address names is called otherwise now: it leads on (rule 15), with these `names` in the address."""

    def __init__(self, **names):
        super().__init__(names)
        self.names = names


def organization_for(user, slug):
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


def check_second_factor(user):
    """SecondFactorMissing where any organization of `user` asks for what they lack: the installation's own door."""
    asking = user.memberships.filter(organization__requires_second_factor=True).select_related("organization")
    if (membership := asking.first()) and not is_mfa_enabled(user):
        raise SecondFactorMissing(membership.organization)


def admin_of(user, slug, action):
    """The same for an organization admin; OrganizationRoleTooLow (403) for others, who may not do `action` there."""
    membership = organization_for(user, slug)
    if not membership.is_admin:
        raise OrganizationRoleTooLow(membership, action, rules.ORGANIZATION_ADMINS_ONLY)
    return membership


def creator_of(user, slug):
    """The same for who may create registries there; OrganizationRoleTooLow (403) for others."""
    membership = organization_for(user, slug)
    if not membership.may_create:
        raise OrganizationRoleTooLow(membership, Action.CREATE, rules.ADMINS_CREATE)
    return membership


def person_for(user, slug, username, action=None):
    """The memberships of `user` and of the person `username` in the organization `slug`.

    Http404 where either isn't in it, OrganizationRoleTooLow (403) where `user` is no admin and `action` asks for one.
    """
    membership = organization_for(user, slug)
    if "\0" in username:
        raise Http404  # nobody was ever called that, and not every database takes such text
    people = membership.organization.memberships.select_related("organization", "user")
    person = get_object_or_404(people, user__username=username)
    if action and not membership.is_admin:
        raise OrganizationRoleTooLow(membership, action, rules.ORGANIZATION_ADMINS_ONLY, username)
    return membership, person


def team_for(user, slug, name, action=None):
    """The TeamDoor to the team `name` of the organization `slug`; everybody in the organization sees its teams.

    Http404 where there is none, OrganizationRoleTooLow (403) for whoever may not do `action`.
    """
    membership = organization_for(user, slug)
    if not rules.may_be_stored(rules.clean_name(name)):
        raise Http404
    team = get_object_or_404(membership.organization.teams, name_key=rules.name_key(name))
    team.organization = membership.organization
    role = team.memberships.filter(user=user).values_list("role", flat=True).first()
    refusal = action and rules.refuse_in_team(action, membership.role, role)
    if refusal:
        admins = None if action == Action.TEAM_DELETE else team.admins()
        raise OrganizationRoleTooLow(membership, action, refusal, team.name, admins)
    return TeamDoor(membership, team, role, rules.actions_in_team(membership.role, role))


def artifacts_for(user, slug, name, action=Action.VERSION_CREATE):
    """The TeamDoor to the artifacts of the team `name`, which its people and organization admins see and register.

    Http404 where there is no such team, OrganizationRoleTooLow (403) for everybody else, who may not do `action`.
    """
    door = team_for(user, slug, name)
    if refusal := rules.refuse_registration(door.membership.role, door.role):
        raise OrganizationRoleTooLow(door.membership, action, refusal, door.team.name, door.team.admins())
    return door


def artifact_for(user, slug, team, project, name, action=Action.VERSION_CREATE):
    """The same door, and the team's artifact `name` in `project`; Http404 where there is none."""
    door = artifacts_for(user, slug, team, action)
    project, name = rules.clean_name(project), rules.clean_name(name)
    if not (rules.may_be_stored(project) and rules.may_be_stored(name)):
        raise Http404
    artifact = get_object_or_404(door.team.artifacts, project=project, name=name)
    artifact.team = door.team
    return door, artifact


def source_for(user, slug, team, project, name, number, action=Action.VERSION_CREATE):
    """The same door, and version `number` of that artifact; Http404 where there is none."""
    door, artifact = artifact_for(user, slug, team, project, name, action)
    version = get_object_or_404(artifact.versions.select_related("created_by"), number=number)
    version.artifact = artifact
    return door, version


def registry_for(user, slug, name, action=Action.SEE):
    """The Door to registry `name` of organization `slug`.

    Http404 for whoever can't see it, RoleTooLow (403) for whoever sees it but may not do `action`, Moved where the name
    is written otherwise, or is a former one.
    """
    membership = organization_for(user, slug)
    if not rules.may_be_stored(rules.clean_name(name)):
        raise Http404
    visible = membership.registries().select_related("created_by").with_given_role(user.pk)
    registry = visible.filter(name_key=rules.name_key(name)).first() or _moved(visible, name)
    registry.organization = membership.organization
    if registry.name != name:
        raise Moved(name=registry.name)
    role = membership.effective_role(registry.visibility, registry.given_role)
    may = rules.actions_of(role, registry.kind, registry.visibility, registry.accepts_all_types)
    door = Door(membership, registry, role, may)
    if refusal := rules.refuse_role(action, role):
        raise RoleTooLow(door, action, refusal)
    return door


def collection_for(user, slug, name, collection, action=Action.SEE):
    """(the Door to registry `name`, its Collection called `collection`); as `registry_for`, Http404 for none."""
    door = registry_for(user, slug, name)
    found = get_object_or_404(door.registry.collections.select_related("created_by"), name_key=_key(collection))
    return door, _opened(door, found, collection, action)


def link_for(user, slug, name, collection, number, action=Action.SEE):
    """(the Door, the Collection, its Link of this number, as `with_latest`); as `collection_for`, Http404 for none."""
    door = registry_for(user, slug, name)
    if number >= NUMBERS:
        raise Http404  # no database would take it
    links = Link.objects.with_latest().select_related("collection", "version__artifact__team", "linked_by")
    place = {"collection__registry": door.registry, "collection__name_key": _key(collection)}
    link = get_object_or_404(links, **place, number=number)
    return door, _opened(door, link.collection, collection, action), link


def _key(collection):
    """The key of a collection that an address calls so; Http404 where none ever was."""
    called = rules.clean_name(collection)
    if not rules.may_be_stored(called):
        raise Http404
    return rules.name_key(called)


def _opened(door, found, collection, action):
    """The Collection `found`, for whoever may do `action`; Moved where the address calls it otherwise."""
    found.registry = door.registry
    if found.name != collection:
        raise Moved(collection=found.name)
    if refusal := rules.refuse_role(action, door.role):
        raise RoleTooLow(door, action, refusal, found)
    return found


def _moved(visible, name):
    former = FormerName.objects.filter(name_key=rules.name_key(name), registry__in=visible.order_by()).first()
    if former is None:
        raise Http404
    return visible.get(pk=former.registry_id)
