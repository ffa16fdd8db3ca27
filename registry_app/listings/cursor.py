"""Keyset pagination: a page begins after the last row of the page before, so that a late page costs no more."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any, NamedTuple

from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

SIZE = 25  # rows a page
# The sorts of a list whose rows have a name and the moment of their last change:
# {parameter of the address: (columns, whether descending)}.
SORTS: dict[str, tuple[list[str], bool]] = {
    "name": (["name_key"], False),
    "-name": (["name_key"], True),
    "updated": (["updated_at", "id"], False),
    "-updated": (["updated_at", "id"], True),
}


class Page(NamedTuple):
    """The rows of one page, and the cursors of the pages before and after it (None where there is none)."""

    rows: list
    before: str | None
    after: str | None


def page_query(rows: QuerySet, keys: Sequence[str], values: Sequence[Any], *, down: bool) -> QuerySet:
    """The rows of a page and one more, from the cursor's `values` on ([]: from the beginning), up or `down`."""
    return in_order(rows, keys, values, down=down)[: SIZE + 1]


def in_order(rows: QuerySet, keys: Sequence[str], values: Sequence[Any], *, down: bool) -> QuerySet:
    """The rows from the cursor's `values` on, up or `down`."""
    if values:
        rows = _after_cursor(rows, keys, values, down=down)
    return rows.order_by(*(f"-{key}" if down else key for key in keys))


def make_page(rows: Iterable, keys: Sequence[str], *, after: bool, before: bool) -> Page:
    """The Page of what `page_query` gives `after` or `before` a cursor."""
    found = list(rows)
    more, found = len(found) > SIZE, found[:SIZE]
    if before:
        found.reverse()
    has_before, has_after = (more, bool(found)) if before else (after, more)
    return Page(
        found,
        cursor_of(found[0], keys) if found and has_before else None,
        cursor_of(found[-1], keys) if found and has_after else None,
    )


def _after_cursor(rows: QuerySet, keys: Sequence[str], values: Sequence[Any], *, down: bool) -> QuerySet:
    """The rows strictly after `values`. The condition on the first key alone lets the database use its index."""
    past = "lt" if down else "gt"
    condition, equal = Q(), Q()
    for key, value in zip(keys, values, strict=True):
        condition |= equal & Q(**{f"{key}__{past}": value})
        equal &= Q(**{key: value})
    return rows.filter(**{f"{keys[0]}__{past}e": values[0]}).filter(condition)


def cursor_of(row: Any, keys: Sequence[str]) -> str:
    """The cursor of `row` (a dict or an object) in a list sorted by `keys`: its values as JSON in URL-safe base64."""
    values = [row[key] if isinstance(row, Mapping) else getattr(row, key) for key in keys]
    text = json.dumps([value if isinstance(value, str | int) else value.isoformat() for value in values])
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, keys: Sequence[str]) -> list:
    """The values of a cursor; BadRequest (400) for text that is none."""
    try:
        values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(values, list) and len(values) == len(keys):
            return [_checked(key, value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, RecursionError, TypeError, OverflowError) as error:
        raise BadRequest("That cursor is not one of this list's.") from error
    raise BadRequest("That cursor is not one of this list's.")


def _checked(key: str, value: Any) -> Any:
    """`value` as a value of the column `key`; ValueError, TypeError or OverflowError if it can't be one."""
    if key in {"id", "number"}:
        if type(value) is not int or not 0 <= value < 2**63:
            raise ValueError(value)
    elif key in {"updated_at", "set_at"}:
        value = parse_datetime(value)
        if value is None or value.tzinfo is None:
            raise ValueError(value)
        value = value.astimezone(UTC)
    elif not isinstance(value, str) or "\0" in value or not value.encode():
        raise ValueError(value)
    return value
