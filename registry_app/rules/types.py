"""Rules 4, 7, 11 and 12: the types that a registry accepts."""

from collections.abc import Collection

from ..choices import Kind
from .refusals import (
    ALL_TYPES_ACCEPTED,
    CORE_KEEPS_A_LIST,
    CORE_TYPE_STAYS,
    TYPES_MISSING,
    Refusal,
)


def refuse_type_list(types: Collection[str]) -> Refusal | None:
    """Rule 7: why a registry may not accept just `types`."""
    return None if types else TYPES_MISSING


def refuse_all_types(kind: str) -> Refusal | None:
    """Rule 4: why a registry of `kind` may not accept all types."""
    return CORE_KEEPS_A_LIST if kind == Kind.CORE else None


def refuse_type_removal(kind: str, name: str, *, in_use: bool, others: int) -> Refusal | None:
    """Rules 4, 7 and 11: why type `name` may not be removed.

    `in_use`: a collection has it. `others`: how many types would be left.
    """
    if kind == Kind.CORE:
        return CORE_TYPE_STAYS
    if in_use:
        return Refusal(
            "type_in_use",
            f"{name} stays: a type can't be removed while collections use it.",
            "Move or delete those collections first.",
        )
    if not others:
        return TYPES_MISSING
    return None


def refuse_type_addition(accepts_all: bool) -> Refusal | None:
    """Rule 12: why no type may be added to a registry that `accepts_all`."""
    return ALL_TYPES_ACCEPTED if accepts_all else None
