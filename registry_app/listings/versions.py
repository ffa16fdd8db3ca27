"""The list of an artifact's versions, that of the versions to choose from, and those that one was made from or into."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse

from .. import rules
from ..forms.links import VersionFilter
from ..models import Artifact, Collection, Link, OrganizationMembership, Version
from ..models.artifact import VersionQuerySet
from ..permissions import RegistryAccess, TeamAccess
from .base import Listing, capped_count

VERSION_COLUMNS = ("id", "number", "digest", "size", "file_count", "created_at", "created_by__username")
COUNT_CAP = 1000  # versions counted at most
CHOICES_SHOWN = 25  # versions, and other types, to choose from
RELATIVES_SHOWN = 50  # versions that one version was made from, and made into


class VersionListing(Listing):
    """The versions of `artifact`, an artifact of the team of `access`: the newest first."""

    sorts = {"": (["id"], True)}

    def __init__(self, access: TeamAccess, artifact: Artifact, params: QueryDict) -> None:
        self.team, self.artifact = access.team, artifact
        super().__init__(access.membership, params)

    @property
    def of(self) -> tuple:
        """The artifact."""
        return (self.artifact.pk,)

    @staticmethod
    def query(artifact: int) -> QuerySet:
        """The versions, as dicts."""
        return Version.objects.filter(artifact=artifact).values(*VERSION_COLUMNS)

    def prepare(self, rows: list) -> list:
        """With addresses, and the number of links in registries that the person can see."""
        seen = Link.objects.filter(collection__registry__in=self.membership.registries().order_by().values("pk"))
        seen = seen.filter(version__in=[row["id"] for row in rows]).order_by()
        links = dict(seen.values("version").annotate(count=Count("pk")).values_list("version", "count"))
        names = [self.membership.organization.slug, self.team.name, self.artifact.project, self.artifact.name]
        for row in rows:
            row["address"] = reverse("versions:detail", args=[*names, row["number"]])
            row["size_text"] = rules.size_text(row["size"], row["file_count"])
            row["links"] = links.get(row["id"], 0)
        return rows


class LinkableVersionListing:
    """The versions that the person of `access` can use, to choose one for `collection`: the newest of its type."""

    def __init__(self, access: RegistryAccess, collection: Collection, params: QueryDict) -> None:
        self.collection = collection
        self.filters = VersionFilter(params)
        self.words = self.filters.require()["q"]
        self.usable = Version.objects.usable_by(access.membership)
        for word in self.words.split():
            of_team = Q(artifact__team__name__icontains=word)
            self.usable = self.usable.filter(
                Q(artifact__name__icontains=word) | Q(artifact__project__icontains=word) | of_team
            )

    @property
    def context(self) -> dict[str, Any]:
        """The context of the templates; `linked` says how many of those that fit are in the collection already."""
        fitting = self.usable.filter(artifact__type=self.collection.type).order_by("-pk")
        here = self.collection.links.filter(version=OuterRef("pk"))
        new = fitting.exclude(Exists(here)).select_related("artifact__team", "created_by")
        found = list(new[: CHOICES_SHOWN + 1])
        return {
            "filters": self.filters,
            "words": self.words,
            "found": found[:CHOICES_SHOWN],
            "more": len(found) > CHOICES_SHOWN,
            "linked": capped_count(fitting.filter(Exists(here)), COUNT_CAP),
            "others": list(self._other_types()),
        }

    def _other_types(self):
        """The types of usable versions that don't fit, because the collection has another type (rule 21)."""
        others = Artifact.objects.exclude(type=self.collection.type)
        others = others.filter(Exists(self.usable.filter(artifact=OuterRef("pk"))))
        return others.order_by("type").values_list("type", flat=True).distinct()[:CHOICES_SHOWN]


def relatives(versions: VersionQuerySet, membership: OrganizationMembership) -> list[tuple[str, str]]:
    """(path, address or "" where the person can't see it) of the newest of `versions` that the person can use."""
    usable = versions.usable_by(membership)
    found = usable.select_related("artifact__team__organization").order_by("-pk")[:RELATIVES_SHOWN]
    own = set(membership.user.team_memberships.values_list("team", flat=True))
    shown = []
    for version in found:
        is_open = membership.is_admin or version.artifact.team_id in own
        shown.append((str(version), version.get_absolute_url() if is_open else ""))
    return shown
