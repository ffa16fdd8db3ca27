"""The results of a search in the registries that a user can see, in groups, the best results first.

A registry or collection is found if its texts contain every word. A version, an alias or a tag is found if its own name
contains at least one word, and its own name or its collection's name contains each: “churn production”. A group is
empty if the search has a condition that doesn't apply to it.
"""

from difflib import get_close_matches
from functools import reduce
from operator import or_

from django.db.models import Case, F, Max, Q, QuerySet, When

from .. import rules
from ..database import fulltext
from ..models.artifact import Artifact
from ..models.collection import Collection, CollectionQuerySet
from ..models.link import Alias, Link
from ..models.registry import Registry
from ..models.registry_queryset import RegistryQuerySet
from ..models.tag import Tag
from .query import Search

WINDOWS = (1_000, 20_000)  # the newest ids of links, searched first; see `_first_full`
SUGGESTED = 3  # similar names, at most
CLOSE = 0.7  # how similar such a name is at least; 1 is equal


class SearchResults:
    """The results of the Search `wanted` in the registries `visible`."""

    def __init__(self, wanted: Search, visible: RegistryQuerySet) -> None:
        self.wanted, self.visible = wanted, visible
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
        return self._best_first(found)

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
        return self._best_first(found)

    def links(self, count: int) -> QuerySet[Link]:
        """The first `count` links, the newest first."""
        newest = Link.objects.aggregate(newest=Max("pk", default=0))["newest"]
        floors = [
            max(0, newest - window) for window in WINDOWS
        ]  # always all windows, so that the queries don't reveal how many links exist
        return _first_full(count, [self._links(_after(floor)) for floor in (*floors, 0)])

    def aliases(self, count: int) -> QuerySet[Alias]:
        """The first `count` aliases that people set; system aliases have no row."""
        return self._labels(Alias, "alias", count)

    def tags(self, count: int) -> QuerySet[Tag]:
        """The first `count` tags, of collections and of versions."""
        return self._labels(Tag, "tag", count)

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

    def _labels(self, model, operator, count):
        """The first `count` rows of `model`, Alias or Tag, that have the words or the name that `operator` gives.

        Rows whose name is the search come first. Rows are read in the order of an index until there are enough.
        """
        if not self.words and not self.wanted.asks(operator):
            return model.objects.none()
        order, text = ("name", "collection_id", "pk"), self.wanted.text
        allowed = _narrowed(
            model.objects.filter(collection__registry__in=_ids(self.visible)),
            self.wanted,
            **{operator: lambda rows, name: rows.filter(name=name)},
            **_BY_COLLECTION,
        ).order_by(*order)
        ids = list(allowed.filter(name=text).values_list("pk", flat=True)[:count]) if text else []
        if len(ids) < count:
            others = allowed.filter(self._has_words(model)).exclude(name=text)
            ids += others.values_list("pk", flat=True)[: count - len(ids)]
        rank = Case(When(name=text, then=0), default=1)
        return model.objects.filter(pk__in=ids).order_by(rank, *order)

    def _has_words(self, model):
        """The condition that a row's own name has one word at least, and its own or its collection's name has each."""
        own = [words.condition(model) for words in self.words]
        condition = reduce(or_, own, Q())
        for words, has_it in zip(self.words, own, strict=True) if len(own) > 1 else ():
            condition &= has_it | Q(collection__in=_named(words))
        return condition

    def _best_first(self, rows):
        """`rows` by name: first those whose name is the search, then those whose name contains it."""
        key = rules.name_key(self.wanted.text)
        if not key:
            return rows.order_by("name_key", "pk")
        folded = rules.folded_name(self.wanted.text)
        ranks = ({"name_key": key}, {"name_folded": folded}, {"name_folded__contains": folded})
        rank = Case(*(When(**found, then=place) for place, found in enumerate(ranks)), default=len(ranks))
        return rows.order_by(rank, "name_key", "pk")


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
    """The filter of `created`, by the day of `field`."""
    return lambda rows, value: rows.filter(**{f"{field}__date__{value[0]}": value[1]})


# The filters of versions, aliases and tags by their collection.
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
