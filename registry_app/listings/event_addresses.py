"""Where the entries of the audit log lead: to what they speak of, as far as it is there and the reader sees it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import F, QuerySet, Value
from django.urls import reverse

from ..choices import Target
from ..database.compiled import Compiled, padded
from ..models import AuditEvent, Collection, Link, OrganizationMembership
from ..models.event import related_lists
from .cursor import SIZE

REGISTRY, COLLECTION, LINK, TEAM, USER = KINDS = (
    *(Target.REGISTRY, Target.COLLECTION, Target.LINK),
    *(Target.TEAM, Target.USER),
)
MOST = {REGISTRY: SIZE, COLLECTION: SIZE, LINK: SIZE, TEAM: 2 * SIZE, USER: 3 * SIZE}  # ids that are looked for


class Addresses:
    """The addresses of what `events`, a page of the log, speak of. It asks the database once."""

    def __init__(self, events: Sequence[AuditEvent], membership: OrganizationMembership) -> None:
        self.slug = membership.organization.slug
        self.known: dict[str, dict[int, tuple]] = {kind: {} for kind in KINDS}
        ids = _ids(events)
        for index, pk, place, number, name in _known(membership, *(pk for kind in KINDS for pk in ids[kind])):
            self.known[KINDS[index]][pk] = place, number, name

    def of(self, kind: str, pk: int | None) -> str | None:
        """The address of the thing of this kind (a Target) and id; None if it isn't there, or has no page."""
        names = self._names(kind, pk)
        return reverse(names[0], args=[self.slug, *names[1:]]) if names else None

    def of_event(self, event: AuditEvent) -> str | None:
        """The address of what the entry is about: of a version or an alias that is gone, its collection."""
        place = event.collection_id if event.target_type in {Target.LINK, Target.ALIAS} else None
        return self.of(event.target_type, event.target_id) or self.of(COLLECTION, place)

    def _names(self, kind: str, pk: int | None) -> tuple | None:
        """(the name of a page, what it names beside the organization)"""
        place, number, name = self.known.get(kind, {}).get(pk or 0, (0, 0, ""))
        if kind == LINK and (collection := self._names(COLLECTION, place)):
            return "links:detail", *collection[1:], number
        if kind == COLLECTION and (registry := self._names(REGISTRY, place)):
            return "collections:detail", *registry[1:], name
        pages = {REGISTRY: "registries:detail", TEAM: "teams:detail", USER: "members:detail"}
        return (pages[Target(kind)], name) if name and kind in pages else None


def _ids(events: Iterable[AuditEvent]) -> dict[str, list[int]]:
    """{kind: the ids of this kind that the events speak of}, as many each time."""
    found: dict[str, set[Any]] = {kind: set() for kind in KINDS}
    for event in events:
        things = [thing for things in related_lists(event.related).values() for thing in things[:1]]
        places = (REGISTRY, event.registry_id), (COLLECTION, event.collection_id), (USER, event.actor_id)
        for kind, pk in [
            *places,
            (event.target_type, event.target_id),
            *((each["type"], each["id"]) for each in things),
        ]:
            if kind in found and pk:
                found[kind].add(pk)
    return {kind: padded(sorted(ids)[: MOST[Target(kind)]], MOST[Target(kind)]) for kind, ids in found.items()}


@Compiled
def _known(membership: OrganizationMembership, *ids: int) -> QuerySet:
    """(number of the kind, id, the id of the place, number, name) of those of the `ids` that are there and seen."""
    rest, wanted = list(ids), {}
    for kind in KINDS:
        wanted[kind], rest = rest[: MOST[kind]], rest[MOST[kind] :]
    seen, organization = membership.registries().order_by(), membership.organization
    collections = Collection.objects.filter(pk__in=wanted[COLLECTION], registry__in=seen.values("pk"))
    links = Link.objects.filter(pk__in=wanted[LINK], collection__in=wanted[COLLECTION])
    people = organization.memberships.filter(user__in=wanted[USER])
    rows = [
        _columns(REGISTRY, seen.filter(pk__in=wanted[REGISTRY]), name=F("name")),
        _columns(COLLECTION, collections, place=F("registry_id"), name=F("name")),
        _columns(LINK, links, place=F("collection_id"), number=F("number")),
        _columns(TEAM, organization.teams.filter(pk__in=wanted[TEAM]), name=F("name")),
        _columns(USER, people, pk=F("user_id"), name=F("user__username")),
    ]
    return rows[0].union(*rows[1:], all=True)


def _columns(kind: Target, rows: QuerySet, **known: F) -> QuerySet:
    columns: dict[str, Any] = {"pk": F("pk"), "place": Value(0), "number": Value(0), "name": Value("")} | known
    return rows.order_by().values_list(Value(KINDS.index(kind)), *columns.values())
