"""What was published in each of the last weeks: of every registry in a list, as small bars."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.safestring import SafeString

from ..database.compiled import Compiled, padded
from ..models import RegistryWeek, week_of
from .charts import spark_bars

SHOWN = 12  # weeks beside a registry


def last_weeks(number: int) -> list[date]:
    """The Mondays of the last `number` weeks, this one last."""
    now = week_of(timezone.now())
    return [now - timedelta(weeks=ago) for ago in range(number)][::-1]


@Compiled
def _weeks(since: date, *registries: int) -> QuerySet:
    """(registry, week, links) of these registries, by id, from the week `since` on."""
    weeks = RegistryWeek.objects.filter(registry__in=registries, week__gte=since).order_by()
    return weeks.values_list("registry", "week", "link_count")


def week_bars(registries: Sequence[int], size: int) -> dict[int, SafeString]:
    """{id of a registry: its bars}; they are at most `size`. Whoever asks must see them."""
    if not registries:
        return {}
    weeks = last_weeks(SHOWN)
    found: dict[int, Counter] = {registry: Counter() for registry in registries}
    for registry, week, links in _weeks(weeks[0], *padded(registries, size)):
        found[registry][week] = links
    return {registry: _bars([links[week] for week in weeks]) for registry, links in found.items()}


def _bars(counts):
    return spark_bars(counts, f"Versions published in each of {SHOWN} weeks: {', '.join(map(str, counts))}")
