"""The board of an alias: what it names in each collection, and since when."""

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.urls import reverse

from ..forms.collections import AliasFilter
from ..models import Alias, Link, OrganizationMembership, ProtectedAlias
from .base import Listing, add_line_breaks

COUNT_CAP = 1000  # collections counted at most
CHOICES = 6  # names that the board offers beside the one that it shows
PRODUCTION = "production"  # the name that is shown where no other was asked for


class AliasListing(Listing):
    """The collections that a person can see in which the wanted alias names a version; the last moved first."""

    form = AliasFilter
    sorts = {"": (["set_at", "id"], True)}

    @property
    def alias(self) -> str:
        """The wanted alias."""
        return self.wanted["alias"] or PRODUCTION

    @property
    def of(self) -> tuple:
        """The membership, and the alias."""
        return self.membership, self.alias

    @staticmethod
    def query(membership: OrganizationMembership, alias: str) -> QuerySet:
        """The aliases, as dicts."""
        seen = membership.registries().order_by().values("pk")
        newest = Link.objects.filter(collection=OuterRef("collection")).order_by("-number").values("number")
        return Alias.objects.filter(name=alias, collection__registry__in=seen).values(
            "id",
            "set_at",
            collection_name=F("collection__name"),
            registry=F("collection__registry__name"),
            number=F("link__number"),
            by=F("set_by__username"),
            newest=Subquery(newest[:1]),
        )

    def prepare(self, rows: list) -> list:
        """Each cell as the template prints it."""
        for row in rows:
            names = [self.membership.organization.slug, row["registry"], row["collection_name"]]
            row["address"] = reverse("collections:detail", args=names)
            row["link"] = reverse("links:detail", args=[*names, row["number"]])
            row["label"] = add_line_breaks(row["collection_name"])
            row["behind"] = row["newest"] - row["number"]
        return rows

    @property
    def cap(self) -> int:
        """How many of those collections are counted."""
        return COUNT_CAP

    @property
    def choices(self) -> list[tuple[str, bool]]:
        """[(a name that the board can show, whether a registry that the person sees protects it)]."""
        seen = self.membership.registries().order_by().values("pk")
        names = ProtectedAlias.objects.filter(registry__in=seen).order_by("name").values_list("name", flat=True)
        protected = list(names.distinct()[:CHOICES])
        others = [name for name in (PRODUCTION, "staging", self.alias) if name not in protected]
        return [(name, name in protected) for name in dict.fromkeys([*protected, *others])]

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates."""
        return {**super().context, "alias": self.alias, "count": self.count, "choices": self.choices}
