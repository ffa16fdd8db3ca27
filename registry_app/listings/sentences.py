"""Entries of the audit log as sentences: what somebody did, with which alias, of what."""

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.utils.formats import date_format
from django.utils.timezone import localtime

from ..choices import Action, EventKind, Role, Target
from ..models import AuditEvent
from .event_addresses import Addresses

# What is said of an alias that named a version before, and of one that named none.
MOVES = {
    Action.ALIAS_SET: ("moved", "set"),
    Action.ALIAS_REMOVE: ("removed", "removed"),
    Action.ALIAS_REQUEST: ("asked to move", "asked to set"),
    Action.ALIAS_APPROVE: ("agreed to move", "agreed to set"),
    Action.ALIAS_DECLINE: ("declined to move", "declined to set"),
}
BURST = 3  # versions published one after the other
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


class Part(NamedTuple):
    """A part of a sentence: words, or the name of a thing with its address; `css`: alias or chip."""

    text: str
    address: str | None = None
    css: str = ""


class Sentence(NamedTuple):
    """What follows the name of the person who acted; `is_whole` if it says all that changed.

    `icon` is one of static/icons.svg.
    """

    icon: str
    parts: list[Part]
    is_whole: bool


def sentence_of(event: AuditEvent, addresses: Addresses, *, full: bool = False) -> Sentence:
    """The entry as a sentence. An attempt that a rule refused says only what was tried.

    `full`: it names the registry too, for a page that has those of several.
    """
    tell = None if event.refused else TOLD.get(Action(event.action))
    parts = tell(event, addresses, full) if tell else _plainly(event, addresses, full)
    whole = tell in {_of_alias, _of_role, _of_request, _of_labels}
    return Sentence(ICONS[EventKind(event.kind)], list(parts), whole)


def folded(events: Iterable[AuditEvent], addresses: Addresses) -> list[AuditEvent]:
    """The `events` of a day, in which one stands for a burst: BURST or more versions of one collection, by one account.

    Among `events` nothing came between them. The one has a sentence about all, and the entries themselves as `burst`.
    """
    lines: list[AuditEvent] = []
    for _, entries in groupby(events, _publication):
        same = list(entries)
        lines += [_burst(same, addresses)] if len(same) >= BURST else same
    return lines


def _publication(event):
    """What the entries of a burst have in common; of any other entry its number."""
    published = event.action == Action.LINK and not event.refused
    return (event.actor_id, event.target_name.rpartition(":")[0], event.reason) if published else event.seq


def _burst(events, addresses):
    newest, oldest = events[0], events[-1]
    labels = [event.target_name.rpartition(":")[2] for event in (oldest, newest)]
    parts = [
        *(Part(f"published {len(events)} versions"), *_in_collection(newest, addresses, full=False)),
        Part(f"({labels[0]} to {labels[1]})"),
    ]
    line = copy(newest)
    line.sentence, line.burst = Sentence(newest.sentence.icon, parts, is_whole=True), events
    return line


def moment_text(text: str) -> str:
    """A moment of an entry, in the reader's zone."""
    return date_format(localtime(datetime.fromisoformat(text)), "j M Y, H:i T")


def move_of(action: str, before: str | None, after: str | None) -> tuple[str, str, str]:
    """(what was done to an alias, from where, to which version), by the labels of the versions before and after."""
    moved, given = MOVES[Action(action)]
    if before and after:
        return moved, f"from {before} to", after
    return (given, "on", after) if after else (moved, "from", before or "")


def _plainly(event, addresses, full):
    """In the words of the log."""
    words, name = event.summary, event.target_name
    yield Part(words[0].lower() + words[1:])
    if event.target_type in {Target.COLLECTION, Target.LINK, Target.ALIAS}:
        name = name if full else name.partition("/")[2]
    yield Part(name, addresses.of_event(event))


