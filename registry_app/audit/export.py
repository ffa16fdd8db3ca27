"""The audit log as CSV, for spreadsheets."""

import csv
from collections.abc import Iterator

from django.db.models import QuerySet

from ..models.event import AuditEvent, related_lists
from ..rules.cells import escape_formula

COLUMNS = (
    "seq",
    "at",
    "actor",
    "action",
    "target_type",
    "target",
    "outcome",
    "rule",
    "reason",
    "changes",
    "related",
    "request",
    "hash",
)


class _Echo:
    """What csv writes to: it hands each line on."""

    def write(self, line):
        return line


def csv_lines(events: QuerySet[AuditEvent]) -> Iterator[str]:
    """The lines of a CSV of `events`, newest first: a heading, then a line for each."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(COLUMNS)  # the byte order mark tells a spreadsheet that it is UTF-8
    for event in events.order_by("-seq").iterator(chunk_size=500):
        content = event.content
        changes = "; ".join(f"{field}: {old} → {new}" for field, (old, new) in content["changes"].items())
        row = (
            event.seq,
            event.at.isoformat(),
            event.actor_name,
            event.action,
            event.target_type,
            event.target_name,
            "refused" if event.refused else "done",
            event.code,
            content["reason"],
            changes,
            _names(content["related"]),
            event.request_id,
            event.hash,
        )
        yield writer.writerow([escape_formula(str(cell)) for cell in row])


def _names(related):
    """The other things that an entry is about, by name."""
    lists = related_lists(related).items()
    return "; ".join(f"{what}: {', '.join(thing['name'] for thing in things)}" for what, things in lists)
