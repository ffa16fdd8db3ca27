"""The lists of requests: for a role, and for a protected alias."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from ..choices import Action
from ..models import AccessRequest, AliasRequest, Collection, OrganizationMembership
from ..permissions import RegistryAccess

SHOWN = 100  # requests on one page
NEWS = timedelta(days=14)  # how long the person who asked is told of the answer


class AccessRequestListing:
    """The open requests in an organization that a person may answer, oldest first."""

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


def alias_requests_in(access: RegistryAccess, collection: Collection, **where: Any) -> list[AliasRequest]:
    """The first SHOWN requests in the collection for the person; `where` narrows them.

    For an admin the open ones, for others their own, also those that were answered lately.
    """
    found = collection.alias_requests.filter(**where).select_related("user", "link", "answered_by")
    if Action.ALIAS_APPROVE in access.allowed:
        found = found.open()
    else:
        lately = Q(answered_at=None) | Q(answered_at__gt=timezone.now() - NEWS)
        found = found.filter(lately, user=access.membership.user_id)
    rows = list(found[:SHOWN])
    for asked in rows:
        asked.link.collection = collection
    return rows
