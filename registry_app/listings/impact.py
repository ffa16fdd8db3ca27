"""The previews of restricting and of deleting a registry: who and what is affected."""

from typing import Any

from .. import rules
from ..choices import Visibility
from ..models import Alias, Registry, effective_sources
from ..models.impact import PeopleCount, RestrictionImpact

COLLECTIONS_SHOWN = 10  # names on the preview of a deletion
PEOPLE_SHOWN = 50  # names on the preview of a restriction


def restriction_impact(registry: Registry) -> dict[str, Any]:
    """The preview of a restriction: counts, the people who keep access with the source of their role, who loses it."""
    keeps, loses = registry.sides_counted()
    now, (kept, lost) = RestrictionImpact.of(keeps, loses), registry.sides_of_restriction()
    kept, lost = (side.select_related("user", "organization").order_by("user__username") for side in (kept, lost))
    return {
        "now": now,
        "keeps": keeps,
        "loses": loses,
        "before": PeopleCount(keeps.people + loses.people, keeps.services + loses.services),
        "held": registry.collections.holdings(),
        "more_kept": max(0, now.keeps - PEOPLE_SHOWN),
        "more_lost": max(0, now.loses - PEOPLE_SHOWN),
        "kept": effective_sources(registry, list(kept[:PEOPLE_SHOWN]), Visibility.RESTRICTED),
        "lost": list(lost[:PEOPLE_SHOWN]),
        "refusal": rules.refuse_restriction(registry.kind, registry.visibility),
    }


def deletion_impact(registry: Registry) -> dict[str, Any]:
    """The preview of a deletion: counts, the first collections, and the protected aliases, which jobs use."""
    aliases = Alias.objects.filter(collection__registry=registry).values_list("name", flat=True).distinct()
    return {
        "people": registry.people_counted(),
        "types": registry.type_names(),
        "now": registry.collections.holdings(),
        "collections": registry.collections.order_by("name_key")[:COLLECTIONS_SHOWN],
        "protected": rules.protected_among(aliases.order_by(), registry.protected_names()),
    }
