"""Which characters names and free texts may hold, so that what people read is all there is."""

import re
import unicodedata
from collections import Counter

from .refusals import Refusal

# Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt, the same in versions 14 to 16: drawn as nothing.
# Python's unicodedata has no such property.
IGNORABLE = (
    "\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Drawn as nothing too: Braille's blank, a musical head, a filler of Khitan, two blanks of hieroglyphs. And what stands
# for a character that was lost: U+FFFC and U+FFFD.
BLANK = "\u2800\U0001d159\U00016fe4\U00013441\U00013442\ufffc\ufffd"
SPACES = " \u3000"  # the plain one, and that of Chinese and Japanese, which is seen to be wider
# Embedding, override and isolate. The marks U+061C, U+200E and U+200F are none of them: texts from right to left need
# those.
TURNING = "\u202a-\u202e\u2066-\u2069"
# Controls but tab and line ends, half characters, private ones, and the code points that are no characters.
UNREADABLE = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\U000f0000-\U0010ffff"
UNREADABLE += "".join(chr(plane << 16 | last) for plane in range(15) for last in (0xFFFE, 0xFFFF))
UNSEEN, TURNS, NO_TEXT = (re.compile(f"[{each}]") for each in (IGNORABLE + BLANK, TURNING, TURNING + UNREADABLE))
STACKED = 3  # marks on one letter
ALIKE = ("LATIN", "CYRILLIC", "GREEK")  # the alphabets whose letters look alike
MICRO = "\u00b5"  # the sign of a unit, in Unicode of no alphabet; as compatible text it would be a Greek letter


def visible(char: str) -> bool:
    """Whether people see `char`, or it is a space: no control, format, private, unassigned, ignorable or blank one."""
    return not UNSEEN.match(char) and unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def refuse_characters(name: str, code: str, what: str = "Names") -> Refusal | None:
    """Why a cleaned `name` of any kind may not hold its characters, under `code`; `what` begins the sentence.

    All of them are visible, one is a letter or a digit, no letter has more than STACKED marks, and no word is written
    in two of the alphabets that look ALIKE.
    """
    fault = _hidden(name, what) or _wordless(name, what) or _stacked(name, what) or _mixed(name)
    return Refusal(code, fault) if fault else None


def refuse_text(text: str, code: str, what: str) -> Refusal | None:
    """Why free text may not hold the characters of `text`, under `code`; `what` begins the sentence.

    Nothing in it turns the order of the text around it, and all of it is text that others can read.
    """
    found = NO_TEXT.search(text)
    if found is None:
        return None
    why = "it turns the order of the text around it" if TURNS.match(found[0]) else "others can't read it"
    return Refusal(code, f"{what} can't contain {_called(found[0])}: {why}. Take it out.")


def printable(text: str) -> str:
    """`text` with U+FFFD for every character that `refuse_text` refuses, and for line ends and tabs."""
    return re.sub(r"[\t\n\r]", "\ufffd", NO_TEXT.sub("\ufffd", text))


def _hidden(name: str, what: str) -> str | None:
    found = next((char for char in name if not visible(char)), None)
    if found is not None:
        return f"{what} can't contain {_called(found)}, an invisible or unknown character. Take it out."
    space = next((char for char in name if char.isspace() and char not in SPACES), None)
    return f"{what} can't contain {_called(space)}. Use a plain space." if space else None


def _wordless(name: str, what: str) -> str | None:
    if any(unicodedata.category(char) in {"Lu", "Ll", "Lt", "Lo", "Nd", "Nl", "No"} for char in name):
        return None
    return f"{what} have at least one letter or digit."


def _stacked(name: str, what: str) -> str | None:
    """Marks beside a letter (Mc) aren't counted, because they take room of their own. Vowels and joined consonants of
    Indic scripts (class 0) are counted apart from accents, because words of Burmese have three and a tone.
    """
    base, counted = "", Counter[bool]()
    for char in unicodedata.normalize("NFD", name):
        category = unicodedata.category(char)
        if category in {"Mn", "Me"}:
            counted[unicodedata.combining(char) == 0] += 1
            if max(counted.values()) > STACKED:
                on = f"; {base} ({_called(base)}) has more" if base else ""
                return f"{what} have at most {STACKED} marks on one letter{on}."
        elif category != "Mc":
            base, counted = char, Counter()
    return None


def _mixed(name: str) -> str | None:
    """A word ends at whatever is no letter, mark or digit, and at _ too: people join words of two alphabets by _, - and
    dots, as in Модели_v2. Compared as compatible text (NFKC), in which a wide or mathematical letter is a plain one.
    """
    text = unicodedata.normalize("NFKC", name.replace(MICRO, ""))
    for word in re.split(r"[\W_]+", "".join(char for char in text if unicodedata.category(char)[0] != "M")):
        letters = {char: alphabet for char in word if (alphabet := _alphabet(char))}
        counts = Counter(letters.values()).most_common()
        if len(counts) > 1:
            usual, rare = counts[0][0], counts[-1][0]
            odd = next(char for char, alphabet in letters.items() if alphabet == rare)
            return (
                f"{word} mixes {usual.title()} and {rare.title()} letters, which look alike: {odd} is {_called(odd)}."
                " Write each word in one alphabet."
            )
    return None


def _alphabet(char: str) -> str | None:
    """Which of the alphabets that look ALIKE the letter `char` is of, or None."""
    first = unicodedata.name(char, "").partition(" ")[0] if char.isalpha() else ""
    return first if first in ALIKE else None


def _called(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()
