"""The lists of requests: for a role, and for a protected alias."""

from typing import Any

from django.db.models import QuerySet

from ..choices import Action
from ..models import AccessRequest, AliasRequest, Collection, OrganizationMembership
from ..permissions import RegistryAccess

SHOWN = 100  # requests on one page


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
    """The first SHOWN open requests in the collection that the person may answer, or made; `where` narrows them."""
    found = collection.alias_requests.open().filter(**where).select_related("user", "link")
    if Action.ALIAS_APPROVE not in access.allowed:
        found = found.filter(user=access.membership.user_id)
    rows = list(found[:SHOWN])
    for asked in rows:
        asked.link.collection = collection
    return rows
