"""The results of a search in what a user can see, of each kind the best ones first.

A registry, a collection or an artifact is found if its texts contain every word. A version is found if its number, its
artifact, an alias or a tag contains at least one word, and one of these or its collection's name contains each: “churn
production”. Nothing is found of a kind to which a condition of the search doesn't apply.
"""

from datetime import datetime
from difflib import get_close_matches
from typing import NamedTuple

from django.db.models import Case, F, Max, Q, QuerySet, Value, When
from django.utils import timezone

from .. import rules
from ..choices import Hit
from ..database import fulltext
from ..models.alias import Alias
from ..models.artifact import Artifact, ArtifactQuerySet
from ..models.collection import Collection, CollectionQuerySet
from ..models.link import Link
from ..models.organization_membership import OrganizationMembership
from ..models.registry import Registry
from ..models.registry_queryset import RegistryQuerySet
from ..models.tag import Tag
from .query import Search

WINDOWS = (1_000, 20_000)  # the newest ids of links, searched first; see `_first_full`
ELSEWHERE = 3  # the rank of what is found in other texts than its name
SUGGESTED = 3  # similar names, at most
CLOSE = 0.7  # how similar such a name is at least; 1 is equal


class RankedHit(NamedTuple):
    """A hit: of two the one of the lower `rank` fits better. `moment` is its last change; of an artifact, when its last
    version was registered; of a link, when it was made.

    `registry` is the name of the registry that it is or is in, `type` its type: "" where it has none.
    """

    rank: int
    moment: datetime
    pk: int
    registry: str
    type: str


class SearchResults:
    """The results of the Search `wanted` in what the membership's person can see: the best first, or the `newest`."""

    def __init__(self, wanted: Search, membership: OrganizationMembership, *, newest: bool = False) -> None:
        self.wanted, self.newest, self.visible = wanted, newest, membership.registries()
        self.visible_artifacts = Artifact.objects.visible_to(membership)
        self.words = [fulltext.SearchTerm(word) for word in wanted.words]

    def registries(self) -> RegistryQuerySet:
        """Registries."""
        found = _narrowed(
            self.visible,
            self.wanted,
            type=lambda rows, name: rows.accepting(name),
            registry=lambda rows, name: rows.filter(name_key=rules.name_key(name)),
            created=_since("created_at"),
        )
        for words in self.words:  # separate conditions, because SQLite limits how deep they nest
            found = found.filter(pk__in=_ids(Registry.objects.matching(words)))
        return self._in_order(found, "updated_at")

    def collections(self) -> CollectionQuerySet:
        """Collections."""
        found = _narrowed(
            Collection.objects.filter(registry__in=_ids(self.visible)),
            self.wanted,
            type=lambda rows, name: rows.filter(type=name),
            tag=lambda rows, name: rows.tagged(name),
            alias=_with_alias,
            registry=lambda rows, name: rows.filter(registry__name_key=rules.name_key(name)),
            created=_since("created_at"),
        )
        for words in self.words:
            found = found.matching(words)
        return self._in_order(found, "updated_at")

    def artifacts(self) -> ArtifactQuerySet:
        """Artifacts."""
        found = _narrowed(
            self.visible_artifacts,
            self.wanted,
            type=lambda rows, name: rows.filter(type=name),
            created=_since("created_at"),
        )
        for words in self.words:
            found = found.filter(pk__in=_ids(words.within(Artifact.objects.all())))
        return self._in_order(found, "updated_at", "name")

    def links(self, count: int) -> QuerySet[Link]:
        """The first `count` links, the newest first."""
        newest = Link.objects.aggregate(newest=Max("pk", default=0))["newest"]
        # From the newest link of all: to find the newest that is visible would read as many rows as are hidden.
        floors = [max(0, newest - window) for window in WINDOWS]
        return _first_full(count, [self._links(_after(floor)) for floor in (*floors, 0)])

    def first(self, count: int) -> dict[Hit, list[RankedHit]]:
        """{kind: its first `count` results}."""
        none, rank = Value(""), Value(ELSEWHERE)
        of_link = (rank, "linked_at", "pk", "collection__registry__name", "collection__type")
        rows = {
            Hit.REGISTRY: self.registries().values_list("rank", "updated_at", "pk", "name", none),
            Hit.COLLECTION: self.collections().values_list("rank", "updated_at", "pk", "registry__name", "type"),
            Hit.ARTIFACT: self.artifacts().values_list("rank", "updated_at", "pk", none, "type"),
            Hit.VERSION: self.links(count).values_list(*of_link),
        }
        return {kind: [RankedHit(*row) for row in found[:count]] for kind, found in rows.items()}

    def names_meant(self) -> list[dict[str, str]]:
        """At most SUGGESTED names of visible registries and collections that are similar to the words.

        Dicts of `name`, `registry_name` and, for a collection, `collection_name`.
        """
        key = rules.folded_name(self.wanted.text)
        if not fulltext.SHORTEST <= len(key) <= fulltext.COMPARED:
            return []
        collections = fulltext.most_similar(Collection.objects.filter(registry__in=_ids(self.visible)), key)
        rows: list = [
            *fulltext.most_similar(self.visible, key).values("name_folded", registry_name=F("name")),
            *collections.values("name_folded", registry_name=F("registry__name"), collection_name=F("name")),
        ]
        parts: dict[str, list] = {}
        for row in rows:
            row["name"] = row.get("collection_name", row["registry_name"])
            for part in dict.fromkeys([row["name_folded"], *row["name_folded"].split()]):
                parts.setdefault(part, []).append(row)
        close = get_close_matches(key, parts, n=SUGGESTED, cutoff=CLOSE)
        meant = {(row["name"], row["registry_name"]): row for part in close for row in parts[part]}
        return list(meant.values())[:SUGGESTED]

    def _links(self, newer):
        """The links that `newer` keeps, the newest first. `newer` filters a queryset by its field with a link's id."""
        found = _narrowed(
            newer(Link.objects.filter(collection__registry__in=_ids(self.visible)), "pk"),
            self.wanted,
            tag=lambda rows, name: rows.filter(pk__in=newer(Tag.objects.filter(name=name), "link").values("link")),
            alias=lambda rows, name: rows.filter(pk__in=_ids(newer(Link.objects.called(name), "pk"))),
            created=_since("linked_at"),
            **_BY_COLLECTION,
        )
        own = [_links_with(words, newer) for words in self.words]
        if own:
            found = found.filter(pk__in=_any([part for parts in own for part in parts]))
        for words, parts in zip(self.words, own, strict=True) if len(own) > 1 else ():
            found = found.filter(Q(pk__in=_any(parts)) | Q(collection__in=_named(words)))
        return found.order_by("-pk")

    def _in_order(self, rows, moment, by="name_key"):
        """`rows` with their `rank`, by it and then by their name, or the newest by the field `moment` first."""
        rows = self._ranked(rows)
        return rows.order_by(f"-{moment}", "-pk") if self.newest else rows.order_by("rank", by, "pk")

    def _ranked(self, rows):
        """`rows` with their `rank`: the less else stands in a name, the better it fits."""
        text, words = rules.folded_name(self.wanted.text), Q()
        if not text:
            return rows.annotate(rank=Value(ELSEWHERE))
        for word in self.words:
            words &= Q(name_folded__contains=word.folded)
        ranks = [Q(name_folded=text), Q(name_folded__startswith=text), words]
        cases = [When(condition, then=rank) for rank, condition in enumerate(ranks)]
        return rows.annotate(rank=Case(*cases, default=ELSEWHERE))


