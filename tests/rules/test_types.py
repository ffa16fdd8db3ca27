"""Rules 4, 7, 11 and 12, as tables: which types a registry may accept, and the code of the refusal (None: allowed)."""

import pytest

from registry_app import rules
from registry_app.choices import Kind
from tests.assertions import code_of

CORE, CUSTOM = Kind.CORE, Kind.CUSTOM


@pytest.mark.parametrize("types, expected", [([], "types_missing"), (["model"], None), (["model", "dataset"], None)])
def test_rule_7_a_list_names_a_type(types, expected):
    assert code_of(rules.refuse_type_list(types)) == expected


@pytest.mark.parametrize(
    "kind, in_use, others, expected",
    [
        (CORE, False, 1, "core_type_stays"),
        (CORE, True, 0, "core_type_stays"),
        (CUSTOM, True, 1, "type_in_use"),
        (CUSTOM, True, 0, "type_in_use"),
        (CUSTOM, False, 0, "types_missing"),
        (CUSTOM, False, 1, None),
    ],
)
def test_rules_4_7_and_11_type_removal(kind, in_use, others, expected):
    assert code_of(rules.refuse_type_removal(kind, "model", in_use=in_use, others=others)) == expected


@pytest.mark.parametrize("accepts_all, expected", [(True, "all_types_accepted"), (False, None)])
def test_rule_12_no_type_beside_all(accepts_all, expected):
    assert code_of(rules.refuse_type_addition(accepts_all)) == expected
