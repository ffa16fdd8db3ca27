"""What a metric is."""

import pytest

from registry_app.rules.metrics import (
    KEY_METRICS,
    NUMBERS_KEPT,
    SIZE,
    Metric,
    key_metric_texts,
    leaves_of,
    metrics_among,
    numbers_of,
    refuse_key_metrics,
)


@pytest.mark.parametrize(
    "metadata, numbers",
    [
        ({"auc": 0.9, "epochs": 7}, {"auc": 0.9, "epochs": 7}),
        ({"eval": {"recall": {"at_1": 0.5}}}, {"eval.recall.at_1": 0.5}),
        ({"a": {"b": {"c": {"d": 1}}}}, {}),
        ({"flag": True, "text": "0.9", "none": None, "list": [1, 2], "empty": {}}, {}),
        ({"nan": float("nan"), "more": float("inf"), "less": -float("inf")}, {}),
        ({"config": {"lr": 0.1}, "args": {"x": {"y": 1}}, "params": {"n": 2}, "hyperparameters": {"k": 1}}, {}),
        ({"run": {"config": {"lr": 0.1}, "loss": 0.2}}, {"run.loss": 0.2}),
        ({"config": 3, "configuration": {"x": 1}}, {"config": 3, "configuration.x": 1}),
        ({"a.b": 1, "a": {"b": 2}, "": 3}, {'"a.b"': 1, "a.b": 2, '""': 3}),
        ({":size": 1, '"q': 2}, {'":size"': 1, '"\\"q"': 2}),
        ({"big": 10**299, "small": 1e-300, "zero": -0.0}, {"big": 10**299, "small": 1e-300, "zero": 0.0}),
        ({"x" * 101: 1, "x" * 100: 2}, {"x" * 100: 2}),
        ({"<b>": 1}, {"<b>": 1}),
        ({}, {}),
    ],
)
def test_a_metric_is_a_finite_number_that_is_no_config(metadata, numbers):
    assert numbers_of(metadata) == numbers


def test_of_one_version_a_limited_count_of_numbers_is_kept():
    found = numbers_of({"eval": {f"m{number}": number for number in range(500)}})
    assert list(found) == [f"eval.m{number}" for number in range(NUMBERS_KEPT)]


def test_leaves_are_told_apart_whatever_their_keys():
    assert leaves_of({"a.b": 1, "a": {"b": 2, "c": {}}, "": [1]}) == {'"a.b"': 1, "a.b": 2, "a.c": {}, '""': [1]}


@pytest.mark.parametrize(
    "stated, keys, found",
    [
        ([{"auc": 0.8}, {"auc": 0.9}], [], [Metric("auc", 2)]),
        ([{"auc": 0.8}, {}], [], []),
        ([{"auc": 0.8}, {"auc": 0.8}, {"auc": 0.80}], [], []),
        ([{"n": 1}, {"n": 1.0}], [], []),
        ([{"n": 0.0}, {"n": -0.0}], [], []),
        (
            [{"b": 1, "a": 1, "c": 1}, {"b": 2, "a": 2, "c": 2}, {"c": 3}],
            [],
            [Metric("c", 3), Metric("a", 2), Metric("b", 2)],
        ),
        (
            [{"b": 1, "a": 1, SIZE: 1}, {"b": 2, "a": 2, SIZE: 2}, {SIZE: 3}],
            [["b", "lower"], ["gone", ""]],
            [Metric("b", 2, True, "lower"), Metric("a", 2), Metric(SIZE, 3)],
        ),
        (
            [{"once": 1}, {"same": 2}, {"same": 2}],
            [["once", ""], ["same", ""]],
            [Metric("once", 1, True), Metric("same", 2, True)],
        ),
        ([], [["auc", "higher"]], []),
    ],
)
def test_metrics_are_stated_twice_and_differ_and_key_metrics_come_first(stated, keys, found):
    assert metrics_among(stated, keys) == found


@pytest.mark.parametrize(
    "keys, code",
    [
        ([], None),
        ([["auc", "higher"], [SIZE, "lower"], ["loss", ""]], None),
        ([[f"m{number}", ""] for number in range(KEY_METRICS)], None),
        ([[f"m{number}", ""] for number in range(KEY_METRICS + 1)], "too_many"),
        ([["auc", ""], ["auc", "lower"]], "metric_invalid"),
        ([["", ""]], "metric_invalid"),
        ([["x" * 101, ""]], "metric_invalid"),
        ([["auc", "best"]], "metric_invalid"),
    ],
)
def test_key_metrics_are_few_and_each_once(keys, code):
    refusal = refuse_key_metrics(keys)
    assert (refusal and refusal.code) == code


def test_a_direction_is_a_word():
    assert key_metric_texts([["auc", "higher"], [SIZE, ""]]) == ["auc, higher is better", "Size"]
    assert [Metric("auc", 2, True, "lower").better, Metric(SIZE, 2).label] == ["Lower is better", "Size"]