def _first_full(count, found):
    """The first `count` rows of the last queryset in `found`. Each earlier queryset has its first rows only.

    They are read one after another until one has `count` rows. To read all hits of a common word in order to show a few
    would take longer the more hits there are.
    """
    *others, everything = found
    for rows in others:
        ids = list(rows.values_list("pk", flat=True)[:count])
        if len(ids) == count:
            return everything.model.objects.filter(pk__in=ids).order_by(*rows.query.order_by)
    return everything[:count]


def _after(floor):
    """A function that filters a queryset to the rows whose `field` is greater than `floor`; to all rows for 0."""
    return lambda rows, field: rows.order_by().filter(**{f"{field}__gt": floor} if floor else {})


def _narrowed(rows, wanted, **filters):
    """`rows` under the conditions of `wanted`; `filters` is {operator: function}. No rows if a filter is missing."""
    for operator, value in wanted.conditions:
        if operator not in filters:
            return rows.none()
        rows = filters[operator](rows, value)
    return rows


def _with_alias(collections, name):
    """The `collections` with a version under the alias `name`."""
    holders = Link.objects.called(name) if rules.refuse_alias_name(name) else Alias.objects.filter(name=name)
    return collections.filter(pk__in=holders.order_by().values("collection"))


def _since(field):
    """The filter of `created`, by the reader's day of `field`: with moments, which need no function of each row."""

    def narrow(rows, value):
        lookup, day = value
        zone = timezone.get_current_timezone()
        start, end = rules.start_of_day(day, zone), rules.end_of_day(day, zone)
        edges = {"gt": {"gte": end}, "gte": {"gte": start}, "lt": {"lt": start}, "lte": {"lt": end}}
        limits = edges.get(lookup, {"gte": start, "lt": end})
        return rows.filter(**{f"{field}__{name}": moment for name, moment in limits.items()})

    return narrow


# The filters of versions by their collection.
_BY_COLLECTION = {
    "type": lambda rows, name: rows.filter(collection__type=name),
    "registry": lambda rows, name: rows.filter(collection__registry__name_key=rules.name_key(name)),
}


def _links_with(words, newer):
    """Querysets of ids of the links that `newer` keeps and whose artifact, alias or tag has `words`."""
    is_system = rules.name_key(words.text) == rules.LATEST or rules.number_called(words.text) is not None
    parts = [newer(Link.objects.called(words.text), "pk")] if is_system else []
    artifacts = _ids(words.within(Artifact.objects.all()))
    parts.append(newer(Link.objects.filter(version__artifact__in=artifacts), "pk"))
    marks = [newer(words.within(model.objects.all()), "link").values("link") for model in (Alias, Tag)]
    return [*map(_ids, parts), *marks]


def _named(words):
    """The ids of the collections whose name contains `words`."""
    return _ids(Collection.objects.filter(name_folded__contains=words.folded))


def _ids(rows):
    return rows.order_by().values("pk")


def _any(parts):
    """The union of querysets of ids."""
    first, *others = parts
    return first.union(*others) if others else first
