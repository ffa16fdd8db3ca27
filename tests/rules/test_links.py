"""Rules 21, 22, 24 and 26, as tables: what may be linked, and who may give which alias."""

import pytest

from registry_app import rules
from registry_app.choices import Role
from tests.assertions import code_of


@pytest.mark.parametrize(
    "name, expected",
    [
        ("production", None),
        ("v", None),
        ("v1.2", None),
        ("version1", None),
        ("a" * rules.LABEL_LENGTH, None),
        ("a" * (rules.LABEL_LENGTH + 1), "alias_invalid"),
        ("", "alias_invalid"),
        ("a/b", "alias_invalid"),
        ("a:b", "alias_invalid"),
        ("latest", "alias_reserved"),
        ("LATEST", "alias_reserved"),
        ("v0", "alias_reserved"),
        ("V12", "alias_reserved"),
    ],
)
def test_rule_24_people_give_any_alias_but_those_of_the_system(name, expected):
    assert code_of(rules.refuse_alias_name(name)) == expected


@pytest.mark.parametrize(
    "name, expected", [("v0", 0), ("V12", 12), ("v", None), ("latest", None), ("12", None), ("v1234567890", None)]
)
def test_rule_24_the_number_that_an_alias_names(name, expected):
    assert rules.number_called(name) == expected


@pytest.mark.parametrize("types, expected", [(("model", "model"), None), (("dataset", "model"), "type_not_accepted")])
def test_rule_21_a_version_is_linked_where_its_type_is(types, expected):
    assert code_of(rules.refuse_link(*types)) == expected


@pytest.mark.parametrize("usable, expected", [(True, None), (False, "source_hidden")])
def test_rule_22_only_a_version_that_one_can_use_is_linked(usable, expected):
    assert code_of(rules.refuse_source(usable=usable)) == expected


def test_rule_26_protected_aliases_are_found_in_whatever_case():
    assert rules.protected_among(["good", "Production", "STABLE"], ["production", "stable"]) == ["Production", "STABLE"]


@pytest.mark.parametrize("role", [None, *Role])
def test_rule_26_only_admins_put_protected_aliases(role):
    expected = None if role == Role.ADMIN else "alias_protected"
    assert code_of(rules.refuse_protected(role, ["good", "production"], ["production"])) == expected
    assert rules.refuse_protected(role, ["good"], ["production"]) is None


def test_rule_31_what_a_version_carries_or_is_asked_for_is_not_left_to_ask_for():
    assert rules.askable_aliases(["stable", "production", "eu"], ["eu", "mine"], ["stable"]) == ["production"]
    assert rules.askable_aliases([], ["production"], []) == []
