"""The rows of a registry and of a collection as they were on a day."""

from typing import Any

from .. import rules
from ..audit.snapshots import CollectionSnapshot, RegistrySnapshot
from ..models import Collection, Registry

SHOWN = 200  # collections, versions or roles


def registry_rows(registry: Registry, then: RegistrySnapshot) -> dict[str, Any]:
    """The first collections and members of `then`, what `registry` was, and how many more there were."""
    found = sorted(then.collections.items(), key=lambda item: item[1].name.casefold())
    shown = found[:SHOWN]
    now = registry.collections.filter(pk__in=[pk for pk, _ in shown])
    names = dict(now.values_list("pk", "name"))
    return {
        "collections": [(each, _marked(each.aliases, then.protected), names.get(pk)) for pk, each in shown],
        "members": sorted(then.members.items())[:SHOWN],
        "more_collections": max(0, len(found) - SHOWN),
        "more_members": max(0, len(then.members) - SHOWN),
    }


def collection_rows(collection: Collection, then: CollectionSnapshot | None, protected: Any) -> dict[str, Any]:
    """The first versions of `then`, what `collection` was, and how many more there were.

    A row is (label, source, [(alias, whether it was `protected`)], tags, its number while it is still linked).
    """
    versions = then.versions if then else []
    numbers = {label: rules.number_called(label) for label, *_ in versions[:SHOWN]}
    known = [number for number in numbers.values() if number is not None]
    there = set(collection.links.filter(number__in=known).values_list("number", flat=True))
    rows = []
    for label, source, aliases, tags in versions[:SHOWN]:
        marked = rules.protected_among(aliases, protected)
        number = numbers[label] if numbers[label] in there else None
        rows.append((label, source, [(name, name in marked) for name in aliases], tags, number))
    return {"versions": rows, "more_versions": max(0, len(versions) - SHOWN)}


def _marked(aliases, protected):
    """[(name, label, whether it was protected)] of {name: label}."""
    marked = rules.protected_among(aliases, protected)
    return [(name, label, name in marked) for name, label in aliases.items()]
