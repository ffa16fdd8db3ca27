"""The list of an organization's registries."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Left

from .. import rules
from ..choices import Visibility
from ..database.compiled import Compiled
from ..forms.registries import RegistryFilter
from ..models import AcceptedType, Collection, OrganizationMembership
from ..models.registry_queryset import RegistryQuerySet
from .base import Listing, add_line_breaks, capped_count, registry_addresses
from .cursor import SIZE, SORTS, Page, page_query

COUNT_CAP = 1000  # registries counted at most
FILTERED_CAP = 100  # the same under a filter, which reads many rows for each that it counts
TYPES_SHOWN = 6  # types in a row of the list

COLLECTION_COUNT = Coalesce(  # how many collections a registry has
    Subquery(
        Collection.objects.filter(registry=OuterRef("pk"))
        .order_by()
        .values("registry")
        .annotate(count=Count("pk"))
        .values("count")
    ),
    0,
)


def _as_dicts(registries: RegistryQuerySet, membership: OrganizationMembership) -> QuerySet:
    """The custom ones, as dicts. A role given to an organization admin doesn't count, so it isn't read."""
    registries, given = registries.custom(), () if membership.is_admin else ("given_role",)
    if given:
        registries = registries.with_given_role(membership.user_id)
    columns = ("id", "name", "name_key", "visibility", "accepts_all_types", "updated_at", *given)
    return registries.values(*columns, summary=Left("description", rules.CARD_READ), held=COLLECTION_COUNT)


def _seen(shape: tuple, visibility: str, user: int, organization: int) -> tuple[RegistryQuerySet, Any]:
    """(The registries that a person sees by a membership of this shape, under the filter `visibility`; it)."""
    membership = OrganizationMembership.of_shape(shape, user, organization)
    registries = membership.registries()
    return registries.filter(visibility=visibility) if visibility else registries, membership


@Compiled
def _rows(
    shape: tuple, visibility: str, sort: str, before: bool, user: int, organization: int, *cursor: Any
) -> QuerySet:
    """The rows of a page of the list under no filter, or `visibility` alone."""
    keys, descending = SORTS[sort]
    rows = _as_dicts(*_seen(shape, visibility, user, organization))
    return page_query(rows, keys, cursor, down=descending != before)


@Compiled
def _types(shape: tuple, visibility: str, is_first: bool, user: int, organization: int, *ids: int) -> QuerySet:
    """The types of the registries `ids`, and on the first page those of the core ones."""
    seen, _ = _seen(shape, visibility, user, organization)
    return types_of(ids, seen.core() if is_first else None)


def types_of(ids: Sequence[int], cores: RegistryQuerySet | None) -> QuerySet:
    """(registry's name, type's name, whether it is preconfigured, collections of a core registry), those first."""
    custom = AcceptedType.objects.filter(registry__in=ids).order_by()
    types = custom.values_list("registry__name", "name", "preconfigured", Value(0))
    if cores is not None:
        # A union, because PostgreSQL would answer an OR of the two by reading the types of all registries.
        core = cores.order_by().values_list("name", "types__name", "types__preconfigured", COLLECTION_COUNT)
        types = types.union(core, all=True)
    return types.order_by("-preconfigured", "name")


class RegistryListing(Listing):
    """The registries that a person can see: custom ones as rows, core ones as `cores` on the first page."""

    form = RegistryFilter
    sorts = SORTS
    default_sort = "name"

    @cached_property
    def narrowed(self) -> RegistryQuerySet:
        """The registries under the filters."""
        return self.filters.apply(self.membership.registries(), self.membership)

    def queryset(self) -> QuerySet:
        """The custom registries, as dicts."""
        return _as_dicts(self.narrowed, self.membership)

    @cached_property
    def page(self) -> Page:
        """The page; by a compiled query where no filter but the visibility is set."""
        if not self._is_compiled:
            return super().page
        return self.compiled_page(_rows, *self._ids, shape=(self.membership.shape, self.wanted["visibility"]))

    @property
    def _is_compiled(self) -> bool:
        return not (self.wanted["q"] or self.wanted["type"] or self.wanted["role"])

    @property
    def _ids(self) -> tuple[int, int]:
        return self.membership.user_id, self.membership.organization_id

    def prepare(self, rows: list) -> list:
        """Each cell as the template prints it, because this page is requested most."""
        address = registry_addresses(self.membership)
        for row in rows:
            names = [type_["name"] for type_ in self._types.get(row["name"], [])]
            role = self.membership.effective_role(row["visibility"], row.get("given_role"))
            row["address"] = address(row["name"])
            row["label"] = add_line_breaks(row["name"])
            row["restricted"] = row["visibility"] == Visibility.RESTRICTED
            row["types"], row["more_types"] = names[:TYPES_SHOWN], max(0, len(names) - TYPES_SHOWN)
            row["role"] = role and role.label
            row["summary"] = rules.first_sentence(row["summary"])[:160]
        return rows

    @property
    def is_first(self) -> bool:
        """Whether this is the first page."""
        return self.page.before is None

    @property
    def cores(self) -> list[dict[str, Any]]:
        """The core registries with their types; none on later pages."""
        return [
            {"name": name, "description": description, "types": types, "held": types[0]["held"]}
            for name, description, _ in (rules.CORE_REGISTRIES if self.is_first else ())
            if (types := self._types.get(name))
        ]

    @property
    def count(self) -> str:
        """The number of custom registries, as text."""
        if self.is_first and self.page.after is None:
            return str(len(self.page.rows))
        return capped_count(self.narrowed.custom(), FILTERED_CAP if self.filters.active else COUNT_CAP)

    @cached_property
    def _types(self) -> dict[str, list[dict[str, Any]]]:
        """{name of a registry: its types, preconfigured ones first}, of this page's rows and of the core registries.

        Those of core registries also say how many collections these have (`held`).
        """
        ids = [row["id"] for row in self.page.rows if not row["accepts_all_types"]]
        if self._is_compiled:
            shape = (self.membership.shape, self.wanted["visibility"], self.is_first)
            found = _types(*self._ids, *ids, *[0] * (SIZE - len(ids)), shape=shape)  # as many ids each time
        else:
            found = list(types_of(ids, self.narrowed.core() if self.is_first else None))
        types: dict[str, list[dict[str, Any]]] = {}
        for registry, name, preconfigured, held in found:
            types.setdefault(registry, []).append({"name": name, "preconfigured": preconfigured, "held": held})
        return types

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates."""
        return {**super().context, "sort": self.sort, "count": self.count, "cores": self.cores}
