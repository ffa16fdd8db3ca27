"""Organizations: the people who share registries."""

from typing import Any

from django.db import models
from django.urls import reverse

from .. import rules
from ..choices import Action, OrganizationRole, Role, Target
from .change import changing, locked
from .event import Actor, Audited, AuditTarget
from .validation import raise_refusal, validate_name

SETTINGS = ("default_role", "members_create", "requires_second_factor")


class OrganizationQuerySet(models.QuerySet):
    """Organizations as verbs ask for them."""

    def hold(self, pk: int) -> "Organization":
        """Lock the organization's row until commit: first of all locks, so that nobody acts on a right just taken."""
        return locked(Organization, no_key=True, pk=pk)


class Organization(models.Model):
    """The people who share registries. It has its two core registries from the moment it exists (rule 1)."""

    name = models.CharField(max_length=rules.NAME_LENGTH, validators=[validate_name])
    slug = models.SlugField(max_length=60, unique=True, help_text="Its part of every address.")
    default_role = models.CharField(
        max_length=20, choices=[(role.value, role.label) for role in rules.DEFAULT_ROLES], default=Role.VIEWER
    )
    members_create = models.BooleanField("members create registries", default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    requires_second_factor = models.BooleanField(
        default=False, help_text="Whether its members need a second factor to get to any of its pages."
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_target(self) -> AuditTarget:
        """How the log speaks of it."""
        return AuditTarget(Target.ORGANIZATION, self.pk, self.name, self.pk)

    def get_absolute_url(self) -> str:
        return reverse("organizations:detail", args=[self.slug])

    def clean(self) -> None:
        self.name = rules.clean_name(self.name)

    def validate(self) -> None:
        """`full_clean` but for the name, which no verb changes and which may be older than the rule of names."""
        self.full_clean(exclude=["name"])

    def edit(self, by: Actor, *, default_role: str, members_create: bool, etag: str | None = None) -> None:
        """Change what everybody may, and log it. Refuses with `role_too_low`, or `edit_conflict` (rule 19)."""
        with changing(self, by, Action.ORGANIZATION_EDIT, etag=etag) as change:
            change.row.default_role, change.row.members_create = str(default_role), members_create

    def require_second_factor(self, by: Actor, wanted: bool) -> None:
        """Let members in with a second factor only, or (`wanted` False) without one again; and log it.

        Refuses with `role_too_low`.
        """
        with changing(self, by, Action.FACTOR_REQUIRE) as change:
            change.row.requires_second_factor = wanted

    def targets_named(self, name: str) -> list[AuditTarget]:
        """The AuditTargets of the registries, teams and people here that have just this name today."""
        key = rules.name_key(name)
        people = self.memberships.select_related("user").filter(user__username__iexact=name)
        found: list[Audited] = [*self.registries.filter(name_key=key), *self.teams.filter(name_key=key), *people]
        return [each.audit_target for each in found]

    # What a Change asks of it.

    def lock_for_change(self, by: Actor, action: Action) -> tuple["Organization", str | None]:
        """Lock the row until commit. Answers (the row anew, the organization role of `by`)."""
        organization = Organization.objects.hold(self.pk)
        here = organization.memberships.of_active().filter(user=by.user).values_list("role", flat=True)
        role = OrganizationRole.ADMIN if by.staff else here.first()
        raise_refusal(rules.refuse_in_organization(action, role, members_create=organization.members_create))
        return organization, role

    def logged_fields(self) -> dict[str, Any]:
        """The fields whose changes the log holds."""
        return {field: getattr(self, field) for field in SETTINGS}
