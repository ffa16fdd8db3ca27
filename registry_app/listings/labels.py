"""The aliases and tags of a collection, and of the versions in it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from django.db.models import QuerySet, Value

from .. import rules
from ..database.compiled import Compiled
from ..models import Alias, AliasRequest, Collection, Link, ProtectedAlias, Tag
from ..permissions import RegistryAccess
from .access_requests import lately, news_begin

OTHERS_SHOWN = 25  # aliases of other versions to choose from
PRODUCTION = "production"  # of several protected aliases, this one is compared with


def label_rows(collection: int, registry: int, since: datetime) -> list[QuerySet]:
    """(kind, id, name, number of the version or -1): aliases, the collection's own tags, protected names.

    And requests of anybody for an alias that are open or were answered after `since`; one of the tags of versions.
    """
    aliases = Alias.objects.filter(collection=collection).order_by()
    tags = Tag.objects.filter(collection=collection, link=None).order_by()
    protected = ProtectedAlias.objects.filter(registry=registry).order_by()
    asked = AliasRequest.objects.filter(lately(since), collection=collection).order_by()
    one = Tag.objects.filter(collection=collection, link__isnull=False).order_by().values("pk")[:1]
    tagged = Tag.objects.filter(pk__in=one).order_by()  # by a subquery: SQLite takes no LIMIT inside a UNION
    return [
        aliases.values_list(Value("alias"), "pk", "name", "link__number"),
        tags.values_list(Value("tag"), "pk", "name", Value(-1)),
        protected.values_list(Value("protected"), "pk", "name", Value(-1)),
        asked.values_list(Value("asked"), "pk", "alias", "link__number"),
        tagged.values_list(Value("tagged"), "pk", "name", Value(-1)),
    ]


@Compiled
def _labels(collection: int, registry: int, since: datetime) -> QuerySet:
    first, *others = label_rows(collection, registry, since)
    return first.union(*others, all=True)


class Labels:
    """The aliases and tags of a collection: `aliases` {number of a version: names}, `tags`, and `protected` names.

    `asked` are the numbers of the versions that somebody asks to set an alias on, or asked lately; `are_tagged` says
    whether a version has a tag. `rows` are those of `label_rows`, and others.
    """

    def __init__(self, rows: Iterable[tuple[str, int, str, int]]) -> None:
        self.aliases: dict[int, list[str]] = {}
        self.ids: dict[str, int] = {}  # of the aliases
        self.numbers: dict[str, int] = {}  # of the versions that they name
        self.asked: set[int] = set()
        found: dict[str, list[str]] = defaultdict(list)
        for kind, pk, name, number in rows:
            if kind == "alias":
                self.aliases.setdefault(number, []).append(name)
                self.ids[name], self.numbers[name] = pk, number
            elif kind == "asked":
                self.asked.add(number)
            else:
                found[kind].append(name)
        self.tags, names = sorted(found["tag"]), found["protected"]
        self.are_tagged, self.declared = "tagged" in found, sorted(names)
        self.protected = {*rules.protected_among(self.numbers, names)}

    @classmethod
    def of(cls, collection: Collection) -> Self:
        """Those of a collection."""
        return cls(_labels(collection.pk, collection.registry_id, news_begin()))

    @cached_property
    def base(self) -> tuple[str, int] | None:
        """(name, number of its version) of the protected alias that versions are compared with; None without one."""
        if not self.protected:
            return None
        name = min(self.protected, key=lambda name: (rules.name_key(name) != PRODUCTION, name))
        return name, self.numbers[name]

    def marked(self, number: int, newest: int | None = None) -> list[tuple[str, bool]]:
        """[(alias, whether it is protected)] of a version: protected ones first, then `latest`, then by name."""
        names = sorted(self.aliases.get(number, ()))
        given = [(name, False) for name in names if name not in self.protected]
        latest = [(rules.LATEST, False)] if number == newest else []
        return [*((name, True) for name in names if name in self.protected), *latest, *given]


def labels_of(access: RegistryAccess, link: Link) -> dict[str, Any]:
    """The plain aliases of `link` (a row of `with_latest`), its protected ones, and its tags.

    And the `refusal`: why the person can't change the protected ones, or None.
    """
    aliases, tags = link.facts
    protected = rules.protected_among(aliases, access.registry.protected_names())
    return {
        "aliases": [name for name in aliases if name not in protected],
        "protected": protected,
        "tags": tags,
        "is_latest": link.latest,  # type: ignore[attr-defined]
        "refusal": rules.refuse_protected(access.role, protected, protected),
    }


def aliases_of_others(access: RegistryAccess, link: Link) -> tuple[list[tuple[Alias, bool]], list[Alias]]:
    """The first aliases of other versions in the collection of `link`: those that the person may move, each with
    whether it is protected, and those that only admins move.
    """
    held = link.collection.aliases.exclude(link=link).select_related("link")[:OTHERS_SHOWN]
    protected = rules.protected_among([alias.name for alias in held], access.registry.protected_names())
    refusal = rules.refuse_protected(access.role, protected, protected)
    marked = [(alias, alias.name in protected) for alias in held]
    free = [(alias, is_protected) for alias, is_protected in marked if not (is_protected and refusal)]
    return free, [alias for alias, is_protected in marked if is_protected and refusal]
