"""Rules 21 to 27: what is linked where, and under which aliases."""

from collections.abc import Iterable

from ..choices import Role
from .characters import refuse_characters
from .names import (
    LABEL_KEY_LENGTH,
    LABEL_LENGTH,
    name_key,
    refuse_key,
)
from .refusals import ALIAS_RESERVED, SOURCE_HIDDEN, Refusal
from .roles import rank

NUMBER_DIGITS = 10  # of a link: no database keeps one with as many

LATEST = "latest"


def refuse_alias_name(name: str) -> Refusal | None:
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


def number_called(name: str) -> int | None:
    """The number of the link that the system's alias `name` names (v0, v1, …), or None for any other name."""
    digits = name_key(name).removeprefix("v")
    called = name_key(name) == f"v{digits}" and digits.isdecimal() and len(digits) < NUMBER_DIGITS
    return int(digits) if called else None


def refuse_link(version_type: str, collection_type: str) -> Refusal | None:
    """Rule 21: why a version of `version_type` may not be linked into a collection of `collection_type`."""
    if version_type == collection_type:
        return None
    return Refusal(
        "type_not_accepted",
        f"The version is a {version_type}; this collection holds the type {collection_type}.",
        f"Link it into a collection of the type {version_type}.",
    )


def refuse_source(*, usable: bool) -> Refusal | None:
    """Rule 22 and §3: why somebody may not link a version that they can't use."""
    return None if usable else SOURCE_HIDDEN


def protected_among(names: Iterable[str], protected: Iterable[str]) -> list[str]:
    """Rule 26: those of the aliases `names` that are `protected`, in whatever case they are written, sorted."""
    keys = {name_key(name) for name in protected}
    return sorted(name for name in names if name_key(name) in keys)


def refuse_protected(role: str | None, names: Iterable[str], protected: Iterable[str]) -> Refusal | None:
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
