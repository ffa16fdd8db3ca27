"""Entries of the audit log as pages show them: by day, each with what changed in a few words."""

from itertools import groupby

from django.utils import timezone

from ..choices import Action, Role, Target, Visibility

SIZE = 25  # entries a page

GIST_LENGTH, GIST_FIELDS = 160, 3  # characters, and fields, that an entry tells in its line

LABELS = {"ends_at": "Until", "kept": "Keep access", "uri": "Address", "holder": "Who"}
WORDS = {each.value: each.label for kind in (Role, Visibility) for each in kind}
ONE_WAY = {Action.RESTRICT, Action.DELETE}


def paginate_events(events, before):
    """The entries older than `before` (a seq), by day, and the cursor of the next page."""
    if before:
        events = events.filter(seq__lt=before)
    found = list(events.order_by("-seq")[: SIZE + 1])
    shown = found[:SIZE]
    for event in shown:
        event.one_way = event.action in ONE_WAY and not event.refused
        event.rows = _rows(event.content)
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


def _rows(content: dict) -> list[tuple[str, list, list]]:
    """[(label, values before, values after)] of an entry: the other things it is about, then what changed."""
    things = {what: found if isinstance(found, list) else [found] for what, found in content["related"].items()}
    related: list[tuple] = [(what, [], found) for what, found in things.items()]
    changes: list[tuple] = [(field, *_compared(*values)) for field, values in content["changes"].items()]
    return [(_label(name), _texts(before), _texts(after)) for name, before, after in [*related, *changes]]


def _label(name):
    """A key of an entry in words."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def _compared(before, after):
    """Two values; of two lists just what came and went."""
    if isinstance(before, list) or isinstance(after, list):
        old, new = before or [], after or []
        return [each for each in old if each not in new], [each for each in new if each not in old]
    return [before], [after]


def _texts(values):
    """Values as people read them; nothing for what is empty."""
    return [_text(value) for value in values if value not in (None, "")]


def _text(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):  # a reference
        name = f"team {value['name']}" if value["type"] == Target.TEAM else value["name"]
        return f"{name} ({WORDS.get(value['role'], value['role'])})" if "role" in value else name
    return WORDS.get(value, value) if isinstance(value, str) else str(value)
