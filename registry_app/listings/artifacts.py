"""Artifacts of a team as its list shows them."""

from django.db.models import Count, F, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from ..models import Version

SORTS = {
    "name": (["name", "project", "id"], False),
    "-name": (["name", "project", "id"], True),
    "updated": (["updated_at", "id"], False),
    "-updated": (["updated_at", "id"], True),
}


def with_newest(artifacts):
    """The columns of the list, as dicts; `updated_at` is when the newest version was registered."""
    newest = Version.objects.filter(artifact=OuterRef("pk")).order_by("-number").values("created_at")[:1]
    moment = Coalesce(Subquery(newest), F("created_at"))
    return artifacts.annotate(updated_at=moment).values("id", "project", "name", "type", "updated_at")


def artifact_rows(rows, access):
    """Those rows, with their addresses and how many versions there are, and which is the newest."""
    versions = Version.objects.filter(artifact__in=[row["id"] for row in rows]).order_by()
    counted = versions.values("artifact").annotate(count=Count("pk"), newest=Max("number"))
    facts = {row["artifact"]: row for row in counted}
    place = [access.team.organization.slug, access.team.name]
    for row in rows:
        row["address"] = reverse("artifacts:detail", args=[*place, row["project"], row["name"]])
        row |= {"count": 0, "newest": None} | facts.get(row["id"], {})
    return rows
