"""The registries in the navigation: those that a person pinned, and those that they visited last."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from .. import rules
from ..choices import Kind, Visibility
from ..database.compiled import Compiled, padded
from ..models import OrganizationMembership, Registry
from ..models.organization_membership import PINNED_MOST
from .base import registry_addresses

RECENT = 3  # registries visited last that the navigation shows
REMEMBERED = 8  # those that a browser remembers: some may be of another organization, pinned or deleted
COLUMNS = ("id", "name", "kind", "visibility")
CORES = {name: icon for (name, _, _), icon in zip(rules.CORE_REGISTRIES, ("cube", "data"), strict=True)}


@Compiled
def _among(membership: OrganizationMembership, *ids: int) -> QuerySet:
    """Those of the registries `ids` that the membership's person sees."""
    return membership.registries().filter(pk__in=ids).order_by().values(*COLUMNS)


def sidebar_registries(
    membership: OrganizationMembership, recent: Iterable[int] = (), here: Registry | None = None
) -> dict[str, list]:
    """{"pinned": those that the person pinned, else the core ones; "recent": of `recent`, ids, the newest first}.

    Each is a dict of id, name, address, icon, restricted. `here` is the registry whose page this is, if it is one's.
    """
    pinned, recent = membership.pinned, list(recent)[:REMEMBERED]
    found = {row["id"]: row for row in _seen(membership, [*pinned, *recent], here)}
    cores = [{"id": None, "name": name, "kind": Kind.CORE, "visibility": Visibility.ORGANIZATION} for name in CORES]
    chosen = [found[pk] for pk in pinned if pk in found] or cores
    visited = [found[pk] for pk in recent if pk in found and found[pk]["name"] not in {row["name"] for row in chosen}]
    address = registry_addresses(membership)
    return {
        "pinned": [_entry(row, address) for row in chosen],
        "recent": [_entry(row, address) for row in visited[:RECENT]],
    }


def _seen(membership: OrganizationMembership, ids: Sequence[int], here: Registry | None) -> list[dict[str, Any]]:
    """Those of the registries `ids` that the person sees, and `here`, whose page they see: it isn't asked for."""
    known = [{name: getattr(here, name) for name in COLUMNS}] if here and here.pk else []
    if not (wanted := [pk for pk in ids if not known or pk != known[0]["id"]]):
        return known
    return [*known, *_among(membership, *padded(wanted, PINNED_MOST + REMEMBERED))]


def _entry(row: dict[str, Any], address: Any) -> dict[str, Any]:
    return {
        "name": row["name"],
        "address": address(row["name"]),
        "icon": CORES[row["name"]] if row["kind"] == Kind.CORE else "box",
        "restricted": row["visibility"] == Visibility.RESTRICTED,
    }


def frame_of(membership: OrganizationMembership, recent: Iterable[int], here: Registry | None = None) -> dict[str, Any]:
    """The context of a page's frame in the membership's organization, as of `sidebar_registries`."""
    sidebar = sidebar_registries(membership, recent, here)
    return {"membership": membership, "organization": membership.organization, "sidebar": sidebar}


def recent_ids(cookies: Mapping[str, str]) -> list[int]:
    """The ids in a browser's cookie `recent`, as `recent_text` wrote it; what is none is left out."""
    text = cookies.get("recent", "")
    return [int(pk) for pk in text.split(".") if pk.isascii() and pk.isdigit() and len(pk) < 10][:REMEMBERED]


def recent_text(recent: Sequence[int]) -> str:
    """What the cookie `recent` holds."""
    return ".".join(map(str, recent))


def visited_first(recent: Sequence[int], registry: Registry | None) -> list[int]:
    """`recent`, ids of registries, after a visit to `registry`."""
    if registry is None or registry.pk is None:
        return list(recent)
    return [registry.pk, *(pk for pk in recent if pk != registry.pk)][:REMEMBERED]
