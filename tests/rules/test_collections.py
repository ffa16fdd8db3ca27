"""Rule 20 and §2, as tables: names, tags and types of collections."""

import pytest

from registry_app import rules
from tests.assertions import code_of

LONGEST = "a" * rules.LABEL_LENGTH


@pytest.mark.parametrize(
    "name, expected",
    [
        ("Churn", None),
        ("a:b?#%", None),
        (LONGEST, None),
        (f"{LONGEST}a", "name_invalid"),
        ("", "name_invalid"),
        (".", "name_invalid"),
        ("..", "name_invalid"),
        ("a/b", "name_invalid"),
    ],
)
def test_labels(name, expected):
    assert code_of(rules.refuse_label(name)) == expected


@pytest.mark.parametrize(
    "name, expected",
    [
        ("gold", None),
        ("two words", None),
        ("a_b-c", None),
        (LONGEST, None),
        (f"{LONGEST}a", "tag_invalid"),
        ("", "tag_invalid"),
        ("a  b", "tag_invalid"),
        ("a.b", "tag_invalid"),
        ("a/b", "tag_invalid"),
    ],
)
def test_tags(name, expected):
    assert code_of(rules.refuse_tag(name)) == expected


@pytest.mark.parametrize("number, expected", [(0, None), (20, None), (21, "too_many")])
def test_at_most_20_tags_at_a_time(number, expected):
    assert code_of(rules.refuse_count(["x"] * number, "tags")) == expected


@pytest.mark.parametrize(
    "name, accepted, expected",
    [
        ("model", ["model"], None),
        ("model", None, None),
        ("Model", ["model"], "type_not_accepted"),
        ("model", [], "type_not_accepted"),
        ("a/b", None, "type_invalid"),
    ],
)
def test_rule_20_a_collection_has_a_type_that_its_registry_accepts(name, accepted, expected):
    assert code_of(rules.refuse_collection_type(name, accepted)) == expected


@pytest.mark.parametrize("stored, wanted, expected", [("model", "model", None), ("model", "dataset", "type_stays")])
def test_rule_20_a_collection_keeps_its_type(stored, wanted, expected):
    assert code_of(rules.refuse_collection_change(stored, wanted)) == expected
