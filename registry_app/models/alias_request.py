"""Alias requests: a member asks the admins of a registry to set a protected alias on a version (rule 31)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models

from .. import rules
from ..choices import Action, Target
from .alias import Alias
from .change import Change, changing, refuse_stale
from .event import Actor, AuditTarget, record, reference
from .link import Link
from .request import Request
from .user import User
from .validation import raise_refusal, refused_as


class AliasRequest(Request):
    """That a person asked to set `alias` on `link`, why, and what became of it.

    `before` is the number of the version that the alias named when it was asked, None for none.
    """

    registry = models.ForeignKey("Registry", models.CASCADE, related_name="alias_requests")
    collection = models.ForeignKey("Collection", models.CASCADE, related_name="alias_requests")
    link = models.ForeignKey(Link, models.CASCADE, related_name="alias_requests")
    alias = models.CharField(max_length=rules.LABEL_LENGTH)
    before = models.PositiveIntegerField(null=True, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="alias_requests")

    told = ("collection__registry", "link__collection__registry", "user")

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "alias", "user"],
                condition=models.Q(answered_at=None),
                name="alias_request_is_single",
                **refused_as(rules.REQUESTED_ALREADY),
            ),
        ]
        indexes = [
            models.Index(fields=["registry"], condition=models.Q(answered_at=None), name="alias_request_open"),
        ]

    def __str__(self) -> str:
        return f"{self.user} asks to set {self.alias} on {self.link}"

    @property
    def what(self) -> str:
        """The alias and the version that are asked for, in words."""
        return f"{self.alias} on {self.link}"

    @property
    def audit_target(self) -> AuditTarget:
        """The alias in its collection."""
        name = f"{self.collection.path}:{self.alias}"
        return self.collection.audit_target._replace(type=Target.ALIAS, id=self._alias_id(), name=name)

    @property
    def facts(self) -> list[Any]:
        """What its page shows: the version that is asked for, and that which the alias names now."""
        return [self.link.number, _number_of(self.collection, self.alias)]

    def create(self, by: Actor) -> None:
        """Ask, and log it; `link`, `alias`, `user` and `reason` are given.

        Refuses with `role_too_low`, `request_needless`, `alias_held`, `requested_already` or `reason_invalid`.
        """
        raise_refusal(rules.refuse_reason(self.reason), "reason")
        with changing(self.link, by, Action.ALIAS_REQUEST, reason=self.reason) as change:
            self.collection, self.registry = change.row.collection, change.row.collection.registry
            self.before = _number_of(self.collection, self.alias)
            here = self.before == self.link.number
            protected = self.registry.protected_names()
            raise_refusal(rules.refuse_alias_request(change.role, self.alias, protected, here=here), "alias")
            self.full_clean()
            self.save()
            change.record(Action.ALIAS_REQUEST, self, self._changes(), self._related())

    def approve_by(self, by: Actor, note: str = "", *, etag: str | None = None) -> None:
        """Set the alias as was asked, and log it: the move itself.

        Refuses with `role_too_low`, `request_answered`, or `stale_preview` where the alias moved since it was asked.
        """
        with self._answering(by, Action.ALIAS_APPROVE, note, etag, granted=True) as change:
            moved = _number_of(self.collection, self.alias) != self.before
            raise_refusal(rules.STALE_PREVIEW if moved else None)
            change.record(Action.ALIAS_APPROVE, self, self._changes(), self._related())
            change.row.set_aliases(change, [self.alias])

    def decline_by(self, by: Actor, note: str = "", *, etag: str | None = None) -> None:
        """Say no, with a `note` for the person who asked; log it. Refuses with `role_too_low` or `request_answered`."""
        with self._answering(by, Action.ALIAS_DECLINE, note, etag, granted=False) as change:
            change.record(Action.ALIAS_DECLINE, self, self._changes(), self._related())

    def record_decline(self, by: Actor, reason: str = "") -> None:
        """Log that nothing became of it."""
        record(by, Action.ALIAS_DECLINE, self, self._changes(), self._related(), reason=reason)

    @contextmanager
    def _answering(self, by: Actor, action: Action, note: str, etag: str | None, *, granted: bool) -> Iterator[Change]:
        with changing(self.link, by, action, reason=note) as change:
            self.collection = change.row.collection
            self._answer(by, note, granted=granted)
            refuse_stale(etag, self, stale=rules.STALE_PREVIEW)
            yield change

    def _changes(self) -> dict[str, list]:
        return {"link": [None if self.before is None else f"v{self.before}", self.link.label]}

    def _related(self) -> dict[str, Any]:
        alias = {"id": self._alias_id(), "name": self.alias, "type": str(Target.ALIAS)}
        return {"alias": alias, "link": reference(self.link), "requested_by": reference(self.user)}

    def _alias_id(self) -> int | None:
        return Alias.objects.filter(collection=self.collection, name=self.alias).values_list("pk", flat=True).first()


def _number_of(collection: Any, alias: str) -> int | None:
    """The number of the version in `collection` that `alias` names, or None."""
    return collection.aliases.filter(name=alias).values_list("link__number", flat=True).first()
