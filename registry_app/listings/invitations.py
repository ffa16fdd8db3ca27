"""The list of open invitations."""

from django.db.models import QuerySet

from .base import Listing


class InvitationListing(Listing):
    """The open invitations to an organization, the newest first."""

    sorts = {"": (["id"], True)}

    def queryset(self) -> QuerySet:
        """The invitations, as dicts."""
        columns = ("id", "email", "role", "created_by__username", "created_at", "expires_at")
        return self.membership.organization.invitations.open().values(*columns)
