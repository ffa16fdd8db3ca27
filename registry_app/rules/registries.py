"""Rules 1 to 9 and 13: kind, organization, visibility and metadata of a registry, and types that look alike."""

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
from .types import refuse_all_types

# Rule 1: name, description and preconfigured type of the core registries.
CORE_REGISTRIES = (
    ("Models", "Trained models that are ready for others to use.", "model"),
    ("Datasets", "Training and evaluation data with known origin.", "dataset"),
)


# Rules 1 to 9: kind, organization, visibility, metadata.


def refuse_kind(stored: str | None, wanted: str) -> Refusal | None:
    """Rules 1 and 6: why a registry of kind `stored` (None for a new one that a person creates) may not be `wanted`."""
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
    """Rules 2 and 8: why a registry of this `kind` and `visibility` can't be restricted."""
    if visibility == Visibility.RESTRICTED:
        return RESTRICTED_STAYS
    return refuse_visibility(kind, visibility, Visibility.RESTRICTED)


def refuse_metadata(kind: str) -> Refusal | None:
    """Rule 3: why name and description of a registry of `kind` may not be edited."""
    return CORE_IS_FIXED if kind == Kind.CORE else None


def fixed_fields(kind: str, visibility: str) -> dict[str, Refusal]:
    """Rules 2, 3, 4, 6 and 9: the fields of such a registry that can't be edited, each with the reason."""
    refusals = {
        "kind": KIND_STAYS,
        "organization": ORGANIZATION_STAYS,
        "visibility": refuse_restriction(kind, visibility),
        "name": refuse_metadata(kind),
        "description": refuse_metadata(kind),
        "accepts_all_types": refuse_all_types(kind),
    }
    return {field: refusal for field, refusal in refusals.items() if refusal}


def refuse_delete(kind: str) -> Refusal | None:
    """Rule 5: why a registry of `kind` may not be deleted."""
    return CORE_STAYS if kind == Kind.CORE else None


# Rule 13: types that look alike.


def refuse_lookalikes(names: Iterable[str], accepted: Collection[str]) -> list[Refusal]:
    """Rule 13: a Refusal for each type in `names` that needs a confirmation.

    It needs one if it differs only in case, width or a final "s" from a type that is `accepted` or stands before it. A
    type that is accepted already needs none.
    """
    refusals, known = [], {name_key(name): name for name in accepted}
    for name in dict.fromkeys(names):
        key = name_key(name)
        most_similar = [known[one] for one in (key, f"{key}s", key.removesuffix("s")) if one in known]
        if most_similar and name not in accepted:
            reason = f"{name} looks like {most_similar[0]}, which is on the list. Add it all the same?"
            refusals.append(Refusal("type_looks_alike", reason))
        known.setdefault(key, name)
    return refusals
