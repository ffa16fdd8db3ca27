"""The list of a registry's collections."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db.models import Count, QuerySet, Value
from django.db.models.functions import Left
from django.http import QueryDict

from .. import rules
from ..database.compiled import Compiled, padded
from ..forms.base import Wanted
from ..forms.collections import CollectionFilter
from ..forms.widgets import offer
from ..models import Alias, Collection, ProtectedAlias, Tag
from ..permissions import RegistryAccess
from .base import Listing
from .cursor import SIZE, SORTS

COUNT_CAP = 1000  # collections counted at most
LABELS_SHOWN = 6  # aliases, and tags, in a row of the list
OFFERED_FROM = 200  # collections whose types and tags are offered to choose from
ALIAS, TAG, PROTECTED, TYPE = range(4)  # kinds of names


class CollectionListing(Listing):
    """The collections of the registry of `access`."""

    form = CollectionFilter
    sorts = SORTS
    default_sort = "-updated"

    def __init__(self, access: RegistryAccess, params: QueryDict) -> None:
        self.registry = access.registry
        super().__init__(access.membership, params)

    @property
    def of(self) -> tuple:
        """The registry, and the filters."""
        return self.registry.pk, self.filters.wanted

    @staticmethod
    def query(registry: int, wanted: Wanted) -> QuerySet:
        """The collections, as dicts."""
        collections = CollectionFilter.narrow(Collection.objects.filter(registry=registry), wanted)
        columns = ("id", "name", "name_key", "type", "updated_at", "latest_number")
        return collections.with_latest().values(*columns, card=Left("description", rules.CARD_READ))

    @cached_property
    def protected(self) -> list[str]:
        """The names that the registry protects."""
        return sorted(self._names[PROTECTED].get(self.registry.pk, ()))

    @cached_property
    def _names(self) -> dict[int, dict[int, list[str]]]:
        """{ALIAS or TAG: {id of a collection of the page: names}, PROTECTED: {id of the registry: names}}

        And to choose from TAG: {0: names}, TYPE: {number of collections: names}, both of the OFFERED_FROM changed last.
        """
        found: dict[int, dict[int, list[str]]] = {ALIAS: {}, TAG: {}, PROTECTED: {}, TYPE: {}}
        ids = [row["id"] for row in self.page.rows]
        for place, name, kind in _names(self.registry.pk, *padded(ids, SIZE)):
            found[kind].setdefault(place, []).append(name)
        return found

    def prepare(self, rows: list) -> list:
        """With aliases (protected ones marked, and first) and the collections' own tags."""
        aliases, tags = self._names[ALIAS], self._names[TAG]
        for row in rows:
            marked = mark_protected(aliases.get(row["id"], ()), self.protected)
            row["aliases"], row["more_aliases"] = marked[:LABELS_SHOWN], max(0, len(marked) - LABELS_SHOWN)
            names = sorted(tags.get(row["id"], ()))
            row["tags"], row["more_tags"] = names[:LABELS_SHOWN], max(0, len(names) - LABELS_SHOWN)
            row["summary"] = rules.first_sentence(row["card"])[:160]
        return rows

    @property
    def cap(self) -> int:
        """How many collections are counted."""
        return COUNT_CAP

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates, with the types and tags to choose from."""
        types, tags = self._names[TYPE], sorted(self._names[TAG].get(0, ()))
        few = self.registry.collection_count <= OFFERED_FROM  # so all are counted
        labels = {name: f"{name} ({number})" if few else name for number, names in types.items() for name in names}
        offer(self.filters["type"], sorted(labels.items()))
        offer(self.filters["tag"], [(name, name) for name in tags])
        return {**super().context, "sort": self.sort, "count": self.count, "protected": self.protected}


def mark_protected(aliases: Iterable[str], protected: Iterable[str]) -> list[tuple[str, bool]]:
    """[(alias, whether it is protected)] of the names `aliases`: the protected ones first."""
    marked = rules.protected_among(aliases, protected)
    return [(name, True) for name in marked] + [(name, False) for name in sorted(set(aliases) - set(marked))]


@Compiled
def _names(registry: int, *ids: int) -> QuerySet:
    """(id of a collection, a name, ALIAS or TAG of its own) of these collections, and what the registry protects.

    And what to choose from, with 0 or a number of collections instead of an id.
    """
    aliases = Alias.objects.filter(collection__in=ids).order_by().values_list("collection", "name", Value(ALIAS))
    tags = Tag.objects.filter(collection__in=ids, link=None).order_by().values_list("collection", "name", Value(TAG))
    protected = ProtectedAlias.objects.filter(registry=registry).order_by()
    protected = protected.values_list("registry", "name", Value(PROTECTED))
    return aliases.union(tags, protected, *_offered(registry), all=True)


def _offered(registry: int) -> list[QuerySet]:
    newest = Collection.objects.filter(registry=registry).order_by("-updated_at", "-id").values("pk")[:OFFERED_FROM]
    types = Collection.objects.filter(pk__in=newest).order_by().values("type").annotate(number=Count("pk"))
    tags = Tag.objects.filter(collection__in=newest, link=None).order_by().distinct()
    return [types.values_list("number", "type", Value(TYPE)), tags.values_list(Value(0), "name", Value(TAG))]
