"""Rules 20 to 28: collections, links, aliases and tags, and the versions that they publish."""

import json
import re
import unicodedata
from urllib.parse import urlsplit

from ..choices import OrganizationRole, Role
from .access import rank
from .characters import refuse_characters, visible
from .names import (
    LABEL_KEY_LENGTH,
    LABEL_LENGTH,
    clean_name,
    may_be_stored,
    name_key,
    refuse_key,
    refuse_type_name,
    word_char,
)
from .refusals import ALIAS_RESERVED, NUMBER_INVALID, SOURCE_HIDDEN, TYPE_STAYS, URI_INVALID, Refusal

URI_LENGTH = 2000  # characters
DIGEST_LENGTH = 200  # characters
METADATA_KEYS = 100  # at the top
METADATA_BYTES = 256 * 1024  # of JSON in UTF-8
METADATA_DEPTH = 40  # levels of values within values
TAGS_AT_ONCE = 20  # tags or aliases in one call
INPUTS_AT_ONCE = 100  # versions that one version is made from
SIZE_LIMIT = 2**62  # bytes or files: what every database keeps as a whole number

NUMBER_DIGITS = 10  # of a link: no database keeps one with as many

LATEST = "latest"
# What a card should tell, offered where one is written.
CARD_HEADINGS = ("Summary", "Intended use", "Not for", "How it was made", "How it was evaluated", "Limits and risks")


# How they are called.


def refuse_label(name, what="Names"):
    """Why a cleaned `name` may not name a collection, an artifact or a project; `what` begins the sentence."""
    if not name:
        return Refusal("name_invalid", "Give it a name.")
    if len(name) > LABEL_LENGTH:
        return Refusal("name_invalid", f"{what} have 1 to {LABEL_LENGTH} characters.")
    if name in {".", ".."} or "/" in name:
        return Refusal("name_invalid", f"{what} can't contain /, and aren't just dots.")
    return refuse_characters(name, "name_invalid", what) or refuse_key(name, "name_invalid", LABEL_KEY_LENGTH)


def refuse_alias_name(name):
    """Rule 24 and §2: why people may not give the cleaned `name` to a version."""
    if not 1 <= len(name) <= LABEL_LENGTH or "/" in name or ":" in name:
        return Refusal("alias_invalid", f"Aliases have 1 to {LABEL_LENGTH} characters, without slash or colon.")
    code = "alias_invalid"
    if refusal := refuse_characters(name, code, "Aliases") or refuse_key(name, code, LABEL_KEY_LENGTH):
        return refusal
    key = name_key(name)
    if key == LATEST or (key[0] == "v" and key[1:].isdigit()):
        return ALIAS_RESERVED
    return None


def number_called(name):
    """The number of the link that the system's alias `name` names (v0, v1, …), or None for any other name."""
    digits = name_key(name).removeprefix("v")
    called = name_key(name) == f"v{digits}" and digits.isdecimal() and len(digits) < NUMBER_DIGITS
    return int(digits) if called else None


def refuse_tag(name):
    """Why a cleaned `name` may not be a tag. Split, not matched: no expression to backtrack."""
    if len(name) <= LABEL_LENGTH and (refusal := refuse_characters(name, "tag_invalid", "Tags")):
        return refusal
    if len(name) <= LABEL_LENGTH and all(word and all(map(_tag_char, word)) for word in name.split(" ")):
        return None
    return Refusal(
        "tag_invalid",
        f"Tags are words of letters, digits, dashes and underscores, of {LABEL_LENGTH} characters at most.",
    )


def refuse_count(names, what):
    """Why so many `names` at once are too many; `what` they are."""
    if len(names) <= TAGS_AT_ONCE:
        return None
    return Refusal("too_many", f"At most {TAGS_AT_ONCE} {what} at a time; these are {len(names)}.")


def _tag_char(char):
    return char != "." and word_char(char)


def parse_path(text):
    """(key of the team's name, project, name, number) of the version at `text`, such as vision/forecasts/churn:v3.

    None for what is no such path.
    """
    path, _, number = text.strip().rpartition(":v")
    parts = [clean_name(part) for part in path.split("/")]
    if len(parts) != 3 or not re.fullmatch(r"[0-9]{1,9}", number):
        return None
    team, project, name = parts
    if not all(map(may_be_stored, parts)):
        return None
    return name_key(team), project, name, int(number)


# What a version is.


def refuse_digest(text):
    """Why `text` is no digest: the kind of it, a colon, and the value; a SHA-256 has 64 hexadecimal digits."""
    kind, colon, value = text.partition(":")
    known = colon and value and re.fullmatch(r"[a-z][a-z0-9-]{0,39}", kind) and re.fullmatch(r"[!-~]+", value)
    if known and len(text) <= DIGEST_LENGTH and (kind != "sha256" or re.fullmatch(r"[0-9a-f]{64}", value)):
        return None
    return Refusal(
        "digest_invalid", "A digest is its kind, a colon and its value, as sha256: and 64 hexadecimal digits."
    )


def refuse_uri(text):
    """Why `text` says not where a version is kept."""
    if not 1 <= len(text) <= URI_LENGTH or " " in text or not all(map(visible, text)):
        return URI_INVALID
    scheme = text.partition(":")[0].lower()
    if ":" not in text or not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
        return URI_INVALID
    return URI_INVALID if scheme in {"javascript", "data", "vbscript"} else None


