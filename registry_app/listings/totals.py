"""What the registries that a person sees hold together: how much, in which of them, and since when."""

from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils.formats import date_format

from .. import rules
from ..choices import Visibility
from ..database.compiled import Compiled
from ..models import OrganizationMembership, RegistryWeek
from .base import add_line_breaks, registry_addresses
from .charts import bar_chart
from .weeks import last_weeks

COUNT_CAP = 1000  # registries that are summed at most: the first ones by name
LARGEST = 5  # registries whose storage is shown
WEEKS = 26  # that are drawn


@Compiled
def _registries(membership: OrganizationMembership) -> QuerySet:
    """Those that the person sees, and one more than is summed."""
    counts = ("collection_count", "link_count", "byte_count")
    seen = membership.registries().order_by("name_key").values("name", "visibility", *counts)
    return seen[: COUNT_CAP + 1]


@Compiled
def _weeks(since: date, membership: OrganizationMembership) -> QuerySet:
    """(week, links that were made in it), from the week `since` on, of those that are summed."""
    summed = membership.registries().order_by("name_key").values("pk")[:COUNT_CAP]
    weeks = RegistryWeek.objects.filter(registry__in=summed, week__gte=since).order_by()
    return weeks.values_list("week").annotate(links=Sum("link_count"))


class Totals:
    """The sums over the registries that the membership's person sees; "+" says that there are more registries."""

    def __init__(self, membership: OrganizationMembership) -> None:
        self.membership = membership
        found = _registries(membership)
        self.rows, self.more = found[:COUNT_CAP], "+" if len(found) > COUNT_CAP else ""

    def _sum(self, column):
        return sum(row[column] for row in self.rows)

    @property
    def numbers(self) -> dict[str, str]:
        """How many registries, how many of them are restricted, and what they hold."""
        restricted = sum(row["visibility"] == Visibility.RESTRICTED for row in self.rows)
        links, size = self._sum("link_count"), self._sum("byte_count")
        counts = {"registries": len(self.rows), "restricted": restricted, "versions": links}
        counts["collections"] = self._sum("collection_count")
        texts = {name: f"{count:,}{self.more}" for name, count in counts.items()}
        return {**texts, "bytes": rules.size_text(size, size or not links) + self.more}

    @property
    def storage(self) -> list[dict[str, Any]]:
        """The LARGEST registries by what their versions state, then all others together, with a bar for each."""
        sized = sorted((row for row in self.rows if row["byte_count"]), key=lambda row: -row["byte_count"])
        address = registry_addresses(self.membership)
        shown = [
            {"name": add_line_breaks(row["name"]), "address": address(row["name"]), "bytes": row["byte_count"]}
            for row in sized[:LARGEST]
        ]
        if others := sized[LARGEST:]:
            name = f"{len(others):,}{self.more} other{'s' if len(others) > 1 else ''}"
            shown.append({"name": name, "bytes": sum(row["byte_count"] for row in others)})
        most = max((row["bytes"] for row in shown), default=0)
        return [
            {**row, "size": rules.size_text(row["bytes"], 1), "part": round(100 * row["bytes"] / most, 1)}
            for row in shown
        ]

    @property
    def weeks(self) -> dict[str, Any] | None:
        """What was published in each of the last WEEKS, as a chart and in words; None for nothing."""
        weeks = last_weeks(WEEKS)
        found: dict[date, int] = dict(_weeks(weeks[0], self.membership))
        counts = [found.get(week, 0) for week in weeks]
        if not any(counts):
            return None
        return {
            "total": f"{sum(counts):,}{self.more}",
            "chart": bar_chart([(date_format(week, "j M"), count) for week, count in zip(weeks, counts, strict=True)]),
            "label": f"Versions published per week since {date_format(weeks[0], 'j F Y')}. Lowest {min(counts):,}, "
            f"highest {max(counts):,}, this week {counts[-1]:,}.",
        }

    @property
    def context(self) -> dict[str, Any]:
        """The context of the templates."""
        return {"numbers": self.numbers, "storage": self.storage, "weeks": self.weeks}
