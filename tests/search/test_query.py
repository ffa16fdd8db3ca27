"""How a search is read: words, quotes, operators, and what is refused. No database."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry_app import rules
from registry_app.search.query import OPERATORS, QUERY_LENGTH, TERMS, Search, parse_search

DAY = date(2026, 1, 1)


@pytest.mark.parametrize(
    "text, words, conditions",
    [
        ("", (), ()),
        (" \t\n ", (), ()),
        ("churn", ("churn",), ()),
        ("  churn   model ", ("churn", "model"), ()),
        ('"golden  datasets" x', ("golden  datasets", "x"), ()),
        ('a"b 5"', ('a"b', '5"'), ()),
        ('"a""b"c', ("a", "b", "c"), ()),
        ('"" x', ("x",), ()),
        ('"http://x:80/y"', ("http://x:80/y",), ()),
        ('"type:model"', ("type:model",), ()),
        ("cafe\u0301", ("café",), ()),
        ("-- ' ) OR 1=1 % _ \\", ("--", "'", ")", "OR", "1=1", "%", "_", "\\"), ()),
        ("type:model", (), (("type", "model"),)),
        ("TYPE:Model", (), (("type", "Model"),)),
        ('registry:"Golden Datasets"', (), (("registry", "Golden Datasets"),)),
        ("tag:a:b", (), (("tag", "a:b"),)),
        ("tag:a tag:b", (), (("tag", "a"), ("tag", "b"))),
        ('alias:latest"', (), (("alias", 'latest"'),)),
        ("churn alias:latest v3", ("churn", "v3"), (("alias", "latest"),)),
        ("created:2026-01-01", (), (("created", ("exact", DAY)),)),
        ("created:>2026-01-01", (), (("created", ("gt", DAY)),)),
        ("created:<2026-01-01", (), (("created", ("lt", DAY)),)),
        ("created:>=2026-01-01", (), (("created", ("gte", DAY)),)),
        ('created:"<=2026-01-01"', (), (("created", ("lte", DAY)),)),
        ("created:<0001-01-01", (), (("created", ("lt", date.min)),)),
        ("x " * 10, ("x",) * 10, ()),
        ("y" * 200, ("y" * 200,), ()),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_search_is_read(text, words, conditions):
    assert parse_search(text) == (Search(words, conditions), None)


@pytest.mark.parametrize(
    "text",
    [
        *(
            'x:"',
            "x type:",
            "type: model",
            'type:""',
            'tag:" "',
        ),
        *('"open', 'x "', 'registry:"Golden', "created:", "created:>", "created:soon", "created:=2026-01-01"),
        *("created:2026-02-30", "created:2026-1-1", "created:20260101", "created:2026-W01-1", "created:>>2026-01-01"),
        *("created:２０２６-01-01", "created:2026-01-01T00:00", "a\0b", "a\x1bb", "\ud800", "type:a\0"),
        *("y" * 201, "x" * 10_000, "x " * 11, "tag:a " * 11, '"' * 199, "\u0300\u0316" * 5_000),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_can_not_be_read_is_refused_and_the_operators_are_named(text):
    search, refusal = parse_search(text)
    assert (search, refusal.code) == (None, "search_invalid")
    assert all(f"{operator}:" in refusal.way_out for operator in OPERATORS)
    assert len(refusal.reason) < 200


@pytest.mark.parametrize(
    "text, words, unknown",
    [
        ("foo:bar", ("foo:bar",), ("foo",)),
        ("types:model typ:x types:y", ("types:model", "typ:x", "types:y"), ("types", "typ")),
        ('foo:"two words" x', ("foo:two words", "x"), ("foo",)),
        (":", (":",), ()),
        (":x", (":x",), ()),
        ("http://x", ("http://x",), ()),
        ("12:30", ("12:30",), ()),
        ('"foo:bar"', ("foo:bar",), ()),
    ],
)
def test_what_is_no_operator_is_text_and_told(text, words, unknown):
    assert parse_search(text) == (Search(words, (), unknown), None)


PIECES = st.sampled_from(['"', ":", " ", "\t", "\0", "\ud800", ">", "type", "created", "2026-01-01", "é", "%", "\\"])


@settings(max_examples=500, deadline=1000)
@given(st.one_of(st.text(max_size=250), st.lists(PIECES | st.text(max_size=3), max_size=60).map("".join)))
@example('"' * 200)
@example(":" * 200)
@example(" " * 200)
@example('created:"' * 20)
def test_whatever_is_typed_is_read_or_refused(text):
    search, refusal = parse_search(text)
    assert (search is None) != (refusal is None)
    if refusal:
        assert refusal.code == "search_invalid"
    else:
        assert len(search.words) + len(search.conditions) <= TERMS
        assert all(search.words)
        assert {operator for operator, _ in search.conditions} <= OPERATORS.keys()


@given(st.lists(st.text(st.characters(exclude_characters='"', exclude_categories=["C"]), min_size=1), max_size=10))
def test_what_is_quoted_is_text(words):
    words = [word for word in map(rules.clean_name, words) if word]
    text = " ".join(f'"{word}"' for word in words)
    search, _ = parse_search(text)
    assert len(text) > QUERY_LENGTH or search == Search(tuple(words), ())


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_example_of_each_operator_can_be_asked(operator):
    search, refusal = parse_search(OPERATORS[operator][1])
    assert refusal is None
    assert [name for name, _ in search.conditions] == [operator]


@pytest.mark.parametrize(
    "name, number",
    [
        *[("v0", 0), ("V12", 12), ("v007", 7), ("v٣", 3), ("v²", 2), ("v999999999", 999999999)],
        *[(name, None) for name in ("v", "vv1", "1", "v1a", "v-1", "v9999999999", "", "latest", "v𐩀")],
    ],
)
def test_rule_24_the_names_that_the_system_gives_by_number(name, number):
    assert rules.number_called(name) == number
