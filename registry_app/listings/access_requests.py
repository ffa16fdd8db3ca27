"""The lists of requests: for a role, and for a protected alias."""

from django.db.models import QuerySet

from ..models import AccessRequest, AliasRequest, OrganizationMembership

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
