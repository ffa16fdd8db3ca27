"""Forwarding the audit log to REGISTRY_AUDIT_FORWARD: as it is written, in order, each entry at least once."""

import logging
from functools import partial
from threading import Event
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection

from ..database.availability import best_effort
from ..models import AuditEvent, AuditForward
from ..models.event_queryset import canonical_json
from .alone import try_alone
from .receivers import Line, receiver_of

BATCH = 500  # entries
IDLE, STANDBY, LONGEST = 1, 5, 60  # seconds between two looks at the log, two tries for the lock, two tries to send
SHORT_TEXT = 200  # characters of a text in the short form of an entry
LOCK = "forwards"  # the name of the lock: one process at a time forwards
log = logging.getLogger(__name__)


class Forwarder:
    """Forwards to `target` until `stop` is set."""

    def __init__(self, target: str, stop: Event) -> None:
        host = urlsplit(settings.PUBLIC_URL).hostname or "-"
        self.target, self.stop, self.write = target, stop, receiver_of(target, host)

    def run(self) -> None:
        """Forward for ever: wait for the lock, and hold it while nothing fails that is not the receiver's fault."""
        while not self.stop.is_set():
            try:
                with try_alone(LOCK) as is_ours:
                    while is_ours() and not self.stop.is_set():
                        self._round()
            except Exception:  # whatever it was, the next try begins anew
                log.exception("The audit log isn't forwarded at the moment")
            connection.close()
            self.stop.wait(STANDBY)

    def run_once(self) -> int | None:
        """Forward all that there is; answers the number of entries, or None if another process forwards.

        Raises OSError if the receiver doesn't take them.
        """
        with try_alone(LOCK) as is_ours:
            if not is_ours():
                return None
            position, number = AuditForward.to(self.target), 0
            try:
                while sent := self._send(position):
                    number += sent
            except OSError as error:
                position.note_failure(_words(error))
                raise
            return number

    def _round(self):
        """Send a batch; without any wait a moment, and after a failure longer each time."""
        position, wait = AuditForward.to(self.target), IDLE
        while not self.stop.is_set():
            try:
                if not self._send(position):
                    self.stop.wait(IDLE)
                return
            except OSError as error:
                log.warning("The audit log can't be forwarded to %s: %s", self.target, _words(error))
                best_effort(partial(position.note_failure, _words(error)))
                self.stop.wait(wait)
                wait = min(2 * wait, LONGEST)

    def _send(self, position):
        """Send the next entries after the position, and move it. Answers how many they were."""
        events = list(AuditEvent.objects.filter(seq__gt=position.seq).order_by("seq")[:BATCH])
        if events:
            self.write([line_of(event) for event in events])
            if not position.advance(events[-1].seq):
                raise DatabaseError("Another process forwards the audit log, too.")
        return len(events)


def line_of(event: AuditEvent) -> Line:
    """How `event` is forwarded: what was hashed, with its number and the hashes of the chain."""
    content = event.content | {"seq": event.seq, "prev_hash": event.prev_hash, "hash": event.hash}
    short = {name: _shortened(value) for name, value in content.items()} | {"truncated": True}
    at = event.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Line(at, event.action, event.refused, canonical_json(content), canonical_json(short))


def _shortened(value):
    """A value of an entry without what may be long: texts are cut, objects are empty."""
    if isinstance(value, str):
        return value[:SHORT_TEXT]
    return {} if isinstance(value, dict) else value


def _words(error):
    return f"{type(error).__name__}: {error}"
