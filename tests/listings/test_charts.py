"""Where the parts of a chart stand."""

import re
from decimal import Decimal

import pytest

from registry_app.listings.charts import (
    HOVERED,
    LABEL,
    LANES,
    Mark,
    bar_chart,
    line_chart,
    spark,
    spark_bars,
    strip_places,
    ticks_of,
)
from registry_app.rules import exact

HUGE = 10**299


@pytest.mark.parametrize(
    "low, high, ticks",
    [
        ("0.7828", "0.9464", ["0.75", "0.80", "0.85", "0.90", "0.95"]),
        ("0", "60", ["0", "20", "40", "60"]),
        ("-3", "5", ["-4", "-2", "0", "2", "4", "6"]),
        ("0", "1", ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ("1E-300", "3E-300", ["1E-300", "1.5E-300", "2E-300", "2.5E-300", "3E-300"]),
        ("-1E+308", "1E+308", ["-1E+308", "-5E+307", "0", "5E+307", "1E+308"]),
    ],
)
def test_ticks_are_round_and_span_the_values(low, high, ticks):
    assert ticks_of(Decimal(low), Decimal(high)) == [Decimal(tick) for tick in ticks]


@pytest.mark.parametrize("low", ["0", "0.001", "-7.3", "123456.7", "1E+300", "-9.99"])
@pytest.mark.parametrize("span", ["1", "1.01", "2.04", "3.7", "5.01", "9.999", "1E-7", "31337"])
def test_there_are_four_to_six_ticks(low, span):
    low = Decimal(low)
    high = low + (Decimal(span) if abs(low) < 10**9 else low * Decimal(span) / 1000)
    ticks = ticks_of(low, high)
    assert 4 <= len(ticks) <= 6
    assert ticks[0] <= low < high <= ticks[-1]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {0: 1, 1: 2},
        {0: 1, 1: 1.0, 2: 1},
        {0: 0.0, 1: -0.0, 2: 0},
        {0: HUGE, 1: HUGE + 1, 2: HUGE},
    ],
)
def test_few_values_or_the_same_are_no_chart(values):
    assert line_chart(values, sorted(values) or [0], []) is None
    assert spark(values, 0, None) is None


@pytest.mark.parametrize(
    "values",
    [
        {0: 0.9, 1: 0.8, 2: 0.95},
        {0: -1e308, 1: 1e308, 2: 0},
        {0: 1e-300, 1: 5e-324, 2: 2e-300},
        {0: -HUGE, 1: HUGE, 2: 1},
        {7: 1, 900: 2, 2**31 - 1: 3},
    ],
)
def test_whatever_the_values_all_is_inside(values):
    numbers = sorted(values)
    chart = line_chart(values, numbers, [Mark(number, "x") for number in numbers], level=numbers[0])
    assert all(0 <= x <= 100 and chart.top <= y <= 274 for x, y in [*chart.dots, chart.level])
    assert all(chart.top <= y <= 274 for _, y in chart.ticks)
    assert not {"nan", "inf", "None"} & {part for text in (chart.line, chart.readings) for part in text.split('"')}
    assert spark(values, numbers[0], numbers[1])["here"] == (3.0, spark(values, numbers[0], None)["here"][1])


def test_a_missing_value_breaks_the_line():
    chart = line_chart({0: 1, 1: 2, 3: 3, 4: 4}, range(5), [])
    assert [part.count("L") for part in chart.line.split("M")[1:]] == [1, 1]
    assert chart.readings.count('class="pt"') == 4


def test_many_points_have_no_reading_of_their_own():
    values = {number: number % 7 for number in range(HOVERED + 1)}
    assert line_chart(values, range(HOVERED + 1), []).readings == ""


def test_labels_never_cover_each_other_on_a_phone():
    marks = [Mark(number, f"alias-{number}") for number in range(5)]
    chart = line_chart({number: number for number in range(60)}, range(60), marks)
    assert len({label.y for label in chart.labels}) == LANES
    assert (chart.unlabelled, chart.top) == (0, 8 + 16 * LANES)
    more = line_chart({number: number for number in range(60)}, range(60), [*marks, *map(Mark, (5, 6), "ab")])
    assert more.unlabelled + len(more.labels) == 7


def test_a_label_near_an_edge_turns_inwards_and_a_long_one_is_cut():
    marks = [Mark(0, "baseline"), Mark(30, "x" * 128), Mark(59, "production")]
    labels = line_chart({number: number for number in range(60)}, range(60), marks).labels
    assert {label.version: label.anchor for label in labels} == {"v0": "start", "v30": "middle", "v59": "end"}
    assert max(len(label.names) for label in labels) == LABEL


def test_a_version_that_was_production_is_a_ring_and_the_axis_says_where_it_starts():
    chart = line_chart({0: 0.7828, 1: 0.9, 2: 0.9464}, range(3), [Mark(0), Mark(2, "latest"), Mark(9, "gone")])
    assert (len(chart.rings), len(chart.dots), chart.start) == (1, 1, "0.75")
    assert line_chart({0: 0, 1: 1, 2: 2}, range(3), []).start == ""


@pytest.mark.parametrize(
    "values, among, places",
    [
        ([1, 3, None], [1, 2, 3], [4.0, 96.0, None]),
        ([2], [2, 2], [None]),
        ([0], [-1e308, 1e308], [50.0]),
        ([HUGE], [0, HUGE], [96.0]),
    ],
)
def test_a_strip_runs_from_the_lowest_to_the_highest(values, among, places):
    assert strip_places(values, among) == places


def test_exact_numbers_are_compared():
    assert exact(0.1) + exact(0.2) == exact(0.3)


@pytest.mark.parametrize("counts", [[0] * 26, [1], [0, 1], [3, 5, 60], [0, 2**31, 1], [7] * 12])
def test_bars_begin_at_zero_and_reach_no_higher_than_the_highest_tick(counts):
    chart = bar_chart([(f"week {n}", count) for n, count in enumerate(counts)])
    values = [int(text.replace(",", "")) for text, _ in chart.ticks]
    assert values == sorted(set(values)) and values[0] == 0 and values[-1] >= max(counts)
    for (title, x, y, height), count in zip(chart.bars, counts, strict=True):
        assert title.endswith(f": {count:,}")
        assert 0 <= x <= x + chart.width <= 100
        assert (height == 0) == (count == 0) or counts[1:2] == [2**31]
        assert y >= chart.ticks[-1][1] and round(y + height, 1) == chart.ticks[0][1]


def test_every_fourth_bar_has_a_label_and_a_narrow_chart_leaves_out_every_second():
    labels = bar_chart([(f"w{n}", n) for n in range(26)]).labels
    assert [(text, is_left_out) for text, _, is_left_out in labels] == [
        *[("w0", False), ("w4", True), ("w8", False), ("w12", True)],
        *[("w16", False), ("w20", True), ("w24", False)],
    ]


@pytest.mark.parametrize(
    ("counts", "drawn"),
    [([0, 0], {"rest": 2}), ([2, 0, 1], {"bars": 1, "rest": 1, "now": 1}), ([9, 1], {"bars": 1, "now": 1})],
)
def test_small_bars_tell_the_last_and_those_of_nothing_apart(counts, drawn):
    drawing = spark_bars(counts, "Two and a half")
    paths = dict(re.findall(r'<path class="(\w+)" d="([^"]+)"/>', drawing))
    assert {name: path.count("M") for name, path in paths.items()} == drawn
    assert 'role="img" aria-label="Two and a half"' in drawing
