"""Rules 1 to 13: what a registry is, who sees it, and what it accepts."""

from collections.abc import Collection, Iterable

from ..choices import Kind, Visibility
from .names import name_key
from .refusals import (
    CORE_IS_FIXED,
    CORE_IS_GIVEN,
    CORE_IS_SHARED,
    CORE_STAYS,
    KIND_STAYS,
    ORGANIZATION_STAYS,
    RESTRICTED_STAYS,
    Refusal,
)

# Rule 1: name, description and preconfigured type of the core registries.
CORE_REGISTRIES = (
    ("Models", "Trained models that are ready for others to use.", "model"),
    ("Datasets", "Training and evaluation data with known origin.", "dataset"),
)


# Rules 1 to 9: what a registry is and who sees it.


def refuse_kind(stored: str | None, wanted: str) -> Refusal | None:
    """Rules 1 and 6: why a registry of kind `stored` (None for a new one made by people) may not be `wanted`."""
    if stored is None:
        return CORE_IS_GIVEN if wanted == Kind.CORE else None
    return KIND_STAYS if stored != wanted else None


def refuse_organization(stored: int | str | None, wanted: int | str) -> Refusal | None:
    """Rule 6: why a registry may not move from organization `stored` (None for a new one) to `wanted` (ids)."""
    return ORGANIZATION_STAYS if stored is not None and stored != wanted else None


def refuse_visibility(kind: str, stored: str | None, wanted: str) -> Refusal | None:
    """Rules 2 and 9: why a registry may not go from visibility `stored` (None for a new one) to `wanted`."""
    if kind == Kind.CORE and wanted != Visibility.ORGANIZATION:
        return CORE_IS_SHARED
    if stored == Visibility.RESTRICTED and wanted != Visibility.RESTRICTED:
        return RESTRICTED_STAYS
    return None


def refuse_restriction(kind: str, visibility: str) -> Refusal | None:
    """Rules 2 and 8: why a registry of this `kind` and `visibility` can't be restricted (once more)."""
    if visibility == Visibility.RESTRICTED:
        return RESTRICTED_STAYS
    return refuse_visibility(kind, visibility, Visibility.RESTRICTED)


def refuse_metadata(kind: str) -> Refusal | None:
    """Rule 3: why name and description of a registry of `kind` may not be edited."""
    return CORE_IS_FIXED if kind == Kind.CORE else None


def refuse_delete(kind: str) -> Refusal | None:
    """Rule 5: why a registry of `kind` may not be deleted."""
    return CORE_STAYS if kind == Kind.CORE else None


# Rules 4 and 11 to 13: what a registry accepts.


def refuse_lookalikes(names: Iterable[str], accepted: Collection[str]) -> list[Refusal]:
    """Rule 13: a Refusal for each of the types `names` that needs a confirmation, because it differs from one of those
    `accepted`, or of `names` before it, only as keys don't, or in a final "s". What is accepted already needs none.
    """
    refusals, listed = [], {name_key(name): name for name in accepted}
    for name in dict.fromkeys(names):
        key = name_key(name)
        most_similar = [listed[one] for one in (key, f"{key}s", key.removesuffix("s")) if one in listed]
        if most_similar and name not in accepted:
            reason = f"{name} looks like {most_similar[0]}, which is on the list. Add it all the same?"
            refusals.append(Refusal("type_looks_alike", reason))
        listed.setdefault(key, name)
    return refusals
