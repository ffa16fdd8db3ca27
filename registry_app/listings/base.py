"""The base class of lists, and helpers for counts, names and addresses in their rows."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from typing import Any, ClassVar
from urllib.parse import quote

from django.db.models import IntegerField, QuerySet, Subquery
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from ..database.compiled import Compiled
from ..forms.base import CursorForm, FilterForm
from ..models import OrganizationMembership
from .cursor import Page, decode, make_page, page_query


class Listing(ABC):
    """One page of a list, as `membership`, the person who looks, may see it.

    `params` are the parameters of an address. A wrong parameter is a BadRequest (400); a wrong cursor is one as soon as
    the page is read. The rows are those of `query(*of)`, a compiled query.
    """

    form: ClassVar[type[FilterForm]] = CursorForm
    sorts: ClassVar[dict[str, tuple[list[str], bool]]] = {"": (["id"], False)}  # {sort: (columns, whether descending)}
    default_sort: ClassVar[str] = ""

    def __init__(self, membership: OrganizationMembership, params: QueryDict) -> None:
        self.membership = membership
        self.filters = self.make_filters(params)
        self.wanted = self.filters.require()

    def make_filters(self, params: QueryDict) -> Any:
        """The bound filter form."""
        return self.form(params)

    @property
    def of(self) -> tuple:
        """What `query` takes: ids, and Parts such as a membership or the filters. By default these two."""
        return self.membership, self.filters.wanted

    @staticmethod
    @abstractmethod
    def query(*of: Any) -> QuerySet:
        """The whole list, without order: objects, or dicts with the columns that the list is sorted by.

        It is compiled, so it says all by its arguments: it knows of no person and of no other object.
        """

    def queryset(self) -> QuerySet:
        """The whole list under its filters, without order."""
        return self.query(*self.of)

    def prepare(self, rows: list) -> list:
        """The rows of one page as they are shown."""
        return rows

    @property
    def sort(self) -> str:
        """The key of `sorts` that the list is sorted by."""
        return self.wanted.get("sort") or self.default_sort

    @property
    def is_compiled(self) -> bool:
        """Whether the query is compiled."""
        return True

    @property
    def cursor(self) -> tuple[list, bool]:
        """(The values of the row that the page comes after, or [] for the first page; whether it comes before it)."""
        cursor, keys = self.wanted["before"] or self.wanted["after"], self.sorts[self.sort][0]
        return decode(cursor, keys) if cursor else [], bool(self.wanted["before"])

    @cached_property
    def page(self) -> Page:
        """The page that the parameters ask for, its rows as the database has them."""
        cursor, backwards = self.cursor
        return make_page(self.read(), self.sorts[self.sort][0], after=bool(cursor) and not backwards, before=backwards)

    def read(self) -> Iterable:
        """The rows of the page and one more."""
        shape, values = self.asked
        return _page(*values, shape=shape) if self.is_compiled else self.page_queryset()

    def page_queryset(self) -> QuerySet:
        """The rows of the page and one more, as a queryset that is not compiled."""
        shape, values = self.asked
        return _page.build(*shape, *values)

    @property
    def asked(self) -> tuple[tuple, tuple]:
        """The shape and the values of the compiled query of a page."""
        cursor, backwards = self.cursor
        return (type(self), self.cap, self.sort, backwards, len(cursor)), (*cursor, *self.of)

    @cached_property
    def rows(self) -> list:
        """The rows of the page, prepared."""
        return self.prepare(self.page.rows)

    @property
    def cap(self) -> int:
        """How many rows of the whole list are counted; 0 for none. A full count takes longer in a longer list."""
        return 0

    @property
    def count(self) -> str:
        """The number of rows of the whole list, as text."""
        if rows := self.page.rows:
            return capped(rows[0]["total"], self.cap)
        # Past the end, no row tells it.
        return capped_count(self.queryset(), self.cap) if self.cursor[0] else "0"

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates."""
        return {"filters": self.filters, "page": self.page, "rows": self.rows}


@Compiled
def _page(listing: type[Listing], cap: int, sort: str, before: bool, length: int, *values: Any) -> QuerySet:
    """The rows of a page, from a cursor of `length` columns on: `values` are the cursor's, and what the list is of.

    With a `cap` each row has the `total` of the list.
    """
    rows, (keys, descending) = listing.query(*values[length:]), listing.sorts[sort]
    if cap:
        rows = rows.annotate(total=total_of(rows, cap))
    return page_query(rows, keys, values[:length], down=descending != before)


def total_of(rows: QuerySet, cap: int) -> "RowCount":
    """The number of rows, at most one more than the cap, counted by the query that it is a part of."""
    return RowCount(rows.order_by().values("pk")[: cap + 1])


class RowCount(Subquery):
    """The number of rows of a queryset, counted by the query that it is a part of."""

    template, output_field = "(SELECT COUNT(*) FROM (%(subquery)s) counted)", IntegerField()


def capped_count(rows: QuerySet, cap: int) -> str:
    """The number of rows as text, counted up to `cap`."""
    return capped(rows.order_by()[: cap + 1].count(), cap)


def capped(count: int, cap: int) -> str:
    """`count` as text, which stands for any greater number where it is above `cap`."""
    return f"{cap:,}+" if count > cap else f"{count:,}"


def add_line_breaks(name: str) -> SafeString:
    """`name` as HTML that may break after underscores and slashes, and nowhere else."""
    return mark_safe(conditional_escape(name).replace("_", "_<wbr>").replace("/", "/<wbr>"))  # noqa: S308


@lru_cache(maxsize=5000)
def escaped(text: str) -> SafeString:
    """`text` as HTML; of what comes again in many rows, such as a type's name, escaped once for all of them."""
    return conditional_escape(text)


def registry_addresses(membership: OrganizationMembership) -> Callable[[str], str]:
    """A function from a registry's name to its address. It is fast, because it reverses one address for all."""
    start = reverse("registries:detail", args=[membership.organization.slug, "-"]).removesuffix("-/")
    return lambda name: mark_safe(f"{start}{quote(name)}/")  # noqa: S308  # of a quoted name nothing needs escaping
