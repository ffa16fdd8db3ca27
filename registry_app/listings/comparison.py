"""Versions of a collection side by side."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from .. import rules
from ..choices import Permission
from ..models import Link, Version
from ..permissions import RegistryAccess
from ..rules import SIZE, Number
from .charts import strip_places
from .labels import Labels
from .series import Difference, Series, value_of

ROWS_SHOWN = 300  # of a group
TEXT_SHOWN = 200  # characters of a value
TITLE_SHOWN = 2000  # characters of it on hover
CHOICES_SHOWN = 50  # versions to add
SHAPES = ("dot", "diamond", "square", "triangle", "cross", "bar")  # of the versions after the base, in their order


class Cell(NamedTuple):
    """What one version says: `text` is None where it says nothing. `value` is the whole of it."""

    text: str | None
    differs: bool
    value: Any = None
    full: str = ""
    delta: str = ""
    share: str = ""


class Row(NamedTuple):
    """What versions say of one thing; of a metric also the shapes in a strip with their places, and its direction."""

    name: str
    cells: list[Cell]
    places: Sequence[tuple[str, float]] = ()
    better: str = ""

    @property
    def same(self) -> bool:
        """Whether none differs from the base."""
        return not any(cell.differs for cell in self.cells)


class Group(NamedTuple):
    """Rows under a heading."""

    title: str
    rows: list[Row]

    @property
    def differing(self) -> list[Row]:
        """Those that differ."""
        return [row for row in self.rows if not row.same]


class Comparison:
    """The versions with these `numbers`, and what differs of them from `base`.

    That is one of them; None stands for the one with the protected alias, or the first.
    """

    def __init__(
        self, access: RegistryAccess, series: Series, labels: Labels, numbers: list[int], base: int | None
    ) -> None:
        if base is None:
            base = labels.base[1] if labels.base and labels.base[1] in numbers else numbers[0]
        self.access, self.series, self.labels, self.base = access, series, labels, base
        links = series.collection.links.filter(number__in=numbers).order_by()
        links = links.select_related("version__artifact__team", "linked_by").prefetch_related("tags")
        found = {link.number: link for link in links}
        self.links: list[Link] = [found[number] for number in numbers if number in found]
        self.at = numbers.index(base)
        series.include(numbers)

    @property
    def groups(self) -> list[Group]:
        """The groups in their order."""
        paths = self._paths()
        return [
            Group("Metrics", [self._metric(path) for path in paths]),
            Group("Config", list(self._config({*paths}))),
            Group("Files", self._rows(self._files)),
            Group("Origin", self._rows(self._origin())),
        ]

    @property
    def heads(self) -> list[dict[str, Any]]:
        """What stands above the column of each version."""
        return [
            {
                "link": link,
                "address": f"{self.series.collection.get_absolute_url()}{link.label}/",
                "aliases": self.labels.marked(link.number, self.series.newest),
                "is_base": link.number == self.base,
                "shape": shape,
                "others": [other.number for other in self.links if other != link],
            }
            for link, shape in zip(self.links, self._shapes, strict=True)
        ]

    def context(self, only: bool) -> dict[str, Any]:
        """The context of the templates; `only`: only the rows that differ."""
        shown = [(group, group.differing if only else group.rows) for group in self.groups]
        return {
            "heads": self.heads,
            "groups": [(group, rows[:ROWS_SHOWN], max(0, len(rows) - ROWS_SHOWN)) for group, rows in shown if rows],
            "base": self.base,
            "among": len(self.series.rows),
            "only": only,
        }

    def _paths(self):
        """The metrics that any of the versions states; the size stands among the files."""
        rows = [self.series.row(link.number) for link in self.links]
        stated = [metric.path for metric in self.series.metrics if metric.path != SIZE]
        return [path for path in stated if any(value_of(row, path) is not None for row in rows)]

    def _metric(self, path):
        values = [value_of(self.series.row(link.number), path) for link in self.links]
        among = [*self.series.values(path).values(), *(value for value in values if value is not None)]
        column, base = rules.number_column(among), values[self.at]
        cells = [_number_cell(Difference(path, column, value, base), base) for value in values]
        places = zip(self._shapes, strip_places(values, among), strict=True)
        drawn = [(shape, place) for shape, place in places if place is not None]
        return Row(path, cells, drawn, metric.better if (metric := self.series.metric(path)) else "")

    @property
    def _shapes(self):
        """How each version is drawn, in their order."""
        shapes = iter(SHAPES)
        return ["base" if link.number == self.base else next(shapes) for link in self.links]

    def _config(self, metrics: set[str]) -> Iterator[Row]:
        """The metadata that is no metric."""
        leaves = [rules.leaves_of(link.version.metadata) for link in self.links]
        for path in dict.fromkeys(path for found in leaves for path in found if path not in metrics):
            yield self._row(path, [found.get(path, _MISSING) for found in leaves])

    def _rows(self, facts: Callable[[Link], dict[str, str]]) -> list[Row]:
        """A Row for each fact; `facts` answers {name: value} of a link."""
        found = [facts(link) for link in self.links]
        names = dict.fromkeys(name for each in found for name in each)
        return [self._row(name, [each.get(name, _MISSING) for each in found]) for name in names]

    def _row(self, name, values):
        written = [None if value is _MISSING else json.dumps(value, sort_keys=True) for value in values]
        differs = [text != written[self.at] for text in written]
        return Row(name, [_cell(*each) for each in zip(values, differs, strict=True)])

    def _files(self, link):
        version = link.version
        files = {"Files": f"{version.file_count:,}"} if version.file_count else {}
        return {"Digest": version.digest, "Size": rules.size_text(version.size, version.file_count), **files}

    def _origin(self):
        """A function: what is known of where a version comes from; its URI for people who may use it."""
        inputs = self._inputs()
        may_use = Permission.USE in self.access.allowed

        def facts(link):
            version = link.version
            found = {
                "Source": str(version),
                "URI": version.uri if may_use else "",
                "Run": version.run,
                "Inputs": ", ".join(inputs.get(version.pk, ())),
                "Aliases": ", ".join(name for name, _ in self.labels.marked(link.number, self.series.newest)),
                "Tags": ", ".join(sorted(tag.name for tag in link.tags.all())),
            }
            return {name: value for name, value in found.items() if value}

        return facts

    def _inputs(self):
        """{id of a version: what it was made from, of what the person may know}."""
        through = Version.made_from.through.objects.order_by("to_version")
        known = Version.objects.known_to(self.access.membership).order_by().values("pk")
        pairs = through.filter(from_version__in=[link.version_id for link in self.links], to_version__in=known)
        found: dict[int, list[str]] = {}
        for pk, name, number in pairs.values_list("from_version", "to_version__artifact__name", "to_version__number"):
            found.setdefault(pk, []).append(f"{name}:v{number}")
        return found


_MISSING = object()  # other than None, which metadata can state


def _number_cell(found: Difference, base: Number | None) -> Cell:
    if found.value is None:
        return Cell(None, base is not None)
    if base is None or found.delta == "0":
        return Cell(found.text, base is None, found.value, found.full)
    return Cell(found.text, True, found.value, found.full, found.delta, found.share)


def _cell(value: Any, differs: bool) -> Cell:
    if value is _MISSING:
        return Cell(None, differs)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    shown = text if len(text) <= TEXT_SHOWN else f"{text[: TEXT_SHOWN - 1]}…"
    return Cell(shown, differs, value, "" if shown == text else text[:TITLE_SHOWN])


def csv_lines(links: Sequence[Link], groups: Sequence[Group]) -> Iterator[list[str]]:
    """The comparison as the lines of a CSV: group, name, and what each version says."""
    yield ["group", "name", *(link.label for link in links)]
    for group in groups:
        for row in group.rows:
            yield [group.title, rules.escape_formula(str(row.name)), *map(_csv_cell, row.cells)]


def _csv_cell(cell: Cell) -> str:
    if cell.text is None:
        return ""
    if isinstance(cell.value, str):
        return rules.escape_formula(str(cell.value))
    return json.dumps(cell.value, ensure_ascii=False)  # begins like a formula only as a number


def versions_to_add(series: Series, labels: Labels) -> list[tuple[int, str]]:
    """(number, label with its aliases) of the versions to choose from: those with an alias, and the newest."""
    numbers = {*labels.aliases, *(row["number"] for row in series.rows[:CHOICES_SHOWN])}
    choices = []
    for number in sorted(numbers, reverse=True)[: 2 * CHOICES_SHOWN]:
        names = ", ".join(name for name, _ in labels.marked(number, series.newest))
        choices.append((number, f"v{number} ({names})" if names else f"v{number}"))
    return choices


def known_number(series: Series, labels: Labels, name: str) -> int | None:
    """The number of the version that `name` names in its collection: a number, `latest`, or an alias."""
    if rules.name_key(name) == rules.LATEST:
        return series.newest
    number = rules.number_called(name)
    if number is None:
        return labels.numbers.get(name)
    series.include([number])
    return number if series.row(number) else None
