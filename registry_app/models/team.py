"""Teams: named groups of an organization's people, to which registries give roles."""

from collections.abc import Collection
from typing import Any

from django.db import models
from django.urls import reverse

from .. import rules
from ..choices import Action, OrganizationRole, Permission, Target, TeamRole
from .change import changing, current_row, refuse_stale
from .event import Actor, AuditTarget, differences, reference
from .group_role import GroupRole, group_is_whole
from .organization import Organization
from .organization_membership import OrganizationMembershipQuerySet
from .user import User
from .validation import raise_refusal, refused_as, validate_name


class Team(models.Model):
    """A named group of people. It gives no role by itself; a role that a registry gives to it, everybody in it has.

    Made and deleted by organization admins; its own admins edit it and choose who is in it.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="teams")
    name = models.CharField(max_length=rules.NAME_LENGTH, validators=[validate_name])
    name_key = models.CharField(max_length=rules.KEY_LENGTH, editable=False)
    description = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["organization", "name_key"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name_key"],
                name="team_name_is_unique",
                **refused_as(rules.NAME_TAKEN),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_target(self) -> AuditTarget:
        """How the log speaks of it."""
        return AuditTarget(Target.TEAM, self.pk, self.name, self.organization_id)

    def get_absolute_url(self) -> str:
        return reverse("teams:detail", args=[self.organization.slug, self.name])

    def clean(self) -> None:
        """The name as it is kept, and its key; what the description may hold."""
        self.name = rules.clean_name(self.name)
        self.name_key = rules.name_key(self.name)
        raise_refusal(rules.refuse_description(self.description), "description")

    def admins(self) -> OrganizationMembershipQuerySet:
        """The memberships of the organization of those who lead it: the organization's admins, and its own."""
        own = self.memberships.filter(role=TeamRole.ADMIN).order_by().values("user")
        here = self.organization.memberships.of_active()
        return here.filter(models.Q(role=OrganizationRole.ADMIN) | models.Q(user__in=own))

    def create(self, by: Actor) -> None:
        """Keep this new team, and log it. Refuses with `role_too_low`, `name_invalid` or `name_taken`."""
        with changing(self.organization, by, Action.TEAM_CREATE) as change:
            self.full_clean()
            self.save()
            changes = {field: [None, value] for field, value in self.logged_fields().items()}
            change.record(Action.TEAM_CREATE, self, changes)

    def edit(self, by: Actor, *, name: str, description: str, etag: str | None = None) -> None:
        """Give it another name or description, and log it. Refuses as `create`, and with `edit_conflict` (rule 19)."""
        with changing(self, by, Action.TEAM_EDIT, etag=etag) as change:
            change.row.name, change.row.description = name, description

    def delete_by(self, by: Actor) -> None:
        """Delete it, with the roles it had in registries, and log what they were.

        Refuses with `role_too_low`, or as `refuse_deletion` says.
        """
        with changing(self, by, Action.TEAM_DELETE) as change:
            team = change.row
            raise_refusal(team.refuse_deletion())
            people, roles = team.memberships.select_related("user"), team.registry_roles.select_related("registry")
            lost = {
                "members": [reference(each.user, role=each.role) for each in people],
                "registry_roles": [reference(each.registry, role=each.role) for each in roles],
            }
            related = {what: things for what, things in lost.items() if things}
            change.record(Action.TEAM_DELETE, team, {"name": [team.name, None]}, related)
            Team.objects.filter(pk=team.pk).delete()

    def refuse_deletion(self) -> rules.Refusal | None:
        """Why it can't be deleted: `artifacts_stay` where it has registered any, or `team_mapped`; else None."""
        if self.artifacts.exists():
            return rules.ARTIFACTS_STAY
        return rules.TEAM_MAPPED if self.group_mappings.exists() else None

    def add(self, by: Actor, users: Collection[User], role: str) -> list[User]:
        """Put `users` into it as `role`, all or none, and log each; who is in it already stays as they are.

        Answers who is new. Refuses with `role_too_low` or `not_in_organization`.
        """
        with changing(self, by, Action.TEAM_MEMBER_ADD) as change:
            inside = set(change.row.memberships.filter(user__in=users).values_list("user_id", flat=True))
            new = [user for user in users if user.pk not in inside]
            for user in new:
                TeamMembership(team=self, user=user, role=role).save_by(by)
        return new

    # What a Change asks of it.

    def lock_for_change(self, by: Actor, action: Action | Permission) -> tuple["Team", str | None]:
        """Lock its organization until commit. Answers (the row anew, the team role of `by`)."""
        organization = Organization.objects.hold(self.organization_id)
        team = current_row(Team, organization=organization.pk, pk=self.pk)
        team.organization = organization
        return team, team.check_role(by, action)

    def check_role(self, by: Actor, action: Action | Permission) -> str | None:
        """Refuse with `role_too_low` if `by` may not do `action` here now. Answers their team role."""
        if by.staff:
            return TeamRole.ADMIN
        here = self.organization.memberships.of_active().filter(user=by.user).values_list("role", flat=True).first()
        inside = self.memberships.filter(user=by.user).values_list("role", flat=True).first()
        raise_refusal(rules.refuse_in_team(action, here, inside))
        return inside

    def logged_fields(self) -> dict[str, Any]:
        """The fields whose changes the log holds."""
        return {"name": self.name, "description": self.description}

    def validate(self) -> None:
        """`full_clean`, as forms do it."""
        self.full_clean()


