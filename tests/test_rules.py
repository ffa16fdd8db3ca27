"""The rules as tables: what is stored, what is wanted, and the code of the refusal (None: allowed). No database."""

import itertools
import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_app import rules
from registry_app.choices import Action, Kind, OrganizationRole, Permission, Role, Visibility

CORE, CUSTOM = Kind.CORE, Kind.CUSTOM
SHARED, RESTRICTED = Visibility.ORGANIZATION, Visibility.RESTRICTED
A_MILLION = 10**6


def code(refusal):
    """The code of a refusal, or None."""
    return refusal and refusal.code


# Rules 1 to 9.


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
    assert code(rules.refuse_kind(stored, wanted)) == expected


@pytest.mark.parametrize(
    "stored, wanted, expected",
    [(None, 1, None), (1, 1, None), (1, 2, "organization_stays"), (1, None, "organization_stays")],
)
def test_rule_6_organization(stored, wanted, expected):
    assert code(rules.refuse_organization(stored, wanted)) == expected


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
    assert code(rules.refuse_visibility(kind, stored, wanted)) == expected


@pytest.mark.parametrize(
    "kind, visibility, expected",
    [
        (CORE, SHARED, "core_is_shared"),
        (CUSTOM, SHARED, None),
        (CUSTOM, RESTRICTED, "restricted_stays"),
    ],
)
def test_rules_2_8_and_9_restriction(kind, visibility, expected):
    assert code(rules.refuse_restriction(kind, visibility)) == expected


@pytest.mark.parametrize(
    "refuse, expected",
    [
        (rules.refuse_metadata, "core_is_fixed"),
        (rules.refuse_all_types, "core_type_stays"),
        (rules.refuse_delete, "core_stays"),
    ],
)
def test_rules_3_4_and_5_hold_for_core_alone(refuse, expected):
    assert code(refuse(CORE)) == expected
    assert refuse(CUSTOM) is None


# Rules 4, 7 and 11 to 13: types.


@pytest.mark.parametrize("types, expected", [([], "types_missing"), (["model"], None), (["model", "dataset"], None)])
def test_rule_7_a_list_names_a_type(types, expected):
    assert code(rules.refuse_type_list(types)) == expected


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
    assert code(rules.refuse_type_removal(kind, "model", in_use=in_use, others=others)) == expected


@pytest.mark.parametrize("accepts_all, expected", [(True, "all_types_accepted"), (False, None)])
def test_rule_12_no_type_beside_all(accepts_all, expected):
    assert code(rules.refuse_type_addition(accepts_all)) == expected


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


# Names.


@pytest.mark.parametrize(
    "name",
    [
        "G",
        "Golden Datasets",
        "Fine_Tuned_Models",
        "a" * 113,
        "é" * 113,
        "数据集",
        "Модели",
        "مجموعات",
        "फ़ाइलें",
        ".hidden",
        "<b>bold",
        "'; DROP TABLE registry_app_registry; --",
        "{{ settings }}",
        "wandb registry-x",
        "my wandb-registry-x",
        "🚀 launch",
        "a&b=c+d~e@f,g;h!i*j(k)",
    ],
)
def test_names_may_be(name):
    assert rules.refuse_name(rules.clean_name(name)) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " \t\r\n\u00a0\u2003\u3000",
        "a" * 114,
        "a" * A_MILLION,
        "ﷺ" * 113,  # its key is eighteen times as long
        *(f"a{char}b" for char in "/\\#?%:"),
        "../../etc/passwd",
        "/../",
        "%2e%2e%2f",
        ".",
        "..",
        " .. ",
        "wandb-registry-",
        "wandb-registry-model",
        "WandB-Registry-model",
        "ｗandb-registry-model",
        "  wandb-registry-model",
        *(f"a{chr(number)}b" for number in (*range(0x20), *range(0x7F, 0xA0))),  # control
        *(f"a{char}b" for char in "\u2028\u2029"),  # line breaks
        *(f"a{char}b" for char in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e"),  # zero width
        *(f"a{char}b" for char in "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),  # bidi
        *(f"a{char}b" for char in "\ufff9\U000e0041"),  # other format characters
        "a\ud800b",  # half a pair
        "a\ue000b",  # private use
        "a\uffffb",  # no character
        "a\ufffdb",  # what broken UTF-8 decodes to
        "\u202egnp.exe",
        "end\u200b",
        "...",
        "a\u00a0b",
    ],
    ids=lambda name: ascii(name)[:24],
)
def test_names_may_not_be(name):
    assert code(rules.refuse_name(rules.clean_name(name))) == "name_invalid"


