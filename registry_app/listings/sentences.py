"""Entries of the audit log as sentences: what somebody did, with which alias, of what."""

from typing import NamedTuple

from ..choices import Action, EventKind, Target
from ..models import AuditEvent

# What is said of an alias that named a version before, and of one that named none.
MOVES = {
    Action.ALIAS_SET: ("moved", "set"),
    Action.ALIAS_REMOVE: ("removed", "removed"),
    Action.ALIAS_REQUEST: ("asked to move", "asked to set"),
    Action.ALIAS_APPROVE: ("agreed to move", "agreed to set"),
    Action.ALIAS_DECLINE: ("declined to move", "declined to set"),
}
OF_LINK = {Action.LINK: "published", Action.UNLINK: "unlinked", Action.LINK_TAG: "changed the tags of"}
ICONS = {
    EventKind.VERSION: "publish",
    EventKind.ALIAS: "flag",
    EventKind.COLLECTION: "box",
    EventKind.REGISTRY: "cabinet",
    EventKind.ACCESS: "person",
    EventKind.ACCOUNT: "people",
    EventKind.REFUSED: "lock",
}


class Sentence(NamedTuple):
    """What follows the name of the person who acted: `did`, the name of an `alias`, the thing it is `of`, the `rest`.

    `icon` is one of static/icons.svg.
    """

    icon: str
    did: str
    alias: str = ""
    of: str = ""
    rest: str = ""


def sentence_of(event: AuditEvent) -> Sentence:
    """The entry as a sentence. An attempt that a rule refused says only what was tried."""
    content, kind, icon = event.content, event.target_type, ICONS[EventKind(event.kind)]
    if event.refused:
        return Sentence(icon, _begun(event.summary), of=event.target_name)
    path, _, label = event.target_name.rpartition(":")
    collection = path.partition("/")[2]
    if kind == Target.ALIAS:
        before, after = content["changes"]["link"]
        did, rest = move_of(event.action, before, after)
        return Sentence(icon, did, content["related"]["alias"]["name"], collection, rest)
    if kind == Target.LINK:
        return Sentence(icon, f"{OF_LINK[Action(event.action)]} {label} of", of=collection)
    name = event.target_name
    return Sentence(icon, _begun(event.summary), of=name.partition("/")[2] if kind == Target.COLLECTION else name)


def move_of(action: str, before: str | None, after: str | None) -> tuple[str, str]:
    """(what was done to an alias, from where to where), by the labels of the versions before and after."""
    moved, given = MOVES[Action(action)]
    if before and after:
        return moved, f"from {before} to {after}"
    return (given, f"on {after}") if after else (moved, f"from {before}")


def _begun(words):
    """The words as they stand after a name."""
    return words[0].lower() + words[1:]
