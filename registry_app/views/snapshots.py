"""Snapshots: a registry or a collection at the end of a day, reconstructed from the audit log."""

from datetime import timedelta

from django.utils import timezone
from django.views.decorators.http import require_safe

from .. import rules
from ..audit.snapshots import collection_as_of, protected_aliases_as_of, registry_as_of
from ..forms import DayForm
from ..listings.snapshots import collection_rows, registry_rows
from ..permissions import get_collection, get_registry
from .rendering import registry_page


@require_safe
def registry(request, organization, name):
    """A registry on a day: visibility, types, roles, and collections with their versions."""
    access = get_registry(request.user, organization, name)
    day, moment = _day(request)
    then = registry_as_of(access.registry, moment)
    context = {"day": day, "day_form": DayForm(initial={"on": day}), "then": then}
    context |= registry_rows(access.registry, then) if then else {}
    return registry_page(request, "snapshots/registry.html", access, "activity", context)


@require_safe
def collection(request, organization, name, collection):
    """A collection on a day: its versions, aliases and tags."""
    access, found = get_collection(request.user, organization, name, collection)
    day, moment = _day(request)
    then = collection_as_of(found, moment)
    context = {"collection": found, "day": day, "day_form": DayForm(initial={"on": day}), "then": then}
    context |= collection_rows(found, then, protected_aliases_as_of(access.registry, moment))
    return registry_page(request, "snapshots/collection.html", access, "activity", context)


def _day(request):
    """(the day of the address, its last moment in the reader's zone)."""
    day = DayForm(request.GET).require()["on"] or timezone.localdate()
    return day, rules.end_of_day(day, timezone.get_current_timezone()) - timedelta(microseconds=1)