@pytest.mark.parametrize(
    "text, kept",
    [
        ("  Golden \n", "Golden"),
        ("\u3000Golden\u00a0", "Golden"),
        ("Cafe\u0301", "Café"),
        ("\u1100\u1161\u11a8", "각"),
        ("\u212b", "Å"),
        ("Ｍodels", "Ｍodels"),
        ("a  b", "a  b"),
        ("MiXed", "MiXed"),
    ],
)
def test_names_are_kept_trimmed_and_composed(text, kept):
    assert rules.clean_name(text) == kept


@pytest.mark.parametrize(
    "one, other",
    [
        ("Models", "models"),
        ("Models", "MODELS"),
        ("Models", "Ｍｏｄｅｌｓ"),
        ("Café", "CAFE\u0301"),
        ("Straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("ﬁne", "FINE"),
        ("Golden Datasets", "golden  datasets"),
        ("Golden Datasets", "Golden\u00a0Datasets"),
        ("Golden Datasets", "Golden\u3000Datasets"),
        ("É", "é"),
    ],
)
def test_rule_14_names_that_are_one_name(one, other):
    assert rules.name_key(rules.clean_name(one)) == rules.name_key(rules.clean_name(other))


@pytest.mark.parametrize("one, other", [("Models", "Model"), ("a b", "ab"), ("a_b", "a-b"), ("Cafe", "Café")])
def test_rule_14_names_that_are_two_names(one, other):
    assert rules.name_key(one) != rules.name_key(other)


@given(st.text(st.characters(exclude_categories=[]), max_size=130))
@settings(derandomize=True, database=None, deadline=None)
def test_any_text_is_answered(text):
    name = rules.clean_name(text)
    assert rules.clean_name(name) == name
    assert code(rules.refuse_type_name(name)) in {None, "type_invalid"}
    assert code(rules.refuse_description(text)) in {None, "description_invalid"}
    if rules.refuse_name(name) is None:
        assert 1 <= len(rules.name_key(name)) <= rules.KEY_LENGTH
        assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & {unicodedata.category(char) for char in name}
    else:
        assert code(rules.refuse_name(name)) == "name_invalid"


@pytest.mark.parametrize("unit", ["a", "\u0300\u0316"], ids=["letters", "marks"])
def test_a_million_characters_are_refused_by_their_number(monkeypatch, unit):
    """Putting a long run of combining marks in order takes Python minutes: nothing long may be normalised."""
    normalised = []

    def normalize(form, text):
        normalised.append(len(text))
        return text

    for module in (rules.names, rules.characters):
        monkeypatch.setattr(module, "unicodedata", SimpleNamespace(normalize=normalize, category=lambda _: "Ll"))
    text = unit * (A_MILLION // len(unit))
    name = rules.clean_name(text)
    assert code(rules.refuse_name(name)) == "name_invalid"
    assert code(rules.refuse_type_name(name)) == "type_invalid"
    assert code(rules.refuse_description(rules.clean_description(text))) == "description_invalid"
    assert max(normalised, default=0) <= 100 * rules.NAME_LENGTH


# Artifact types and descriptions.


@pytest.mark.parametrize(
    "name",
    [
        "model",
        "eval-suite",
        "a",
        "a" * 128,
        "RAG index v1.2",
        "_x",
        "-x",
        "数据",
        "मॉडल",
        "naïve",
        "2024",
        "x.",
        "a b c",
    ],
)
def test_types_may_be(name):
    assert rules.refuse_type_name(rules.clean_name(name)) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a" * 129,
        "a" * A_MILLION,
        "a " * 64 + "!",
        ".hidden",
        "a .b",
        "..",
        "a  b",
        "a\tb",
        "a\nb",
        "a\u00a0b",
        "a/b",
        "a:b",
        "a\\b",
        "a,b",
        "a+b",
        "<b>",
        "a\0b",
        "a\u200bb",
        "a\u202eb",
        "a\ud800",
        "½",
        "🚀",
        "a%2fb",
    ],
    ids=lambda name: ascii(name)[:24],
)
def test_types_may_not_be(name):
    assert code(rules.refuse_type_name(rules.clean_name(name))) == "type_invalid"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", None),
        ("# Title\n\n\t- one\r\n", None),
        ("<script>alert(1)</script>", None),
        ("👩\u200d🔬 \u200fשלום\u200e \u061c", None),
        ("right to left: \u202bשלום\u202c", "description_invalid"),
        ("\u2066isolated\u2069", "description_invalid"),
        ("\u202eoverridden", "description_invalid"),
        ("private \ue000", "description_invalid"),
        ("private \U0010fffd", "description_invalid"),
        ("no character \ufdd0", "description_invalid"),
        ("no character \uffff", "description_invalid"),
        ("no character \U0001fffe", "description_invalid"),
        ("a" * 65536, None),
        ("a" * 65537, "description_invalid"),
        ("é" * 32768, None),
        ("é" * 32769, "description_invalid"),
        ("a" * A_MILLION, "description_invalid"),
        ("a\0b", "description_invalid"),
        ("a\x1bb", "description_invalid"),
        ("a\x85b", "description_invalid"),
        ("a\ud800b", "description_invalid"),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_descriptions(text, expected):
    assert code(rules.refuse_description(text)) == expected


