"""Which groups a provider's claims name: in every form that providers send, and in forms that nobody should."""

import pytest

from registry_app.authentication.groups import groups_of

MANY = [f"group-{number}" for number in range(10_000)]
ID = "5f0a3e0e-6c1f-4b0a-9a5e-0c1d2e3f4a5b"


@pytest.mark.parametrize(
    "value, expected",
    [
        (["ml-admins", "ml-team"], {"ml-admins", "ml-team"}),
        ([" ml-admins ", "ML Team", "ml-admins"], {"ml-admins", "ML Team"}),
        (["CN=ml,OU=teams,DC=example", "/acme/ml team"], {"CN=ml,OU=teams,DC=example", "/acme/ml team"}),
        ([ID], {ID}),
        (["Équipe", "チーム"], {"Équipe", "チーム"}),
        ("ml-admins", {"ml-admins"}),
        ("  ml-admins\n", {"ml-admins"}),
        ("ml-admins ml-team", {"ml-admins", "ml-team"}),
        ("ml-admins,ml-team", {"ml-admins", "ml-team"}),
        ("ML Admins, ML Team,,", {"ML Admins", "ML Team"}),
        ('["ml-admins", "ml-team"]', {"ml-admins", "ml-team"}),
        (' [{"name": "ml-admins"}]', {"ml-admins"}),
        ('"ML Admins"', {"ML Admins"}),
        ("[ml-admins]", {"[ml-admins]"}),
        ("[" * 100_000, {"[" * 100_000}),
        ([{"name": "ml-admins", "id": ID}, {"display": "ml-team", "value": "7"}], {"ml-admins", "ml-team"}),
        ([{"displayName": "ML Admins"}, {"id": ID}, {"path": "/x"}, {"name": None, "id": 7}], {"ML Admins", ID}),
        ({"name": "ml-admins"}, {"ml-admins"}),
        (["ml-admins", None, 7, 1.5, True, "", "  ", ["nested"], {}], {"ml-admins"}),
        ([None, 7], set()),
        ([], set()),
        ("", set()),
        (" , ", set()),
        ("[]", set()),
        (["a\0b", "\ud800"], {"a\0b", "\ud800"}),
        (MANY, set(MANY)),
        (" ".join(MANY), set(MANY)),
    ],
)  # fmt: skip
def test_what_a_claim_says(value, expected):
    assert groups_of({"sub": "1", "groups": value}, "groups") == expected


@pytest.mark.parametrize("value", [None, 7, 1.5, True, False, {}, {"roles": ["ml"]}, {"name": 7}, "{}", '{"name": 7}'])
def test_what_says_nothing_of_groups(value):
    assert groups_of({"groups": value}, "groups") is None


@pytest.mark.parametrize("claims", [{}, {"group": ["a"]}, {"Groups": ["a"]}, None, [], ["groups"], "groups", 7])
def test_where_there_is_no_claim(claims):
    assert groups_of(claims, "groups") is None


@pytest.mark.parametrize(
    "path, claims",
    [
        ("realm_access.roles", {"realm_access": {"roles": ["ml"]}}),
        ("resource_access.my.client.roles", {"resource_access": {"my.client": {"roles": ["ml"]}}}),
        ("https://example.com/groups", {"https://example.com/groups": ["ml"], "https://example": {"com/groups": []}}),
        ("a.b.c", {"a": {"b": {"c": "ml"}}, "a.b": None}),
        ("a.b.c", {"a": "x", "a.b": {"c": ["ml"]}}),
    ],
)
def test_a_claim_inside_others(path, claims):
    assert groups_of(claims, path) == {"ml"}


@pytest.mark.parametrize("claims", [{"a": {}}, {"a": None}, {"a": ["b"]}, {"a": {"b": None}}, {"a.c": ["ml"]}])
def test_a_claim_inside_others_that_is_not_there(claims):
    assert groups_of(claims, "a.b") is None
