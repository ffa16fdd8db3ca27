"""The list of a team's artifacts."""

from typing import Any

from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.urls import reverse

from ..forms.artifacts import ArtifactFilter
from ..forms.base import Wanted
from ..models import Artifact, Version
from ..permissions import TeamAccess
from .base import Listing


class ArtifactListing(Listing):
    """The artifacts of the team of `access`."""

    form = ArtifactFilter
    sorts = {
        "name": (["name", "project", "id"], False),
        "-name": (["name", "project", "id"], True),
        "updated": (["updated_at", "id"], False),
        "-updated": (["updated_at", "id"], True),
    }
    default_sort = "name"

    def __init__(self, access: TeamAccess, params: QueryDict) -> None:
        self.team = access.team
        super().__init__(access.membership, params)

    def make_filters(self, params: QueryDict) -> ArtifactFilter:
        """The filters; the types to choose from are those that the team's artifacts have."""
        types = self.team.artifacts.order_by("type").values_list("type", flat=True).distinct()
        return ArtifactFilter(params, types=types)

    @property
    def of(self) -> tuple:
        """The team, and the filters."""
        return self.team.pk, self.filters.wanted

    @staticmethod
    def query(team: int, wanted: Wanted) -> QuerySet:
        """The artifacts, as dicts; `updated_at` is when the newest version was registered."""
        newest = Version.objects.filter(artifact=OuterRef("pk")).order_by("-number").values("created_at")[:1]
        artifacts = ArtifactFilter.narrow(Artifact.objects.filter(team=team), wanted)
        artifacts = artifacts.annotate(updated_at=Coalesce(Subquery(newest), F("created_at")))
        return artifacts.values("id", "project", "name", "type", "updated_at")

    def prepare(self, rows: list) -> list:
        """With addresses, the number of versions, and the newest of them."""
        versions = Version.objects.filter(artifact__in=[row["id"] for row in rows]).order_by()
        counted = versions.values("artifact").annotate(count=Count("pk"), newest=Max("number"))
        counts = {row["artifact"]: row for row in counted}
        team = [self.membership.organization.slug, self.team.name]
        for row in rows:
            row["address"] = reverse("artifacts:detail", args=[*team, row["project"], row["name"]])
            row |= {"count": 0, "newest": None} | counts.get(row["id"], {})
        return rows

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates."""
        return {"filters": self.filters, "sort": self.sort, "page": self.page, "artifacts": self.rows}
