"""Names, artifact types and descriptions: which texts are accepted, how they are kept, and which are one name."""

import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_app import rules
from tests.assertions import code_of

A_MILLION = 10**6


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
    assert code_of(rules.refuse_name(rules.clean_name(name))) == "name_invalid"


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
    assert code_of(rules.refuse_type_name(name)) in {None, "type_invalid"}
    assert code_of(rules.refuse_description(text)) in {None, "description_invalid"}
    if rules.refuse_name(name) is None:
        assert 1 <= len(rules.name_key(name)) <= rules.KEY_LENGTH
        assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & {unicodedata.category(char) for char in name}
    else:
        assert code_of(rules.refuse_name(name)) == "name_invalid"


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
    assert code_of(rules.refuse_name(name)) == "name_invalid"
    assert code_of(rules.refuse_type_name(name)) == "type_invalid"
    assert code_of(rules.refuse_description(rules.clean_description(text))) == "description_invalid"
    assert max(normalised, default=0) <= 100 * rules.NAME_LENGTH


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
    assert code_of(rules.refuse_type_name(rules.clean_name(name))) == "type_invalid"


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
    assert code_of(rules.refuse_description(text)) == expected


@pytest.mark.parametrize(
    "name, typed",
    [
        ("Résumé", "resume"),
        ("Größe", "grosse"),
        ("Straße", "STRASSE"),
        ("Ørsted", "orsted"),
        ("Ｗｉｄｅ", "wide"),
        ("İstanbul", "istanbul"),
        ("Iğdır", "igdir"),
        ("ΑΘΉΝΑ", "αθηνα"),
        ("Ёлка Й", "елка и"),
        ("Łódź", "lodz"),
        ("Œuvre", "oeuvre"),
        ("ﬁne", "fine"),
        ("日本語", "日本語"),
        ("한국어", "한국어"),
        ("A  b", "a b"),
    ],
)
def test_a_name_is_folded_as_it_is_typed_without_marks(name, typed):
    assert rules.folded_name(name) == rules.folded_name(typed) == typed.casefold()


@given(st.text(max_size=50))
def test_what_is_folded_stays_so_and_what_has_one_key_folds_alike(text):
    assert rules.folded_name(rules.name_key(text)) == rules.folded_name(text)
