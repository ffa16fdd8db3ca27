"""Which characters names and free texts may hold: what can't be seen, what looks alike, and what people write."""

import unicodedata
from functools import partial

import pytest

from registry_app import rules

# Each kind of name in rulebook §2: the rule that judges it, and its code.
KINDS = {
    "registry, team, organization, token": (rules.refuse_name, "name_invalid"),
    "collection, artifact, project": (partial(rules.refuse_label, what="Collections"), "name_invalid"),
    "type": (rules.refuse_type_name, "type_invalid"),
    "alias": (rules.refuse_alias_name, "alias_invalid"),
    "tag": (rules.refuse_tag, "tag_invalid"),
    "username": (rules.refuse_username, "username_invalid"),
}
# Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt, written out once more: first and last of each.
IGNORABLE = """
00AD 034F 061C 115F..1160 17B4..17B5 180B..180F 200B..200F 202A..202E 2060..206F 3164 FE00..FE0F FEFF FFA0 FFF0..FFF8
1BCA0..1BCA3 1D173..1D17A E0000..E0FFF
"""
BLANK = ["\u2800", "\U0001d159", "\U00016fe4", "\U00013441", "\U00013442", "\ufffc", "\ufffd"]
OTHERS = [
    "\0",
    "\x1b",
    "\x7f",
    "\x85",
    "\n",
    "\t",
    "\u2028",
    "\u2029",
    "\ud800",
    "\ue000",
    "\U0010fffd",
    "\uffff",
    "\u0378",
]
SPACES = [char for char in map(chr, range(0x110000)) if unicodedata.category(char) == "Zs" and char not in " \u3000"]