def _of_alias(event, addresses, full):
    did, way, label = move_of(event.action, *event.changes["link"])
    yield Part(did)
    yield Part(event.related["alias"]["name"], css="alias")
    yield from _in_collection(event, addresses, full)
    yield Part(way)
    yield Part(label, addresses.of(Target.LINK, event.related["link"]["id"]))


def _of_link(event, addresses, full):
    yield Part(OF_LINK[Action(event.action)])
    yield Part(event.target_name.rpartition(":")[2], addresses.of(Target.LINK, event.target_id))
    yield from _in_collection(event, addresses, full)


def _of_role(event, addresses, full):
    before, after = (role and Role(role).label for role in event.changes.get("role", [None, None]))
    who = _thing(event, addresses, "holder")
    if event.action == Action.MEMBER_ADD:
        yield from (Part("gave"), who, Part(f"the {after} role{_until(event)}"))
    elif event.action == Action.MEMBER_REMOVE:
        yield from (Part(f"removed the {before} role of"), who)
    elif before:
        yield from (Part("changed the role of"), who, Part(f"from {before} to {after}{_until(event)}"))
    else:
        end = event.changes["ends_at"][1]
        yield from (Part("changed the end of the role of"), who, Part(f"to {moment_text(end) if end else 'none'}"))
    yield from _in_registry(event, addresses, full)


def _until(event):
    """When a role ends from now on; nothing of one that didn't end before either."""
    before, after = event.changes.get("ends_at", [None, None])
    return f" until {moment_text(after)}" if after else " without end" if before else ""


def _of_request(event, addresses, full):
    asked, now = event.changes["role"]
    if event.action == Action.REQUEST:
        yield Part(f"requested the {Role(now).label} role")
    else:
        yield from (Part("declined the request of"), _thing(event, addresses, "requested_by"))
        yield Part(f"for the {Role(asked).label} role")
    yield from _in_registry(event, addresses, full)


def _of_labels(event, addresses, full):
    """Accepted types and protected aliases."""
    did, field, css, joint = OF_LABELS[Action(event.action)]
    before, after = ((each or []) for each in event.changes[field])
    yield Part(did)
    yield from (Part(name, css=css) for name in sorted({*before} ^ {*after}))
    yield from (Part(joint), _registry(event, addresses))


OF_LABELS = {
    Action.TYPE_ADD: ("added the type", "types", "chip", "to"),
    Action.TYPE_REMOVE: ("removed the type", "types", "chip", "from"),
    Action.PROTECT: ("protected", "protected_aliases", "alias", "in"),
    Action.UNPROTECT: ("stopped protecting", "protected_aliases", "alias", "in"),
}
TOLD: dict[Action, Callable[[AuditEvent, Addresses, bool], Iterator[Part]]] = {
    **dict.fromkeys(MOVES, _of_alias),
    **dict.fromkeys(OF_LINK, _of_link),
    **dict.fromkeys((Action.MEMBER_ADD, Action.MEMBER_CHANGE, Action.MEMBER_REMOVE), _of_role),
    **dict.fromkeys((Action.REQUEST, Action.REQUEST_DECLINE), _of_request),
    **dict.fromkeys(OF_LABELS, _of_labels),
}


def _in_collection(event: AuditEvent, addresses: Addresses, full: bool) -> Iterator[Part]:
    path = event.target_name.rpartition(":")[0]
    yield Part("of")
    yield Part(path if full else path.partition("/")[2], addresses.of(Target.COLLECTION, event.collection_id))


def _in_registry(event, addresses, full):
    if full:
        yield from (Part("in"), _registry(event, addresses))


def _registry(event, addresses):
    return Part(event.target_name, addresses.of(Target.REGISTRY, event.registry_id))


def _thing(event: AuditEvent, addresses: Addresses, key: str) -> Part:
    """What the entry holds under `key`, a reference."""
    thing: dict[str, Any] = event.related[key]
    return Part(thing["name"], addresses.of(thing["type"], thing["id"]))
