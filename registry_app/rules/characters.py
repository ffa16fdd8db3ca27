"""Which characters names and free texts may contain, so that a text has no invisible or misleading part."""

import re
import unicodedata
from collections import Counter

from .refusals import Refusal

# Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt, the same in versions 14 to 16: invisible.
# Python's unicodedata has no such property.
IGNORABLE = (
    "\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Invisible too: Braille's blank, a musical head, a filler of Khitan, two blanks of hieroglyphs. And U+FFFC and U+FFFD,
# which replace a lost character.
BLANK = "\u2800\U0001d159\U00016fe4\U00013441\U00013442\ufffc\ufffd"
SPACES = " \u3000"  # the plain one, and the wide one of Chinese and Japanese
# Embedding, override and isolate. Not the marks U+061C, U+200E and U+200F, because texts from right to left need them.
DIRECTIONS = "\u202a-\u202e\u2066-\u2069"
# Control characters except tab and line ends, surrogates, private characters, and code points that are no characters.
UNREADABLE = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\U000f0000-\U0010ffff"
UNREADABLE += "".join(chr(plane << 16 | last) for plane in range(15) for last in (0xFFFE, 0xFFFF))
INVISIBLE, CHANGES_DIRECTION, NO_TEXT = (
    re.compile(f"[{each}]") for each in (IGNORABLE + BLANK, DIRECTIONS, DIRECTIONS + UNREADABLE)
)
STACKED = 3  # combining marks on one letter, at most
SIMILAR_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")  # their letters look alike
MICRO = "\u00b5"  # the micro sign; Unicode gives it no alphabet, but NFKC makes it a Greek letter


def visible(char: str) -> bool:
    """Whether `char` is visible or a space: no control, format, private, unassigned, ignorable or blank character."""
    return not INVISIBLE.match(char) and unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def refuse_characters(name: str, code: str, what: str = "Names") -> Refusal | None:
    """Why a cleaned `name` of any kind may not contain its characters, with `code`; `what` begins the sentence.

    Each character must be visible, one must be a letter or a digit, a letter has at most STACKED marks, and a word is
    written in one of the SIMILAR_ALPHABETS only.
    """
    fault = _invisible(name, what) or _without_letters(name, what) or _stacked(name, what) or _mixed(name)
    return Refusal(code, fault) if fault else None


def refuse_text(text: str, code: str, what: str) -> Refusal | None:
    """Why the free text `text` may not contain its characters, with `code`; `what` begins the sentence.

    No character may change the direction of the text around it, and each must be readable elsewhere.
    """
    found = NO_TEXT.search(text)
    if found is None:
        return None
    why = "it turns the order of the text around it" if CHANGES_DIRECTION.match(found[0]) else "others can't read it"
    return Refusal(code, f"{what} can't contain {describe(found[0])}: {why}. Remove it.")


def printable(text: str) -> str:
    """`text` with U+FFFD in place of each character that `refuse_text` refuses, and of each line end and tab."""
    return re.sub(r"[\t\n\r]", "\ufffd", NO_TEXT.sub("\ufffd", text))


def _invisible(name: str, what: str) -> str | None:
    found = next((char for char in name if not visible(char)), None)
    if found is not None:
        return f"{what} can't contain {describe(found)}, an invisible or unknown character. Remove it."
    space = next((char for char in name if char.isspace() and char not in SPACES), None)
    return f"{what} can't contain {describe(space)}. Use a plain space." if space else None


def _without_letters(name: str, what: str) -> str | None:
    if any(unicodedata.category(char) in {"Lu", "Ll", "Lt", "Lo", "Nd", "Nl", "No"} for char in name):
        return None
    return f"{what} have at least one letter or digit."


def _stacked(name: str, what: str) -> str | None:
    """Why `name` has too many marks on one letter.

    Marks beside a letter (Mc) aren't counted, because they don't overlap it. Vowels and joined consonants of Indic
    scripts (combining class 0) are counted separately from accents, because Burmese words have three and a tone.
    """
    base, counted = "", Counter[bool]()
    for char in unicodedata.normalize("NFD", name):
        category = unicodedata.category(char)
        if category in {"Mn", "Me"}:
            counted[unicodedata.combining(char) == 0] += 1
            if max(counted.values()) > STACKED:
                on = f"; {base} ({describe(base)}) has more" if base else ""
                return f"{what} have at most {STACKED} marks on one letter{on}."
        elif category != "Mc":
            base, counted = char, Counter()
    return None


def _mixed(name: str) -> str | None:
    """Why a word of `name` is written in two alphabets.

    A word consists of letters, marks and digits. It ends at _ too, because people join words of two alphabets by _, -
    and dots, as in Модели_v2. Letters are compared in NFKC, where a wide or mathematical letter is a plain one.
    """
    text = unicodedata.normalize("NFKC", name.replace(MICRO, ""))
    for word in re.split(r"[\W_]+", "".join(char for char in text if unicodedata.category(char)[0] != "M")):
        letters = {char: alphabet for char in word if (alphabet := _alphabet(char))}
        counts = Counter(letters.values()).most_common()
        if len(counts) > 1:
            usual, rare = counts[0][0], counts[-1][0]
            odd = next(char for char, alphabet in letters.items() if alphabet == rare)
            return (
                f"{word} mixes {usual.title()} and {rare.title()} letters, which look alike: {odd} is {describe(odd)}."
                " Write each word in one alphabet."
            )
    return None


def _alphabet(char: str) -> str | None:
    """The one of SIMILAR_ALPHABETS that `char` is a letter of, or None."""
    first = unicodedata.name(char, "").partition(" ")[0] if char.isalpha() else ""
    return first if first in SIMILAR_ALPHABETS else None


def describe(char: str) -> str:
    """The code point and the name of `char`."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()
