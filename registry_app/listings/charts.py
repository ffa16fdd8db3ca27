"""Charts as SVG: the places of lines, dots and labels. Templates draw them; nothing here knows what is shown.

Places across are in per cent, so that a chart fits any width and its text keeps its size; places down are in pixels.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe

from ..rules import Number, NumberColumn, exact, number_column, same_numbers

FEWEST = 3  # values that a line is drawn of
HOVERED = 120  # points, at most, that have a reading of their own
TICKS = 6  # at most; never fewer than four
BOTTOM, HEIGHT, LANE = 274, 296, 16  # pixels
LANES = 5  # of labels, at most
PHONE, LETTER = 280, 6.6  # pixels: labels are placed as if the chart had this width
LABEL = 20  # characters of a label
SPARK_POINTS, SPARK_WIDTH, SPARK_HEIGHT = 60, 120, 32
BARS_WIDTH, BARS_HEIGHT, BAR_GAP = 76, 20, 1.6  # of small bars
BAR_TOP, BAR_BOTTOM = 8, 168  # pixels
BAR_SHARE = 0.72  # of the place of a bar
BAR_LABELS = 4  # bars a label


class Mark(NamedTuple):
    """A version that stands out: a filled dot with a label, or a ring without one."""

    number: int
    names: str = ""


class Label(NamedTuple):
    """A label of a Mark: its place, from where its line comes down to the dot, and how the text is anchored there."""

    x: float
    y: int
    anchor: str
    names: str
    version: str
    dot: float


class Chart(NamedTuple):
    """A line by version: see templates/collections/_chart.html, which draws it."""

    top: int
    ticks: list[tuple[str, float]]
    versions: list[tuple[str, float, str, bool]]
    line: str
    dots: list[tuple[float, float]]
    rings: list[tuple[float, float]]
    labels: list[Label]
    unlabelled: int
    level: tuple[float, float] | None
    readings: SafeString
    start: str


class BarChart(NamedTuple):
    """Bars that have names: see templates/organizations/_weeks.html, which draws them."""

    ticks: list[tuple[str, float]]
    bars: list[tuple[str, float, float, float]]
    width: float
    labels: list[tuple[str, float, bool]]


class Scale(NamedTuple):
    """From the numbers of versions, and values, to places."""

    first: int
    last: int
    low: Decimal
    high: Decimal
    top: int

    def x(self, number: int) -> float:
        """Per cent from the left."""
        return round(1 + 98 * (number - self.first) / max(1, self.last - self.first), 2)

    def y(self, value: Number) -> float:
        """Pixels from the top."""
        share = (exact(value) - self.low) / (self.high - self.low)
        return round(float(BOTTOM - share * (BOTTOM - self.top)), 1)

    def place(self, number: int, values: Mapping[int, Number]) -> tuple[float, float]:
        """Both, of the value of a version."""
        return self.x(number), self.y(values[number])


def ticks_of(low: Decimal, high: Decimal) -> list[Decimal]:
    """4 to 6 round numbers from below `low` to above `high`, which is greater."""
    power = (high - low).adjusted()
    steps = (Decimal(digit).scaleb(power + more) for more in (-1, 0, 1) for digit in (1, 2, 5))
    for step in steps:
        first = (low / step).to_integral_value(ROUND_FLOOR)
        last = (high / step).to_integral_value(ROUND_CEILING)
        if last - first < TICKS:
            return [(first + number) * step for number in range(int(last - first) + 1)]
    raise AssertionError  # ten times the largest power leaves two ticks


def line_chart(
    values: Mapping[int, Number], numbers: Sequence[int], marks: Iterable[Mark], level: int | None = None
) -> Chart | None:
    """The Chart of `values` among all `numbers`, that of version `level` dashed; None of fewer than FEWEST, or one."""
    if len(values) < FEWEST or same_numbers(values.values()):
        return None
    stated = [*map(exact, values.values())]
    ticks, shown = ticks_of(min(stated), max(stated)), [mark for mark in marks if mark.number in values]
    ends = numbers[0], numbers[-1]
    lanes, left = _lanes([mark for mark in shown if mark.names], ends)
    scale = Scale(*ends, ticks[0], ticks[-1], 8 + LANE * max(1, len(lanes)))
    texts = _tick_texts(ticks)
    return Chart(
        top=scale.top,
        ticks=[(text, scale.y(tick)) for text, tick in zip(texts, ticks, strict=True)],
        versions=_versions(scale),
        line=_line(values, numbers, scale),
        dots=[scale.place(mark.number, values) for mark in shown if mark.names],
        rings=[scale.place(mark.number, values) for mark in shown if not mark.names],
        labels=[_label(mark, lane, scale, values) for lane, marks in enumerate(lanes) for mark in marks],
        unlabelled=left,
        level=scale.place(level, values) if level in values and level is not None else None,
        readings=_readings(values, numbers, scale),
        start=texts[0] if ticks[0] else "",
    )


def bar_chart(counts: Sequence[tuple[str, int]]) -> BarChart:
    """The BarChart of [(name, count)], each with (title, x, y, height), and a label below every BAR_LABELS-th."""
    ticks = ticks_of(Decimal(0), Decimal(max(TICKS // 2, *(count for _, count in counts))))
    step, scale = 100 / len(counts), (BAR_BOTTOM - BAR_TOP) / float(ticks[-1])
    xs = [round(step * (place + (1 - BAR_SHARE) / 2), 2) for place in range(len(counts))]
    heights = [round(scale * count, 1) for _, count in counts]
    return BarChart(
        ticks=[(f"{tick:,.0f}", round(BAR_BOTTOM - scale * float(tick), 1)) for tick in ticks],
        bars=[
            (f"{name}: {count:,}", x, BAR_BOTTOM - height, height)
            for (name, count), x, height in zip(counts, xs, heights, strict=True)
        ],
        width=round(step * BAR_SHARE, 2),
        labels=[
            (counts[place][0], round(step * (place + 0.5), 2), bool(place // BAR_LABELS % 2))
            for place in range(0, len(counts), BAR_LABELS)
        ],
    )


def spark(values: Mapping[int, Number], here: int, base: int | None) -> dict[str, object] | None:
    """A small line of the newest values: its path, the dot of version `here`, the ring of `base`. None: see above."""
    newest = dict(sorted(values.items())[-SPARK_POINTS:])
    if len(newest) < FEWEST or same_numbers(newest.values()):
        return None
    stated = [exact(value) for value in newest.values()]
    low, span = min(stated), max(stated) - min(stated)
    first, last = min(newest), max(newest)

    def place(number):
        x = 3 + (SPARK_WIDTH - 6) * (number - first) / (last - first)
        return round(x, 1), round(
            float(SPARK_HEIGHT - 3 - (SPARK_HEIGHT - 6) * (exact(newest[number]) - low) / span), 1
        )

    path = "M" + " ".join(f"{x} {y}" for x, y in map(place, newest))
    return {
        "path": path,
        "here": place(here) if here in newest else None,
        "base": place(base) if base in newest and base != here else None,
    }


def spark_bars(counts: Sequence[int], label: str) -> SafeString:
    """Small bars as a drawing called `label`, which needs no escaping; the last one stands out, 0 is a line."""
    step, high = BARS_WIDTH / len(counts), max(1, *counts)
    paths = {"bars": "", "rest": "", "now": ""}
    for place, count in enumerate(counts):
        name = "rest" if not count else "now" if place == len(counts) - 1 else "bars"
        height = max(1, BARS_HEIGHT * count / high)
        paths[name] += f"M{step * place:.1f} {BARS_HEIGHT}v-{height:.1f}h{step - BAR_GAP:.1f}v{height:.1f}z"
    drawn = "".join(f'<path class="{name}" d="{path}"/>' for name, path in paths.items() if path)
    size = f'width="{BARS_WIDTH}" height="{BARS_HEIGHT}" viewBox="0 0 {BARS_WIDTH} {BARS_HEIGHT}"'
    start = f'<svg class="spark" {size} preserveAspectRatio="none" role="img" aria-label="{label}">'
    return mark_safe(f"{start}{drawn}</svg>")  # noqa: S308  # numbers alone


def strip_places(values: Sequence[Number | None], among: Iterable[Number]) -> list[float | None]:
    """Where each of `values` stands in a strip from the lowest to the highest of `among`, in per cent."""
    stated = [exact(value) for value in among]
    low, span = min(stated), max(stated) - min(stated)
    if not span:
        return [None for _ in values]
    return [None if value is None else round(float(4 + 92 * (exact(value) - low) / span), 1) for value in values]


def _tick_texts(ticks):
    step = (ticks[1] - ticks[0]).normalize()
    column = NumberColumn(max(0, -int(step.as_tuple().exponent)))
    return [column.text(tick) for tick in ticks]


def _versions(scale):
    """(label, place, anchor, whether a narrow chart leaves it out) of at most seven versions below the chart."""
    span = scale.last - scale.first
    numbers = sorted({scale.first + round(span * part / 6) for part in range(7)})
    ends = {scale.first: "start", scale.last: "end"}
    return [
        (f"v{number}", scale.x(number), ends.get(number, "middle"), bool(place % 2) and number not in ends)
        for place, number in enumerate(numbers)
    ]


def _line(values, numbers, scale):
    """The line as a path in a drawing of 1,000 units across; it begins anew after a version without a value."""
    parts, broken = [], True
    for number in numbers:
        if number in values:
            place = f"{scale.x(number) * 10:.1f} {scale.y(values[number])}"
            parts.append(f"M{place}h0" if broken else f"L{place}")
        broken = number not in values
    return "".join(parts)


def _lanes(marks, ends):
    """(the marks in lanes in which no label covers another, how many are left over)."""
    lanes: list[list[Mark]] = []
    taken: list[list[tuple[float, float]]] = []
    left = 0
    for mark in marks:
        start, end = _extent(mark, ends)
        free = (lane for lane, spans in enumerate(taken) if all(end < a or start > b for a, b in spans))
        lane = next(free, len(lanes))
        if lane == LANES:
            left += 1
            continue
        if lane == len(lanes):
            lanes.append([])
            taken.append([])
        lanes[lane].append(mark)
        taken[lane].append((start, end))
    return lanes, left


def _extent(mark, ends):
    """The pixels from which to which a label reaches on a phone."""
    x, width = _phone_x(mark, ends), LETTER * (len(_short(mark.names)) + len(f" v{mark.number}")) + LETTER
    anchor = _anchor(mark, ends)
    start = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
    return start, start + width


def _anchor(mark, ends):
    x, width = _phone_x(mark, ends), LETTER * (len(_short(mark.names)) + len(f" v{mark.number}"))
    if x - width / 2 < 0:
        return "start"
    return "end" if x + width / 2 > PHONE else "middle"


def _phone_x(mark, ends):
    first, last = ends
    return PHONE * (mark.number - first) / max(1, last - first)


def _label(mark, lane, scale, values):
    place = scale.x(mark.number), 10 + LANE * lane, _anchor(mark, (scale.first, scale.last))
    return Label(*place, _short(mark.names), f"v{mark.number}", scale.y(values[mark.number]))


def _short(names):
    return names if len(names) <= LABEL else f"{names[: LABEL - 1]}…"


def _readings(values, numbers, scale):
    """What shows the value of the version under the mouse; nothing in a chart of many points."""
    if len(values) > HOVERED:
        return SafeString("")
    column, width = number_column(values.values()), round(98 / max(1, scale.last - scale.first), 2)
    parts = []
    for number in filter(values.__contains__, numbers):
        x, y, text = scale.x(number), scale.y(values[number]), column.text(values[number])
        parts.append(
            f'<g class="pt"><rect x="{x - width / 2:.2f}%" y="{scale.top}" width="{width}%"'
            f' height="{BOTTOM - scale.top}"/><line x1="{x}%" x2="{x}%" y1="{scale.top}" y2="{BOTTOM}"/>'
            f'<circle class="dot" cx="{x}%" cy="{y}" r="3.5"/><text x="0" y="10">v{number} {text}</text></g>'
        )
    return mark_safe("".join(parts))  # noqa: S308  # numbers alone
