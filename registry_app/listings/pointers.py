"""What the aliases of a collection point to, since when, and the chart of a metric on which they are marked."""

from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Max

from .. import rules
from ..choices import Action, Target
from ..database.compiled import Compiled, padded
from ..models import AuditEvent
from ..models.event_queryset import AuditEventQuerySet
from ..rules import Metric
from .charts import Mark, line_chart
from .links import LinkListing
from .series import Difference, value_of

CELLS = 4  # versions that the aliases point to
MOVES_READ = 100  # entries of the log about the protected alias
RINGS_NAMED = 6  # former places of an alias
METRICS_NAMED = 4  # metrics to choose from beside the chart; the others are in a menu


class Pointer(NamedTuple):
    """A version that aliases point to, with its value of the metric, and the entry of the log that set the first."""

    row: dict[str, Any]
    value: Difference | None
    is_base: bool
    move: AuditEvent | None
    behind: int


class Pointers:
    """What the aliases point to, of the versions of a LinkListing."""

    def __init__(self, listing: LinkListing) -> None:
        self.listing, self.series, self.labels = listing, listing.series, listing.labels

    @cached_property
    def numbers(self) -> list[int]:
        """The versions: that of the protected alias first, the newest last."""
        newest = self.series.newest
        base = self.labels.base[1] if self.labels.base else None
        others = [number for number in self.listing.pinned if number not in {base, newest}]
        ends = [number for number in (base, newest) if number is not None]
        middle = sorted(others[: CELLS - len(set(ends))])
        return list(dict.fromkeys([*ends[:1], *middle, *ends[1:]] if base is not None else [*middle, *ends]))

    @cached_property
    def moves(self) -> list[AuditEvent]:
        """The entries that last set the first alias of each version, and the earlier moves of the protected alias."""
        ids = [pk for number in self.numbers if (pk := self._first_alias(number))]
        protected = self.labels.ids[self.labels.base[0]] if self.labels.base else 0
        return _moves(protected, *padded(ids, CELLS)) if ids else []

    def _first_alias(self, number):
        """The id of the alias of a version that stands first, but for the system's own; None without one."""
        return next((self.labels.ids[name] for name, _ in self._marked(number) if name in self.labels.ids), None)

    @property
    def cells(self) -> list[Pointer]:
        """A Pointer for each of the versions."""
        return [self._cell(self.listing.name(row)) for row in map(self.series.row, self.numbers) if row]

    def _cell(self, row):
        metric, base, is_base = self.listing.metric, self.listing.base, row is self.listing.base
        value = None
        if metric and value_of(row, metric.path) is not None:
            start = None if is_base else value_of(base, metric.path)
            value = Difference(metric.path, self.series.column(metric.path), value_of(row, metric.path), start)
        behind = 0
        if base and row["number"] == self.series.newest and base["number"] in self.series.by_number:
            behind = sum(number > base["number"] for number in self.series.numbers)
        return Pointer(row, value, is_base, self._move(row), behind)

    def _move(self, row):
        alias = self._first_alias(row["number"])
        return next((event for event in self.moves if event.target_id == alias), None)

    @cached_property
    def former(self) -> list[int]:
        """The numbers of versions that the protected alias pointed to before."""
        if not self.labels.base:
            return []
        name, number = self.labels.base
        found = (event.changes["link"][0] for event in self.moves if event.target_id == self.labels.ids[name])
        numbers = {rules.number_called(label) for label in found if label} - {number}
        return [each for each in self.series.numbers if each in numbers]

    def chart(self, metric: Metric) -> dict[str, Any]:
        """The Chart of a metric, and what stands around it."""
        values = self.series.values(metric.path)
        column = self.series.column(metric.path)
        aliased = [number for number in self.series.numbers if number in self.listing.pinned]
        marks = [Mark(number, ", ".join(name for name, _ in self._marked(number))) for number in aliased]
        rings = [Mark(number) for number in self.former if number not in aliased]
        level = self.labels.base[1] if self.labels.base else None
        drawn = line_chart(values, self.series.numbers, [*rings, *marks], level)
        return {
            "chart": drawn,
            "former": [f"v{number}" for number in self.former][-RINGS_NAMED:],
            "ends": [f"v{number}, {Difference(metric.path, column, values[number]).text}" for number in _ends(values)],
            "name": self._alternative(metric, values, column, aliased) if drawn else "",
        }

    def _marked(self, number):
        return self.labels.marked(number, self.series.newest)

    def _alternative(self, metric, values, column, aliased):
        """The chart in words: the first, the last and the marked values."""
        first, last = min(values), max(values)
        told = [(first, "first"), *((number, "") for number in aliased if number in values), (last, "last")]
        texts = []
        for number, word in dict(reversed(told)).items():
            names = ", ".join(name for name, _ in self._marked(number)) or word
            texts.append((number, f"v{number} ({names}) {Difference(metric.path, column, values[number]).text}"))
        listed = "; ".join(text for _, text in sorted(texts))
        return f"Line chart of {metric.label} by version. {listed}. The table of versions lists every value."

    @property
    def context(self) -> dict[str, Any]:
        """The context of the templates."""
        metrics, metric = self.series.metrics, self.listing.metric
        named = metrics[:METRICS_NAMED]
        if metric and metric not in named:
            named = [*named[:-1], metric]
        drawn: dict[str, Any] = self.chart(metric) if metric else {"chart": None}
        return {
            "pointers": self.cells,
            "metrics": named,
            "more_metrics": [each for each in metrics if each not in named],
            "stated_by": len(self.series.rows),
            "is_newest_only": self.series.has_more,
            **drawn,
        }


def _ends(values):
    """The numbers of the versions with the lowest and with the highest value."""
    ranked = sorted(values, key=lambda number: rules.exact(values[number]))
    return ranked[0], ranked[-1]


@Compiled
def _moves(protected: int, *ids: int) -> AuditEventQuerySet:
    """The entry that set each of the aliases `ids` last, and the last MOVES_READ of `protected`; the newest first."""
    events = AuditEvent.objects.filter(target_type=Target.ALIAS, action=Action.ALIAS_SET, code="").order_by()
    last = events.filter(target_id__in=ids).values("target_id").annotate(last=Max("seq")).values("last")
    newest = events.filter(target_id=protected).order_by("-seq").values("seq")[:MOVES_READ]
    numbers = last.union(AuditEvent.objects.filter(seq__in=newest).order_by().values("seq"))
    return AuditEvent.objects.filter(seq__in=numbers).order_by("-seq")
