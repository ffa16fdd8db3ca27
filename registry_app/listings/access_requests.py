"""The lists of requests: for a role, and for a protected alias."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from ..choices import Action
from ..models import AccessRequest, AliasRequest, Collection, OrganizationMembership
from ..models.request import WITHDRAWN
from ..permissions import RegistryAccess

SHOWN = 100  # requests on one page
NEWS = timedelta(days=14)  # how long the person who asked is told of the answer


class AccessRequestListing:
    """The requests in an organization that concern a person; those to answer are open, the oldest first."""

    def __init__(self, membership: OrganizationMembership) -> None:
        self.membership = membership

    @property
    def rows(self) -> QuerySet[AccessRequest]:
        """The first SHOWN requests for a role."""
        found = AccessRequest.objects.open().answerable(self.membership.user_id).select_related("user", "registry")
        return found.filter(registry__organization=self.membership.organization_id)[:SHOWN]

    @property
    def aliases(self) -> QuerySet[AliasRequest]:
        """The first SHOWN requests for a protected alias."""
        found = AliasRequest.objects.open().answerable(self.membership.user_id)
        found = found.select_related("user", "link__collection__registry__organization")
        return found.filter(registry__organization=self.membership.organization_id)[:SHOWN]

    @property
    def own(self) -> list[AliasRequest | AccessRequest]:
        """The person's own requests in registries that they see, the newest first: open, or answered lately."""
        place = {"user": self.membership.user_id, "registry__in": self.membership.registries().order_by().values("pk")}
        roles = AccessRequest.objects.filter(lately(news_begin()), **place).select_related("registry", "answered_by")
        aliases = AliasRequest.objects.filter(lately(news_begin()), **place)
        aliases = aliases.select_related("link__collection__registry__organization", "answered_by")
        found = [asked for kind in (roles, aliases) for asked in kind.order_by("-pk")[:SHOWN]]
        return sorted(found, key=lambda asked: asked.created_at, reverse=True)


def lately(since: datetime) -> Q:
    """What a person who asked is told of: what is open, and what was answered after `since`, if not by themselves."""
    return Q(answered_at=None) | Q(answered_at__gt=since) & ~Q(note=WITHDRAWN)


def news_begin() -> datetime:
    """The moment after which an answer is news."""
    return timezone.now() - NEWS


def alias_requests_in(access: RegistryAccess, collection: Collection, **where: Any) -> list[AliasRequest]:
    """The first SHOWN requests in the collection for the person; `where` narrows them.

    For an admin the open ones, for others their own, also those that were answered lately.
    """
    found = collection.alias_requests.filter(**where).select_related("user", "link", "answered_by")
    if Action.ALIAS_APPROVE in access.allowed:
        found = found.open()
    else:
        found = found.filter(lately(news_begin()), user=access.membership.user_id)
    rows = list(found[:SHOWN])
    for asked in rows:
        asked.link.collection = collection
    return rows
