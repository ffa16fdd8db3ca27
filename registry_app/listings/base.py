"""The base class of lists, and helpers for counts, names and addresses in their rows."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from ..database.compiled import Compiled
from ..forms.base import CursorForm, FilterForm
from ..models import OrganizationMembership
from .cursor import Page, decode, make_page, paginate


class Listing(ABC):
    """One page of a list, as `membership`, the person who looks, may see it.

    `params` are the parameters of an address. A wrong parameter is a BadRequest (400); a wrong cursor is one as soon as
    the page is read.
    """

    form: ClassVar[type[FilterForm]] = CursorForm
    sorts: ClassVar[dict[str, tuple[list[str], bool]]] = {"": (["id"], False)}  # {sort: (columns, whether descending)}
    default_sort: ClassVar[str] = ""
    paginate: ClassVar[Callable[..., Page]] = staticmethod(paginate)  # or `paginate_objects`, for rows that are objects

    def __init__(self, membership: OrganizationMembership, params: QueryDict) -> None:
        self.membership = membership
        self.filters = self.make_filters(params)
        self.wanted = self.filters.require()

    def make_filters(self, params: QueryDict) -> Any:
        """The bound filter form."""
        return self.form(params)

    @abstractmethod
    def queryset(self) -> QuerySet:
        """The whole list under its filters, without order. Dicts have the columns that the list is sorted by."""

    def prepare(self, rows: list) -> list:
        """The rows of one page as they are shown."""
        return rows

    @property
    def sort(self) -> str:
        """The key of `sorts` that the list is sorted by."""
        return self.wanted.get("sort") or self.default_sort

    @cached_property
    def page(self) -> Page:
        """The page that the parameters ask for, its rows as the database has them."""
        keys, descending = self.sorts[self.sort]
        cursors = {"after": self.wanted["after"], "before": self.wanted["before"]}
        return self.paginate(self.queryset(), keys, descending=descending, **cursors)

    def compiled_page(self, query: Compiled, *values: Any, shape: tuple = ()) -> Page:
        """The page by a compiled query of these `values`: its shape ends with the sort, and whether it reads back."""
        keys, (after, before) = self.sorts[self.sort][0], (self.wanted["after"], self.wanted["before"])
        cursor = decode(before or after, keys) if before or after else ()
        rows = query(*values, *cursor, shape=(*shape, self.sort, bool(before)))
        return make_page(rows, keys, after=after, before=before)

    @cached_property
    def rows(self) -> list:
        """The rows of the page, prepared."""
        return self.prepare(self.page.rows)

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates."""
        return {"filters": self.filters, "page": self.page, "rows": self.rows}


def capped_count(rows: QuerySet, cap: int) -> str:
    """The number of rows as text, counted up to `cap`, because a full count takes longer in a longer table."""
    count = rows.order_by()[: cap + 1].count()
    return f"{cap:,}+" if count > cap else f"{count:,}"


def add_line_breaks(name: str) -> SafeString:
    """`name` as HTML that may break after underscores and slashes, and nowhere else."""
    return mark_safe(conditional_escape(name).replace("_", "_<wbr>").replace("/", "/<wbr>"))  # noqa: S308


def registry_addresses(membership: OrganizationMembership) -> Callable[[str], str]:
    """A function from a registry's name to its address. It is fast, because it reverses one address for all."""
    start = reverse("registries:detail", args=[membership.organization.slug, "-"]).removesuffix("-/")
    return lambda name: f"{start}{quote(name)}/"