def refuse_run_url(text):
    """Why `text` (may be empty) is no address of a run's page."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and parts.hostname
    except ValueError:
        good = False
    if good and len(text) <= URI_LENGTH and " " not in text and all(map(visible, text)):
        return None
    return Refusal("url_invalid", "The run's page is an address that begins with http:// or https://.")


def refuse_amount(number):
    """Why `number` can't be a size in bytes, nor a number of files."""
    return None if 0 <= number < SIZE_LIMIT else NUMBER_INVALID


def parse_metadata(text):
    """(metadata, None) for `text` in JSON, or (None, the Refusal): `metadata_invalid`. Empty text is empty metadata."""
    try:
        metadata = json.loads(text or "{}", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None, Refusal("metadata_invalid", "This is not JSON: check commas, quotes and brackets.")
    refusal = refuse_version_metadata(metadata)
    return (None, refusal) if refusal else (metadata, None)


def refuse_version_metadata(metadata):
    """Why `metadata` (a value as JSON gives it) may not be kept with a version (§2)."""
    if not isinstance(metadata, dict):
        return Refusal("metadata_invalid", 'Metadata is one JSON object: {"name": value, …}.')
    if len(metadata) > METADATA_KEYS:
        return Refusal("metadata_invalid", f"Metadata has at most {METADATA_KEYS} keys at the top.")
    if not _is_plain(metadata):
        return Refusal(
            "metadata_invalid",
            "Metadata holds numbers, words, lists and objects: no NaN, no infinity, no hidden signs.",
        )
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > METADATA_BYTES:
        return Refusal("metadata_invalid", "Metadata has at most 256 KiB.")
    return None


def _no_constant(name):
    raise ValueError(name)


def _is_plain(value, depth=0):
    if isinstance(value, dict):
        return depth < METADATA_DEPTH and all(_is_plain(k) and _is_plain(v, depth + 1) for k, v in value.items())
    if isinstance(value, list):
        return depth < METADATA_DEPTH and all(_is_plain(item, depth + 1) for item in value)
    if isinstance(value, str):
        return not any(char == "\0" or unicodedata.category(char) == "Cs" for char in value)
    if isinstance(value, float):
        return value - value == 0  # neither NaN nor an infinity
    return value is None or (isinstance(value, int) and abs(value) < 10**300)


# What may be linked where.


def refuse_collection_type(type_name, accepted):
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


def refuse_collection_change(stored, wanted):
    """Rule 20: why a collection of type `stored` may not become one of `wanted`."""
    return None if stored == wanted else TYPE_STAYS


def refuse_link(version_type, collection_type):
    """Rule 21: why a version of `version_type` may not be linked into a collection of `collection_type`."""
    if version_type == collection_type:
        return None
    return Refusal(
        "type_not_accepted",
        f"The version is a {version_type}; this collection holds the type {collection_type}.",
        f"Link it into a collection of the type {version_type}.",
    )


def refuse_source(*, usable):
    """Rule 22 and §3: why somebody may not link a version that they can't use."""
    return None if usable else SOURCE_HIDDEN


def protected_among(names, protected):
    """Rule 26: those of the aliases `names` that are `protected`, in whatever case they are written, sorted."""
    keys = {name_key(name) for name in protected}
    return sorted(name for name in names if name_key(name) in keys)


def refuse_protected(role, names, protected):
    """Rule 26: why somebody of effective `role` may not put, move or take aliases `names`, given those `protected`."""
    held = protected_among(names, protected)
    if not held or rank(role) >= rank(Role.ADMIN):
        return None
    verb = "are protected aliases" if len(held) > 1 else "is a protected alias"
    return Refusal(
        "alias_protected",
        f"{', '.join(held)} {verb}: only admins of the registry put, move or take {'them' if len(held) > 1 else 'it'}.",
        "Ask one of them.",
    )


def refuse_inputs(paths, missing):
    """Why a version may not be made from those at `paths`, of which `missing` are none that its maker can use."""
    if len(paths) > INPUTS_AT_ONCE:
        return Refusal("too_many", f"At most {INPUTS_AT_ONCE} versions; these are {len(paths)}.")
    if not missing:
        return None
    return Refusal(
        "source_hidden",
        f"There is no version {', '.join(missing)[:200]} that you can use.",
        "Write it as team/project/name:v3.",
    )


def refuse_version_deletion(places, hidden):
    """Rule 27: why a source version may not be deleted that is linked at `places` (names), or where it is `hidden`.

    How often that is isn't said (section 3).
    """
    if not places and not hidden:
        return None
    where = ", ".join(places)
    if hidden:
        where = f"{where} and where you can't see it" if where else "a place that you can't see"
    return Refusal("version_linked", f"It is linked in {where}.", "Unlink it there first.")


def refuse_registration(organization_role, team_role):
    """Why somebody of these roles (None for none) may not see a team's artifacts, nor register versions for it."""
    if organization_role == OrganizationRole.ADMIN or (organization_role is not None and team_role is not None):
        return None
    return Refusal("role_too_low", "Only people of the team see its artifacts and register versions for it.")


def refuse_artifact_type(stored, wanted):
    """Why an artifact of type `stored` can't have a version of type `wanted`."""
    if stored == wanted:
        return None
    return Refusal(
        "type_stays", f"The artifact's type is {stored}, for good.", "Register the version under another name."
    )
