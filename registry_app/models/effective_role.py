"""The effective role (rulebook §3) of people in one registry. For lists of registries see registry_queryset.py."""

from typing import Any, Self

from django.db.models import Q

from .. import rules
from ..choices import OrganizationRole, Role, Visibility
from ..database.compiled import Compiled, Parts
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
def _people_counted(registry: "EffectiveRoles") -> OrganizationMembershipQuerySet:
    """The number of people, and of service accounts, that can see the registry, if there are any."""
    return registry.people().order_by().values("organization").annotate(**COUNTS).values_list(*COUNTS)


@Compiled
def _helpers(registry: "EffectiveRoles") -> OrganizationMembershipQuerySet:
    return registry.admins().who_can_help()


class EffectiveRoles(Parts):
    """The part of a Registry that says who has which effective role in it."""

    organization: Any
    organization_id: Any
    visibility: Any
    members: Any
    pk: Any

    # As Parts: how a compiled query splits it into shape and values.

    @property
    def shape(self) -> tuple[str, str]:  # type: ignore[override]
        """What the form of these queries depends on."""
        return str(self.visibility), self.organization.default_role

    @property
    def parts(self) -> tuple[int, int]:  # type: ignore[override]
        """The ids of it and of its organization."""
        return self.pk, self.organization_id

    @classmethod
    def of_shape(cls, shape: tuple[str, str], registry: int, organization: int) -> Self:  # type: ignore[override]
        """A registry of this `shape` with these ids."""
        visibility, default_role = shape
        place = Organization(pk=organization, default_role=default_role)
        return cls(pk=registry, visibility=visibility, organization=place)  # type: ignore[call-arg]

    def membership_of(self, by: Actor) -> Any:
        """The membership of `by`, who can sign in, with `given_role`: the highest given to them here."""
        return _with_given_role.first(by.user.pk, self.organization_id, self.pk) if by.user else None

    def role_of(self, by: Actor) -> Role | None:
        """The effective role of `by` here (rulebook §3), or None. The Django admin and commands act as admins."""
        if by.staff:
            return Role.ADMIN
        membership = self.membership_of(by)
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

    def people_counted(self) -> PeopleCount:
        """How many people and service accounts can see it."""
        return PeopleCount(*_people_counted.first(self) or (0, 0))

    def admins(self) -> OrganizationMembershipQuerySet:
        """The memberships of those who are admins here: organization admins, and who has the role."""
        return self.who_can(Role.ADMIN)

    def helpers(self) -> list[OrganizationMembership]:
        """The first few of them: whom a person may ask who lacks their role."""
        return _helpers(self)

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
