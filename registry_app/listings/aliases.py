"""The board of an alias: what it names in each collection, and since when."""

from functools import cached_property
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from .. import rules
from ..forms.aliases import AliasFilter
from ..models import Alias, Link, OrganizationMembership, ProtectedAlias
from .base import Listing, add_line_breaks
from .series import OF_VERSION, Difference, value_of

COUNT_CAP = 1000  # collections counted at most
CHOICES = 6  # names that the board offers beside the one that it shows
BESIDE = 2  # other aliases that stand beside the one that it shows
PRODUCTION = "production"  # the name that is shown where no other was asked for
USUAL = (PRODUCTION, "staging", "candidate")  # names that are offered where they are not protected, too


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
        """The membership, the alias, and the other ones that it offers."""
        return self.membership, self.alias, *self._others

    @staticmethod
    def query(membership: OrganizationMembership, alias: str, *others: str) -> QuerySet:
        """The aliases, as dicts; `other_0`, … is the number of the version that another one names there, or None."""
        seen = membership.registries().order_by().values("pk")
        later = Link.objects.filter(collection=OuterRef("collection"), number__gt=OuterRef("link__number")).order_by()
        behind = later.values("collection").annotate(count=Count("pk")).values("count")
        return Alias.objects.filter(name=alias, collection__registry__in=seen).values(
            "id",
            "set_at",
            *(f"link__{column}" for column in OF_VERSION),
            collection_name=F("collection__name"),
            registry=F("collection__registry__name"),
            number=F("link__number"),
            by=F("set_by__username"),
            behind=Coalesce(Subquery(behind), 0),
            key_metrics=F("collection__key_metrics"),
            **{f"other_{place}": _number_of(name) for place, name in enumerate(others)},
        )

    def prepare(self, rows: list) -> list:
        """Each cell as the template prints it."""
        for row in rows:
            names = [self.membership.organization.slug, row["registry"], row["collection_name"]]
            row["address"] = reverse("collections:detail", args=names)
            row["link"] = reverse("links:detail", args=[*names, row["number"]])
            row["label"] = add_line_breaks(row["collection_name"])
            row["metric"] = _metric(row)
            row["beside"] = [
                (name, row[key], "" if row[key] is None else reverse("links:detail", args=[*names, row[key]]))
                for name, key in self._beside
            ]
        return rows

    @cached_property
    def _others(self):
        return [name for name, _ in self.choices if name != self.alias]

    @cached_property
    def _beside(self):
        """(name, key in the rows) of the first BESIDE other aliases that name a version in any row of the page."""
        keys = [(name, f"other_{place}") for place, name in enumerate(self._others)]
        return [each for each in keys if any(row[each[1]] is not None for row in self.page.rows)][:BESIDE]

    @property
    def cap(self) -> int:
        """How many of those collections are counted."""
        return COUNT_CAP

    @cached_property
    def choices(self) -> list[tuple[str, bool]]:
        """[(a name that the board can show, whether a registry that the person sees protects it)]."""
        seen = self.membership.registries().order_by().values("pk")
        protected = ProtectedAlias.objects.filter(registry__in=seen).order_by("name")
        first = list(protected.values_list("name", flat=True).distinct()[:CHOICES])
        names = list(dict.fromkeys([*first, *USUAL, self.alias]))
        keys = set(protected.filter(name_key__in=map(rules.name_key, names)).values_list("name_key", flat=True))
        return [(name, rules.name_key(name) in keys) for name in names]

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates."""
        own = {"alias": self.alias, "count": self.count, "choices": self.choices}
        return {**super().context, **own, "beside": [name for name, _ in self._beside]}


def _number_of(name):
    """The number of the version that the alias `name` names in the collection of an alias."""
    others = Alias.objects.filter(collection=OuterRef("collection"), name=name).order_by()
    return Subquery(others.values("link__number"))


def _metric(row):
    """(name, the number as a cell) of the collection's first key metric, where the version states it; else None."""
    of_version = {column: row[f"link__{column}"] for column in OF_VERSION}
    for path, _ in row["key_metrics"][:1]:
        if (value := value_of(of_version, path)) is not None:
            return rules.metric_label(path), Difference(path, rules.number_column([value]), value)
    return None
