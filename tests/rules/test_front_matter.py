"""The head of a card as facts: what people who bring a README of a model hub have in it, and what breaks nothing."""

import pytest

from registry_app import rules

HUB = """license: apache-2.0
language:
- en
- de  # and more
tags: [text-classification, "churn, of people", 'a']
base_model: "bert-base-uncased"
datasets:
  - imdb
  - glue
metrics:
- accuracy
library_name: transformers # the library
model-index:
- name: churn
  results:
  - task:
      type: text-classification
"""


def test_the_head_of_a_model_hub():
    assert dict(rules.facts_of(HUB)) == {
        "license": "apache-2.0",
        "language": "en, de",
        "tags": "text-classification, churn, of people, a",
        "base_model": "bert-base-uncased",
        "datasets": "imdb, glue",
        "metrics": "accuracy",
        "library_name": "transformers",
        "model-index": "- name: churn\n  results:\n  - task:\n      type: text-classification",
    }


@pytest.mark.parametrize(
    "head, facts",
    [
        # Plain values.
        ("a: 1\nb: true\nc: 2026-01-01", [("a", "1"), ("b", "true"), ("c", "2026-01-01")]),
        ("license: no", [("license", "no")]),
        ("a: x: y", [("a", "x: y")]),
        ("a: https://a.example/#x", [("a", "https://a.example/#x")]),
        ("\"a b\": 'c # d'", [("a b", "c # d")]),
        ("a: C#  # a language", [("a", "C#")]),
        ("état: prêt\n名前: 模型", [("état", "prêt"), ("名前", "模型")]),
        ("a: one\n  two\n  three", [("a", "one two three")]),
        ("a: x\r\nb: y\r", [("a", "x"), ("b", "y")]),
        ("a : x", [("a", "x")]),
        # Nothing.
        ("a:\nb: ~\nc: null\nd: []\ne: {}\nf: ''\ng: # none", []),
        ("", []),
        ("# only a comment", []),
        ("- a\n- b", []),
        # Lists.
        ("a:\n  - x\n  - 'y'\n\n# c\nb: z", [("a", "x, y"), ("b", "z")]),
        ("a: [x,\n  y, ]", [("a", "x, y")]),
        ("a: [[x], y]", [("a", "[[x], y]")]),
        ("a:\n- - x", [("a", "- - x")]),
        ("a:\n-x", [("a", "-x")]),
        # What is nested, and long texts.
        ("a:\n  b: 1\n  c:\n    d: 2", [("a", "b: 1\nc:\n  d: 2")]),
        ("a: {b: 1}", [("a", "{b: 1}")]),
        ("a: |\n  One.\n\n  Two.", [("a", "One.\nTwo.")]),
        ("a: >-\n  One\n  two", [("a", "One\ntwo")]),
        # Odd, wrong, and hostile.
        ("a: x\na: y", [("a", "x"), ("a", "y")]),
        ("a: 'open\nb: [open\nc: {open", [("a", "'open"), ("b", "[open"), ("c", "{open")]),
        (
            "a: &x [1]\nb: *x\nc: !!python/object:os.system x",
            [("a", "&x [1]"), ("b", "*x"), ("c", "!!python/object:os.system x")],
        ),
        ("\tb: x\na: y\n\tz", [("a", "y z")]),
        ("<<: *x\n? a\n: b\nc: d", [("c", "d")]),
        ("a: \"\nb: '", [("a", '"'), ("b", "'")]),
        ("a: [\nb: ]", [("a", "["), ("b", "]")]),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_facts_are_what_stands_there(head, facts):
    assert rules.facts_of(head) == facts


@pytest.mark.parametrize("part", ["a: [", 'a: "', "- ", "a:\n- '", "[", "a: 'x',", " ", ": ", "a: b # ", "\t-", "a"])
def test_no_head_is_too_long(part):
    assert isinstance(rules.facts_of((part * 65_000)[:65_000]), list)
    assert isinstance(rules.facts_of("a: " + (part * 65_000)[:65_000]), list)
