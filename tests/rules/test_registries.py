"""Rules 1 to 9 and 13, as tables: what is stored, what is wanted, and the code of the refusal (None: allowed)."""

import pytest

from registry_app import rules
from registry_app.choices import Kind, Visibility
from tests.assertions import code_of

CORE, CUSTOM = Kind.CORE, Kind.CUSTOM
SHARED, RESTRICTED = Visibility.ORGANIZATION, Visibility.RESTRICTED


def test_rule_1_names_two_core_registries_with_one_type_each():
    assert [(name, preconfigured) for name, _, preconfigured in rules.CORE_REGISTRIES] == [
        ("Models", "model"),
        ("Datasets", "dataset"),
    ]
    for name, description, preconfigured in rules.CORE_REGISTRIES:
        assert rules.refuse_name(name) is None
        assert rules.refuse_description(description) is None
        assert rules.refuse_type_name(preconfigured) is None


@pytest.mark.parametrize(
    "stored, wanted, expected",
    [
        (None, CUSTOM, None),
        (None, CORE, "core_is_given"),
        (CORE, CORE, None),
        (CUSTOM, CUSTOM, None),
        (CORE, CUSTOM, "kind_stays"),
        (CUSTOM, CORE, "kind_stays"),
    ],
)
def test_rules_1_and_6_kind(stored, wanted, expected):
    assert code_of(rules.refuse_kind(stored, wanted)) == expected


@pytest.mark.parametrize(
    "stored, wanted, expected",
    [(None, 1, None), (1, 1, None), (1, 2, "organization_stays"), (1, None, "organization_stays")],
)
def test_rule_6_organization(stored, wanted, expected):
    assert code_of(rules.refuse_organization(stored, wanted)) == expected


@pytest.mark.parametrize(
    "kind, stored, wanted, expected",
    [
        (CORE, None, SHARED, None),
        (CORE, None, RESTRICTED, "core_is_shared"),
        (CORE, SHARED, SHARED, None),
        (CORE, SHARED, RESTRICTED, "core_is_shared"),
        (CORE, SHARED, "", "core_is_shared"),
        (CUSTOM, None, SHARED, None),
        (CUSTOM, None, RESTRICTED, None),
        (CUSTOM, SHARED, SHARED, None),
        (CUSTOM, SHARED, RESTRICTED, None),
        (CUSTOM, RESTRICTED, RESTRICTED, None),
        (CUSTOM, RESTRICTED, SHARED, "restricted_stays"),
        (CUSTOM, RESTRICTED, "", "restricted_stays"),
        (CUSTOM, RESTRICTED, None, "restricted_stays"),
        (CUSTOM, RESTRICTED, "RESTRICTED", "restricted_stays"),
    ],
)
def test_rules_2_8_and_9_visibility(kind, stored, wanted, expected):
    assert code_of(rules.refuse_visibility(kind, stored, wanted)) == expected


@pytest.mark.parametrize(
    "kind, visibility, expected",
    [
        (CORE, SHARED, "core_is_shared"),
        (CUSTOM, SHARED, None),
        (CUSTOM, RESTRICTED, "restricted_stays"),
    ],
)
def test_rules_2_8_and_9_restriction(kind, visibility, expected):
    assert code_of(rules.refuse_restriction(kind, visibility)) == expected


@pytest.mark.parametrize(
    "refuse, expected",
    [
        (rules.refuse_metadata, "core_is_fixed"),
        (rules.refuse_all_types, "core_type_stays"),
        (rules.refuse_delete, "core_stays"),
    ],
)
def test_rules_3_4_and_5_hold_for_core_alone(refuse, expected):
    assert code_of(refuse(CORE)) == expected
    assert refuse(CUSTOM) is None


@pytest.mark.parametrize(
    "name, accepted, expected",
    [
        ("model", [], None),
        ("model", ["dataset"], None),
        ("model", ["model"], None),
        ("Model", ["model"], "type_looks_alike"),
        ("models", ["model"], "type_looks_alike"),
        ("MODELS", ["dataset", "model"], "type_looks_alike"),
        ("model", ["Models"], "type_looks_alike"),
        ("ÉTUDE", ["études"], "type_looks_alike"),
        ("class", ["classes"], None),
        ("models", ["modelss"], "type_looks_alike"),
        ("modes", ["model"], None),
        ("ｍodel", ["model"], "type_looks_alike"),
        ("𝗆𝗈𝖽𝖾𝗅𝗌", ["model"], "type_looks_alike"),
        ("eval-suite", ["eval_suite"], None),
    ],
)
def test_rule_13_lookalikes(name, accepted, expected):
    assert [refusal.code for refusal in rules.refuse_lookalikes([name], accepted)] == [expected] * bool(expected)
    if name not in accepted:  # two that join together are asked about as well
        assert [refusal.code for refusal in rules.refuse_lookalikes([*accepted, name], [])] == [expected] * bool(
            expected
        )


def test_rule_13_each_lookalike_of_a_list_is_asked_about():
    assert [
        refusal.reason.partition(" ")[0] for refusal in rules.refuse_lookalikes(["model", "Model", "models"], [])
    ] == [
        "Model",
        "models",
    ]
