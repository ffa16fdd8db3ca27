"""Who is in which organization, and as what."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.db import models, transaction
from django.db.models.functions import Lower
from django.urls import reverse

from .. import rules
from ..choices import Action, OrganizationRole, Role
from ..database.compiled import Parts
from . import endings
from .change import changing, locked, refuse_stale
from .event import Actor, AuditTarget, differences, reference
from .group_role import GIVEN, GroupRole, group_is_whole
from .impact import PeopleCount
from .organization import Organization
from .user import User
from .validation import raise_refusal

if TYPE_CHECKING:
    from .registry import Registry
    from .registry_queryset import RegistryQuerySet

HELPERS = 5  # admins who are named where a role is missing
PINNED_MOST = 12  # registries that a person pins in an organization
# How many memberships are of people, and how many of service accounts: the fields of a PeopleCount.
COUNTS = {
    "people": models.Count("pk", filter=~models.Q(user__is_service=True)),
    "services": models.Count("pk", filter=models.Q(user__is_service=True)),
}


class OrganizationMembershipQuerySet(models.QuerySet):
    """Memberships as pages ask for them."""

    def of_active(self) -> Self:
        """Those of people who can still sign in."""
        return self.filter(user__is_active=True)

    def named(self, names: Iterable[str], *, by_address: bool) -> Self:
        """Those of the people whose username, or email address if `by_address`, is among `names`, ignoring case."""
        wanted = [name.lower() for name in names if name]
        people = User.objects.alias(username_key=Lower("username"), email_key=Lower("email"))
        called = models.Q(username_key__in=wanted)
        return self.filter(user__in=people.filter(called | models.Q(email_key__in=wanted) if by_address else called))

    def counted(self) -> PeopleCount:
        """How many of them are people, and how many service accounts."""
        return PeopleCount(**self.order_by().aggregate(**COUNTS))

    def admins(self) -> Self:
        """Those of organization admins who can still sign in."""
        return self.of_active().filter(role=OrganizationRole.ADMIN)

    def who_can_help(self) -> Self:
        """The first few of them with their users, by name: whom a person may ask who lacks their role."""
        return self.select_related("user").order_by("user__username")[:HELPERS]

    def sole_admins(self) -> Self:
        """Those of admins without whom their organization has no other."""
        others = OrganizationMembership.objects.admins().filter(organization=models.OuterRef("organization"))
        return self.admins().exclude(models.Exists(others.exclude(user=models.OuterRef("user")).order_by()))


class OrganizationMembership(Parts, GroupRole):
    """That a person is in an organization, and as what."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=OrganizationRole, default=OrganizationRole.MEMBER)
    pinned = models.JSONField(default=list, editable=False)  # ids of registries, for the person's own navigation

    objects = OrganizationMembershipQuerySet.as_manager()

    class Meta:
        ordering = ["organization__name", "user__username"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"],
                name="membership_is_single",
                violation_error_code="already_in",
                violation_error_message="They are in this organization already.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=OrganizationRole.values), name="membership_role_is_known"
            ),
            group_is_whole("membership_group_is_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"

    def get_absolute_url(self) -> str:
        return reverse("members:detail", args=[self.organization.slug, self.user.username])

    @property
    def audit_target(self) -> AuditTarget:
        """The person, in this organization."""
        return self.user.audit_target._replace(organization=self.organization_id)

    @property
    def is_admin(self) -> bool:
        """Whether this makes its user an organization admin."""
        return self.role == OrganizationRole.ADMIN

    @property
    def may_create(self) -> bool:
        """Whether its user may create registries."""
        return rules.refuse_creation(self.role, members_create=self.organization.members_create) is None

    def effective_role(self, visibility: str, given: str | None) -> Role | None:
        """The person's effective role in a registry of this visibility that gave them `given` (rulebook §3), or None.

        Needs `organization` and `user` at hand.
        """
        return rules.effective_role(
            visibility,
            self.role,
            given,
            default=self.organization.default_role,
            service=self.user.is_service,
        )

    # As Parts: how a compiled query splits it into shape and values.

    @property
    def shape(self) -> tuple[str, str, bool]:  # type: ignore[override]
        """What the form of these queries depends on."""
        return self.role, self.organization.default_role, self.user.is_service

    @property
    def parts(self) -> tuple[int, int]:  # type: ignore[override]
        """The ids of its person and its organization."""
        return self.user_id, self.organization_id

    @classmethod
    def of_shape(cls, shape: tuple[str, str, bool], user: int, organization: int) -> Self:  # type: ignore[override]
        """A membership of this `shape` with these ids."""
        role, default_role, is_service = shape
        membership = cls(role=role)
        membership.organization = Organization(pk=organization, default_role=default_role)
        membership.user = User(pk=user, is_service=is_service)
        return membership

    def registries(self) -> "RegistryQuerySet":
        """The registries of the organization that this person can see."""
        return self.organization.registries.visible_to(self)

    def pin(self, registry: "Registry", wanted: bool) -> None:
        """Keep `registry` in the person's navigation, or (`wanted` False) no longer; the oldest pins make room.

        The log says nothing of it: it changes what nobody else sees.
        """
        with transaction.atomic():
            row = locked(OrganizationMembership, no_key=True, pk=self.pk)
            others = [pk for pk in row.pinned if pk != registry.pk]
            row.pinned = [*others, registry.pk][-PINNED_MOST:] if wanted else others
            row.save(update_fields=["pinned"])

    def save_by(self, by: Actor, etag: str | None = None, *, by_hand: bool = True) -> None:
        """Add the person or change the role, and log it. `etag` is that of what was shown (rule 19).

        `by_hand` False keeps the group that it has received. Refuses with `role_too_low`, `last_admin`, `service_role`
        or `edit_conflict`.
        """
        with changing(self.organization, by, Action.PERSON_CHANGE if self.pk else Action.PERSON_ADD) as change:
            stored = OrganizationMembership.objects.filter(pk=self.pk).first()
            refuse_stale(etag, stored)
            raise_refusal(rules.SERVICE_IS_NO_ADMIN if self.is_admin and self.user.is_service else None, "role")
            if stored and not self.is_admin:
                raise_refusal(stored.refuse_last_admin(), "role")
            if by_hand:
                self.give_by_hand(self.role)
            if stored and stored.given == self.given:
                return
            self.full_clean()
            self.save(update_fields=GIVEN if stored else None)  # what the person pinned meanwhile stays
            if stored and stored.is_admin and not self.is_admin:
                endings.end_of_admin_role(self, by, f"{self.user} is no longer an organization admin.")
            action = Action.PERSON_CHANGE if stored else Action.PERSON_ADD
            change.record(action, self, differences(stored.given if stored else {}, self.given))

    def delete_by(self, by: Actor) -> None:
        """Remove the person from the organization, with all that being in it made possible.

        Refuses with `role_too_low` or `last_admin`.
        """
        with changing(self.organization, by, Action.PERSON_REMOVE) as change:
            stored = OrganizationMembership.objects.filter(pk=self.pk).first()
            if stored is None:
                return
            raise_refusal(stored.refuse_last_admin(), "role")
            lost = stored._remove_roles()
            self.delete()
            endings.end_of_membership(stored, by, f"{self.user} was removed from the organization.")
            change.record(Action.PERSON_REMOVE, stored, differences(stored.given, {}), lost)

    def _remove_roles(self):
        """Remove the person's roles in registries and teams of the organization; answers what they were."""
        roles = self.user.registry_roles.filter(registry__organization=self.organization_id).select_related("registry")
        teams = self.user.team_memberships.filter(team__organization=self.organization_id).select_related("team")
        lost = {
            "registry_roles": [reference(each.registry, role=each.role) for each in roles],
            "team_roles": [reference(each.team, role=each.role) for each in teams],
        }
        roles.delete()
        teams.delete()
        return {what: things for what, things in lost.items() if things}

    def refuse_last_admin(self) -> rules.Refusal | None:
        """Why its person, an organization admin, must stay one (`last_admin`: no other is active); else None."""
        if not self.is_admin:
            return None
        others = OrganizationMembership.objects.admins().filter(organization=self.organization_id)
        return None if others.exclude(user=self.user_id).exists() else rules.LAST_ADMIN
