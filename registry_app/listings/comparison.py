"""Two versions of a collection side by side."""

import json
from typing import Any

from .. import rules
from ..choices import Action, Permission
from ..models import Link

Row = tuple[str, list[list[Any]], bool]  # (name, the two sides: [value] or [] where it is missing, whether they differ)


def compare_links(one: Link, other: Link, allowed: frozenset[Action | Permission]) -> list[tuple[str, list[Row]]]:
    """[(heading, rows)]: what is known of two links, and the metadata of their versions."""
    return [
        ("Facts", _beside(_facts(one, allowed), _facts(other, allowed))),
        ("Metadata", _beside(_flat(one.version.metadata), _flat(other.version.metadata))),
    ]


def _facts(link, allowed):
    """{name: value} of what two versions are compared by; with the address for people who may use the version."""
    version, given = link.version, sorted(alias.name for alias in link.aliases.all())
    found = {
        "Aliases": ", ".join([rules.LATEST, *given] if link.latest else given),
        "Tags": ", ".join(sorted(tag.name for tag in link.tags.all())),
        "Source": str(version),
        "Digest": version.digest,
        "Size in bytes": f"{version.size:,}",
        "Files": f"{version.file_count:,}",
        "Run": version.run,
    }
    if Permission.USE in allowed:
        found["Address"] = version.uri
    return {name: value for name, value in found.items() if value}


def _flat(metadata):
    """{path: value} of each leaf. A path is the keys with dots between; a key with a dot of its own is quoted."""
    leaves: dict = {}
    for key, value in metadata.items():
        name = key if key and "." not in key else json.dumps(key, ensure_ascii=False)
        if isinstance(value, dict) and value:
            leaves |= {f"{name}.{path}": leaf for path, leaf in _flat(value).items()}
        else:
            leaves[name] = value
    return leaves


def _beside(one, other):
    """A Row for each name of either side."""
    names = dict.fromkeys([*one, *other])
    rows = [(name, [[side[name]] if name in side else [] for side in (one, other)]) for name in names]
    written = [(name, sides, [json.dumps(side, sort_keys=True) for side in sides]) for name, sides in rows]
    return [(name, sides, one_text != other_text) for name, sides, (one_text, other_text) in written]
