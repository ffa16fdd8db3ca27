"""Rules 22, 27 and 28: artifacts and their versions."""

import base64
import json
import re
from collections.abc import Iterable, Sequence, Sized
from urllib.parse import urlsplit

from .characters import visible
from .json_text import find_fault, load_json
from .names import clean_name, may_be_stored, name_key
from .refusals import DIGEST_INVALID, NUMBER_INVALID, URI_INVALID, Refusal

URI_LENGTH = 2000  # characters
DIGEST_LENGTH = 200  # characters
METADATA_KEYS = 100  # at the top
METADATA_BYTES = 256 * 1024  # of JSON in UTF-8
METADATA_DEPTH = 40  # levels of nested values
INPUTS_AT_ONCE = 100  # versions that one version is made from
SIZE_LIMIT = 2**62  # bytes or files: every database stores smaller whole numbers


# Paths.


def parse_path(text: str) -> tuple[str, str, str, int] | None:
    """(key of the team's name, project, name, number) of a version's path, such as vision/forecasts/churn:v3.

    None if `text` is no such path.
    """
    path, _, number = text.strip().rpartition(":v")
    parts = [clean_name(part) for part in path.split("/")]
    if len(parts) != 3 or not re.fullmatch(r"[0-9]{1,9}", number):
        return None
    team, project, name = parts
    if not all(map(may_be_stored, parts)):
        return None
    return name_key(team), project, name, int(number)


# The data of a version.


DIGEST_BYTES = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}  # of known kinds


def clean_digest(text: str) -> str:
    """A digest as it is kept: of a known kind, `kind:` and hexadecimal digits in small letters.

    `text` may have its value in capitals, with spaces, or in base64, its kind as `SHA-256` before `:`, `=`, `-` or
    a space; 64 hexadecimal digits alone are a SHA-256. Any other text is trimmed only.
    """
    text = text.strip()
    found = re.fullmatch(r"(?:(md5|sha-?[0-9]{1,3})(?:\s*[:=-]|\s))?(.{1,400})", text, re.IGNORECASE | re.DOTALL)
    kind = ((found and found[1]) or "sha256").lower().replace("-", "")
    if not found or kind not in DIGEST_BYTES:
        return text
    value = "".join(found[2].split())
    if not re.fullmatch(f"[0-9a-fA-F]{{{2 * DIGEST_BYTES[kind]}}}", value):
        value = _hex_of_base64(value.strip(":"), DIGEST_BYTES[kind]) if found[1] else ""
    return f"{kind}:{value.lower()}" if value else text


def _hex_of_base64(value, size):
    """The `size` bytes that `value` is in base64, as hexadecimal digits; "" if it isn't."""
    try:
        content = base64.b64decode(f"{value.rstrip('=')}{'=' * (-size % 3)}", altchars=b"-_", validate=True)
    except ValueError:
        return ""
    return content.hex() if len(content) == size else ""


def refuse_digest(text: str) -> Refusal | None:
    """Why `text` is no digest. A digest is its kind, a colon and its value; a SHA-256 has 64 hexadecimal digits."""
    kind, colon, value = text.partition(":")
    known = colon and value and re.fullmatch(r"[a-z][a-z0-9-]{0,39}", kind) and re.fullmatch(r"[!-~]+", value)
    if known and len(text) <= DIGEST_LENGTH and (kind != "sha256" or re.fullmatch(r"[0-9a-f]{64}", value)):
        return None
    return DIGEST_INVALID


def refuse_uri(text: str) -> Refusal | None:
    """Why `text` may not be the URI of a version."""
    if not 1 <= len(text) <= URI_LENGTH or " " in text or not all(map(visible, text)):
        return URI_INVALID
    scheme = text.partition(":")[0].lower()
    if ":" not in text or not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
        return URI_INVALID
    return URI_INVALID if scheme in {"javascript", "data", "vbscript"} else None


def refuse_run_url(text: str) -> Refusal | None:
    """Why `text` is no address of a run's page. It may be empty."""
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
    """Why `number` may not be a size in bytes or a number of files."""
    return None if 0 <= number < SIZE_LIMIT else NUMBER_INVALID


def parse_metadata(text: str) -> tuple[dict[str, object], None] | tuple[None, Refusal]:
    """(metadata, None) for `text` in JSON, or (None, the Refusal): `metadata_invalid`. Empty text is empty metadata."""
    try:
        metadata = load_json(text.strip() or "{}")
    except ValueError as error:
        return None, Refusal("metadata_invalid", f"This is not JSON: {error}.")
    refusal = refuse_version_metadata(metadata)
    return (None, refusal) if refusal else (metadata, None)


def refuse_version_metadata(metadata: object) -> Refusal | None:
    """Why `metadata`, a value parsed from JSON, may not be the metadata of a version (§2)."""
    if not isinstance(metadata, dict):
        return Refusal("metadata_invalid", 'Metadata is one JSON object: {"name": value, …}.')
    if len(metadata) > METADATA_KEYS:
        reason = f"Metadata has at most {METADATA_KEYS} keys at the top; this has {len(metadata):,}."
        return Refusal("metadata_invalid", reason)
    if fault := find_fault(metadata, METADATA_DEPTH):
        return Refusal("metadata_invalid", f"In the metadata, {fault}.")
    size = len(json.dumps(metadata, ensure_ascii=False).encode())
    if size > METADATA_BYTES:
        return Refusal("metadata_invalid", f"Metadata has at most 256 KiB; this has {size / 1024:,.0f} KiB.")
    return None


# Registering and deleting.


def refuse_inputs(paths: Sized, missing: Sequence[str]) -> Refusal | None:
    """Why a version may not be made from those at `paths`; the person can't use the ones in `missing`."""
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
    """Rule 27: why a source version may not be deleted: it is linked at `places` (names), and at `hidden` other ones.

    The text doesn't tell the number of hidden links (section 3).
    """
    if not places and not hidden:
        return None
    where = ", ".join(places)
    if hidden:
        where = f"{where} and where you can't see it" if where else "a place that you can't see"
    return Refusal("version_linked", f"It is linked in {where}.", "Unlink it there first.")


def refuse_artifact_type(stored: str, wanted: str) -> Refusal | None:
    """Why an artifact of type `stored` may not get a version of type `wanted`."""
    if stored == wanted:
        return None
    return Refusal(
        "type_stays", f"The artifact's type is {stored}, permanently.", "Register the version under another name."
    )
