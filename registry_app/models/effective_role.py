"""The effective role (rulebook §3) of people in one registry. For lists of registries see registry_queryset.py."""

from typing import Any

from django.db import models
from django.db.models import Q

from .. import rules
from ..choices import OrganizationRole, Role, Visibility
from .event import Actor
from .impact import Restriction
from .organization import OrganizationMembership, OrganizationMembershipQuerySet
from .registry_member import RANK


class EffectiveRoles:
    """The part of a Registry that says who has which effective role in it."""

    organization: Any
    organization_id: Any
    visibility: Any
    members: Any

    def role_of(self, by: Actor) -> Role | None:
        """The effective role of `by` here (rulebook §3), or None. The Django admin and commands act as admins."""
        if by.staff:
            return Role.ADMIN
        given = self.members.active().for_user(by.user and by.user.pk).order_by(RANK.desc()).values("role")[:1]
        memberships = OrganizationMembership.objects.of_active().select_related("organization", "user").order_by()
        memberships = memberships.filter(organization=self.organization_id, user=by.user)
        membership = memberships.annotate(given_role=models.Subquery(given)).first()
        return membership.effective_role(self.visibility, membership.given_role) if membership else None

    def who_can(self, role: str, visibility: str | None = None) -> OrganizationMembershipQuerySet:
        """The memberships of all whose effective role here is at least `role` (rulebook §3), were it of `visibility`.

        Asked of the database in one condition; `role_of` says the same of one person.
        """
        visibility = visibility or self.visibility
        memberships, given = self.organization.memberships.of_active(), self.members.active()
        shared = rules.shared_role(visibility, self.organization.default_role)
        if rules.rank(shared) >= rules.rank(role):
            return memberships
        reached = Q(role=OrganizationRole.ADMIN) | given.at_least(role).users()
        if rules.rank(role) <= rules.rank(Role.MEMBER):  # whatever role a service account has counts as member
            reached |= Q(user__is_service=True) & (Q() if shared else given.users())
        return memberships.filter(reached)

    def people(self) -> OrganizationMembershipQuerySet:
        """The memberships of everybody who can see it."""
        return self.who_can(Role.RESTRICTED_VIEWER)

    def admins(self) -> OrganizationMembershipQuerySet:
        """The memberships of those who are admins here: organization admins, and who has the role."""
        return self.who_can(Role.ADMIN)

    def sides_of_restriction(self) -> tuple[OrganizationMembershipQuerySet, OrganizationMembershipQuerySet]:
        """The memberships of those who would keep access, and of those who would lose it, were it restricted."""
        kept = self.who_can(Role.RESTRICTED_VIEWER, Visibility.RESTRICTED)
        return kept, self.organization.memberships.of_active().exclude(pk__in=kept.order_by().values("pk"))

    def restriction(self) -> Restriction:
        """What restricting it would do, counted now (rule 18)."""
        kept, lost = self.sides_of_restriction()
        return Restriction(kept.count(), lost.count())
