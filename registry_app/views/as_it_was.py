"""Pages of the past: a registry or a collection as it was at the end of a day, read off the audit log."""

from datetime import UTC, datetime, time

from django.utils import timezone
from django.views.decorators.http import require_safe

from ..access import collection_for, registry_for
from ..forms import DayForm
from ..models import collection_on, registry_on
from .pages import registry_page

ROWS_SHOWN = 200  # collections, versions or roles


@require_safe
def registry(request, organization, name):
    """A registry as it was: who saw it, what it took, and what its collections held."""
    door = registry_for(request.user, organization, name)
    day, moment = _day(request)
    then = registry_on(door.registry, moment)
    context = {"day": day, "then": then, "today": timezone.now().date()}
    if then:
        found = sorted(then.collections.values(), key=lambda each: each.name.casefold())
        context |= {
            "collections": found[:ROWS_SHOWN],
            "members": sorted(then.members.items())[:ROWS_SHOWN],
            "more_collections": max(0, len(found) - ROWS_SHOWN),
            "more_members": max(0, len(then.members) - ROWS_SHOWN),
        }
    return registry_page(request, "as_it_was/registry.html", door, "activity", context)


@require_safe
def collection(request, organization, name, collection):
    """A collection as it was: its versions, aliases and tags."""
    door, found = collection_for(request.user, organization, name, collection)
    day, moment = _day(request)
    then = collection_on(found, moment)
    versions = then.versions if then else []
    context = {
        "collection": found,
        "day": day,
        "then": then,
        "today": timezone.now().date(),
        "versions": versions[:ROWS_SHOWN],
        "more_versions": max(0, len(versions) - ROWS_SHOWN),
    }
    return registry_page(request, "as_it_was/collection.html", door, "activity", context)


def _day(request):
    """The day asked for, and its last moment (UTC)."""
    day = DayForm(request.GET).require()["on"] or timezone.now().date()
    return day, datetime.combine(day, time.max, tzinfo=UTC)
