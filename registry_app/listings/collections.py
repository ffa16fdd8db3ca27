"""The list of a registry's collections."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.functions import Left
from django.http import QueryDict

from .. import rules
from ..database.compiled import Compiled
from ..forms.collections import CollectionFilter
from ..models import Alias, Collection, Tag
from ..models.collection import CollectionQuerySet
from ..permissions import RegistryAccess
from .base import Listing, capped_count
from .cursor import SIZE, SORTS, Page, page_query

COUNT_CAP = 1000  # collections counted at most
LABELS_SHOWN = 6  # aliases, and tags, in a row of the list


def _as_dicts(collections: CollectionQuerySet) -> QuerySet:
    columns = ("id", "name", "name_key", "type", "updated_at", "latest_number")
    return collections.with_latest().values(*columns, card=Left("description", rules.CARD_READ))


@Compiled
def _rows(sort: str, before: bool, registry: int, *cursor: Any) -> QuerySet:
    """The rows of a page of the list under no filter."""
    keys, descending = SORTS[sort]
    rows = _as_dicts(Collection.objects.filter(registry=registry))
    return page_query(rows, keys, cursor, down=descending != before)


class CollectionListing(Listing):
    """The collections of the registry of `access`."""

    form = CollectionFilter
    sorts = SORTS
    default_sort = "-updated"

    def __init__(self, access: RegistryAccess, params: QueryDict) -> None:
        self.registry = access.registry
        super().__init__(access.membership, params)

    @cached_property
    def narrowed(self) -> CollectionQuerySet:
        """The collections under the filters."""
        return self.filters.apply(self.registry.collections.all())

    def queryset(self) -> QuerySet:
        """The collections, as dicts."""
        return _as_dicts(self.narrowed)

    @cached_property
    def page(self) -> Page:
        """The page; by a compiled query under no filter."""
        if self.wanted["q"] or self.wanted["type"] or self.wanted["tag"]:
            return super().page
        return self.compiled_page(_rows, self.registry.pk)

    @cached_property
    def protected(self) -> list[str]:
        """The names that the registry protects."""
        return self.registry.protected_names()

    def prepare(self, rows: list) -> list:
        """With aliases (protected ones marked, and first) and the collections' own tags."""
        aliases: dict[int, list[str]] = {}
        tags: dict[int, list[str]] = {}
        ids = [row["id"] for row in rows]
        for collection, name, is_alias in _labels(*ids, *[0] * (SIZE - len(ids))):  # as many ids each time
            (aliases if is_alias else tags).setdefault(collection, []).append(name)
        for row in rows:
            marked = mark_protected(aliases.get(row["id"], ()), self.protected)
            row["aliases"], row["more_aliases"] = marked[:LABELS_SHOWN], max(0, len(marked) - LABELS_SHOWN)
            names = sorted(tags.get(row["id"], ()))
            row["tags"], row["more_tags"] = names[:LABELS_SHOWN], max(0, len(names) - LABELS_SHOWN)
            row["summary"] = rules.first_sentence(row["card"])[:160]
        return rows

    @property
    def count(self) -> str:
        """The number of collections, as text."""
        if self.page.before is None and self.page.after is None:
            return str(len(self.page.rows))
        return capped_count(self.narrowed, COUNT_CAP)

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates."""
        return {**super().context, "sort": self.sort, "count": self.count, "protected": self.protected}


def mark_protected(aliases: Iterable[str], protected: Iterable[str]) -> list[tuple[str, bool]]:
    """[(alias, whether it is protected)] of the names `aliases`: the protected ones first."""
    marked = rules.protected_among(aliases, protected)
    return [(name, True) for name in marked] + [(name, False) for name in sorted(set(aliases) - set(marked))]


@Compiled
def _labels(*ids: int) -> QuerySet:
    """(id of a collection, a name, whether it is an alias, else a tag of its own) of these collections."""
    aliases = Alias.objects.filter(collection__in=ids).order_by().values_list("collection", "name", Value(1))
    tags = Tag.objects.filter(collection__in=ids, link=None).order_by().values_list("collection", "name", Value(0))
    return aliases.union(tags, all=True)
