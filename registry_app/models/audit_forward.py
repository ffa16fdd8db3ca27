"""How far the audit log was forwarded, to each target."""

from typing import Self

from django.db import models
from django.utils import timezone

FAILURE_LENGTH = 500  # characters


class AuditForward(models.Model):
    """How far the log was forwarded to `target`, an address of REGISTRY_AUDIT_FORWARD, and what went wrong last.

    `seq` is the number of the last entry that the target has: it moves only after that was written there.
    """

    target = models.CharField(max_length=500, unique=True)
    seq = models.BigIntegerField("last entry forwarded", default=0)
    forwarded_at = models.DateTimeField("last forwarded", null=True)
    failed_at = models.DateTimeField("failed since", null=True, help_text="Empty while it works.")
    failure = models.CharField("last failure", max_length=FAILURE_LENGTH, blank=True)

    def __str__(self) -> str:
        return self.target

    @classmethod
    def to(cls, target: str) -> Self:
        """The row of `target`; a new target begins with the first entry."""
        return cls.objects.get_or_create(target=target)[0]

    def advance(self, seq: int) -> bool:
        """Note that the target has all up to entry `seq`. False if somebody else has moved the position meanwhile."""
        columns = {"seq": seq, "forwarded_at": timezone.now(), "failed_at": None}
        moved = AuditForward.objects.filter(pk=self.pk, seq=self.seq).update(**columns)
        self.seq = seq
        return bool(moved)

    def note_failure(self, text: str) -> None:
        """Note that forwarding fails, and since when."""
        self.failed_at = self.failed_at or timezone.now()
        AuditForward.objects.filter(pk=self.pk).update(failed_at=self.failed_at, failure=text[:FAILURE_LENGTH])
