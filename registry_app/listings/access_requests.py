"""The list of requests for a role."""

from django.db.models import QuerySet

from ..models import AccessRequest, OrganizationMembership

SHOWN = 100  # requests on one page


class AccessRequestListing:
    """The open requests in an organization that a person may answer, oldest first."""

    def __init__(self, membership: OrganizationMembership) -> None:
        self.membership = membership

    @property
    def rows(self) -> QuerySet[AccessRequest]:
        """The first SHOWN requests."""
        found = AccessRequest.objects.open().answerable(self.membership.user_id).select_related("user", "registry")
        return found.filter(registry__organization=self.membership.organization_id)[:SHOWN]
