"""The list of open invitations."""

from django.db.models import QuerySet

from ..models import Invitation
from .base import Listing


class InvitationListing(Listing):
    """The open invitations to an organization, the newest first."""

    sorts = {"": (["id"], True)}

    @property
    def of(self) -> tuple:
        """The organization."""
        return (self.membership.organization_id,)

    @staticmethod
    def query(organization: int) -> QuerySet:
        """The invitations, as dicts."""
        columns = ("id", "email", "role", "teams", "created_by__username", "created_at", "expires_at")
        return Invitation.objects.open().filter(organization=organization).values(*columns)
