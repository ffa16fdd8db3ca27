"""The audit log: who did what to what, when and why. Each entry holds the hash of the one before; none ever changes."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.models import Case, Q, Value, When
from django.utils import timezone

from .. import rules
from ..choices import BEGINNINGS, Action, EventKind, Target
from ..database.compiled import Compiled
from .event_queryset import AuditEventQuerySet, canonical_json
from .validation import raise_refusal

if TYPE_CHECKING:
    from .user import User

NAME_LENGTH = 400  # characters; the longest path of an alias or a version has 385
ACTOR_LENGTH = 200  # characters; a username has up to 150
GENESIS = "0" * 64  # the hash before the first entry
KIND = Case(
    When(~Q(code=""), then=Value(str(EventKind.REFUSED))),
    *(When(action__startswith=start, then=Value(str(kind))) for start, kind in BEGINNINGS.items()),
    default=Value(str(EventKind.ACCOUNT)),
)


class Actor(NamedTuple):
    """The person or program that acts. `user` is None for the command line, and for people who aren't signed in.

    `staff`: the act comes through the Django admin or a command, where the rules of registries hold and roles in them
    aren't asked for. `known_as`: the name that the log keeps where there is no account (yet).
    """

    user: "User | None"
    request_id: str = ""
    staff: bool = False
    known_as: str = ""

    @property
    def name(self) -> str:
        """The name that the log keeps, also when the account is gone."""
        if self.known_as or self.user is None:
            return self.known_as or ("command line" if self.staff else "not signed in")
        return self.user.get_username()


COMMAND_LINE = Actor(None, staff=True)  # an administrator at the machine itself


Changes = dict[str, list] | None  # {snake_case field: [before, after]}
Related = dict[str, Any] | None  # {what it is: a `reference`, or a list of them}


class AuditTarget(NamedTuple):
    """What an entry is about: one of `choices.Target`, its id (None: it has none yet), its name at that moment.

    The others are the ids of the organization, registry and collection that it is in, or that it is.
    """

    type: Target
    id: int | None
    name: str
    organization: int | None = None
    registry: int | None = None
    collection: int | None = None

    @property
    def audit_target(self) -> "AuditTarget":
        """Itself, because `record` asks rows in the same way."""
        return self


class Audited(Protocol):
    """A row, or an AuditTarget, that the log can speak of."""

    @property
    def audit_target(self) -> AuditTarget: ...


def reference(thing: Audited, **more: Any) -> dict[str, Any]:
    """How entries speak of another thing than their target: type, id and name, and `more`."""
    target = thing.audit_target
    return {"type": str(target.type), "id": target.id, "name": rules.printable(target.name), **more}


def references(things: Iterable[Audited]) -> list[dict[str, Any]]:
    """A list of `reference`s."""
    return [reference(thing) for thing in things]


def related_lists(related: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The `related` of an entry with a list for each key, also where the entry holds one `reference` alone."""
    return {what: things if isinstance(things, list) else [things] for what, things in related.items()}


class AuditChainHead(models.Model):
    """The end of the chain: one row, locked last by every change, so that entries can't fork.

    The database moves it to each entry that is added (`database/triggers`).
    """

    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


