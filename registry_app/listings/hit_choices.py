"""What the hits of a search can be narrowed to: their registries, types and aliases."""

from collections import Counter
from collections.abc import Mapping, Sequence

from django.db.models import Count, F, QuerySet, Value

from ..choices import Hit
from ..models import AcceptedType, Alias, Registry
from ..search.results import RankedHit

NAMES_READ = 500  # names of aliases, and of types that registries take


def choices(found: Mapping[Hit, Sequence[RankedHit]], known: int) -> dict[str, list[tuple[str, str]]]:
    """{filter of a search: [(value, label)]} out of the hits that were found.

    A label says how many hits the value leaves, unless there are more than `known` of a kind. One query.
    """
    hits = [hit for rows in found.values() for hit in rows]
    counts = {name: Counter[str]() for name in ("registry", "type", "alias")}
    counts["registry"].update(hit.registry for hit in hits if hit.registry)
    counts["type"].update(hit.type for hit in hits if hit.type)
    named = list(_names(found))
    for name, value, count in named:
        counts[name][value] += count
    taking_all = counts["type"].pop("", 0)
    counts["type"].update(dict.fromkeys(counts["type"], taking_all))
    are_known = len(named) < NAMES_READ and all(len(rows) <= known for rows in found.values())
    return {
        name: [(value, f"{value} ({values[value]})" if are_known else value) for value in sorted(values)]
        for name, values in counts.items()
    }


def _names(found: Mapping[Hit, Sequence[RankedHit]]) -> QuerySet:
    """(filter, value, number of hits) of the aliases of hits, and of the types that registries take.

    The type "" is that of the registries which take all.
    """
    ids = {kind: [hit.pk for hit in found.get(kind, ())] for kind in Hit}
    first, *others = (
        _counted("alias", F("name"), Alias.objects.filter(collection__in=ids[Hit.COLLECTION])),
        _counted("alias", F("name"), Alias.objects.filter(link__in=ids[Hit.VERSION])),
        _counted("type", F("name"), AcceptedType.objects.filter(registry__in=ids[Hit.REGISTRY])),
        _counted("type", Value(""), Registry.objects.filter(pk__in=ids[Hit.REGISTRY], accepts_all_types=True)),
    )
    return first.union(*others, all=True).order_by("-count", "value")[:NAMES_READ]


def _counted(name, value, rows):
    """(`name`, each `value` in `rows`, the number of rows that have it)."""
    counted = rows.order_by().values(filter=Value(name), value=value).annotate(count=Count("pk"))
    return counted.values_list("filter", "value", "count")
