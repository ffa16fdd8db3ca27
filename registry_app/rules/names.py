"""Names and texts: how they are cleaned, compared and refused."""

import unicodedata

from .characters import refuse_characters, refuse_text
from .refusals import NAME_INVALID, Refusal

COMPOSED_LENGTH = 1000  # characters; a longer text is refused before it is composed
NAME_LENGTH = 113  # characters; the wandb client adds a prefix of 15 and takes 128
KEY_LENGTH = 4 * NAME_LENGTH  # characters of a name's key: case folding makes one character up to eighteen
LABEL_LENGTH = 128  # characters of the name of a collection, an artifact, a project, an alias or a tag
LABEL_KEY_LENGTH = 4 * LABEL_LENGTH  # characters of the keys of these names
TYPE_LENGTH = 128  # characters
TYPES_AT_ONCE = 500  # types in one call
DESCRIPTION_BYTES = 64 * 1024  # of UTF-8
USERNAME_LENGTH = 150  # characters, as Django has it
REASON_LENGTH = 500  # characters
# Letters of their own that people without such a keyboard write otherwise.
PLAIN_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d"})


def clean_name(text: str) -> str:
    """A name as it is stored: trimmed and in Unicode's composed form (NFC).

    A text longer than COMPOSED_LENGTH is not composed, because it will be refused, and composing a long sequence of
    marks takes minutes.
    """
    text = text.strip()
    return unicodedata.normalize("NFC", text) if len(text) <= COMPOSED_LENGTH else text


def clean_description(text: str) -> str:
    """A description as it is stored: trimmed, with the line ends of Unix."""
    return text.replace("\r\n", "\n").strip()


def may_be_stored(name: str) -> bool:
    """Whether the cleaned `name` of an address can be a stored name, that is, whether every database accepts it.

    It doesn't ask the rules of names, because a stored name may be older than a rule, and people must find it to
    correct it.
    """
    return 0 < len(name) <= LABEL_LENGTH and not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in name)


def name_key(name: str) -> str:
    """The key of a name: the same for names that differ only in case or width; unique in an organization (rule 14).

    Invisible characters aren't folded, because `refuse_characters` lets no name contain one.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def folded_name(text: str) -> str:
    """`text` as search compares names: its key without marks, and with plain letters: Résumé is resume, Ørsted orsted.

    Marks are those that stand above, below or in a letter, so that what is typed without them is found.
    """
    letters = (char for char in unicodedata.normalize("NFKD", name_key(text)) if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", "".join(letters).translate(PLAIN_LETTERS))


def refuse_key(name: str, code: str, length: int) -> Refusal | None:
    """Why the key of a cleaned `name` is too long, with `code`: it has more than `length` characters."""
    if len(name_key(name)) <= length:
        return None
    return Refusal(code, "Some characters in it stand for many others. Use fewer of them.")


def refuse_name(name: str) -> Refusal | None:
    """Why a cleaned `name` may not name a registry or an organization."""
    if not name:
        return Refusal("name_invalid", "Give it a name.")
    if len(name) > NAME_LENGTH:
        return Refusal("name_invalid", f"Names have at most {NAME_LENGTH} characters; this one has {len(name)}.")
    if name in {".", ".."} or any(char in "/\\#?%:" for char in name):
        return NAME_INVALID
    if refusal := refuse_characters(name, "name_invalid") or refuse_key(name, "name_invalid", KEY_LENGTH):
        return refusal
    if name_key(name).startswith("wandb-registry-"):
        return Refusal("name_invalid", "Names can't start with wandb-registry-; the wandb client adds that itself.")
    return None


def refuse_type_name(name: str) -> Refusal | None:
    """Why a cleaned `name` may not name an artifact type. It is split, because a regular expression could backtrack."""
    if not name:
        return Refusal("type_invalid", "Name a type.")
    if len(name) > TYPE_LENGTH:
        return Refusal("type_invalid", f"Types have 1 to {TYPE_LENGTH} characters.")
    if refusal := refuse_characters(name, "type_invalid", "Types"):
        return refusal
    words = name.split(" ")
    if all(word and word[0] != "." and all(word_char(char) for char in word) for word in words):
        return None
    return Refusal(
        "type_invalid",
        f"{_short(name)}: types are words of letters, digits, dashes, underscores and dots, single spaces between.",
    )


def refuse_username(name: str) -> Refusal | None:
    """Why `name` may not be a username, in addition to Django's own validation."""
    if len(name) > USERNAME_LENGTH:
        return Refusal("username_invalid", f"Usernames have at most {USERNAME_LENGTH} characters.")
    return refuse_characters(name, "username_invalid", "Usernames")


def refuse_description(text: str) -> Refusal | None:
    """Why the cleaned `text` may not be a description or a card."""
    if len(text.encode("utf-8", "replace")) > DESCRIPTION_BYTES:
        return Refusal("description_invalid", "Descriptions have at most 64 KiB.")
    return refuse_text(text, "description_invalid", "Descriptions")


def refuse_reason(text: str) -> Refusal | None:
    """Why `text` may not be the reason of a change, nor the note in the answer to a request."""
    if len(text) > REASON_LENGTH:
        return Refusal("reason_invalid", f"At most {REASON_LENGTH} characters; these are {len(text)}.")
    return refuse_text(text, "reason_invalid", "Reasons and notes")


def word_char(char: str) -> bool:
    """Whether `char` may be in a word of a type: a letter of any script, a digit, _ - or ."""
    return char in "_-." or unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Nd"


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
