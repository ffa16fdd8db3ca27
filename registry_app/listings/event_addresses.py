"""Where the entries of the audit log lead: to what they are about, as far as it is there and the reader sees it."""

from collections.abc import Iterable
from typing import NamedTuple

from django.urls import reverse

from ..choices import Target
from ..models import AuditEvent, Collection, OrganizationMembership

IN_COLLECTION = {Target.COLLECTION, Target.LINK, Target.ALIAS}


class Known(NamedTuple):
    """What is there now, by id: names of registries, teams and people, and (registry's id, name) of collections."""

    registries: dict[int, str]
    collections: dict[int, tuple[int, str]]
    teams: dict[int, str]
    people: dict[int, str]


def add_addresses(events: Iterable[AuditEvent], membership: OrganizationMembership) -> None:
    """Give each of `events` an `address`: that of what it is about, or None. Four queries, however many they are."""
    events = list(events)
    known = _known(events, membership)
    for event in events:
        names = _names(event, known)
        view, *arguments = names or ("",)
        event.address = reverse(view, args=[membership.organization.slug, *arguments]) if view else None  # type: ignore[attr-defined]


def _known(events, membership):
    organization = membership.organization
    # With 0, which no row has, because Django asks nothing of an empty list: each page costs the same.
    of = {kind: {0, *(event.target_id for event in events if event.target_type == kind)} for kind in Target}
    seen = membership.registries().order_by().filter(pk__in={0, *(event.registry_id for event in events)})
    registries = dict(seen.values_list("pk", "name"))
    ids = {0, *(event.collection_id for event in events)}
    here = Collection.objects.filter(pk__in=ids, registry__in=[0, *registries])
    collections = {pk: (registry, name) for pk, registry, name in here.values_list("pk", "registry", "name")}
    teams = dict(organization.teams.filter(pk__in=of[Target.TEAM]).values_list("pk", "name"))
    people = organization.memberships.filter(user__in=of[Target.USER]).order_by()
    return Known(registries, collections, teams, dict(people.values_list("user", "user__username")))


def _names(event, known):
    """(the name of an address, what it names beside the organization), or None where there is nothing to lead to."""
    kind = event.target_type
    if kind in IN_COLLECTION and (place := known.collections.get(event.collection_id)):
        return "collections:detail", known.registries[place[0]], place[1]
    if kind == Target.REGISTRY and (name := known.registries.get(event.registry_id)):
        return "registries:detail", name
    if kind == Target.TEAM and (name := known.teams.get(event.target_id)):
        return "teams:detail", name
    if kind == Target.USER and (name := known.people.get(event.target_id)):
        return "members:detail", name
    return None
