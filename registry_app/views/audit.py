"""Pages of the audit log: an organization's, a registry's, and the one that spreadsheets read."""

import csv
from itertools import groupby

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ..choices import Action
from ..forms import AuditFilter
from ..models import AuditEvent
from ..permissions import get_organization, get_registry
from .rendering import render_page

SIZE = 25  # entries a page
GIST_LENGTH, GIST_FIELDS = 160, 3  # characters, and fields, that an entry tells in its line
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")  # what one begins with
ONE_WAY = {Action.RESTRICT, Action.DELETE}
COLUMNS = (
    "seq",
    "at",
    "actor",
    "action",
    "subject",
    "outcome",
    "rule",
    "reason",
    "changes",
    "request",
    "hash",
)


@require_safe
def index(request, organization):
    """The organization's log, as far as this person may read it (§5)."""
    membership = get_organization(request.user, organization)
    filters = AuditFilter(request.GET)
    wanted = filters.require()
    events = filters.apply(AuditEvent.objects.readable_by(membership))
    context = {"filters": filters, "section": "audit", **page_of_events(events, wanted["before"])}
    return render_page(request, "audit/index.html", membership, context, part="audit/_log.html")


@require_safe
def export(request, organization):
    """Exactly the entries that the filters show, newest first, as CSV."""
    membership = get_organization(request.user, organization)
    filters = AuditFilter(request.GET)
    filters.require()
    events = filters.apply(AuditEvent.objects.readable_by(membership))
    response = StreamingHttpResponse(_lines(events), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{organization}.csv"'
    return response


@require_safe
def activity(request, organization, name):
    """What happened in one registry, newest first."""
    access = get_registry(request.user, organization, name)
    filters = AuditFilter(request.GET)
    wanted = filters.require()
    events = filters.apply(AuditEvent.objects.of_registry(access.registry))
    context = {"registry": access.registry, "allowed": access.allowed, "tab": "activity", "filters": filters}
    context |= page_of_events(events, wanted["before"])
    return render_page(request, "registries/activity.html", access.membership, context)


def page_of_events(events, before):
    """The entries older than `before` (a seq), by day, and the cursor of the next page."""
    if before:
        events = events.filter(seq__lt=before)
    found = list(events.order_by("-seq")[: SIZE + 1])
    shown = found[:SIZE]
    for event in shown:
        event.one_way = event.action in ONE_WAY and not event.refused
        event.rows = [_shown(field, *values) for field, values in event.changes.items()]
        event.one_line = _gist(event)
    days = [(day, list(entries)) for day, entries in groupby(shown, lambda event: event.at.date())]
    return {
        "days": days,
        "older": shown[-1].seq if len(found) > SIZE else None,
        "newest": not before,
        "today": timezone.now().date(),
    }


def _gist(event):
    """What changed in a few words, or what a rule said; nothing where that would be many."""
    if event.refused:
        return event.reason if len(event.reason) <= GIST_LENGTH else f"{event.reason[: GIST_LENGTH - 1]}…"
    parts = []
    for field, before, after in event.rows:
        came = ", ".join(after) or "none"
        parts.append(f"{field}: {', '.join(before)} → {came}" if before else f"{field}: {came}")
    text = "; ".join(parts)
    return text if len(event.rows) <= GIST_FIELDS and len(text) <= GIST_LENGTH and "\n" not in text else ""


def _shown(field, before, after):
    """One line of a diff: the field's name, and its values as text; of two lists just what came and went."""
    if isinstance(before, list) or isinstance(after, list):
        old, new = before or [], after or []
        return field, [x for x in old if x not in new], [x for x in new if x not in old]
    return field, _texts(before), _texts(after)


def _texts(value):
    if value in (None, ""):
        return []
    return [{True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)]


class _Echo:
    """What csv writes to: it hands each line on."""

    def write(self, line):
        return line


def _lines(events):
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for event in events.order_by("-seq").iterator(chunk_size=500):
        facts = event.facts
        changes = "; ".join(f"{field}: {old} → {new}" for field, (old, new) in facts["changes"].items())
        row = (
            event.seq,
            event.at.isoformat(),
            event.actor_name,
            event.action,
            event.subject,
            "refused" if event.refused else "done",
            event.code,
            facts["reason"],
            changes,
            event.request_id,
            event.hash,
        )
        yield writer.writerow([_safe(cell) for cell in row])


def _safe(cell):
    """A cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text
