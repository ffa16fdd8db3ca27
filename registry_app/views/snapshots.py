"""Pages of the past: a registry or a collection as it was at the end of a day, read off the audit log."""

from datetime import UTC, datetime, time

from django.utils import timezone
from django.views.decorators.http import require_safe

from .. import rules
from ..audit.snapshots import collection_as_of, protected_aliases_as_of, registry_as_of
from ..forms import DayForm
from ..permissions import get_collection, get_registry
from .rendering import registry_page

ROWS_SHOWN = 200  # collections, versions or roles


@require_safe
def registry(request, organization, name):
    """A registry as it was: who saw it, what it took, and what its collections held."""
    access = get_registry(request.user, organization, name)
    day, moment = _day(request)
    then = registry_as_of(access.registry, moment)
    context = {"day": day, "day_form": DayForm(initial={"on": day}), "then": then}
    if then:
        found = sorted(then.collections.items(), key=lambda item: item[1].name.casefold())
        shown = found[:ROWS_SHOWN]
        now = access.registry.collections.filter(pk__in=[pk for pk, _ in shown])
        names = dict(now.values_list("pk", "name"))
        context |= {
            "collections": [_row(pk, each, then, names) for pk, each in shown],
            "members": sorted(then.members.items())[:ROWS_SHOWN],
            "more_collections": max(0, len(found) - ROWS_SHOWN),
            "more_members": max(0, len(then.members) - ROWS_SHOWN),
        }
    return registry_page(request, "snapshots/registry.html", access, "activity", context)


def _row(pk, each, then, names):
    """(a CollectionSnapshot, its aliases as (name, label, whether protected), what it is called now or None)."""
    guarded = rules.protected_among(each.aliases, then.protected)
    return each, [(name, label, name in guarded) for name, label in each.aliases.items()], names.get(pk)


@require_safe
def collection(request, organization, name, collection):
    """A collection as it was: its versions, aliases and tags."""
    access, found = get_collection(request.user, organization, name, collection)
    day, moment = _day(request)
    then = collection_as_of(found, moment)
    versions = then.versions if then else []
    context = {
        "collection": found,
        "day": day,
        "day_form": DayForm(initial={"on": day}),
        "then": then,
        "versions": _versions(found, versions[:ROWS_SHOWN], protected_aliases_as_of(access.registry, moment)),
        "more_versions": max(0, len(versions) - ROWS_SHOWN),
    }
    return registry_page(request, "snapshots/collection.html", access, "activity", context)


def _versions(collection, versions, protected):
    """The rows: (label, source, [(alias, whether it was protected)], tags, its number while it is still linked)."""
    numbers = {label: rules.number_called(label) for label, *_ in versions}
    there = set(collection.links.filter(number__in=numbers.values()).values_list("number", flat=True))
    rows = []
    for label, source, aliases, tags in versions:
        guarded = rules.protected_among(aliases, protected)
        number = numbers[label] if numbers[label] in there else None
        rows.append((label, source, [(name, name in guarded) for name in aliases], tags, number))
    return rows


def _day(request):
    """The day asked for, and its last moment (UTC)."""
    day = DayForm(request.GET).require()["on"] or timezone.now().date()
    return day, datetime.combine(day, time.max, tzinfo=UTC)
