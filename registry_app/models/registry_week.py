"""What a registry keeps of its links, so that no page counts them: how many were made in each week, and their bytes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Self

from django.db import models

from .. import rules
from ..database.compiled import Compiled

COUNTED_OF_LINK = ("linked_at", "version__size", "version__file_count")
MOST_BYTES = rules.SIZE_LIMIT - 1  # that are kept, so that the sum of two such numbers is a number of the database


def week_of(moment: datetime) -> date:
    """The Monday of the moment's week, in UTC: one week for everybody, because the counts are kept for everybody."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


class LinkCounts(NamedTuple):
    """Of some links: how many were made in each week {its Monday: number}, and the bytes that their versions state."""

    weeks: Mapping[date, int]
    byte_count: int

    @classmethod
    def of(cls, links: Iterable[tuple[datetime, int, int]]) -> Self:
        """Of links, each as its COUNTED_OF_LINK; without a file the size is unknown, and counts 0."""
        weeks: Counter[date] = Counter()
        byte_count = 0
        for linked_at, size, files in links:
            weeks[week_of(linked_at)] += 1
            byte_count += size if files else 0
        return cls(dict(weeks), min(byte_count, MOST_BYTES))

    @property
    def links(self) -> int:
        """How many links."""
        return sum(self.weeks.values())

    def __neg__(self) -> "LinkCounts":
        return LinkCounts({week: -number for week, number in self.weeks.items()}, -self.byte_count)


NO_LINKS = LinkCounts({}, 0)


class RegistryWeek(models.Model):
    """How many of a registry's links were made in a week that begins on Monday `week`, in UTC. One that went is not
    counted any more. Kept by the changes themselves: see `RegistryQuerySet.note_content`.
    """

    registry = models.ForeignKey("Registry", models.CASCADE, related_name="weeks")
    week = models.DateField()
    link_count = models.PositiveIntegerField()

    class Meta:
        ordering = ["registry", "week"]
        constraints = [models.UniqueConstraint(fields=["registry", "week"], name="registry_week_is_single")]

    def __str__(self) -> str:
        return f"{self.registry}, week of {self.week}"


@Compiled
def _stored(registry: int, *weeks: date) -> models.QuerySet:
    """(week, number of links) of these weeks of a registry."""
    return RegistryWeek.objects.filter(registry=registry, week__in=weeks).order_by().values_list("week", "link_count")


def note_weeks(registry: int, weeks: Mapping[date, int]) -> None:
    """Note that in these weeks so many links came to the registry, which is locked, or (< 0) went from it."""
    stored = dict(_stored(registry, *weeks))
    RegistryWeek.objects.bulk_create(
        [
            RegistryWeek(registry_id=registry, week=week, link_count=max(0, stored.get(week, 0) + came))
            for week, came in weeks.items()
        ],
        update_conflicts=True,
        unique_fields=["registry", "week"],
        update_fields=["link_count"],
    )
