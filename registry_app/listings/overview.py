"""What an organization's first page shows: its numbers, what was published last, what is asked, and what ends soon."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from ..choices import Role
from ..models import ApiToken, Link, OrganizationMembership, RegistryMember
from ..search.query import Search
from ..search.results import SearchResults
from .access_requests import AccessRequestListing
from .aliases import AliasListing
from .base import capped_count
from .totals import COUNT_CAP, Totals

SHOWN = 6  # entries of each block
SOON = timedelta(days=45)


class Overview:
    """The first page of the membership's organization, as its person may see it. Each block has SHOWN entries."""

    def __init__(self, membership: OrganizationMembership, params: QueryDict) -> None:
        self.membership, self.organization = membership, membership.organization
        self.board = AliasListing(membership, params)

    @property
    def people(self) -> dict[str, str]:
        """How many people and how many service accounts are in the organization."""
        people = self.organization.memberships.of_active()
        return {
            "people": capped_count(people.filter(user__is_service=False), COUNT_CAP),
            "services": capped_count(people.filter(user__is_service=True), COUNT_CAP),
        }

    @property
    def published(self) -> list[Link]:
        """The versions that were linked last in registries that the person sees."""
        links = SearchResults(Search(), self.membership).links(SHOWN)
        return list(links.select_related("collection__registry__organization", "linked_by"))

    @property
    def requests(self) -> dict[str, list]:
        """Open requests that the person may answer, for a role or an alias; and `own`, which admins don't need."""
        listing = AccessRequestListing(self.membership)
        own = [] if self.membership.is_admin else listing.own[:SHOWN]
        return {"roles": list(listing.rows[:SHOWN]), "aliases": list(listing.aliases[:SHOWN]), "own": own}

    @property
    def ending(self) -> list[RegistryMember]:
        """Roles that end soon: the person's own, and those in registries that they are admin of."""
        now = timezone.now()
        led = self.membership.registries().at_least(Role.ADMIN, self.membership).order_by().values("pk")
        mine = RegistryMember.objects.for_user(self.membership.user_id).values("pk")
        roles = RegistryMember.objects.filter(ends_at__gt=now, ends_at__lt=now + SOON)
        roles = roles.filter(Q(registry__in=led) | Q(pk__in=mine), registry__organization=self.organization)
        return list(roles.select_related("registry", "user", "team").order_by("ends_at", "pk")[:SHOWN])

    @property
    def tokens(self) -> QuerySet[ApiToken]:
        """Tokens that expire soon: the person's own, and for organization admins those of service accounts."""
        whose = Q(user=self.membership.user_id)
        if self.membership.is_admin:
            here = self.organization.memberships.order_by().values("user")
            whose |= Q(user__is_service=True, user__in=here)
        ending = ApiToken.objects.usable().filter(whose, expires_at__lt=timezone.now() + SOON)
        return ending.select_related("user").order_by("expires_at", "pk")[:SHOWN]

    @property
    def steps(self) -> dict[str, bool]:
        """What an admin of a new organization does first, and whether it is done; {} for all others."""
        links = Link.objects.filter(collection__registry__organization=self.organization)
        if not self.membership.is_admin or links.exists():
            return {}
        return {
            "team": self.organization.teams.exists(),
            "token": self.membership.user.api_tokens.usable().exists(),  # type: ignore[attr-defined]
            "version": False,
            "people": self.organization.memberships.count() > 1,
        }

    @property
    def context(self) -> dict[str, Any]:
        """The context of the page."""
        board = self.board.context
        return {
            **Totals(self.membership).context,
            **self.people,
            "steps": self.steps,
            "board": {**board, "rows": board["rows"][:SHOWN], "more": len(board["rows"]) > SHOWN},
            "published": self.published,
            "requests": self.requests,
            "ending": self.ending,
            "tokens": self.tokens,
        }
