"""What a provider says of a person: which statements count, and what becomes of claims of any type."""

import json

import pytest

from registry_app.authentication.claims import merge, names, subject

ADDRESS = {"sub": "1", "email": "mel@example.com"}
DEEP: list = []
for _ in range(500):
    DEEP = [DEEP]


def verified(userinfo, id_token=None, *, vouched=False):
    """Whether the address counts."""
    return merge({**ADDRESS, **userinfo}, id_token or {}, vouched=vouched)["email_verified"]


@pytest.mark.parametrize("value", [True, "true", "True", "TRUE", " true ", 1, "1", 1.0])
@pytest.mark.parametrize("name", ["email_verified", "xms_edov"])
def test_yes_in_all_the_ways_that_providers_say_it(name, value):
    assert verified({name: value})
    assert verified({}, {name: value})


@pytest.mark.parametrize(
    "value", [False, "false", "False", 0, "0", "", "yes", "x", 2, -1, [], ["true"], {}, {"a": True}]
)
@pytest.mark.parametrize("name", ["email_verified", "xms_edov"])
def test_anything_else_is_no_also_where_the_operator_vouches(name, value):
    for vouched in (False, True):
        assert not verified({name: value}, vouched=vouched)
        assert not verified({}, {name: value}, vouched=vouched)


@pytest.mark.parametrize("userinfo", [{}, {"email_verified": None}, {"xms_edov": None}, {"name": "Mel"}])
def test_where_nothing_is_said_the_operator_may_vouch(userinfo):
    assert (verified(userinfo), verified(userinfo, vouched=True)) == (False, True)


def test_whoever_says_yes_and_no_says_no():
    assert not verified({"email_verified": True, "xms_edov": False})
    assert not verified({"email_verified": "false", "xms_edov": True}, vouched=True)
    assert not verified({"email_verified": False}, {"email_verified": True})


@pytest.mark.parametrize("other", ["eve@example.com", "mel@example.org", "mel@example.co"])
def test_what_the_id_token_says_of_another_address_does_not_count(other):
    assert not verified({}, {"email": other, "email_verified": True, "xms_edov": True})
    assert verified({}, {"email": "MEL@example.com", "email_verified": True})


@pytest.mark.parametrize(
    "email",
    [None, 5, True, [], ["mel@example.com"], {"a": 1}, "", " ", "me\u200bl@example.com", "m\0el@example.com",
     "mel@example.com\n.org", "mel@example.\u212aom", "\ud800@example.com", "m\u017fel@example.com"],
)  # fmt: skip
def test_an_address_is_none_or_as_it_is(email):
    assert "mel@example.com" not in str(merge({"sub": "1", "email": email}, {}, vouched=True).get("email", ""))


@pytest.mark.parametrize(
    "said, expected",
    [
        ({}, ("", "")),
        ({"name": "Mel Q. Smith"}, ("Mel", "Q. Smith")),
        ({"name": "Mel Smith", "given_name": "Melanie"}, ("Melanie", "Smith")),
        ({"given_name": "Ме\u202eл\x00\n", "family_name": " О\u200bН \t Я "}, ("Мел", "ОН Я")),
        ({"name": None, "given_name": ["Mel"], "family_name": {"a": 1}}, ("", "")),
        ({"name": 5, "given_name": True, "family_name": 1e9}, ("", "")),
        ({"given_name": "\x1b[31m", "family_name": "名\u3000前"}, ("[31m", "名 前")),
    ],
)  # fmt: skip
def test_names_are_texts_of_one_line(said, expected):
    assert tuple(names(merge(said, {}, vouched=False)).values()) == expected


def test_a_long_name_is_cut():
    assert len(names(merge({"given_name": "é" * 10_000}, {}, vouched=False))["first_name"]) == 1000


@pytest.mark.parametrize(
    "sub, expected",
    [("a-1", "a-1"), (5, "5"), ("é", "é"), ("x" * 191, "x" * 191), ("x" * 192, None), ("", None), (" ", None),
     (None, None), (True, None), (1.5, None), ([], None), (["a"], None), ({"a": 1}, None), ("a\n", None)],
)  # fmt: skip
def test_who_it_is(sub, expected):
    assert subject(merge({"sub": sub}, {}, vouched=False)) == expected


@pytest.mark.parametrize("value", ["a\0b", "\ud800", float("nan"), float("inf"), {"a\0": ["\udfff"]}, DEEP, [{}] * 3])
def test_whatever_it_says_can_be_stored(value):
    text = json.dumps(merge({"sub": "1", "groups": value}, {"more": value}, vouched=False), allow_nan=False)
    assert "\\u0000" not in text
    assert "\\ud8" not in text


def test_what_cannot_be_stored_makes_no_two_people_one():
    people = {subject(merge({"sub": sub}, {}, vouched=False)) for sub in ("ab", "a\0b", "a", "b")}
    assert len(people) == 4


def test_groups_are_kept_from_either():
    assert merge({"sub": "1", "groups": ["a"]}, {"sub": "1", "roles": ["b"]}, vouched=False)["roles"] == ["b"]
