"""Reading the whole audit log: whether it is whole, and nothing in it was altered."""

from collections.abc import Collection

from django.db import models

from ..models.event import GENESIS, AuditChainHead, AuditEvent, entry_hash

COPIED = (
    "action",
    "code",
    "actor_id",
    "actor_name",
    "organization_id",
    "registry_id",
    "collection_id",
    "target_type",
    "target_id",
    "target_name",
    "request_id",
)


def verify(anchors: Collection[tuple[int, str]] = ()) -> tuple[int, list[str]]:
    """Read the whole chain. Answers (number of entries, list of sentences, each one a fault).

    `anchors` are (seq, seal) pairs kept outside the database: they alone show a history rewritten whole.
    """
    heads = list(AuditChainHead.objects.order_by("pk"))  # read first: what is added meanwhile is the next reading's
    last = heads[0].seq if heads else None
    events = AuditEvent.objects.order_by("seq")
    noted, seals = {seq for seq, _ in anchors}, {0: GENESIS}
    faults, previous, expected = [], GENESIS, 1
    for event in (events if last is None else events.filter(seq__lte=last)).iterator(chunk_size=5000):
        faults += _faults_of(event, expected, previous)
        if event.seq in noted:
            seals[event.seq] = event.hash
        previous, expected = event.hash, event.seq + 1
    if [(head.seq, head.hash) for head in heads] != [(expected - 1, previous)]:
        faults.append("The head does not match the last entry.")
    if events.filter(seq__gt=models.Subquery(AuditChainHead.objects.order_by("pk").values("seq")[:1])).exists():
        faults.append("Entries follow the head.")
    return expected - 1, [*faults, *_faults_of_anchors(anchors, seals)]


def _faults_of_anchors(anchors, seals):
    for seq, seal in anchors:
        if seq not in seals:
            yield f"Anchor {seq} is missing: the history was cut."
        elif seals[seq] != seal:
            yield f"Anchor {seq} does not match: the history was rewritten."


def _faults_of(event, expected, previous):
    if event.seq != expected:
        yield f"Entry {expected} is missing."
    if event.prev_hash != previous:
        yield f"Entry {event.seq} does not follow the one before."
    if entry_hash(event.prev_hash, event.seq, event.body) != event.hash:
        yield f"Entry {event.seq} was altered."
    try:
        facts = {**event.content}
    except (ValueError, TypeError):
        facts = {}
    if any(facts.get(name) != getattr(event, name) for name in COPIED) or facts.get("at") != event.at.isoformat():
        yield f"Entry {event.seq}: its columns differ from its hashed text."
