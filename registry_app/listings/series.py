"""The newest versions of a collection with the numbers that they state: what charts, columns and differences are of."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from .. import rules
from ..database.compiled import Compiled
from ..models import Collection, Link
from ..rules import SIZE, Metric, Number, NumberColumn

NEWEST = 200  # versions that are drawn, sorted by a metric, and searched for metrics
COLUMNS = ("pk", "number", "linked_at", "linked_by__username")
OF_VERSION = ("version__size", "version__file_count", "version__numbers")


@Compiled
def _newest(collection: int) -> QuerySet:
    links = Link.objects.filter(collection=collection).order_by("-number")
    return links.values(*COLUMNS, *OF_VERSION)[: NEWEST + 1]


class Series:
    """The NEWEST versions of `collection`, as dicts, the newest first; `has_more`: there are older ones."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        found = _newest(collection.pk)
        self.has_more, self.rows = len(found) > NEWEST, found[:NEWEST]
        self.by_number = {row["number"]: row for row in self.rows}
        self.older: dict[int, dict[str, Any]] = {}

    @property
    def newest(self) -> int | None:
        """The number of the newest version."""
        return self.rows[0]["number"] if self.rows else None

    @cached_property
    def numbers(self) -> list[int]:
        """The numbers of the versions, ascending."""
        return sorted(self.by_number)

    def include(self, numbers: Iterable[int]) -> None:
        """Know the versions with these numbers too, however old they are."""
        missing = set(numbers) - self.by_number.keys()
        if missing and self.has_more:
            links = self.collection.links.filter(number__in=missing).order_by()
            self.older |= {row["number"]: row for row in links.values(*COLUMNS, *OF_VERSION)}

    def row(self, number: int) -> dict[str, Any] | None:
        """A version by its number, if it is known."""
        return self.by_number.get(number) or self.older.get(number)

    @cached_property
    def metrics(self) -> list[Metric]:
        """The metrics of the collection, key metrics first."""
        return rules.metrics_among([stated_by(row) for row in self.rows], self.collection.key_metrics)

    @property
    def to_choose(self) -> list[Metric]:
        """The metrics, and key metrics that no version states any more."""
        known = {metric.path for metric in self.metrics}
        keys = self.collection.key_metrics
        return [*self.metrics, *(Metric(path, 0, True, way) for path, way in keys if path not in known)]

    def metric(self, path: str) -> Metric | None:
        """The metric of this path, or None."""
        return next((metric for metric in self.metrics if metric.path == path), None)

    def values(self, path: str) -> dict[int, Number]:
        """{number of a version: its value}, ascending, of those among the newest that state one."""
        found = ((number, value_of(self.by_number[number], path)) for number in self.numbers)
        return {number: value for number, value in found if value is not None}

    def column(self, path: str) -> NumberColumn:
        """How the values of a metric are written in this collection."""
        return rules.number_column(self.values(path).values())


def stated_by(row: dict[str, Any]) -> dict[str, Number]:
    """The numbers of a version as a dict with COLUMNS and OF_VERSION: its size among them, where it is known."""
    size = {SIZE: row["version__size"]} if row["version__file_count"] else {}
    return {**row["version__numbers"], **size}


def value_of(row: dict[str, Any] | None, path: str) -> Number | None:
    """What a version states for a metric, or None."""
    if row is None:
        return None
    if path == SIZE:
        return row["version__size"] if row["version__file_count"] else None
    return row["version__numbers"].get(path)


class Difference:
    """The value of a metric, and its difference to a base, both as texts. `delta` and `share` may be empty.

    As a cell of a table it has the label of its column, a class, and whether differences stand in that column.
    """

    label = css = ""
    is_drawn = False

    def __init__(self, path: str, column: NumberColumn, value: Number | None, base: Number | None = None) -> None:
        self.path, self.value = path, value
        self.text = self.full = self.delta = self.share = ""
        if value is None:
            return
        self.text = rules.size_text(int(value), 1) if path == SIZE else column.text(value)
        self.full = f"{value:,} bytes" if path == SIZE else rules.full_text(value)
        if base is not None:
            self.share = rules.per_cent(value, base)
            self.delta = _size_delta(value, base) if path == SIZE else column.delta(value, base)


def _size_delta(value, base):
    if value == base:
        return "0"
    return ("+" if value > base else rules.MINUS) + rules.size_text(abs(value - base), 1)


def chosen_metrics(metrics: Sequence[Metric], shown: int) -> list[Metric]:
    """The metrics that are columns: the key metrics, or without any the first `shown` and the size."""
    keys = [metric for metric in metrics if metric.is_key]
    if keys:
        return keys
    return [*[m for m in metrics if m.path != SIZE][:shown], *[m for m in metrics if m.path == SIZE]]