class AuditEvent(models.Model):
    """One thing that was done, or that a rule refused.

    `body` is the exact text that was hashed (canonical JSON); the other columns repeat parts of it to filter by. Ids
    are plain numbers, not foreign keys, because an entry outlives what it is about.
    """

    seq = models.BigIntegerField(primary_key=True)
    prev_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)
    body = models.TextField()
    at = models.DateTimeField()
    action = models.CharField(max_length=40, help_text="A word of `choices.Action`.")
    code = models.CharField(max_length=40, blank=True, help_text="The rule that refused; empty where it was done.")
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=ACTOR_LENGTH)
    target_type = models.CharField(max_length=20, help_text="A word of `choices.Target`.")
    target_id = models.BigIntegerField(null=True)
    target_name = models.CharField(max_length=NAME_LENGTH, help_text="Its name at that moment.")
    organization_id = models.BigIntegerField(null=True)
    registry_id = models.BigIntegerField(null=True)
    collection_id = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=32, blank=True)
    kind = models.GeneratedField(expression=KIND, output_field=models.CharField(max_length=10), db_persist=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-seq"]
        indexes = [
            models.Index(fields=["organization_id", "-seq"], name="event_by_organization"),
            models.Index(fields=["registry_id", "-seq"], name="event_by_registry"),
            models.Index(fields=["collection_id", "-seq"], name="event_by_collection"),
            models.Index(fields=["organization_id", "action", "-seq"], name="event_by_action"),
            models.Index(fields=["organization_id", "kind", "-seq"], name="event_by_kind"),
            models.Index(fields=["registry_id", "kind", "-seq"], name="event_by_registry_kind"),
            models.Index(fields=["collection_id", "kind", "-seq"], name="event_by_collection_kind"),
            models.Index(fields=["organization_id", "actor_id", "-seq"], name="event_by_actor"),
            models.Index(fields=["request_id"], name="event_by_request", condition=~Q(request_id="")),
            models.Index(fields=["at", "seq"], name="event_by_time"),
            models.Index(fields=["target_type", "target_id", "-seq"], name="event_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action} {self.target_name}"

    @property
    def refused(self) -> bool:
        """Whether a rule refused it."""
        return bool(self.code)

    @property
    def summary(self) -> str:
        """What was done, or tried, in words that end before the target's name."""
        action = Action(self.action)
        return action.attempt if self.refused else action.label

    @property
    def content(self) -> dict[str, Any]:
        """What was hashed, as a dict."""
        return json.loads(self.body)

    @property
    def changes(self) -> dict[str, list]:
        """{field: [before, after]}"""
        return self.content["changes"]

    @property
    def related(self) -> dict[str, Any]:
        """{what it is: a `reference`, or a list of them}: the other things that it is about."""
        return self.content["related"]

    @property
    def reason(self) -> str:
        """The reason that the actor gave, or what the rule said."""
        return self.content["reason"]


@Compiled
def _heads() -> models.QuerySet[AuditChainHead]:
    """The end of the chain, locked."""
    return AuditChainHead.objects.select_for_update()


def record(
    by: Actor,
    action: Action,
    target: Audited,
    changes: Changes = None,
    related: Related = None,
    *,
    code: str = "",
    reason: str = "",
) -> AuditEvent:
    """Append one entry; the last statement of the caller's transaction, because it locks the log's end until commit.

    Values are JSON's types. `code` is that of the rule that refused. Refuses, on `reason`, with `reason_invalid`.
    """
    raise_refusal(None if code else rules.refuse_reason(reason), "reason")  # a refusal's reason is the rule's own
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An audit entry belongs to the transaction of its change.")
    (head,) = _heads()
    now, seq, columns = timezone.now(), head.seq + 1, _columns(by, action, target.audit_target, code)
    more = {"at": now.isoformat(), "changes": changes or {}, "related": related or {}, "reason": reason}
    body = canonical_json(columns | more | {"staff": by.staff})
    seal = entry_hash(head.hash, seq, body)
    return AuditEvent.objects.create(seq=seq, prev_hash=head.hash, hash=seal, body=body, at=now, **columns)


def _columns(by, action, target, code):
    return {
        "action": str(action),
        "code": code,
        "actor_id": by.user.pk if by.user else None,
        "actor_name": by.name,
        "target_type": str(target.type),
        "target_id": target.id,
        "target_name": rules.printable(target.name[:NAME_LENGTH]),  # what was refused may have had any name
        "organization_id": target.organization,
        "registry_id": target.registry,
        "collection_id": target.collection,
        "request_id": by.request_id,
    }


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list]:
    """{field: [before, after]} of the fields in which the two differ; a missing one is None."""
    pairs = {field: [before.get(field), after.get(field)] for field in {**before, **after}}
    return {field: values for field, values in pairs.items() if values[0] != values[1]}


def entry_hash(previous: str, seq: int, body: str) -> str:
    """The SHA-256 (hex) of entry `seq` with this `body`, after the entry with the hash `previous`."""
    return hashlib.sha256(f"{previous}\n{seq}\n{body}".encode()).hexdigest()


def record_refusals(by: Actor, action: Action, errors: ValidationError, target: Audited, **more: Any) -> None:
    """Log that rules refused `action`: one entry a code. Mistakes of typing are no refusals (§5). `more` is `record`'s.

    Opens a transaction of its own, because what was refused has been rolled back by then.
    """
    found = [error for error in _flat(errors) if rules.forbids(error.code)]
    refusals = {error.code: " ".join(error.messages) for error in found}
    if refusals:
        with transaction.atomic():
            for code, reason in refusals.items():
                record(by, action, target, code=code, reason=rules.printable(reason[:1000]), **more)


def _flat(error):
    if hasattr(error, "error_dict"):
        return [single for errors in error.error_dict.values() for listed in errors for single in _flat(listed)]
    return [error] if not hasattr(error, "error_list") or error.error_list == [error] else error.error_list


@contextmanager
def refusals_logged(by: Actor, action: Action, target: Audited) -> Iterator[None]:
    """Let a ValidationError pass, and log it as an attempt that a rule refused."""
    try:
        yield
    except ValidationError as error:
        record_refusals(by, action, error, target)
        raise
