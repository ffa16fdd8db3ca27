"""What a search finds in the registries that somebody sees: a queryset for each group, the best first.

Registries and collections have each word somewhere in their texts. Of what lies in a collection (versions, aliases,
tags) one word at least is its own; the others may be in the collection's name: “churn production”. A group finds
nothing where the search asks for what its things don't have.
"""

from difflib import get_close_matches

from django.db.models import Case, F, Q, When

from .. import rules, search
from .artifact import Version
from .collection import Collection
from .link import Alias, Link, Tag
from .registry import Registry

SUGGESTED = 3  # names that may have been meant, at most
CLOSE = 0.7  # how like such a name is: 1 is the same


def registries_found(wanted, seen):
    """Those of the registries `seen` that the Search `wanted` finds."""
    found = _narrowed(
        seen,
        wanted,
        type=lambda rows, name: rows.accepting(name),
        registry=lambda rows, name: rows.filter(name_key=rules.name_key(name)),
        created=_since("created_at"),
    )
    for word in wanted.words:  # side by side, for of conditions within conditions SQLite takes only so many
        found = found.filter(pk__in=_ids(Registry.objects.matching(word)))
    return _best_first(found, wanted, "name_key", "pk")


def collections_found(wanted, seen):
    """The collections in the registries `seen` that the Search `wanted` finds."""
    found = _narrowed(
        Collection.objects.filter(registry__in=_ids(seen)),
        wanted,
        type=lambda rows, name: rows.filter(type=name),
        tag=lambda rows, name: rows.tagged(name),
        alias=_called,
        registry=lambda rows, name: rows.filter(registry__name_key=rules.name_key(name)),
        created=_since("created_at"),
    )
    for word in wanted.words:
        found = found.matching(word)
    return _best_first(found, wanted, "name_key", "pk")


def links_found(wanted, seen):
    """The links in the registries `seen` that the Search `wanted` finds, the newest first."""
    found = _narrowed(
        Link.objects.filter(collection__registry__in=_ids(seen)),
        wanted,
        tag=lambda rows, name: rows.filter(pk__in=Tag.objects.filter(name=name).order_by().values("link")),
        alias=lambda rows, name: rows.filter(pk__in=Link.objects.called(name).order_by().values("pk")),
        created=_since("linked_at"),
        **_PLACED,
    )
    return _with_words(found, wanted, _links_with).order_by("-pk")


def aliases_found(wanted, seen):
    """The aliases in the registries `seen` that the Search `wanted` finds; what people gave, for others have no row."""
    found = _narrowed(
        Alias.objects.filter(collection__registry__in=_ids(seen)),
        wanted,
        alias=lambda rows, name: rows.filter(name=name),
        **_PLACED,
    )
    found = _with_words(found, wanted, lambda word: [_ids(Alias.objects.filter(name__icontains=word))])
    return _best_first(found, wanted, "name", "pk") if wanted.words or wanted.asks("alias") else found.none()


def tags_found(wanted, seen):
    """The tags in the registries `seen` that the Search `wanted` finds, of collections and of versions."""
    found = _narrowed(
        Tag.objects.filter(collection__registry__in=_ids(seen)),
        wanted,
        tag=lambda rows, name: rows.filter(name=name),
        **_PLACED,
    )
    found = _with_words(found, wanted, lambda word: [_ids(Tag.objects.filter(name__icontains=word))])
    return _best_first(found, wanted, "name", "pk") if wanted.words or wanted.asks("tag") else found.none()


def names_meant(wanted, seen):
    """What may have been meant by the words of `wanted`, out of the names in `seen` registries: at most SUGGESTED.

    Dicts of `name`, `registry_name` and, of a collection, `collection_name`.
    """
    key = rules.name_key(wanted.text)
    if not search.SHORTEST <= len(key) <= search.COMPARED:
        return []
    collections = search.alike(Collection.objects.filter(registry__in=_ids(seen)), key)
    rows = [
        *search.alike(seen, key).values("name_key", registry_name=F("name")),
        *collections.values("name_key", registry_name=F("registry__name"), collection_name=F("name")),
    ]
    parts: dict[str, list] = {}
    for row in rows:
        row["name"] = row.get("collection_name", row["registry_name"])
        for part in dict.fromkeys([row["name_key"], *row["name_key"].split()]):
            parts.setdefault(part, []).append(row)
    close = get_close_matches(key, parts, n=SUGGESTED, cutoff=CLOSE)
    meant = {(row["name"], row["registry_name"]): row for part in close for row in parts[part]}
    return list(meant.values())[:SUGGESTED]


def _narrowed(rows, wanted, **ways):
    """`rows` under the conditions of `wanted`, by `ways` {operator: function}; none where there is no way to one."""
    for operator, value in wanted.conditions:
        if operator not in ways:
            return rows.none()
        rows = ways[operator](rows, value)
    return rows


def _called(collections, name):
    """Those of `collections` in which the alias `name` names a version."""
    holders = Link.objects.called(name) if rules.refuse_alias_name(name) else Alias.objects.filter(name=name)
    return collections.filter(pk__in=holders.order_by().values("collection"))


def _since(field):
    """The way of `created`: by the day of this field."""
    return lambda rows, value: rows.filter(**{f"{field}__date__{value[0]}": value[1]})


# The ways that all have which lie in a collection.
_PLACED = {
    "type": lambda rows, name: rows.filter(collection__type=name),
    "registry": lambda rows, name: rows.filter(collection__registry__name_key=rules.name_key(name)),
}


def _links_with(word):
    """The ids of the links that `word` names, in parts: by their artifact, an alias or a tag."""
    parts = [Link.objects.called(word)] if word == rules.LATEST or rules.number_called(word) is not None else []
    parts.append(Link.objects.filter(version__in=Version.objects.named(word)))
    marks = [model.objects.filter(name__icontains=word) for model in (Alias, Tag)]
    return [*map(_ids, parts), *(part.order_by().values("link") for part in marks)]


def _with_words(rows, wanted, parts_of):
    """`rows` in collections with each word of `wanted` in their own texts or in their collection's name.

    One at least is in their own: `parts_of` a word answers querysets of the ids of the rows that have it.
    """
    own = [parts_of(word) for word in wanted.words]
    if own:
        rows = rows.filter(pk__in=_any([part for parts in own for part in parts]))
    for word, parts in zip(wanted.words, own, strict=True) if len(own) > 1 else ():
        collections = _ids(Collection.objects.filter(name_key__contains=rules.name_key(word)))
        rows = rows.filter(Q(pk__in=_any(parts)) | Q(collection__in=collections))
    return rows


def _best_first(rows, wanted, column, last):
    """`rows` in the order of `column`, after those that are called just as the words are, or contain them all."""
    text = rules.name_key(wanted.text)
    if not text:
        return rows.order_by(column, last)
    rank = Case(When(**{f"{column}__iexact": text}, then=0), When(**{f"{column}__icontains": text}, then=1), default=2)
    return rows.order_by(rank, column, last)


def _ids(rows):
    return rows.order_by().values("pk")


def _any(parts):
    """The union of querysets of ids."""
    first, *others = parts
    return first.union(*others) if others else first
