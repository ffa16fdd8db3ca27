"""Rule 20 and §2: types, names and tags of collections."""

from collections.abc import Collection, Sized

from .characters import refuse_characters
from .names import LABEL_KEY_LENGTH, LABEL_LENGTH, refuse_key, refuse_type_name, word_char
from .refusals import TYPE_STAYS, Refusal

TAGS_AT_ONCE = 20  # tags or aliases in one call

# The headings that the form of a card suggests.
CARD_HEADINGS = ("Summary", "Intended use", "Not for", "How it was made", "How it was evaluated", "Limits and risks")


def refuse_label(name: str, what: str = "Names") -> Refusal | None:
    """Why a cleaned `name` may not name a collection, an artifact or a project; `what` begins the sentence."""
    if not name:
        return Refusal("name_invalid", "Give it a name.")
    if len(name) > LABEL_LENGTH:
        return Refusal("name_invalid", f"{what} have 1 to {LABEL_LENGTH} characters.")
    if name in {".", ".."} or "/" in name:
        return Refusal("name_invalid", f"{what} can't contain /, and aren't just dots.")
    return refuse_characters(name, "name_invalid", what) or refuse_key(name, "name_invalid", LABEL_KEY_LENGTH)


def refuse_tag(name: str) -> Refusal | None:
    """Why a cleaned `name` may not be a tag. It is split, because a regular expression could backtrack without end."""
    if len(name) <= LABEL_LENGTH and (refusal := refuse_characters(name, "tag_invalid", "Tags")):
        return refusal
    if len(name) <= LABEL_LENGTH and all(word and all(map(_tag_char, word)) for word in name.split(" ")):
        return None
    return Refusal(
        "tag_invalid",
        f"Tags are words of letters, digits, dashes and underscores, of {LABEL_LENGTH} characters at most.",
    )


def refuse_count(names: Sized, what: str) -> Refusal | None:
    """Why `names` are too many in one call; `what` is their plural."""
    if len(names) <= TAGS_AT_ONCE:
        return None
    return Refusal("too_many", f"At most {TAGS_AT_ONCE} {what} at a time; these are {len(names)}.")


def _tag_char(char: str) -> bool:
    return char != "." and word_char(char)


def refuse_collection_type(type_name: str, accepted: Collection[str] | None) -> Refusal | None:
    """Rule 20: why a collection of this type may not be in a registry that takes `accepted` (None: all types)."""
    if refusal := refuse_type_name(type_name):
        return refusal
    if accepted is None or type_name in accepted:
        return None
    listed = ", ".join(sorted(accepted)[:10])
    return Refusal(
        "type_not_accepted",
        f"This registry takes {listed}, not {type_name}.",
        "Its admins can add types in the settings.",
    )


def refuse_collection_change(stored: str, wanted: str) -> Refusal | None:
    """Rule 20: why a collection of type `stored` may not become one of `wanted`."""
    return None if stored == wanted else TYPE_STAYS
