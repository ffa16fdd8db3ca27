"""Change: the one way to write. A verb says what becomes of a row; everything around it stands here.

A model that can change has `lock_for_change(by, action)`, which locks the row after what it belongs to, refuses who may
not, and answers (the row anew, role). Where its own fields are logged, it also has `logged_fields()`, `validate()`,
`version` and perhaps `after_change(event, changes)`. Locks are taken in one order everywhere: organization, registry,
collection, the end of the log.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from .. import rules
from ..choices import Action, Permission
from ..database.compiled import Compiled
from .event import Actor, Audited, canonical_json, differences, record
from .validation import raise_refusal

Row = TypeVar("Row", bound=models.Model)


class Gone(Exception):
    """The row that a verb was to change was deleted meanwhile."""


@dataclass
class Change:
    """A change that is being made: the locked `row`, the effective `role` of the actor, and what the log will say.

    `changes` and `related` are what the entry holds beside the row's own fields.
    """

    row: Any
    role: str | None
    by: Actor
    reason: str = ""
    changes: dict[str, list] = field(default_factory=dict)
    related: dict[str, Any] = field(default_factory=dict)

    def record(self, action: Action, target: Audited, changes: dict | None = None, related: dict | None = None) -> None:
        """Log `action` on another target than the row, as `event.record` does."""
        record(self.by, action, target, changes, related, reason=self.reason)


@contextmanager
def changing(
    asked: Any,
    by: Actor,
    action: Action | Permission,
    *,
    etag: str | None = None,
    stale: rules.Refusal = rules.EDIT_CONFLICT,
    reason: str = "",
) -> Iterator[Change]:
    """Change the row `asked`: what the block does to `row` is checked, saved and logged together, or not at all.

    `etag` is that of what was shown (see `refuse_stale`). The caller's object stays as it was where the change is
    refused. Raises ValidationError with the rule's code, or Gone.
    """
    try:
        with transaction.atomic():
            row, role = asked.lock_for_change(by, action)
            refuse_stale(etag, row, stale=stale)
            change, before = Change(row, role, by, reason), _logged_fields(row)
            yield change
            _keep(change, before, action)
    except (ValidationError, IntegrityError) as error:
        error.attempt = action, asked.audit_target  # type: ignore[union-attr]  # the log tells of it
        raise
    vars(asked).update({name: value for name, value in vars(change.row).items() if not name.startswith("_")})


def _logged_fields(row):
    return row.logged_fields() if hasattr(row, "logged_fields") else {}


def _keep(change, before, action):
    row = change.row
    after = _logged_fields(row)
    if after != before:
        row.validate()
        after = row.logged_fields()
    changes = differences(before, after) | change.changes
    if not changes:
        return
    row.version += 1
    if hasattr(row, "updated_at"):
        row.updated_at = timezone.now()
    if hasattr(row, "last_subject"):
        row.last_subject = ""
    row.save()
    event = record(change.by, action, row, changes, change.related, reason=change.reason)
    if hasattr(row, "after_change"):
        row.after_change(event, changes)


def etag_of(row: Any, *counted: Any, facts: Any = None) -> str:
    """The digest of what a page shows of `row`, and of what that page counted: forms send it back (rules 18, 19).

    What it shows is told by the row's `facts`, which may be read already, or by its `version`, which counts its
    changes. Another row may have the same name later, so it says which row it is, too.
    """
    facts = getattr(row, "facts", None) if facts is None else facts  # asked for once: it may read rows
    return digest_of(row.pk, row.version if facts is None else facts, *counted)


def digest_of(*shown: Any) -> str:
    """The etag of what was `shown`: anything that JSON holds."""
    return hashlib.sha256(canonical_json(shown).encode()).hexdigest()[:32]


def refuse_stale(
    etag: str | None, row: Any, *counted: Any, facts: Any = None, stale: rules.Refusal = rules.EDIT_CONFLICT
) -> None:
    """Refuse with `stale` where `etag`, which came back, is another than the `etag_of` the stored `row` (rules 18, 19).

    An `etag` of None says that nothing was shown, a `row` of None that it was deleted.
    """
    if etag is not None and (row is None or etag != etag_of(row, *counted, facts=facts)):
        raise_refusal(stale)


class _Lock(Enum):
    """What of a row is locked until commit; others may refer to a row of which the key isn't locked."""

    NOTHING = auto()
    ALL_BUT_KEY = auto()
    ALL = auto()


@Compiled
def _rows(
    model: type[models.Model], names: tuple[str, ...], related: tuple[str, ...], lock: _Lock, *values: int
) -> models.QuerySet:
    """The rows of which the columns `names` have these values."""
    rows = model._default_manager.filter(**dict(zip(names, values, strict=True))).order_by()
    rows = rows.select_related(*related or [None])  # None joins nothing; no argument would join every foreign key
    return rows if lock == _Lock.NOTHING else rows.select_for_update(no_key=lock == _Lock.ALL_BUT_KEY)


def current_row(model: type[Row], *related: str, **place: int) -> Row:
    """The row that has these values {column: value} now, with its `related`. Raises Gone where it was deleted."""
    return _only(model, place, related, _Lock.NOTHING)


def locked(model: type[Row], *, no_key: bool = False, **place: int) -> Row:
    """The same, locked until commit."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A lock belongs to a transaction.")
    return _only(model, place, (), _Lock.ALL_BUT_KEY if no_key else _Lock.ALL)


def _only(model, place, related, lock):
    row = _rows.first(*place.values(), shape=(model, tuple(place), related, lock))
    if row is None:
        raise Gone(model.__name__)
    return row


def read_again(row: Any, fields: list[str] | None = None) -> None:
    """Let `row` be as it is stored now. Raises Gone where it was deleted."""
    try:
        row.refresh_from_db(fields=fields)
    except row.DoesNotExist as error:
        raise Gone(type(row).__name__) from error
