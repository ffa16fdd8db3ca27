"""Invitations: links by which people join an organization, with an account or without one."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from typing import Literal, Self

from django.db import models, transaction
from django.utils import timezone

from .. import rules
from ..choices import Action, OrganizationRole, Permission, Target
from ..database.compiled import CurrentTime
from .change import changing, current_row
from .event import Actor, AuditTarget, differences, reference
from .organization import Organization
from .organization_membership import OrganizationMembership
from .secret import new_seed, secret_of
from .team import Team, TeamMembership
from .user import User
from .validation import raise_refusal

LIFETIME = timedelta(days=7)


class InvitationQuerySet(models.QuerySet["Invitation", "Invitation"]):
    """Invitations as pages ask for them."""

    def unused(self) -> Self:
        """Those neither used nor revoked nor expired."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=CurrentTime())

    def open(self) -> Self:
        """Those that still work: whose maker may still invite, or that the installation itself made."""
        admins = OrganizationMembership.objects.admins().order_by()
        makers = admins.filter(organization=models.OuterRef("organization"), user=models.OuterRef("created_by"))
        return self.unused().filter(models.Q(created_by=None) | models.Exists(makers))

    def of_token(self, token: str) -> "Invitation | None":
        """The open invitation whose link ends in `token`, or None."""
        return self.open().select_related("organization").filter(token_hash=hashed(token)).first()


class Invitation(models.Model):
    """A link into an organization: it works once, and expires. Only a hash of its secret is kept.

    `created_by` is the organization admin with whose role it ends; None where the installation itself made it, by
    command or staff: no role was used for that, so it ends with none. `teams` are references, as the log has them, to
    those that whoever accepts is put into: one may be renamed, or deleted, before that.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="invitations")
    email = models.EmailField(blank=True, help_text="Whom it is meant for; who has the link can use it.")
    role = models.CharField(max_length=10, choices=OrganizationRole, default=OrganizationRole.MEMBER)
    teams = models.JSONField(default=list, blank=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(editable=False)
    used_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    seed = ""  # of its secret; known to the object that was just created, and to no other

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=OrganizationRole.values), name="invitation_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.email or f"invitation {self.pk}"

    @property
    def audit_target(self) -> AuditTarget:
        """How the log speaks of it."""
        return AuditTarget(Target.INVITATION, self.pk, str(self), self.organization_id)

    def create(self, by: Actor) -> str:
        """Keep this new invitation, and log it. Answers the secret part of its link, which is shown only now.

        Refuses with `role_too_low`.
        """
        with changing(self.organization, by, Action.INVITE) as change:
            self.seed = new_seed()
            token = secret_of(self.seed)
            self.token_hash, self.created_by = hashed(token), None if by.staff else by.user
            self.expires_at = timezone.now() + LIFETIME
            self.full_clean()
            self.save()
            related = {"teams": self.teams} if self.teams else {}
            change.record(Action.INVITE, self, {"role": [None, self.role]}, related)
        return token

    @cached_property
    def teams_left(self) -> list[Team]:
        """Those of its teams that are still there."""
        return list(self.organization.teams.filter(pk__in=[team["id"] for team in self.teams]).order_by("name_key"))

    @property
    def teams_gone(self) -> list[str]:
        """The names of those of its teams that were deleted since."""
        left = {team.pk for team in self.teams_left}
        return [team["name"] for team in self.teams if team["id"] not in left]

    def revoke_by(self, by: Actor) -> bool:
        """End it before anybody uses it, and log that. Answers whether it was open. Refuses with `role_too_low`."""
        with changing(self, by, Action.INVITE_REVOKE) as change:
            was_open = bool(Invitation.objects.open().filter(pk=self.pk).update(revoked_at=timezone.now()))
            if was_open:
                change.record(Action.INVITE_REVOKE, self, {"role": [self.role, None]})
        return was_open

    def replace_by(self, by: Actor) -> "Invitation":
        """Revoke it, and create another one like it. Refuses with `role_too_low`, or `invitation_used`."""
        other = Invitation(organization=self.organization, email=self.email, role=self.role, teams=self.teams)
        with transaction.atomic():
            raise_refusal(None if self.revoke_by(by) else rules.INVITATION_USED)
            other.create(by)
        return other

    def accept(self, by: Actor) -> OrganizationMembership:
        """Add `by.user` to the organization, and to those of its teams that are still there, once.

        Refuses with `invitation_used`; answers the membership. Who is a member already stays as they are.
        """
        with changing(self, by, Permission.JOIN) as change:
            invitation = change.row
            used = Invitation.objects.open().filter(pk=self.pk).update(used_at=timezone.now(), used_by=by.user)
            raise_refusal(None if used else rules.INVITATION_USED)
            membership = invitation.organization.memberships.filter(user=by.user).first()
            if membership is None:
                membership = OrganizationMembership(user=by.user, role=self.role)
                membership.organization = invitation.organization
                membership.full_clean()
                membership.save()
                related = {"invitation": reference(self)}
                change.record(Action.PERSON_ADD, membership, {"role": [None, self.role]}, related)
                invitation._put_into_teams(change, related)
        return membership

    def _put_into_teams(self, change, related):
        for team in self.teams_left:
            member = TeamMembership(team=team, user=change.by.user)
            member.full_clean()
            member.save()
            related["member"] = reference(member.user)
            change.record(Action.TEAM_MEMBER_ADD, team, differences({}, member.given), related)

    def lock_for_change(self, by: Actor, action: Action | Literal[Permission.JOIN]) -> tuple["Invitation", str | None]:
        """Lock its organization until commit. Answers (the row anew, the organization role of `by`, if it is needed).

        The link itself is the right to join.
        """
        if action == Permission.JOIN:
            organization, role = Organization.objects.hold(self.organization_id), None
        else:
            organization, role = self.organization.lock_for_change(by, action)
        invitation = current_row(Invitation, organization=organization.pk, pk=self.pk)
        invitation.organization = organization
        return invitation, role


def invite(
    organization: Organization, by: Actor, emails: Iterable[str], role: str, teams: Iterable[Team] = ()
) -> list[Invitation]:
    """Create an invitation as `role`, and into `teams` of the organization, for each of the addresses, "" for anybody.

    All or none. Refuses as `create`.
    """
    into = [reference(team) for team in teams]
    invitations = [Invitation(organization=organization, email=email, role=role, teams=into) for email in emails]
    with transaction.atomic():
        for invitation in invitations:
            invitation.create(by)
    return invitations


def hashed(token: str) -> str:
    """What is kept of a secret of 256 random bits: nobody finds it by trying, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
