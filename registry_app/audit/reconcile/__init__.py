"""Reconcile: whether everything that the audit log speaks of is what the log says that it became."""

from collections.abc import Iterator

from . import people, published, registries
from .entries import apply, entries
from .state import State

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)


def find_drift() -> Iterator[str]:
    """Where log and rows disagree, a sentence each: a change that no verb made, or half of one.

    Asked of one moment of the database, because what is done meanwhile would be in one of both alone.
    """
    state = State()
    for seq, body in entries():
        try:
            apply(state, seq, body)
        except UNREADABLE:
            yield f"Entry {seq} doesn't follow from those before it."
    for kind in (*people.KINDS, *registries.KINDS, *published.KINDS):
        yield from kind(state).find_drift()
