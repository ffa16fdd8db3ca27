"""Rules 21 to 27: links, and their aliases."""

from collections.abc import Iterable

from ..choices import Role
from .characters import refuse_characters
from .names import (
    LABEL_KEY_LENGTH,
    LABEL_LENGTH,
    name_key,
    refuse_key,
)
from .refusals import ALIAS_IS_HERE, ALIAS_NEEDS_NO_REQUEST, ALIAS_RESERVED, SOURCE_HIDDEN, Refusal
from .roles import rank

NUMBER_DIGITS = 10  # a link's number has fewer, because it is a 32-bit integer

LATEST = "latest"
# Why a request for an alias ended that nobody answered.
ALIAS_MOVED = "The alias moved otherwise, or the version was unlinked."
ALIAS_UNPROTECTED = "The alias is no longer protected. Members set it themselves."
REQUEST_ENDED = {ALIAS_MOVED, ALIAS_UNPROTECTED}


def refuse_alias_name(name: str) -> Refusal | None:
    """Rule 24 and §2: why people may not set the cleaned `name` as an alias."""
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
    """The number in a system alias (v0, v1, …); None if `name` is no such alias."""
    digits = name_key(name).removeprefix("v")
    is_number = name_key(name) == f"v{digits}" and digits.isdecimal() and len(digits) < NUMBER_DIGITS
    return int(digits) if is_number else None


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
    """Rule 22 and §3: why a person may not link a version, by whether it is `usable` for them."""
    return None if usable else SOURCE_HIDDEN


def protected_among(names: Iterable[str], protected: Iterable[str]) -> list[str]:
    """Rule 26: the aliases among `names` that are `protected`, ignoring case, sorted."""
    keys = {name_key(name) for name in protected}
    return sorted(name for name in names if name_key(name) in keys)


def refuse_alias_request(role: str | None, name: str, protected: Iterable[str], *, here: bool) -> Refusal | None:
    """Rule 31: why a person of effective `role` may not ask that the alias `name` be set on a version.

    `protected` are the registry's protected names, `here`: the version carries it already.
    """
    if rank(role) >= rank(Role.ADMIN) or not protected_among([name], protected):
        return ALIAS_NEEDS_NO_REQUEST
    return ALIAS_IS_HERE if here else None


def askable_aliases(protected: Iterable[str], carried: Iterable[str], asked: Iterable[str]) -> list[str]:
    """Rule 31: which of the `protected` names are left to ask for on a version that carries the aliases `carried`.

    `asked` are those that the person has an open request for.
    """
    return sorted({*protected} - {*carried} - {*asked})


def refuse_protected(role: str | None, names: Iterable[str], protected: Iterable[str]) -> Refusal | None:
    """Rule 26: why a person of effective `role` may not set, move or remove the aliases `names`.

    `protected` are the registry's protected names.
    """
    found = protected_among(names, protected)
    if not found or rank(role) >= rank(Role.ADMIN):
        return None
    verb, them = ("are protected aliases", "them") if len(found) > 1 else ("is a protected alias", "it")
    return Refusal(
        "alias_protected",
        f"{', '.join(found)} {verb}: only admins of the registry set, move or remove {them}.",
        "Ask one of them.",
    )
