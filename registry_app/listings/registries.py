"""The list of an organization's registries."""

from functools import cached_property
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Left

from .. import rules
from ..choices import Role, Visibility
from ..forms.registries import RegistryFilter
from ..models import AcceptedType, Collection
from ..models.registry_queryset import RegistryQuerySet
from .base import Listing, add_line_breaks, capped_count, registry_addresses
from .cursor import SORTS

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
        """The custom registries, as dicts. A role given to an organization admin doesn't count, so it isn't read."""
        registries = self.narrowed.custom()
        given = () if self.membership.is_admin else ("given_role",)
        if given:
            registries = registries.with_given_role(self.membership.user_id)
        columns = ("id", "name", "name_key", "visibility", "accepts_all_types", "updated_at", *given)
        return registries.values(*columns, summary=Left("description", 160), held=COLLECTION_COUNT)

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
            row["role"] = Role(role).label
            row["updated"] = naturaltime(row["updated_at"])
            row["summary"] = row["summary"].partition("\n")[0]
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
        custom = AcceptedType.objects.filter(registry__in=ids).order_by()
        columns = custom.values_list("registry__name", "name", "preconfigured", Value(0))
        cores = (self.narrowed.core() if self.is_first else self.narrowed.none()).order_by()
        core = cores.values_list("name", "types__name", "types__preconfigured", COLLECTION_COUNT)
        types: dict[str, list[dict[str, Any]]] = {}
        # A union, because PostgreSQL would answer an OR of the two by reading the types of all registries.
        for registry, name, preconfigured, held in columns.union(core, all=True).order_by("-preconfigured", "name"):
            types.setdefault(registry, []).append({"name": name, "preconfigured": preconfigured, "held": held})
        return types

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates."""
        return {**super().context, "sort": self.sort, "count": self.count, "cores": self.cores}
