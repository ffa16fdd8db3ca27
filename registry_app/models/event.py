"""The audit log: who did what to what, when and why; each entry sealed to the one before, and none ever changed."""

import hashlib
import json
from contextlib import contextmanager
from datetime import UTC, datetime, time
from typing import NamedTuple

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.models import Q, Subquery, Value
from django.db.models.functions import StrIndex
from django.utils import timezone

from .. import rules
from ..choices import Action
from ..database import fulltext
from .validation import raise_refusal

MOVING = (Action.ALIAS_PUT, Action.ALIAS_TAKE, Action.UNLINK)
MANY = 5000  # entries that search's index may name; where there are more, a page of them is soon found by reading
SUBJECT_LENGTH = 300  # characters
GENESIS = "0" * 64  # what the first entry is sealed to


class Actor(NamedTuple):
    """Who acts: a user through a request; `user` None is the installation's own command line, where it is `staff`, and
    else somebody who isn't signed in.

    `staff` says that the act comes through the installation's own doors (Django admin, commands), where the rules of
    registries hold and roles in them aren't asked for.
    """

    user: AbstractBaseUser | None
    request_id: str = ""
    staff: bool = False

    @property
    def name(self):
        """The name that the log keeps, also when the account is gone."""
        if self.user:
            return self.user.get_username()
        return "command line" if self.staff else "not signed in"


COMMAND_LINE = Actor(None, staff=True)  # an administrator at the machine itself


class AuditChainHead(models.Model):
    """The end of the chain: one row, locked last by every change, so that entries can't fork."""

    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)

    def __str__(self):
        return f"{self.seq}:{self.hash}"


class AuditEventQuerySet(models.QuerySet):
    """Entries as pages ask for them."""

    def of_registry(self, registry):
        """Those that speak of this registry."""
        return self.filter(registry_id=registry.pk)

    def of_collection(self, collection):
        """Those that speak of this collection."""
        return self.filter(collection_id=collection.pk)

    def restricting(self):
        """Those by which a registry was restricted, be it from its creation on."""
        told = Q()
        for before in (None, "organization"):  # read off the sealed text, where keys and values stand quoted
            told |= Q(body__contains=f'"visibility":{canonical([before, "restricted"])}')
        return self.filter(told, code="", action__in=(Action.CREATE, Action.RESTRICT))

    def creations(self, registries):
        """{id: moment} of those of these registries (ids) whose creation is in the log."""
        made = self.filter(code="", action=Action.CREATE, registry_id__in=registries)
        return dict(made.values_list("registry_id", "at"))

    def for_alias(self, alias):
        """Those that put, moved or took just this alias. Read off the sealed text, where names stand quoted."""
        place = StrIndex("body", Value(json.dumps(alias) + ":["))  # unlike LIKE, minds upper and lower case everywhere
        return self.alias(place=place).filter(action__in=MOVING, place__gt=0)

    def search_for(self, words):
        """Those of the request called `words`; where there is none, those with `words` in the name of who or what."""
        of_request = self.filter(request_id=words.lower()).exclude(request_id="")
        if of_request.exists():
            return of_request
        return fulltext.SearchTerm(words, [fulltext.LOG], MANY).within(self)

    def between(self, first, last):
        """Those from the day `first` to the day `last`, in UTC; None is no limit.

        Numbers grow with time: an index says at which numbers the days begin and end, however long ago they were.
        """
        events, everything = self, AuditEvent.objects.all()
        if first:
            start = datetime.combine(first, time.min, UTC)
            number = everything.filter(at__gte=start).order_by("at", "seq").values("seq")[:1]
            events = events.filter(at__gte=start, seq__gte=Subquery(number))
        if last:
            end = datetime.combine(last, time.max, UTC)
            number = everything.filter(at__lte=end).order_by("-at", "-seq").values("seq")[:1]
            events = events.filter(at__lte=end, seq__lte=Subquery(number))
        return events

    def readable_by(self, membership):
        """§5: all of the organization for its admins; for others those of the registries that they can see."""
        events = self.filter(organization_id=membership.organization_id)
        if membership.is_admin:
            return events
        return events.filter(registry_id__in=membership.registries().values("pk"))