# §3: who may.

ROLES = [None, Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER, Role.ADMIN]
ADMIN_ACTIONS = [
    Action.TYPE_ADD,
    Action.TYPE_REMOVE,
    Action.TYPES_ALL,
    Action.TYPES_LIST,
    Action.RESTRICT,
    Action.DELETE,
    Action.MEMBER_ADD,
    Action.MEMBER_CHANGE,
    Action.MEMBER_REMOVE,
    Action.PROTECT,
    Action.UNPROTECT,
]
PUBLISHING = [
    Action.COLLECTION_CREATE,
    Action.COLLECTION_EDIT,
    Action.COLLECTION_DELETE,
    Action.LINK,
    Action.LINK_TAG,
    Action.UNLINK,
    Action.ALIAS_SET,
    Action.ALIAS_REMOVE,
]


def test_the_ladder_has_every_role_once():
    assert [None, *rules.LADDER] == ROLES
    assert set(rules.LADDER) == set(Role)


def test_every_action_in_a_registry_says_the_role_it_needs():
    inside = ("registry.", "collection.", "link.", "alias.")
    asked = {action for action in Action if action.startswith(inside)} - {Action.CREATE}
    assert set(rules.NEEDED) == asked == {Permission.SEE, Permission.USE, Action.EDIT, *PUBLISHING, *ADMIN_ACTIONS}


@pytest.mark.parametrize(
    "action, lowest",
    [
        (Permission.SEE, Role.RESTRICTED_VIEWER),
        (Permission.USE, Role.VIEWER),
        (Action.EDIT, Role.MEMBER),
        *((action, Role.MEMBER) for action in PUBLISHING),
        *((action, Role.ADMIN) for action in ADMIN_ACTIONS),
    ],
)
def test_rule_10_each_action_from_its_lowest_role_up(action, lowest):
    for role in ROLES:
        expected = None if ROLES.index(role) >= ROLES.index(lowest) else "role_too_low"
        assert code(rules.refuse_role(action, role)) == expected


