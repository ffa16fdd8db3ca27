"""Rules 20 to 28: collections, links, aliases and tags, and the versions that they publish."""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence, Sized
from typing import NoReturn
from urllib.parse import urlsplit

from ..choices import OrganizationRole
from .characters import visible
from .names import (
    clean_name,
    may_be_stored,
    name_key,
)
from .refusals import NUMBER_INVALID, URI_INVALID, Refusal

URI_LENGTH = 2000  # characters
DIGEST_LENGTH = 200  # characters
METADATA_KEYS = 100  # at the top
METADATA_BYTES = 256 * 1024  # of JSON in UTF-8
METADATA_DEPTH = 40  # levels of values within values
INPUTS_AT_ONCE = 100  # versions that one version is made from
SIZE_LIMIT = 2**62  # bytes or files: what every database keeps as a whole number


# How they are called.


def parse_path(text: str) -> tuple[str, str, str, int] | None:
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


def refuse_digest(text: str) -> Refusal | None:
    """Why `text` is no digest: the kind of it, a colon, and the value; a SHA-256 has 64 hexadecimal digits."""
    kind, colon, value = text.partition(":")
    known = colon and value and re.fullmatch(r"[a-z][a-z0-9-]{0,39}", kind) and re.fullmatch(r"[!-~]+", value)
    if known and len(text) <= DIGEST_LENGTH and (kind != "sha256" or re.fullmatch(r"[0-9a-f]{64}", value)):
        return None
    return Refusal(
        "digest_invalid", "A digest is its kind, a colon and its value, as sha256: and 64 hexadecimal digits."
    )


def refuse_uri(text: str) -> Refusal | None:
    """Why `text` says not where a version is kept."""
    if not 1 <= len(text) <= URI_LENGTH or " " in text or not all(map(visible, text)):
        return URI_INVALID
    scheme = text.partition(":")[0].lower()
    if ":" not in text or not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
        return URI_INVALID
    return URI_INVALID if scheme in {"javascript", "data", "vbscript"} else None


def refuse_run_url(text: str) -> Refusal | None:
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


def refuse_amount(number: int) -> Refusal | None:
    """Why `number` can't be a size in bytes, nor a number of files."""
    return None if 0 <= number < SIZE_LIMIT else NUMBER_INVALID


def parse_metadata(text: str) -> tuple[dict[str, object], None] | tuple[None, Refusal]:
    """(metadata, None) for `text` in JSON, or (None, the Refusal): `metadata_invalid`. Empty text is empty metadata."""
    try:
        metadata = json.loads(text or "{}", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None, Refusal("metadata_invalid", "This is not JSON: check commas, quotes and brackets.")
    refusal = refuse_version_metadata(metadata)
    return (None, refusal) if refusal else (metadata, None)


def refuse_version_metadata(metadata: object) -> Refusal | None:
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


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _is_plain(value: object, depth: int = 0) -> bool:
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


def refuse_inputs(paths: Sized, missing: Sequence[str]) -> Refusal | None:
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


def refuse_version_deletion(places: Iterable[str], hidden: int) -> Refusal | None:
    """Rule 27: why a source version may not be deleted that is linked at `places` (names), or where it is `hidden`.

    How often that is isn't said (section 3).
    """
    if not places and not hidden:
        return None
    where = ", ".join(places)
    if hidden:
        where = f"{where} and where you can't see it" if where else "a place that you can't see"
    return Refusal("version_linked", f"It is linked in {where}.", "Unlink it there first.")


def refuse_registration(organization_role: str | None, team_role: str | None) -> Refusal | None:
    """Why somebody of these roles (None for none) may not see a team's artifacts, nor register versions for it."""
    if organization_role == OrganizationRole.ADMIN or (organization_role is not None and team_role is not None):
        return None
    return Refusal("role_too_low", "Only people of the team see its artifacts and register versions for it.")


def refuse_artifact_type(stored: str, wanted: str) -> Refusal | None:
    """Why an artifact of type `stored` can't have a version of type `wanted`."""
    if stored == wanted:
        return None
    return Refusal(
        "type_stays", f"The artifact's type is {stored}, for good.", "Register the version under another name."
    )
