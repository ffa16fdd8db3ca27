"""Teams: named groups of an organization's people, to which registries give roles."""

from django.db import models, transaction
from django.urls import reverse

from .. import rules
from ..choices import Action, OrganizationRole, TeamRole
from .event import record
from .organization import Organization, User
from .validation import raise_refusal, validate_name


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
                violation_error_code=rules.NAME_TAKEN.code,
                violation_error_message=rules.NAME_TAKEN.reason,
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("teams:detail", args=[self.organization.slug, self.name])

    def clean(self):
        """The name as it is kept, and its key; what the description may hold."""
        self.name = rules.clean_name(self.name)
        self.name_key = rules.name_key(self.name)
        raise_refusal(rules.refuse_description(self.description), "description")

    def may_lead(self, user):
        """Whether `user` may edit it: its admins, and the organization's."""
        leads = self.memberships.filter(user=user, role=TeamRole.ADMIN)
        here = self.organization.memberships
        return here.admins().filter(user=user).exists() or (leads.exists() and here.filter(user=user).exists())

    def admins(self):
        """The memberships of the organization of those who lead it: the organization's admins, and its own."""
        own = self.memberships.filter(role=TeamRole.ADMIN).order_by().values("user")
        here = self.organization.memberships.of_active()
        return here.filter(models.Q(role=OrganizationRole.ADMIN) | models.Q(user__in=own))

    def lock_for(self, by):
        """Hold the organization's row until commit, and refuse whoever may not lead the team, with `role_too_low`."""
        Organization.objects.hold(self.organization_id)
        raise_refusal(None if by.staff or self.may_lead(by.user) else rules.TEAM_ADMINS_ONLY)

    @transaction.atomic
    def create(self, by):
        """Keep this new team, and log it. Refuses with `role_too_low`, `name_invalid` or `name_taken`."""
        self.organization.lock_for(by)
        self.full_clean()
        self.save()
        self.record(by, Action.TEAM_CREATE, {"name": [None, self.name], "description": [None, self.description]})

    @transaction.atomic
    def edit(self, by, *, name, description, version=None):
        """Give it another name or description, and log it. Refuses as `create`, and with `edit_conflict` (rule 19)."""
        self.lock_for(by)
        self.refresh_from_db()
        raise_refusal(rules.EDIT_CONFLICT if version not in (None, self.version) else None)
        before = (self.name, self.description)
        self.name, self.description = name, description
        self.full_clean()
        fields = zip(("name", "description"), before, (self.name, self.description), strict=True)
        changes = {field: [old, new] for field, old, new in fields if old != new}
        if changes:
            self.version += 1
            self.save()
            self.record(by, Action.TEAM_EDIT, changes)

    @transaction.atomic
    def delete_by(self, by):
        """Delete it, with the roles it had in registries, and log what they were.

        Refuses with `role_too_low`, or with `artifacts_stay` where it has registered any.
        """
        self.organization.lock_for(by)
        raise_refusal(rules.ARTIFACTS_STAY if self.artifacts.exists() else None)
        roles = self.registry_roles.values_list("registry__name", "role")
        changes = {f"role in {name}": [role, None] for name, role in roles}
        people = sorted(self.memberships.values_list("user__username", flat=True))
        self.record(by, Action.TEAM_DELETE, {**changes, "people": [people, None]})
        self.delete()

    @transaction.atomic
    def add(self, by, users, role):
        """Put `users` into it as `role`, all or none, and log each; who is in it already stays as they are.

        Answers who is new. Refuses with `role_too_low` or `not_in_organization`.
        """
        self.lock_for(by)
        inside = set(self.memberships.filter(user__in=users).values_list("user_id", flat=True))
        new = [user for user in users if user.pk not in inside]
        for user in new:
            TeamMembership(team=self, user=user, role=role).save_by(by)
        return new

    def record(self, by, action, changes):
        """Log `action` on this team."""
        record(by, action, subject=self.name, organization=self.organization_id, changes=changes)


class TeamMembership(models.Model):
    """That a person is in a team, and as what."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.PROTECT, related_name="team_memberships")
    role = models.CharField(max_length=10, choices=TeamRole, default=TeamRole.MEMBER)

    class Meta:
        ordering = ["team", "user__username"]
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="team_membership_is_single"),
            models.CheckConstraint(condition=models.Q(role__in=TeamRole.values), name="team_role_is_known"),
        ]

    def __str__(self):
        return f"{self.user} in {self.team}"

    @transaction.atomic
    def save_by(self, by, seen=None):
        """Put the person into the team or change their role in it, and log it. `seen` is the role shown (rule 19).

        Refuses with `role_too_low`, `edit_conflict`, or `not_in_organization` for whoever isn't in the organization.
        """
        self.team.lock_for(by)
        here = self.team.organization.memberships.filter(user=self.user)
        raise_refusal(None if here.exists() else rules.NOT_HERE, "user")
        stored = TeamMembership.objects.filter(team=self.team, user=self.user).first()
        raise_refusal(rules.EDIT_CONFLICT if seen is not None and (stored is None or stored.role != seen) else None)
        if stored and stored.role == self.role:
            return
        self.pk, self._state.adding = stored.pk if stored else None, stored is None
        self.full_clean()
        self.save()
        action = Action.TEAM_MEMBER_CHANGE if stored else Action.TEAM_MEMBER_ADD
        self.team.record(by, action, {self.user.username: [stored and stored.role, self.role]})

    @transaction.atomic
    def delete_by(self, by):
        """Take the person out of the team, and log it; what came through it ends at once. Refuses with `role_too_low`.

        Everybody may leave.
        """
        if by.user != self.user:
            self.team.lock_for(by)
        stored = TeamMembership.objects.filter(pk=self.pk).first()
        if stored:
            self.delete()
            self.team.record(by, Action.TEAM_MEMBER_REMOVE, {self.user.username: [stored.role, None]})
