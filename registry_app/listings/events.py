"""Entries of the audit log as pages show them: by day, each with what changed in a few words."""

from itertools import groupby

from django.utils import timezone

from ..choices import Action

SIZE = 25  # entries a page

GIST_LENGTH, GIST_FIELDS = 160, 3  # characters, and fields, that an entry tells in its line

ONE_WAY = {Action.RESTRICT, Action.DELETE}


def paginate_events(events, before):
    """The entries older than `before` (a seq), by day, and the cursor of the next page."""
    if before:
        events = events.filter(seq__lt=before)
    found = list(events.order_by("-seq")[: SIZE + 1])
    shown = found[:SIZE]
    for event in shown:
        event.one_way = event.action in ONE_WAY and not event.refused
        event.rows = [_shown(field, *values) for field, values in event.changes.items()]
        event.one_line = _one_line(event)
    days = [(day, list(entries)) for day, entries in groupby(shown, lambda event: event.at.date())]
    return {
        "days": days,
        "older": shown[-1].seq if len(found) > SIZE else None,
        "newest": not before,
        "today": timezone.now().date(),
    }


def _one_line(event):
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
