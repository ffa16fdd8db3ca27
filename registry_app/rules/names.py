"""How names and texts are written, and what they may hold."""

import unicodedata

from .refusals import NAME_INVALID, Refusal

COMPOSED_LENGTH = 1000  # characters: more than any name may have before it is composed
NAME_LENGTH = 113  # characters; the wandb client adds a prefix of 15 and takes 128
KEY_LENGTH = 4 * NAME_LENGTH  # characters of a name's key; some characters fold to as many as eighteen
TYPE_LENGTH = 128  # characters
TYPES_AT_ONCE = 500  # types in one call
DESCRIPTION_BYTES = 64 * 1024  # of UTF-8
REASON_LENGTH = 500  # characters


def clean_name(text):
    """A name as it is kept: trimmed and in Unicode's composed form (NFC).

    What is far too long stays as it is: it will be refused, and composing a long run of marks takes minutes.
    """
    text = text.strip()
    return unicodedata.normalize("NFC", text) if len(text) <= COMPOSED_LENGTH else text


def clean_description(text):
    """A description as it is kept: trimmed, lines ended as on Unix."""
    return text.replace("\r\n", "\n").strip()


def name_key(name):
    """What two names that differ only in case or width share; unique in an organization (rule 14)."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def refuse_name(name):
    """Why a cleaned `name` may not name a registry or an organization."""
    if not name:
        return Refusal("name_invalid", "Give it a name.")
    if len(name) > NAME_LENGTH:
        return Refusal("name_invalid", f"Names have at most {NAME_LENGTH} characters; this one has {len(name)}.")
    if name in {".", ".."} or any(char in "/\\#?%:\ufffd" or not visible(char) for char in name):
        return NAME_INVALID
    if len(name_key(name)) > KEY_LENGTH:
        return NAME_INVALID
    if name_key(name).startswith("wandb-registry-"):
        return Refusal("name_invalid", "Names can't start with wandb-registry-; the wandb client adds that itself.")
    return None


def refuse_type_name(name):
    """Why a cleaned `name` may not name an artifact type. Split, not matched: no expression to backtrack."""
    if not name:
        return Refusal("type_invalid", "Name a type.")
    if len(name) > TYPE_LENGTH:
        return Refusal("type_invalid", f"Types have 1 to {TYPE_LENGTH} characters.")
    words = name.split(" ")
    if all(word and word[0] != "." and all(word_char(char) for char in word) for word in words):
        return None
    return Refusal(
        "type_invalid",
        f"{_short(name)}: types are words of letters, digits, dashes, underscores and dots, single spaces between.",
    )


def refuse_description(text):
    """Why `text` may not describe a registry."""
    if len(text.encode("utf-8", "replace")) > DESCRIPTION_BYTES:
        return Refusal("description_invalid", "Descriptions have at most 64 KiB.")
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\r\t" for char in text):
        return Refusal("description_invalid", "Descriptions can't contain control characters.")
    return None


def visible(char):
    """Whether `char` may be in a name: no control, format, private or unassigned one."""
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def word_char(char):
    """Whether `char` may be in a word of a type: a letter of any script, a digit, _ - or ."""
    return char in "_-." or unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Nd"


def _short(text):
    return text if len(text) <= 40 else f"{text[:40]}…"
