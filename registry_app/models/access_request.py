"""Access requests: a person who sees a registry asks its admins for a higher role."""

from django.db import models

from .. import rules
from ..choices import Action, Permission, Role
from .change import changing
from .event import Actor, record, reference
from .registry_member import RegistryMember
from .request import Request
from .user import User
from .validation import raise_refusal, refused_as


class AccessRequest(Request):
    """That a person asked for a role in a registry, why, and what became of it."""

    registry = models.ForeignKey("Registry", models.CASCADE, related_name="access_requests")
    user = models.ForeignKey(User, models.PROTECT, related_name="access_requests")
    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["registry", "user"],
                condition=models.Q(answered_at=None),
                name="access_request_is_single",
                **refused_as(rules.REQUESTED_ALREADY),
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="access_request_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} asks to be {self.get_role_display()} of {self.registry}"

    @property
    def what(self) -> str:
        """The role that is asked for, in words."""
        return f"the {self.get_role_display()} role"

    def create(self, by: Actor) -> None:
        """Ask, and log it. Refuses with `role_too_low` who can't see the registry, with `role_held` who has the role.

        `requested_already` where an earlier request is still open, `reason_invalid` for a reason that is no text.
        """
        raise_refusal(rules.refuse_reason(self.reason), "reason")
        with changing(self.registry, by, Permission.SEE, reason=self.reason) as change:
            raise_refusal(rules.ROLE_HELD if rules.rank(change.role) >= rules.rank(self.role) else None, "role")
            self.full_clean()
            self.save()
            change.record(Action.REQUEST, change.row, {"role": [change.role, self.role]})

    def grant_by(self, by: Actor, note: str = "") -> None:
        """Give the role that was asked for. Refuses as giving a role does, with `request_answered` a second time.

        And with `reason_invalid` for a note that is no text.
        """
        with changing(self.registry, by, Action.REQUEST_GRANT):
            self._answer(by, note, granted=True)
            given = RegistryMember.objects.filter(registry=self.registry, user=self.user).first()
            member = given or RegistryMember(registry=self.registry, user=self.user)
            if member.has_ended or given is None or rules.rank(given.role) < rules.rank(self.role):
                member.role, member.ends_at = self.role, None
                member.save_by(by, reason=note)

    def decline_by(self, by: Actor, note: str = "") -> None:
        """Say no, with a `note` for the person who asked, and log it.

        Refuses with `role_too_low`, `request_answered` or `reason_invalid`.
        """
        with changing(self.registry, by, Action.REQUEST_DECLINE):
            self._answer(by, note, granted=False)
            self.record_decline(by, note)

    def record_decline(self, by: Actor, reason: str = "") -> None:
        """Log that nothing became of it."""
        related = {"requested_by": reference(self.user)}
        record(by, Action.REQUEST_DECLINE, self.registry, {"role": [self.role, None]}, related, reason=reason)
