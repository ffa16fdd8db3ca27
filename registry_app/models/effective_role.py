"""The effective role (rulebook §3) of people in one registry. For lists of registries see registry_queryset.py."""

from typing import Any

from django.db.models import Q

from .. import rules
from ..choices import OrganizationRole, Role, Visibility
from ..database.compiled import Compiled
from .event import Actor
from .impact import PeopleCount, RestrictionImpact
from .organization import Organization
from .organization_membership import COUNTS, OrganizationMembership, OrganizationMembershipQuerySet
from .registry_member import RegistryMember


@Compiled
def _with_given_role(user: int, organization: int, registry: int) -> OrganizationMembershipQuerySet:
    """The membership of a user who can sign in, with `given_role`: the highest given to them in the registry."""
    memberships = OrganizationMembership.objects.of_active().select_related("organization", "user").order_by()
    memberships = memberships.filter(organization=organization, user=user)
    return memberships.annotate(given_role=RegistryMember.objects.highest(user, registry))


@Compiled
def _people_counted(
    model: "type[EffectiveRoles]", visibility: str, default_role: str, registry: int, organization: int
) -> OrganizationMembershipQuerySet:
    """The number of people, and of service accounts, that can see a registry of this `visibility`, if there are any."""
    people = model.people_of(visibility, default_role, registry, organization).order_by()
    return people.values("organization").annotate(**COUNTS).values_list(*COUNTS)


class EffectiveRoles:
    """The part of a Registry that says who has which effective role in it."""

    organization: Any
    organization_id: Any
    visibility: Any
    members: Any
    pk: Any

    def role_of(self, by: Actor) -> Role | None:
        """The effective role of `by` here (rulebook §3), or None. The Django admin and commands act as admins."""
        if by.staff:
            return Role.ADMIN
        membership = _with_given_role.first(by.user.pk, self.organization_id, self.pk) if by.user else None
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

    @classmethod
    def people_of(cls, visibility: str, default_role: str, registry: int, organization: int) -> Any:
        """`people` of the registry of this id in an organization with this default role, were it of `visibility`."""
        place = Organization(pk=organization, default_role=default_role)
        return cls(pk=registry, visibility=visibility, organization=place).people()  # type: ignore[call-arg]

    def people_counted(self) -> PeopleCount:
        """How many people and service accounts can see it."""
        shape: tuple = type(self), str(self.visibility), self.organization.default_role
        return PeopleCount(*_people_counted.first(self.pk, self.organization_id, shape=shape) or (0, 0))

    def admins(self) -> OrganizationMembershipQuerySet:
        """The memberships of those who are admins here: organization admins, and who has the role."""
        return self.who_can(Role.ADMIN)

    def sides_of_restriction(self) -> tuple[OrganizationMembershipQuerySet, OrganizationMembershipQuerySet]:
        """The memberships of those who would keep access, and of those who would lose it, were it restricted."""
        kept = self.who_can(Role.RESTRICTED_VIEWER, Visibility.RESTRICTED)
        return kept, self.organization.memberships.of_active().exclude(pk__in=kept.order_by().values("pk"))

    def sides_counted(self) -> tuple[PeopleCount, PeopleCount]:
        """How many would keep access, and how many would lose it, counted now."""
        kept, lost = self.sides_of_restriction()
        return kept.counted(), lost.counted()

    def restriction(self) -> RestrictionImpact:
        """What restricting it would do (rule 18)."""
        return RestrictionImpact.of(*self.sides_counted())
