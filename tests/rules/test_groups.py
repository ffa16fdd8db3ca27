"""Groups of the identity provider: what names one, and when the role of one counts."""

import pytest

from registry_app import rules


@pytest.mark.parametrize(
    "name",
    ["ml-admins", "ML Admins", "/acme/ml", "CN=ml,OU=teams", "5f0a3e0e-6c1f", "Équipe", "チーム", "<b>", "x" * 256],
)
def test_what_names_a_group(name):
    assert rules.refuse_group(name) is None


@pytest.mark.parametrize("name", ["", "x" * 257, "a\nb", "a\tb", "a\rb", "a\0b", "a\ud800", "a\u202eb"])
def test_what_names_none(name):
    assert rules.refuse_group(name).code == "group_invalid"


@pytest.mark.parametrize(
    "group, own, counts",
    [
        ("admin", "member", True),
        ("admin", None, True),
        ("member", None, True),
        ("member", "member", False),
        ("member", "admin", False),
        ("admin", "admin", False),
        (None, "member", False),
        (None, None, False),
    ],
)
def test_a_role_of_a_group_counts_where_it_is_higher(group, own, counts):
    assert rules.group_role_counts(group, own) is counts
