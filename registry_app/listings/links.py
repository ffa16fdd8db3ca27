"""The list of the versions in a collection, with their metrics."""

from functools import cached_property
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import QuerySet, Value
from django.http import QueryDict

from .. import rules
from ..database.compiled import Compiled, padded
from ..forms.base import Wanted
from ..forms.metrics import LinkFilter
from ..forms.widgets import offer
from ..models import Collection, Link, Tag
from ..permissions import RegistryAccess
from ..rules import Metric
from .base import Listing, capped_count
from .cursor import SIZE, Page, cursor_of, decode
from .labels import Labels
from .series import COLUMNS, NEWEST, OF_VERSION, Difference, Series, chosen_metrics, value_of
from .version_menus import VersionMenus

COUNT_CAP = 10_000  # versions counted at most
PINNED = 12  # versions with an alias that stand before the others
ALWAYS_SHOWN, OFTEN_SHOWN = 2, 4  # columns of numbers, on a narrower sheet
COLUMNS_SHOWN = 4  # metrics that are columns where nobody chose any
NEWEST_FIRST, OLDEST_FIRST = "-:number", ":number"  # no metric is called so
KEYS = ["number"]


@Compiled
def _tags(collection: int, *links: int) -> QuerySet:
    """(id of a version, its tag) of these versions, and (0, a tag to choose): those of the newest ones."""
    newest = Link.objects.filter(collection=collection).order_by("-number").values("pk")[:NEWEST]
    offered = Tag.objects.filter(link__in=newest).order_by().distinct().values_list(Value(0), "name")
    return Tag.objects.filter(link__in=links).order_by().values_list("link", "name").union(offered, all=True)


