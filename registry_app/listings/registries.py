"""The list of an organization's registries."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db.models import DateTimeField, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Left
from django.utils.safestring import SafeString

from .. import rules
from ..choices import Visibility
from ..database.compiled import Compiled, padded
from ..forms.base import Wanted
from ..forms.registries import RegistryFilter
from ..forms.widgets import offer
from ..models import AcceptedType, OrganizationMembership, Registry
from ..models.registry_queryset import RegistryQuerySet
from .accepted_types import types_seen
from .base import Listing, RowCount, add_line_breaks, escaped, registry_addresses, total_of
from .cursor import SIZE, SORTS, in_order, page_query
from .weeks import week_bars

COUNT_CAP = 1000  # registries counted at most
FILTERED_CAP = 100  # the same under a filter, which reads many rows for each that it counts
TYPES_SHOWN = 6  # types in a row of the list
NEAR = 500  # rows in which words are looked for first
SUBJECT = 24  # characters that a row shows of what changed last


@Compiled
def _types(is_first: bool, membership: OrganizationMembership, wanted: Wanted, *ids: int) -> QuerySet:
    """(registry's name, type's name, whether it is preconfigured, and of a core one what its card says), those first.

    What the card says is its id, its numbers of collections and links, its last change, and the subject of that. The
    rows are of the registries `ids`, and on the first page of the core ones under the filters. Under "" as registry
    stand the types to choose from: those of the core registries, and of the first READ_FROM that the person sees.
    """
    custom = AcceptedType.objects.filter(registry__in=ids).order_by()
    none = [*[Value(0)] * 3, Cast(Value(None), DateTimeField()), Value("")]  # PostgreSQL takes a bare NULL for a text
    types = custom.values_list("registry__name", "name", "preconfigured", *none)
    if is_first:
        # A union, because PostgreSQL would answer an OR of the two by reading the types of all registries.
        core = RegistryFilter.narrow(membership, wanted, indexed=False).core().order_by()
        of_card = ("pk", "collection_count", "link_count", "updated_at", "last_subject")
        types = types.union(core.values_list("name", "types__name", "types__preconfigured", *of_card), all=True)
    of_core = AcceptedType.objects.filter(
        registry__in=membership.registries().core().order_by().values("pk")
    ).order_by()
    for offered in (of_core, types_seen(membership)):
        types = types.union(offered.distinct().values_list(Value(""), "name", Value(False), *none), all=True)
    return types.order_by("-preconfigured", "name")


@Compiled
def _near(near: int, cap: int, sort: str, before: bool, length: int, *values: Any) -> QuerySet:
    """The rows of a page that are among the next `near` registries that the person sees."""
    cursor, (membership, wanted), (keys, descending) = values[:length], values[length:], SORTS[sort]
    down, rows = descending != before, RegistryFilter.narrow(membership, wanted).custom()
    seen = in_order(membership.registries(), keys, cursor, down=down)  # hidden ones must not count
    last = Subquery(seen.values(keys[0])[near : near + 1])
    found = _columns(rows.filter(**{f"{keys[0]}__{'gte' if down else 'lte'}": last}), membership)
    return page_query(found.annotate(total=_total(rows, membership, cap)), keys, cursor, down=down)


@Compiled
def _by_words(cap: int, sort: str, before: bool, length: int, *values: Any) -> QuerySet:
    """The rows of a page; those with the words are found by their index first, and sorted then.

    PostgreSQL would rather read the list in its order until the page is full, as if the hits were spread evenly in it:
    where they come late, it reads much of the list.
    """
    cursor, (membership, wanted), (keys, descending) = values[:length], values[length:], SORTS[sort]
    down, rows = descending != before, RegistryFilter.narrow(membership, wanted).custom()
    found = page_query(rows.without_order_index(membership), keys, cursor, down=down)
    shown = _columns(Registry.objects.filter(pk__in=found.values("pk")), membership)
    return in_order(shown.annotate(total=_total(rows, membership, cap)), keys, [], down=down)


def _total(rows: RegistryQuerySet, membership: OrganizationMembership, cap: int) -> RowCount:
    return total_of(rows.without_order_index(membership), cap)


def _columns(registries: RegistryQuerySet, membership: OrganizationMembership) -> QuerySet:
    """The registries as dicts. A role given to an organization admin doesn't count, so it isn't read."""
    given = () if membership.is_admin else ("given_role",)
    if given:
        registries = registries.with_given_role(membership.user_id)
    counts = ("collection_count", "link_count")
    shown = ("visibility", "accepts_all_types", "updated_at", "last_subject")
    columns = ("id", "name", "name_key", *shown, *counts, *given)
    return registries.values(*columns, summary=Left("description", rules.CARD_READ))


class RegistryListing(Listing):
    """The registries that a person can see: custom ones as rows, core ones as `cores` on the first page."""

    form = RegistryFilter
    sorts = SORTS
    default_sort = "name"

    @staticmethod
    def query(membership: OrganizationMembership, wanted: Wanted) -> QuerySet:
        """The custom registries, as dicts."""
        return _columns(RegistryFilter.narrow(membership, wanted).custom(), membership)

    def read(self) -> Iterable:
        """The rows of the page and one more.

        Where it isn't known how many registries have the words, they are looked for in the next ones first: if most
        have them, that fills the page.
        """
        if not self._is_by_words:
            return super().read()
        (_, *shape), values = self.asked
        rows = _near(*values, shape=(NEAR, *shape))
        return rows if len(rows) > SIZE else _by_words(*values, shape=tuple(shape))

    def page_queryset(self) -> QuerySet:
        """The same of any words, as a queryset that is not compiled."""
        (_, *shape), values = self.asked
        return _by_words.build(*shape, *values) if self._is_by_words else super().page_queryset()

    @property
    def _is_by_words(self) -> bool:
        words = self.filters.wanted.get("q")
        return words is not None and words.are_uncounted(Registry)

    def prepare(self, rows: list) -> list:
        """Each cell as the template prints it, because this page is requested most."""
        address = registry_addresses(self.membership)
        for row in rows:
            names = [escaped(type_["name"]) for type_ in self._types.get(row["name"], [])]
            role = self.membership.effective_role(row["visibility"], row.get("given_role"))
            row["address"] = address(row["name"])
            row["label"] = add_line_breaks(row["name"])
            row["restricted"] = row["visibility"] == Visibility.RESTRICTED
            row["types"], row["more_types"] = names[:TYPES_SHOWN], max(0, len(names) - TYPES_SHOWN)
            row["role"] = role and escaped(role.label)
            row["collections"], row["versions"] = escaped(str(row["collection_count"])), escaped(str(row["link_count"]))
            subject = row["last_subject"]
            row["subject"] = f"{subject[: SUBJECT - 1]}…" if len(subject) > SUBJECT else subject
            row["weeks"] = self._weeks.get(row["id"], "")
            row["summary"] = rules.first_sentence(row["summary"])[:160]
        return rows

    @property
    def is_first(self) -> bool:
        """Whether this is the first page."""
        return self.page.before is None

    @property
    def cores(self) -> list[dict[str, Any]]:
        """The core registries with their types, counts and weeks; none on later pages."""
        found = {name: counts for name, _, _, *counts in self._found if counts[0]}
        described = [(name, description) for name, description, _ in rules.CORE_REGISTRIES if name in found]
        return [self._card(name, description, *found[name]) for name, description in described]

    def _card(self, name, description, pk, collections, versions, updated_at, subject):
        counts = {"collections": collections, "versions": versions, "weeks": self._weeks.get(pk, "")}
        told = {"types": self._types[name], "updated_at": updated_at, "subject": subject}
        return {"name": name, "description": description, **told, **counts}

    @property
    def cap(self) -> int:
        """How many custom registries are counted."""
        return FILTERED_CAP if self.filters.wanted else COUNT_CAP

    @cached_property
    def _found(self) -> list[tuple]:
        """The types of this page's rows and of the core registries, as the query answers them."""
        ids = [row["id"] for row in self.page.rows if not row["accepts_all_types"]]
        return _types(*self.of, *padded(ids, SIZE), shape=(self.is_first,))

    @cached_property
    def _types(self) -> dict[str, list[dict[str, Any]]]:
        """{name of a registry: its types, preconfigured ones first}"""
        types: dict[str, list[dict[str, Any]]] = {}
        for registry, name, preconfigured, *_ in self._found:
            types.setdefault(registry, []).append({"name": name, "preconfigured": preconfigured})
        return types

    @cached_property
    def _weeks(self) -> dict[int, SafeString]:
        """{id of a registry that has versions: what was published in it in the last weeks, as bars}"""
        ids = {row["id"] for row in self.page.rows if row["link_count"]}
        ids |= {pk for _, _, _, pk, _, versions, *_ in self._found if versions}
        return week_bars([*ids], SIZE + len(rules.CORE_REGISTRIES))

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates, with the types to choose from."""
        names = dict.fromkeys(type_["name"] for type_ in self._types.get("", ()))
        offer(self.filters["type"], [(name, name) for name in names])
        return {**super().context, "sort": self.sort, "count": self.count, "cores": self.cores}
