"""The list of open invitations."""

from django.db.models import QuerySet

from ..models import Invitation, Team
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

    def prepare(self, rows: list) -> list:
        """Each with its `teams` as they are called today; those that are `gone` as they were."""
        wanted = {team["id"] for row in rows for team in row["teams"]}
        names = dict(Team.objects.filter(pk__in=wanted).values_list("pk", "name"))
        for row in rows:
            row["teams"] = [
                {"name": names.get(team["id"], team["name"]), "gone": team["id"] not in names} for team in row["teams"]
            ]
        return rows