class LinkListing(Listing):
    """The versions in `collection`, a collection of the registry of `access`.

    Those with an alias come first, then the newest. Under a filter or a sort all that are found are in one order; a
    metric sorts the newest ones.
    """

    form = LinkFilter
    sorts = {"": (KEYS, True), NEWEST_FIRST: (KEYS, True), OLDEST_FIRST: (KEYS, False)}

    def __init__(self, access: RegistryAccess, collection: Collection, params: QueryDict) -> None:
        self.access, self.collection = access, collection
        self.address = collection.get_absolute_url()
        super().__init__(access.membership, params)
        self.labels, self.series = Labels.of(collection), Series(collection)
        self.series.include([*self.pinned, *([self.labels.base[1]] if self.labels.base else [])])
        self.metric = self._known(self.wanted["metric"]) or next(iter(self.series.metrics), None)
        if self.sort not in self.sorts:
            self._known(self._sorted_by[0])

    @property
    def of(self) -> tuple:
        """The collection, the filters, and the numbers of the pinned versions where these stand before the others."""
        pinned = padded(self.pinned, PINNED, blank=-1) if self.is_usual else ()
        return self.collection.pk, self.filters.wanted, *pinned

    @staticmethod
    def query(collection: int, wanted: Wanted, *pinned: int) -> QuerySet:
        """The versions that are wanted and not pinned, as dicts."""
        links = LinkFilter.narrow(Link.objects.filter(collection=collection), wanted).exclude(number__in=pinned)
        return links.values(*COLUMNS, *OF_VERSION)

    @property
    def is_compiled(self) -> bool:
        """Whether the query is compiled: what a search looks like depends on its words."""
        return not self.filters.wanted

    @property
    def is_usual(self) -> bool:
        """Whether the versions stand in their usual order, and all of them."""
        return not self.sort and not self.filters.wanted

    @cached_property
    def _found(self):
        """The newest versions that pass the filters."""
        if not self.filters.wanted or not self.series.rows:
            return self.series.rows
        among = self.queryset().filter(number__gte=self.series.numbers[0])
        numbers = set(among.values_list("number", flat=True))
        return [row for row in self.series.rows if row["number"] in numbers]

    @cached_property
    def pinned(self) -> list[int]:
        """The numbers of the versions with an alias, the newest first; protected ones if there are too many."""
        carrying = {*self.labels.aliases, *([] if self.series.newest is None else [self.series.newest])}
        ranked = sorted(carrying, key=lambda number: (not self._is_protected(number), -number))
        return sorted(ranked[:PINNED], reverse=True)

    def _is_protected(self, number):
        return any(is_protected for _, is_protected in self.labels.marked(number))

    @cached_property
    def columns(self) -> list[Metric]:
        """The metrics that are columns; the one that is drawn among them."""
        chosen = chosen_metrics(self.series.metrics, COLUMNS_SHOWN)
        return chosen if self.metric is None or self.metric in chosen else [self.metric, *chosen]

    @cached_property
    def base(self) -> dict[str, Any] | None:
        """The version with the protected alias that the others are compared with."""
        return self.series.row(self.labels.base[1]) if self.labels.base else None

    @cached_property
    def page(self) -> Page:
        """The page; from what is read already, where that is all that there is."""
        if self.series.has_more and self.sort in self.sorts:
            return super().page
        rows = self._sorted()
        start, end = 0, SIZE
        if self.wanted["before"]:
            end = self._place(rows, self.wanted["before"])[0]
            start = max(0, end - SIZE)
        elif self.wanted["after"]:
            start = self._place(rows, self.wanted["after"])[1]
            end = start + SIZE
        shown = rows[start:end]
        before = cursor_of(shown[0], KEYS) if shown and start else None
        return Page(shown, before, cursor_of(shown[-1], KEYS) if shown and end < len(rows) else None)

    def _sorted(self):
        """The newest versions in the order that is asked for."""
        if self.sort in self.sorts:
            rows = [row for row in self._found if not self.is_usual or row["number"] not in self.pinned]
            return rows[::-1] if self.sort == OLDEST_FIRST else rows
        path, descending = self._sorted_by
        values = self.series.values(path)
        stating = [row for row in self._found if row["number"] in values]
        stating.sort(key=lambda row: (rules.exact(values[row["number"]]), row["number"]), reverse=descending)
        return [*stating, *(row for row in self._found if row["number"] not in values)]

    @property
    def _sorted_by(self):
        """(path, whether from the highest) of a sort by a metric."""
        descending = self.sort.startswith("-") and not self.series.metric(self.sort)
        return self.sort.removeprefix("-") if descending else self.sort, descending

    def _place(self, rows, cursor):
        """The places before and after the version of a cursor; the beginning, if it is gone."""
        (number,) = decode(cursor, KEYS)
        if self.sort in self.sorts:
            sign = -1 if self.sorts[self.sort][1] else 1
            places = [sign * row["number"] for row in rows]
            return sum(place < sign * number for place in places), sum(place <= sign * number for place in places)
        return next(((place, place + 1) for place, row in enumerate(rows) if row["number"] == number), (0, 0))

    def _known(self, path):
        """The metric of this path, None for ""; BadRequest for another."""
        metric = self.series.metric(path)
        if path and metric is None:
            raise BadRequest(f"“{path[:40]}” is no metric of this collection.")
        return metric

    @cached_property
    def _first(self):
        """The pinned versions, on the first page of the usual order."""
        is_first = self.is_usual and not self.wanted["after"] and not self.wanted["before"]
        return [row for row in map(self.series.row, self.pinned) if row] if is_first else []

    @cached_property
    def first_rows(self) -> list[dict[str, Any]]:
        """Those, prepared."""
        return self.prepare(self._first)

    @cached_property
    def _tags_shown(self):
        """{id of a version on the page: its tags}, and those to choose from under 0."""
        tags: dict[int, list[str]] = {}
        ids = [row["pk"] for row in (*self._first, *self.page.rows)]
        wanted = padded(ids, SIZE + PINNED)
        for link, name in sorted(_tags(self.collection.pk, *wanted)) if self.labels.are_tagged else ():
            tags.setdefault(link, []).append(name)
        return tags

    def prepare(self, rows: list) -> list:
        """With what `name` adds, tags, and a Difference for each column."""
        formats = [(metric, self.series.column(metric.path), _css(place)) for place, metric in enumerate(self.columns)]
        for row in rows:
            self.name(row)
            row["tags"] = self._tags_shown.get(row["pk"], [])
            row["cells"] = [self._cell(row, *each) for each in formats]
            row["by"] = row["linked_by__username"] or "the command line"
            row["menu"] = self._menus.of(row["number"], is_protected=row["is_protected"])
        return rows

    @cached_property
    def _menus(self):
        return VersionMenus(self.access, self.collection, self.labels.base)

    def name(self, row: dict[str, Any]) -> dict[str, Any]:
        """The version `row` with label, address and aliases: protected ones marked, and first."""
        number = row["number"]
        row["label"], row["address"] = f"v{number}", f"{self.address}v{number}/"
        row["aliases"] = self.labels.marked(number, self.series.newest)
        row["is_protected"] = any(is_protected for _, is_protected in row["aliases"])
        return row

    def _cell(self, row, metric, column, css):
        """A Difference for the table; to the base in the column that is drawn alone."""
        is_drawn = metric == self.metric
        base = value_of(self.base, metric.path) if is_drawn and row is not self.base else None
        cell = Difference(metric.path, column, value_of(row, metric.path), base)
        cell.label, cell.is_drawn = metric.label, is_drawn and self.base is not None
        cell.css = "n on second" if is_drawn else f"drop {css}"
        return cell

    @cached_property
    def count(self) -> str:
        """The number of versions, as text."""
        return count_of(self.collection) if self.series.has_more else str(len(self.series.rows))

    @property
    def _total(self):
        """How many versions pass the filters, as text."""
        if not self.filters.wanted:
            return self.count
        return capped_count(self.queryset(), COUNT_CAP) if self.series.has_more else str(len(self._found))

    @property
    def range(self) -> str:
        """Which of the versions the page shows, as far as it is known without counting them."""
        pinned, rows, first = len(self.first_rows), self.rows, self.wanted["after"] or self.wanted["before"]
        if not first:
            return f"1 to {pinned + len(rows)} of {self._total}"
        if (self.series.has_more and self.sort in self.sorts) or not rows:
            return f"{len(rows)} of {self._total}"
        start = self._sorted().index(rows[0]) + 1 + (len(self.pinned) if self.is_usual else 0)
        return f"{start} to {start + len(rows) - 1} of {self._total}"

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates, with the tags and people to choose from."""
        offer(self.filters["tag"], [(name, name) for name in self._tags_shown.get(0, ())])
        people = sorted({row["linked_by__username"] for row in self.series.rows} - {None})
        offer(self.filters["by"], [(name, name) for name in people])
        return {
            **super().context,
            "here": self.address,
            "sort": self.sort,
            "is_long": len(self.series.rows) > SIZE,
            "count": self.count,
            "range": self.range,
            "first_rows": self.first_rows,
            "columns": [(metric, _css(place)) for place, metric in enumerate(self.columns)],
            "metric": self.metric,
            "base": self.base,
            "leading": self.base["number"] if self.base else self.series.newest,
            "delta_note": f"Δ {self.labels.base[0]}" if self.labels.base else "",
            "base_name": self.labels.base[0] if self.labels.base else "",
            "is_partly_sorted": self.series.has_more and self.sort not in self.sorts,
        }


def _css(place: int) -> str:
    """The class of the column of numbers at this place: the later it stands, the wider a sheet must be to show it."""
    return "n" if place < ALWAYS_SHOWN else "n p3" if place < OFTEN_SHOWN else "n p2"


def count_of(collection: Collection) -> str:
    """The number of versions in a collection, as text."""
    return capped_count(collection.links.all(), COUNT_CAP)
