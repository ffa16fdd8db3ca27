"""The questions that are asked of registries."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from .. import rules
from ..choices import Kind, Role, Visibility
from ..database.fulltext import SearchTerm
from . import restriction_journal
from .accepted_type import AcceptedType
from .event import AuditEvent
from .organization import Organization
from .organization_membership import OrganizationMembership
from .registry_member import RegistryMember
from .registry_week import MOST_BYTES, NO_LINKS, LinkCounts, note_weeks

CORE_KEYS = [rules.name_key(name) for name, _, _ in rules.CORE_REGISTRIES]


def _at_least(role, membership):
    """The condition that the membership's person, no organization admin, has `role` or a higher one in a registry.

    The one SQL form of `rules.effective_role` for many registries; `Registry.who_can` is its form for many people.
    """
    wanted = rules.rank(role)
    if 0 < wanted <= rules.rank(Role.MEMBER) and membership.user.is_service:
        wanted = 0  # any role of a service account counts as member
    given = RegistryMember.objects.active()
    if wanted > 0:
        given = given.at_least(rules.LADDER[wanted])
    reached = Q(pk__in=given.registries_for(membership.user_id))
    return Q(visibility=Visibility.ORGANIZATION) | reached if _is_shared(role, membership) else reached


def _is_shared(role, membership):
    """Whether everybody in the organization has this role or a higher one in its registries that all can see."""
    wanted = rules.rank(role)
    if 0 < wanted <= rules.rank(Role.MEMBER) and membership.user.is_service:
        wanted = 0
    return wanted == 0 or rules.rank(membership.organization.default_role) >= wanted


class RegistryQuerySet(models.QuerySet):
    """Registries as pages ask for them."""

    def note_content(self, pk: int, subject: str, *, collections: int = 0, links: LinkCounts = NO_LINKS) -> None:
        """Note that the registry `pk`, which is locked, changed now in what it holds: what came, or (< 0) went.

        `subject` is what changed, as the list of registries says it.
        """
        came = {"collection_count": collections, "link_count": links.links, "byte_count": links.byte_count}
        # A count that was wrong (`verify_audit` tells) refuses no change.
        counts: dict[str, Any] = {field: Greatest(F(field) + number, 0) for field, number in came.items() if number}
        if links.byte_count:
            counts["byte_count"] = Least(counts["byte_count"], MOST_BYTES)
        now, rows = timezone.now(), self.filter(pk=pk)
        if links.byte_count < 0 and rows.filter(byte_count=MOST_BYTES).exists():  # it may have been more
            left = rows.values_list("collections__links__version__size", "collections__links__version__file_count")
            counts["byte_count"] = Value(min(MOST_BYTES, sum(size for size, files in left if files)))
        if not (collections or links.weeks):
            rows = rows.exclude(updated_at=now)  # an update of nothing would be refused
        rows.update(updated_at=now, last_subject=subject, **counts)
        if links.weeks:
            note_weeks(pk, links.weeks)

    def visible_to(self, membership: OrganizationMembership) -> Self:
        """Those of the membership's organization in which its person has any role (rulebook §3)."""
        return self.filter(organization=membership.organization_id).at_least(Role.RESTRICTED_VIEWER, membership)

    def custom(self) -> Self:
        """Those made by people."""
        return self.filter(kind=Kind.CUSTOM)

    def core(self) -> Self:
        """Those every organization is born with, Models first; found by the index of names."""
        return self.filter(kind=Kind.CORE, name_key__in=CORE_KEYS).order_by("-name_key")

    def matching(self, words: SearchTerm) -> Self:
        """Those with the search.SearchTerm `words` in name or description; in no particular order."""
        found = self.filter(words.condition(self.model))
        if not words.are_rare(self.model):
            return found.filter(words.among_indexed(self.model))
        # Inside a subquery, for beside an organization SQLite would walk all its names to find a few ids in order.
        return type(self)(self.model).filter(pk__in=found.order_by().values("pk"))

    def accepting(self, type_name: str) -> Self:
        """Those that take artifacts of this type."""
        listed = AcceptedType.objects.filter(registry=models.OuterRef("pk"), name=type_name).order_by()
        # Not Exists, for which PostgreSQL would read all registries of this type, before it needs 26.
        registries = self.alias(listed=models.Subquery(listed.values("pk")[:1]))
        return registries.filter(Q(accepts_all_types=True) | Q(listed__isnull=False))

    def with_role(self, membership: OrganizationMembership, role: str) -> Self:
        """Those in the membership's organization in which its person has just this effective role."""
        here = self.filter(organization=membership.organization_id)
        if membership.is_admin:
            return here if role == Role.ADMIN else self.none()
        if not _is_shared(role, membership):
            here = self.without_order_index(membership)
        here = here.filter(_at_least(role, membership))
        return here.filter(~_at_least(rules.above(role), membership)) if rules.above(role) else here

    def restricted_for(self, membership: OrganizationMembership) -> Self:
        """Those in the membership's organization that are restricted and that its person can see."""
        if membership.is_admin:
            return self.filter(organization=membership.organization_id, visibility=Visibility.RESTRICTED)
        given = RegistryMember.objects.active().registries_for(membership.user_id)
        return self.without_order_index(membership).filter(pk__in=given, visibility=Visibility.RESTRICTED)

    def without_order_index(self, membership: OrganizationMembership) -> Self:
        """Those in the membership's organization, which the databases find by other conditions, such as given roles."""
        # `+ 0` keeps the databases from reading the whole organization in order.
        return self.alias(place=models.F("organization") + 0).filter(place=membership.organization_id)

    def at_least(self, role: str, membership: OrganizationMembership) -> Self:
        """Those in which the membership's person has this effective role or a higher one."""
        return self if membership.is_admin else self.filter(_at_least(role, membership))

    def with_given_role(self, user_id: int) -> Self:
        """Each with `given_role`: the highest role given in it to this user or their teams, or None."""
        return self.annotate(given_role=RegistryMember.objects.highest(user_id, models.OuterRef("pk")))

    def restricted_before_restore(self) -> Self:
        """Those that the journal says are restricted and that this database shows to all: its backup was older."""
        known = restriction_journal.read().restricted()
        shown = self.custom().filter(pk__in={pk for pk, _ in known}, visibility=Visibility.ORGANIZATION)
        births = dict(shown.order_by().values_list("pk", "created_at"))
        moments = [*births.items(), *AuditEvent.objects.creations(births).items()]
        return self.filter(pk__in={pk for pk, moment in moments if (pk, moment.isoformat()) in known})

    def unnoted(self) -> list[restriction_journal.Line]:
        """Lines that the journal lacks: of registries restricted by their row, or by the log, which knows deleted ones.

        Of one that is gone nobody knows when its row was born, only its entry: it is told from others by its id alone.
        """
        # By the index of organizations and actions, because whole logs are long.
        events = AuditEvent.objects.restricting().filter(organization_id__in=Organization.objects.values("pk"))
        told = dict(events.order_by("seq").values_list("registry_id", "target_name"))
        rows = self.filter(Q(visibility=Visibility.RESTRICTED) | Q(pk__in=told)).values_list("pk", "created_at", "name")
        here = [restriction_journal.Line(pk, born.isoformat(), name) for pk, born, name in rows.order_by("pk")]
        births = AuditEvent.objects.creations(told.keys() - {line.registry for line in here})
        known = restriction_journal.read().restricted()  # read last, because whatever was restricted before is in it
        noted = {pk for pk, _ in known}
        gone = [
            restriction_journal.Line(pk, born.isoformat(), told[pk]) for pk, born in births.items() if pk not in noted
        ]
        return [*(line for line in here if line.of not in known), *gone]
