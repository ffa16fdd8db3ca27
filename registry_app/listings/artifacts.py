"""The lists of artifacts: of all teams, and of one."""

from typing import Any

from django.db.models import Count, F, Max, QuerySet
from django.http import QueryDict
from django.urls import reverse

from ..forms.artifacts import ArtifactFilter
from ..forms.base import Wanted
from ..forms.widgets import offer
from ..models import Artifact, OrganizationMembership, Version
from ..models.artifact import ArtifactQuerySet
from ..permissions import TeamAccess
from .base import Listing

OFFERED_FROM = 1_000  # artifacts whose types are offered to choose from


class ArtifactListing(Listing):
    """The artifacts that the membership's person may see, of all teams."""

    form = ArtifactFilter
    sorts = {
        "name": (["name", "project", "id"], False),
        "-name": (["name", "project", "id"], True),
        "updated": (["updated_at", "id"], False),
        "-updated": (["updated_at", "id"], True),
    }
    default_sort = "name"

    @property
    def artifacts(self) -> ArtifactQuerySet:
        """The artifacts, whatever the filters are."""
        return Artifact.objects.visible_to(self.membership)

    @staticmethod
    def query(membership: OrganizationMembership, wanted: Wanted) -> QuerySet:
        """The artifacts, as dicts."""
        return _rows(Artifact.objects.visible_to(membership), wanted)

    def prepare(self, rows: list) -> list:
        """With addresses, the number of versions, and the newest of them."""
        versions = Version.objects.filter(artifact__in=[row["id"] for row in rows]).order_by()
        counted = versions.values("artifact").annotate(count=Count("pk"), newest=Max("number"))
        counts = {row["artifact"]: row for row in counted}
        slug = self.membership.organization.slug
        for row in rows:
            row["address"] = reverse("artifacts:detail", args=[slug, row["team_name"], row["project"], row["name"]])
            row["team_address"] = reverse("teams:detail", args=[slug, row["team_name"]])
            row |= {"count": 0, "newest": None} | counts.get(row["id"], {})
        return rows

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates; the types to choose from are those of what was registered last."""
        newest = self.artifacts.order_by("-updated_at", "-id").values("pk")[:OFFERED_FROM]
        types = Artifact.objects.filter(pk__in=newest).order_by("type").values_list("type", flat=True).distinct()
        offer(self.filters["type"], [(name, name) for name in types])
        return {"filters": self.filters, "sort": self.sort, "page": self.page, "artifacts": self.rows}


class TeamArtifactListing(ArtifactListing):
    """The artifacts of the team of `access`."""

    def __init__(self, access: TeamAccess, params: QueryDict) -> None:
        self.team = access.team
        super().__init__(access.membership, params)

    @property
    def artifacts(self) -> ArtifactQuerySet:
        """The artifacts, whatever the filters are."""
        return Artifact.objects.filter(team=self.team)

    @property
    def of(self) -> tuple:
        """The team, and the filters."""
        return self.team.pk, self.filters.wanted

    @staticmethod
    def query(team: int, wanted: Wanted) -> QuerySet:  # type: ignore[override]
        """The artifacts, as dicts."""
        return _rows(Artifact.objects.filter(team=team), wanted)


def _rows(artifacts, wanted):
    """Those of `artifacts` that are `wanted`, as dicts."""
    found = ArtifactFilter.narrow(artifacts, wanted)
    return found.values("id", "project", "name", "type", "updated_at", team_name=F("team__name"))
