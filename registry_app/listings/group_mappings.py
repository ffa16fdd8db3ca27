"""The list of what an organization gives to groups of the identity provider."""

from django.db.models import QuerySet

from ..choices import OrganizationRole, TeamRole
from ..models import GroupMapping
from ..models.group_role import current_provider, provider_name
from .base import Listing


class GroupMappingListing(Listing):
    """The mappings of an organization, by group."""

    sorts = {"": (["group", "id"], False)}

    @property
    def of(self) -> tuple:
        """The organization."""
        return (self.membership.organization_id,)

    @staticmethod
    def query(organization: int) -> QuerySet:
        """The mappings, as dicts."""
        columns = ("id", "provider", "group", "role", "team__name", "team_role")
        return GroupMapping.objects.filter(organization=organization).values(*columns)

    def prepare(self, rows: list) -> list:
        """With the words of each cell; `former` names a provider that this site doesn't use any more."""
        for row in rows:
            row["role"] = OrganizationRole(row["role"]).label
            row["team_role"] = TeamRole(row["team_role"]).label if row["team_role"] else ""
            row["former"] = "" if row["provider"] == current_provider() else provider_name(row["provider"])
        return rows