class TeamMembership(GroupRole):
    """That a person is in a team, and as what."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.PROTECT, related_name="team_memberships")
    role = models.CharField(max_length=10, choices=TeamRole, default=TeamRole.MEMBER)

    class Meta:
        ordering = ["team", "user__username"]
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="team_membership_is_single"),
            models.CheckConstraint(condition=models.Q(role__in=TeamRole.values), name="team_role_is_known"),
            group_is_whole("team_membership_group_is_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"

    @property
    def audit_target(self) -> AuditTarget:
        """Its team."""
        return self.team.audit_target

    def save_by(self, by: Actor, etag: str | None = None, *, by_hand: bool = True) -> None:
        """Put the person into the team or change their role in it, and log it. `etag`: of what was shown (rule 19).

        `by_hand` False keeps the group that it has received. Refuses with `role_too_low`, `edit_conflict`, or
        `not_in_organization` for who isn't in the organization.
        """
        with changing(self.team, by, Action.TEAM_MEMBER_CHANGE if self.pk else Action.TEAM_MEMBER_ADD) as change:
            here = change.row.organization.memberships.filter(user=self.user)
            raise_refusal(None if here.exists() else rules.NOT_HERE, "user")
            stored = TeamMembership.objects.filter(team=self.team, user=self.user).first()
            refuse_stale(etag, stored)
            if by_hand:
                self.give_by_hand(self.role)
            if stored and stored.given == self.given:
                return
            self.pk, self._state.adding = stored.pk if stored else None, stored is None
            self.full_clean()
            self.save()
            action = Action.TEAM_MEMBER_CHANGE if stored else Action.TEAM_MEMBER_ADD
            self._record(change, action, differences(stored.given if stored else {}, self.given))

    def delete_by(self, by: Actor) -> None:
        """Remove the person from the team, and log it; what came through it ends at once.

        Refuses with `role_too_low`; everybody may leave.
        """
        leaves = by.user == self.user
        with changing(self.team, by, Permission.LEAVE if leaves else Action.TEAM_MEMBER_REMOVE) as change:
            if stored := TeamMembership.objects.filter(pk=self.pk).first():
                self.delete()
                self._record(change, Action.TEAM_MEMBER_REMOVE, differences(stored.given, {}))

    def _record(self, change, action, changes):
        change.record(action, change.row, changes, {"member": reference(self.user)})
