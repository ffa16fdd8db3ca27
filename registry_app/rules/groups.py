"""Groups of the identity provider: what names one, and what its role does beside one that people gave (§3)."""

from .characters import printable, refuse_text
from .refusals import Refusal
from .roles import rank

GROUP_LENGTH = 256  # characters of a group's name; what a provider calls longer can't be mapped


def refuse_group(name: str) -> Refusal | None:
    """Why a trimmed `name` may not name a group of the identity provider."""
    if not name:
        return Refusal("group_invalid", "Name a group, as the identity provider names it.")
    if len(name) > GROUP_LENGTH:
        return Refusal(
            "group_invalid", f"Names of groups have at most {GROUP_LENGTH} characters; this one has {len(name)}."
        )
    if name == printable(name):
        return None
    one_line = Refusal("group_invalid", "Names of groups stand on one line, without tabs.")
    return refuse_text(name, "group_invalid", "Names of groups") or one_line


def group_role_counts(group_role: str | None, own_role: str | None) -> bool:
    """Whether the role that a group gives counts: where it is higher than `own_role`, which people gave (or None)."""
    return rank(group_role) > rank(own_role)
