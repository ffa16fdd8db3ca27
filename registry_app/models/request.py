"""What requests for a role and for an alias share: why somebody asked, and the answer of the registry's admins."""

from typing import Any, Self

from django.db import models
from django.utils import timezone

from .. import rules
from ..choices import Permission, Role
from .change import changing
from .event import Actor, Related, reference
from .organization_membership import OrganizationMembership
from .registry_member import RegistryMember
from .user import User
from .validation import raise_refusal

WITHDRAWN = "Withdrawn by the person who asked."  # the note of a request that ended so


class RequestQuerySet(models.QuerySet):
    """Requests to the admins of a `registry` as pages ask for them."""

    def open(self) -> Self:
        """Those that nobody has answered, of people who are still in the registry's organization and can sign in."""
        here = OrganizationMembership.objects.filter(
            user=models.OuterRef("user"), organization=models.OuterRef("registry__organization")
        )
        return self.filter(models.Exists(here), answered_at=None, user__is_active=True)

    def answerable(self, user_id: int) -> Self:
        """Those in whose registries this user has the Admin role, given there or as organization admin."""
        given = RegistryMember.objects.active().at_least(Role.ADMIN).registries_for(user_id)
        led = OrganizationMembership.objects.admins().filter(user=user_id).values("organization")
        return self.filter(models.Q(registry__in=given) | models.Q(registry__organization__in=led))

    def unanswered(self) -> Self:
        """Those of anybody that nobody has answered, with what the log says of them at hand."""
        return self.filter(answered_at=None).select_related(*self.model.told)  # type: ignore[attr-defined]

    def end(self, by: Actor, note: str) -> list[Any]:
        """End the unanswered ones, because of `note`. Answers them, for `record_decline`: the log comes last."""
        if not self.filter(answered_at=None).exists():  # `unanswered` joins much, and mostly there are none
            return []
        ended = list(self.unanswered())
        self.filter(answered_at=None).update(answered_at=timezone.now(), answered_by=by.user, note=note)
        return ended


class Request(models.Model):
    """A request of `user` to the admins of `registry`, with its reason, and what became of it."""

    # Fields of each kind of request: a registry and a user have a list of each kind, under a name of its own.
    registry: Any
    user: Any
    told: tuple[str, ...] = ("registry", "user")  # what the log says of it
    reason = models.CharField(max_length=rules.REASON_LENGTH)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    granted = models.BooleanField(default=False, editable=False)
    note = models.CharField(max_length=rules.REASON_LENGTH, blank=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def what(self) -> str:
        """What is asked for, in words."""
        raise NotImplementedError

    @property
    def outcome(self) -> str:
        """What became of it, in a word."""
        if not self.answered_at:
            return "Open"
        if self.granted:
            return "Granted"
        if self.note == WITHDRAWN:
            return "Withdrawn"
        return "Ended" if self.note in rules.REQUEST_ENDED else "Declined"

    @property
    def decided_by(self) -> User | None:
        """The admin who granted or declined it; None of one that is open, was withdrawn or ended by itself."""
        return self.answered_by if self.outcome in {"Granted", "Declined"} else None

    def record_decline(self, by: Actor, reason: str = "") -> None:
        """Log that nothing became of it."""
        raise NotImplementedError

    def withdraw_by(self, by: Actor) -> None:
        """End it as the person who asked, and log that.

        Refuses with `role_too_low` other people, and those who see the registry no more; with `request_answered`.
        """
        with changing(self.registry, by, Permission.SEE):
            raise_refusal(None if by.user == self.user else rules.OWN_REQUESTS_ONLY)
            self._answer(by, WITHDRAWN, granted=False)
            self.record_decline(by, WITHDRAWN)

    def _answer(self, by: Actor, note: str, *, granted: bool) -> None:
        """Keep the answer. Refuses with `request_answered` a second time, or `reason_invalid` for a note."""
        raise_refusal(rules.refuse_reason(note), "note")
        answer = {"answered_at": timezone.now(), "answered_by": by.user, "granted": granted, "note": note}
        done = type(self).objects.open().filter(pk=self.pk).update(**answer)
        raise_refusal(None if done else rules.REQUEST_ANSWERED)


def deleted_with(*requests: RequestQuerySet) -> Related:
    """How the entry of a deletion speaks of the unanswered ones of `requests`, which go with what is deleted."""
    gone = [reference(asked.user, asked=asked.what) for each in requests for asked in each.unanswered()]
    return {"requests": gone} if gone else {}