@pytest.mark.parametrize(
    "visibility, in_organization, expected",
    [  # the effective role, for each role given in the registry: none, restricted viewer, viewer, member, admin
        (SHARED, None, [None, None, None, None, None]),
        (RESTRICTED, None, [None, None, None, None, None]),
        (SHARED, OrganizationRole.MEMBER, [Role.VIEWER, Role.VIEWER, Role.VIEWER, Role.MEMBER, Role.ADMIN]),
        (RESTRICTED, OrganizationRole.MEMBER, ROLES),
        (SHARED, OrganizationRole.ADMIN, [Role.ADMIN] * 5),
        (RESTRICTED, OrganizationRole.ADMIN, [Role.ADMIN] * 5),
    ],
)
def test_effective_role(visibility, in_organization, expected):
    assert [rules.effective_role(visibility, in_organization, given) for given in ROLES] == expected


MEMBERS = {Action.MEMBER_ADD, Action.MEMBER_CHANGE, Action.MEMBER_REMOVE, Action.PROTECT, Action.UNPROTECT}
PUBLISH = {Permission.USE, *PUBLISHING}
ON_A_LIST = {Action.TYPE_ADD, Action.TYPE_REMOVE, Action.TYPES_ALL}


@pytest.mark.parametrize(
    "role, kind, visibility, accepts_all, expected",
    [
        (None, CUSTOM, SHARED, False, set()),
        (Role.RESTRICTED_VIEWER, CUSTOM, RESTRICTED, False, {Permission.SEE}),
        (Role.VIEWER, CUSTOM, SHARED, False, {Permission.SEE, Permission.USE}),
        (Role.MEMBER, CUSTOM, SHARED, False, {Permission.SEE, Action.EDIT} | PUBLISH),
        (Role.MEMBER, CORE, SHARED, False, {Permission.SEE} | PUBLISH),
        (
            Role.ADMIN,
            CUSTOM,
            SHARED,
            False,
            {Permission.SEE, Action.EDIT, Action.RESTRICT, Action.DELETE} | ON_A_LIST | MEMBERS | PUBLISH,
        ),
        (
            Role.ADMIN,
            CUSTOM,
            RESTRICTED,
            False,
            {Permission.SEE, Action.EDIT, Action.DELETE} | ON_A_LIST | MEMBERS | PUBLISH,
        ),
        (
            Role.ADMIN,
            CUSTOM,
            SHARED,
            True,
            {Permission.SEE, Action.EDIT, Action.RESTRICT, Action.DELETE, Action.TYPES_LIST} | MEMBERS | PUBLISH,
        ),
        (
            Role.ADMIN,
            CUSTOM,
            RESTRICTED,
            True,
            {Permission.SEE, Action.EDIT, Action.DELETE, Action.TYPES_LIST} | MEMBERS | PUBLISH,
        ),
        (Role.ADMIN, CORE, SHARED, False, {Permission.SEE, Action.TYPE_ADD} | MEMBERS | PUBLISH),
    ],
)
def test_what_each_may_do(role, kind, visibility, accepts_all, expected):
    assert rules.actions_of(role, kind, visibility, accepts_all) == expected


def test_a_control_that_is_shown_is_never_refused():
    for role, kind, visibility, accepts_all in itertools.product(ROLES, Kind, Visibility, [True, False]):
        for action in rules.actions_of(role, kind, visibility, accepts_all):
            assert rules.refuse_role(action, role) is None
            if action == Action.EDIT:
                assert rules.refuse_metadata(kind) is None
            if action == Action.DELETE:
                assert rules.refuse_delete(kind) is None
            if action == Action.RESTRICT:
                assert rules.refuse_visibility(kind, visibility, RESTRICTED) is None
            if action == Action.TYPE_ADD:
                assert rules.refuse_type_addition(accepts_all) is None
            if action == Action.TYPES_ALL:
                assert rules.refuse_all_types(kind) is None