def samples():
    """First, last and middle of each range of what is ignorable, and one before and after each."""
    inside, outside = [], []
    for written in IGNORABLE.split():
        first, last = (int(end, 16) for end in (written.split("..") * 2)[:2])
        inside += sorted({first, (first + last) // 2, last})
        outside += [first - 1, last + 1]
    return [chr(number) for number in inside], [chr(number) for number in outside if chr(number) not in inside]


def refused(kind, name):
    """Why `name` is refused as that kind, which is with its code; or None."""
    refuse, code = KINDS[kind]
    refusal = refuse(rules.clean_name(name))
    assert refusal is None or refusal.code == code
    return refusal


# What can't be seen.


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_of_name_holds_what_can_not_be_seen(kind):
    hidden = [*samples()[0], *BLANK, *OTHERS, *SPACES]
    assert [ascii(char) for char in hidden if refused(kind, f"Mo{char}dels") is None] == []
    # At an end, spaces and line breaks are cut.
    kept = [char for char in hidden if not char.isspace()]
    assert [ascii(char) for char in kept if refused(kind, f"Models{char}") is None] == []
    assert [ascii(char) for char in kept if refused(kind, char) is None] == []


def test_what_is_ignorable_is_just_what_unicode_says():
    inside, outside = samples()
    assert [ascii(char) for char in inside if not rules.INVISIBLE.match(char)] == []
    assert [ascii(char) for char in outside if rules.INVISIBLE.match(char) and char not in samples()[0]] == []


@pytest.mark.parametrize("char", ["\ufe0f", "\u034f", "\u3164", "\u2800", "\u200b", "\u202e", "\u00a0"])
def test_the_refusal_names_the_character(char):
    for kind in KINDS:
        assert f"U+{ord(char):04X} {unicodedata.name(char)}" in refused(kind, f"Mo{char}dels").reason


@pytest.mark.parametrize(
    "name", ["🚀", "🚀 🎉", "---", "_", "…", "!?", "\u0301", "\u0301\u0300", "()", "€", "→", "・", "ー"]
)
def test_a_name_has_a_letter_or_a_digit(name):
    assert [kind for kind in KINDS if refused(kind, name) is None] == []


# Marks.


@pytest.mark.parametrize(
    "base, marks, may_be",
    [
        ("e", "\u0301", True),
        ("e", "\u0302\u0323\u0331", True),
        ("e", "\u0301" * 3, True),  # the first is one with the letter as it is kept, and counts all the same
        ("e", "\u0301" * 4, False),
        ("ệ", "\u0331\u0308", False),
        ("q", "\u0301\u0300\u0302\u0303", False),
        ("e", "\u0301" * 64, False),
        ("a", "\u20dd" * 4, False),
        ("ส", "\u0e47" * 4, False),
        ("數", "\u0301" * 4, False),
    ],
)
def test_a_letter_has_at_most_three_marks(base, marks, may_be):
    for name in (f"{base}{marks}", f"data {base}{marks}", f"{base}{marks}x"):
        assert (rules.refuse_name(rules.clean_name(name)) is None) == may_be
    if not may_be:
        assert [kind for kind in KINDS if refused(kind, f"x{base}{marks}") is None] == []


def test_marks_without_a_letter_are_counted_too():
    assert rules.refuse_name("\u0301" * 4 + "abc").code == "name_invalid"
    assert rules.refuse_name("\u0301" * 113).code == "name_invalid"


# Alphabets that look alike.

MIXED = {
    "Mоdels": "U+043E",
    "Мodels": "U+041C",
    "Ｍоdels": "U+043E",
    "𝐌оdels": "U+043E",
    "productiοn": "U+03BF",
    "Данныe": "U+0065",
    "Ρroduction": "U+03A1",
    "модеλи": "U+03BB",
    "latеst": "U+0435",
    "my Mоdels": "U+043E",
    "Mо\u0301dels": "U+043E",
    "v2Мodels": "U+041C",
    "Models-Mоdels": "U+043E",
    "μm": "U+006D",
    "𝛂beta": "U+03B1",
}


@pytest.mark.parametrize("name", MIXED)
def test_no_word_mixes_alphabets_that_look_alike(name):
    for kind in KINDS:
        refusal = refused(kind, name)
        assert refusal and (kind == "username" or MIXED[name] in refusal.reason)


@pytest.mark.parametrize(
    "name",
    [
        "Модели_v2",
        "Модели v2",
        "BERT-модель",
        "LLM-ассистент",
        "Яндекс.GPT",
        "модель2024",
        "β-VAE",
        "α_models",
        "Δ 3",
        "λ",
        "Ω",
        "10µm",
        "µ",
        "k-Ω resistors",
        "２０２４ Ｍｏｄｅｌｓ",
        "𝐌𝐨𝐝𝐞𝐥𝐬",
        "ﬁne-tuned",
        "Ⅳ",
        "½ size",
    ],
)
def test_words_of_different_alphabets_stand_beside_each_other(name):
    assert rules.refuse_name(rules.clean_name(name)) is None
    assert rules.refuse_label(rules.clean_name(name)) is None
    assert rules.refuse_alias_name(rules.clean_name(name)) is None


# What people write.

WRITTEN = [
    "Golden Datasets",
    "モデルと機械学習 v2",
    "データ　セット",
    "東京のGPUモデル",
    "한국어 모델",
    "모델들",
    "数据集",
    "ข้อมูลผู้ใช้",
    "น้ำ",
    "हिन्दी मॉडल",
    "फ़ाइलें",
    "क्षत्रिय",
    "বাংলা ভাষা",
    "தமிழ் மாதிரி",
    "ಜೋಂಗ್ಖಾ",
    "മലയാളം",
    "မျိုးဆက်",
    "လျှို့ဝှက် မော်ဒယ်",
    "ភាសាខ្មែរ",
    "རྒྱུད་སྡེ",
    "Tiếng Việt",
    "Đặc biệt ngữ",
    "שָׁלוֹם",
    "בְּרֵאשִׁית",
    "מודלים",
    "مُحَمَّد",
    "مجموعات البيانات",
    "داده ها",
    "Ελληνικά Ὦ ᾯ",
    "Модели и данные",
    "Українська їжа",
    "Հայերեն",
    "ქართული",
    "አማርኛ",
    "ᏣᎳᎩ",
    "🚀 launch",
    "🇩🇪 models",
    "naïve façade Ångström",
    "ISO 3166-1",
    "2024",
]


@pytest.mark.parametrize("name", WRITTEN)
def test_all_scripts_are_welcome(name):
    name = rules.clean_name(name)
    assert rules.refuse_name(name) is None
    assert rules.refuse_label(name) is None
    assert rules.refuse_alias_name(name) is None


@pytest.mark.parametrize("name", ["می‌خواهم", "ක්‍රම", "🏴\U000e0067\U000e007f flag", "❤️ models", "👩‍🔬 lab"])
def test_joiners_and_selectors_are_left_out(name):
    """The same name without them may be."""
    assert rules.refuse_name(rules.clean_name(name)).code == "name_invalid"
    bare = "".join(char for char in name if rules.visible(char))
    assert rules.refuse_name(rules.clean_name(bare)) is None


# Free text.

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    "refuse, code", [(rules.refuse_description, "description_invalid"), (rules.refuse_reason, "reason_invalid")]
)
def test_free_text_holds_no_more_than_is_read(refuse, code):
    for char in [
        *TURNING,
        *"\0\x07\x1b\x7f\x85\ud800\udfff\ue000\uf8ff\ufdd0\ufdef\ufffe\uffff",
        "\U0001ffff",
        "\U000f0000",
        "\U0010fffd",
        "\U0010ffff",
    ]:
        refusal = refuse(f"a{char}b")
        assert refusal.code == code
        assert f"U+{ord(char):04X}" in refusal.reason
        assert char not in refusal.reason
    for char in "\n\t\u200e\u200f\u061c\u200c\u200d\ufe0f\u00a0\u2028\U0001f9ff\U0001fae9":
        assert refuse(f"a{char}b") is None


def test_a_reason_has_an_end():
    assert rules.refuse_reason("x" * rules.REASON_LENGTH) is None
    assert rules.refuse_reason("x" * (rules.REASON_LENGTH + 1)).code == "reason_invalid"