class AuditEvent(models.Model):
    """One thing that was done, or that a rule refused.

    `body` is the exact text that was sealed (canonical JSON); the other columns repeat parts of it to filter by. Ids
    are plain numbers, not foreign keys: an entry outlives what it speaks of.
    """

    seq = models.BigIntegerField(primary_key=True)
    prev_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)
    body = models.TextField()
    at = models.DateTimeField()
    action = models.CharField(max_length=40, help_text="A word of `choices.Action`.")
    code = models.CharField(max_length=40, blank=True, help_text="The rule that refused; empty where it was done.")
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    organization_id = models.BigIntegerField(null=True)
    registry_id = models.BigIntegerField(null=True)
    collection_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=SUBJECT_LENGTH, help_text="The name, then, of what it speaks of.")
    request_id = models.CharField(max_length=32, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-seq"]
        indexes = [
            models.Index(fields=["organization_id", "-seq"], name="event_by_organization"),
            models.Index(fields=["registry_id", "-seq"], name="event_by_registry"),
            models.Index(fields=["collection_id", "-seq"], name="event_by_collection"),
            models.Index(fields=["organization_id", "action", "-seq"], name="event_by_action"),
            models.Index(fields=["organization_id", "-seq"], name="event_refused", condition=~Q(code="")),
            models.Index(fields=["request_id"], name="event_by_request", condition=~Q(request_id="")),
            models.Index(fields=["at", "seq"], name="event_by_time"),
        ]

    def __str__(self):
        return f"{self.seq} {self.action} {self.subject}"

    @property
    def refused(self):
        """Whether a rule refused it."""
        return bool(self.code)

    @property
    def words(self):
        """What was done, or tried, in words that end before the subject's name."""
        action = Action(self.action)
        return action.attempt if self.refused else action.label

    @property
    def facts(self):
        """What was sealed, as a dict."""
        return json.loads(self.body)

    @property
    def changes(self):
        """{field: [before, after]}"""
        return self.facts["changes"]

    @property
    def reason(self):
        """The reason that the actor gave, or what the rule said."""
        return self.facts["reason"]


def record(
    actor, action, *, subject, organization=None, registry=None, collection=None, changes=None, code="", reason=""
):
    """Append one entry; the last statement of the caller's transaction, for the chain's end stays locked until commit.

    `changes` is {field: [before, after]} in JSON's types, others are ids. Refuses with `reason_invalid`, on `reason`.
    """
    raise_refusal(None if code else rules.refuse_reason(reason), "reason")  # a refusal's reason is the rule's own
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An audit entry belongs to the transaction of its change.")
    head = AuditChainHead.objects.select_for_update().get()
    columns = {
        "action": str(action),
        "code": code,
        "actor_id": actor.user.pk if actor.user else None,
        "actor_name": actor.name,
        "organization_id": organization,
        "registry_id": registry,
        "collection_id": collection,
        "subject": _printable(subject),
        "request_id": actor.request_id,
    }
    now, seq = timezone.now(), head.seq + 1
    more = {"at": now.isoformat(), "changes": changes or {}, "reason": reason, "staff": actor.staff}
    body = canonical(columns | more)
    event = AuditEvent(seq=seq, prev_hash=head.hash, body=body, at=now, **columns)
    event.hash = entry_hash(head.hash, seq, body)
    event.save(force_insert=True)
    AuditChainHead.objects.filter(seq=head.seq).update(seq=seq, hash=event.hash)  # where no guard has moved it
    return event


def _printable(text):
    """`text` as every database takes it, and as long as fits: what was refused may have been called anything.

    What is too long loses its middle, for it may end with the number of a version.
    """
    if len(text) > SUBJECT_LENGTH:
        text = f"{text[: SUBJECT_LENGTH // 2]}…{text[1 - SUBJECT_LENGTH // 2 :]}"
    return rules.printable(text)


def canonical(facts):
    """The one way to write `facts` as text: sorted keys, no spaces, ASCII."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def entry_hash(previous, seq, body):
    """The seal (SHA-256, hex) of entry `seq` with this `body`, after the entry with seal `previous`."""
    return hashlib.sha256(f"{previous}\n{seq}\n{body}".encode()).hexdigest()


def record_refusals(actor, action, errors, **where):
    """Log that rules refused `action`: one entry a code. `errors` is a ValidationError; `where` goes to `record`.

    Opens a transaction of its own: what was refused has been rolled back by then.
    """
    refusals = {error.code: " ".join(error.messages) for error in _flat(errors) if error.code}
    if refusals:
        with transaction.atomic():
            for code, reason in refusals.items():
                record(actor, action, code=code, reason=rules.printable(reason[:1000]), **where)


def _flat(error):
    if hasattr(error, "error_dict"):
        return [single for errors in error.error_dict.values() for listed in errors for single in _flat(listed)]
    return [error] if not hasattr(error, "error_list") or error.error_list == [error] else error.error_list


@contextmanager
def refusals_logged(actor, action, **where):
    """Let a ValidationError pass, and log it as an attempt that a rule refused."""
    try:
        yield
    except ValidationError as error:
        record_refusals(actor, action, error, **where)
        raise
