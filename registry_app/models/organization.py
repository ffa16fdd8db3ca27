"""Organizations and the people in them."""

from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.db.models.functions import Lower
from django.urls import reverse

from .. import rules
from ..choices import Action, OrganizationRole
from . import audit
from .law import enforce, validate_name


class User(AbstractUser):
    """A person who can sign in. Never deleted, only deactivated: what they did keeps their name."""

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_is_unique",
                violation_error_code="email_taken",
                violation_error_message="Another account has this email address.",
            )
        ]


class OrganizationQuerySet(models.QuerySet):
    """Organizations as verbs ask for them."""

    def hold(self, pk):
        """Lock the organization's row until commit: first of all locks, so that nobody acts on a right just taken."""
        return self.select_for_update(no_key=True).get(pk=pk)


class Organization(models.Model):
    """The people who share registries. It has its two core registries from the moment it exists (rule 1)."""

    name = models.CharField(max_length=rules.NAME_LENGTH, validators=[validate_name])
    slug = models.SlugField(max_length=60, unique=True, help_text="Its part of every address.")
    created_at = models.DateTimeField(auto_now_add=True)
    requires_second_factor = models.BooleanField(
        default=False, help_text="Whether its members need a second factor to get to any of its pages."
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("registries:index", args=[self.slug])

    def clean(self):
        self.name = rules.clean_name(self.name)

    @transaction.atomic
    def require_second_factor(self, by, wanted):
        """Let members in with a second factor only, or (`wanted` False) without one again; and log it."""
        stored = Organization.objects.hold(self.pk)
        self.requires_second_factor = wanted
        if stored.requires_second_factor != wanted:
            self.save(update_fields=["requires_second_factor"])
            changes = {"requires_second_factor": [not wanted, wanted]}
            audit.record(by, Action.FACTOR_REQUIRE, subject=stored.name, organization=self.pk, changes=changes)


class OrganizationMembershipQuerySet(models.QuerySet):
    """Memberships as pages ask for them."""

    def of_active(self):
        """Those of people who can still sign in."""
        return self.filter(user__is_active=True)

    def admins(self):
        """Those of organization admins who can still sign in."""
        return self.of_active().filter(role=OrganizationRole.ADMIN)


class OrganizationMembership(models.Model):
    """That a person is in an organization, and as what."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=OrganizationRole, default=OrganizationRole.MEMBER)

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
        ]

    def __str__(self):
        return f"{self.user} in {self.organization}"

    @property
    def is_admin(self):
        """Whether this makes its user an organization admin."""
        return self.role == OrganizationRole.ADMIN

    def registries(self):
        """The registries of the organization that this person can see."""
        return self.organization.registries.visible_to(self)

    @transaction.atomic
    def save_by(self, actor):
        """Add the person or change the role, and log it. Refuses with `last_admin`."""
        Organization.objects.hold(self.organization_id)
        stored = OrganizationMembership.objects.filter(pk=self.pk).first()
        if stored and stored.is_admin and not self.is_admin:
            self._keep_an_admin()
        self.full_clean()
        self.save()
        action = Action.PERSON_CHANGE if stored else Action.PERSON_ADD
        self._record(actor, action, [stored.role if stored else None, self.role])

    @transaction.atomic
    def delete_by(self, actor):
        """Take the person out of the organization, roles in its registries included. Refuses with `last_admin`."""
        Organization.objects.hold(self.organization_id)
        stored = OrganizationMembership.objects.filter(pk=self.pk).first()
        if stored is None:
            return
        if stored.is_admin:
            self._keep_an_admin()
        roles = self.user.registry_roles.filter(registry__organization=self.organization_id)
        lost = {f"role in {name}": [role, None] for name, role in roles.values_list("registry__name", "role")}
        roles.delete()
        self.delete()
        self._record(actor, Action.PERSON_REMOVE, [stored.role, None], lost)

    def _keep_an_admin(self):
        others = self.organization.memberships.admins().exclude(user=self.user_id)
        enforce(None if others.exists() else rules.LAST_ADMIN, "role")

    def _record(self, actor, action, roles, more=()):
        audit.record(
            actor,
            action,
            subject=self.user.username,
            organization=self.organization_id,
            changes={"role": roles, **dict(more)},
        )
