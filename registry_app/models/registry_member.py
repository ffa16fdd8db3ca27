"""The roles that registries give: to people and service accounts, and to teams."""

from collections.abc import Iterable
from datetime import UTC
from typing import TYPE_CHECKING, Any, Self, cast

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils import timezone

from .. import rules
from ..choices import Action, Role
from ..database.compiled import CurrentTime
from .change import Change, changing, refuse_stale
from .event import Actor, AuditTarget, differences, reference
from .team import Team, TeamMembership
from .user import User
from .validation import raise_refusal

if TYPE_CHECKING:
    from .registry import Registry

RANK = Case(
    *(When(role=role, then=Value(rules.rank(role))) for role in rules.LADDER), output_field=models.SmallIntegerField()
)


class RegistryMemberQuerySet(models.QuerySet):
    """Roles given, as pages ask for them."""

    def active(self) -> Self:
        """Those that count now: past its end a role counts for nothing, with nobody doing anything."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=CurrentTime()))

    def for_user(self, user_id: int | None) -> Self:
        """Those given to this user, or to a team that they are in."""
        teams = TeamMembership.objects.filter(user=user_id).values("team")
        return self.filter(Q(user=user_id) | Q(team__in=teams))

    def registries_for(self, user_id: int) -> models.QuerySet:
        """The ids of the registries that give one of these roles to this user, or to a team that they are in.

        A union, because with an OR PostgreSQL would read the roles of everybody.
        """
        teams, roles = TeamMembership.objects.filter(user=user_id).values("team"), self.order_by()
        through = roles.filter(team__in=teams).values("registry")
        return roles.filter(user=user_id).values("registry").union(through)

    def at_least(self, role: str) -> Self:
        """Those of this role or a higher one."""
        return self.filter(role__in=rules.LADDER[rules.rank(role) :])

    def highest(self, user_id: int, registry: int | models.OuterRef) -> models.Subquery:
        """The highest of them that `registry` (its id) gives to this user or to their teams, or None."""
        given = self.active().for_user(user_id).filter(registry=registry).order_by(RANK.desc())
        return models.Subquery(given.values("role")[:1])

    def keep(self, registry: "Registry", users: Iterable[User]) -> list[dict[str, Any]]:
        """Give `users`, who lose access to `registry` now, the lowest role that keeps it; answers their references.

        A role of theirs that has ended begins anew.
        """
        roles = [(user, Role.MEMBER if user.is_service else Role.VIEWER) for user in users]
        RegistryMember.objects.bulk_create(
            [RegistryMember(registry=registry, user=user, role=role) for user, role in roles],
            update_conflicts=True,
            unique_fields=["registry", "user"],
            update_fields=["role", "ends_at"],
        )
        return [reference(user, role=str(role)) for user, role in roles]

    def users(self) -> Q:
        """The condition on memberships of an organization that one of these roles reaches their user."""
        directly = self.filter(user__isnull=False).values("user")
        through = TeamMembership.objects.filter(team__in=self.filter(team__isnull=False).values("team"))
        return Q(user__in=directly) | Q(user__in=through.values("user"))


class RegistryMember(models.Model):
    """A role that a registry gave, to a user or to a team, permanently or until `ends_at`."""

    registry = models.ForeignKey("Registry", models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="registry_roles")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="registry_roles")
    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)
    ends_at = models.DateTimeField("ends", null=True, blank=True)

    objects = RegistryMemberQuerySet.as_manager()

    class Meta:
        ordering = ["registry", "user__username", "team__name"]
        constraints = [
            models.UniqueConstraint(fields=["registry", "user"], name="registry_role_is_single"),
            models.UniqueConstraint(fields=["registry", "team"], name="registry_role_of_team_is_single"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="registry_role_has_one_holder",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="registry_role_is_known"),
        ]
        indexes = [models.Index(fields=["ends_at"], condition=Q(ends_at__isnull=False), name="registry_role_by_end")]

    def __str__(self) -> str:
        return f"{self.holder}, {self.get_role_display()} of {self.registry}"

    @property
    def audit_target(self) -> AuditTarget:
        """Its registry."""
        return self.registry.audit_target

    @property
    def holder(self) -> User | Team:
        """The user or team that has the role."""
        return cast("User | Team", self.user or self.team)  # a constraint says that it has one of them

    @property
    def has_ended(self) -> bool:
        """Whether it counts for nothing any more."""
        return self.ends_at is not None and self.ends_at <= timezone.now()

    @property
    def facts(self) -> str:
        """What was given, as text: what a form shows (rule 19)."""
        return f"{self.role} until {self.given['ends_at']}" if self.ends_at else str(self.role)

    @property
    def given(self) -> dict[str, str | None]:
        """What was given, as the log says it: the role, and its end in UTC or None."""
        return {"role": str(self.role), "ends_at": self.ends_at.astimezone(UTC).isoformat() if self.ends_at else None}

    def save_by(self, by: Actor, etag: str | None = None, reason: str = "") -> None:
        """Give the role or change it, and log it. `etag` is that of what was shown (rule 19).

        Refuses with `role_too_low`, `not_in_organization`, `service_role`, `end_date_past` or `edit_conflict`.
        """
        action = Action.MEMBER_CHANGE if self.pk else Action.MEMBER_ADD
        with changing(self.registry, by, action, reason=reason) as change:
            self.save_in(change, etag)

    def delete_by(self, by: Actor) -> None:
        """Remove the role, and log it. Refuses with `role_too_low`."""
        with changing(self.registry, by, Action.MEMBER_REMOVE) as change:
            stored = RegistryMember.objects.select_related("user", "team").filter(pk=self.pk).first()
            if stored:
                self.delete()
                stored._record(change, Action.MEMBER_REMOVE, differences(stored.given, {}))

    def save_in(self, change: Change, etag: str | None = None) -> None:
        """Give the role or change it, as part of a Change of its registry, as `save_by` says."""
        self.registry = change.row
        stored = RegistryMember.objects.filter(registry=self.registry, user=self.user, team=self.team).first()
        refuse_stale(etag, stored)
        raise_refusal(None if self._is_here() else rules.NOT_HERE, "holder")
        raise_refusal(rules.refuse_given_role(self.role, service=bool(self.user and self.user.is_service)), "role")
        if stored and stored.facts == self.facts:
            return
        raise_refusal(rules.ROLE_ENDS_BEFORE if self.has_ended else None, "ends_at")
        self.pk, self._state.adding = stored.pk if stored else None, stored is None
        self.clean_fields(exclude={"registry", "user", "team"})  # foreign keys say that those exist
        self.save()
        action = Action.MEMBER_CHANGE if stored else Action.MEMBER_ADD
        self._record(change, action, differences(stored.given if stored else {}, self.given))

    def _record(self, change, action, changes):
        change.record(action, change.row, changes, {"holder": reference(self.holder)})

    def _is_here(self):
        """Whether the holder belongs to the registry's organization."""
        organization = self.registry.organization
        if self.team_id:
            return organization.teams.filter(pk=self.team_id).exists()
        return organization.memberships.filter(user=self.user_id).exists()
