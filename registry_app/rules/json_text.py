"""JSON as people write it: what is wrong with a text, and where, and which values can't be kept."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .characters import describe, printable

WHOLE_DIGITS = 300  # digits of a whole number: databases store a few more
PATH_SHOWN = 80  # characters of the path to a value

# What stands before and after the place where the parser stopped; and what is wrong then. The first match counts.
_SLIPS = (
    (r",\s*", r"[}\]]", "a comma stands before the closing bracket"),
    (r"", r"'", "JSON has double quotes, not single ones"),
    (r"", "[“”„‟‘’«»]", "JSON has straight double quotes"),
    (r"", r"//|/\*|#", "JSON has no comments"),
    (r"", r"(?:True|False|None)\b", "JSON writes true, false and null"),
    (r"[0-9],\s*", r"[0-9]", "a number has a point, not a comma, as 0.9"),
)
# How a message of Python's parser begins; and what it means.
_MESSAGES = (
    ("Expecting property name", "a key in double quotes belongs here"),
    ("Expecting ':'", "a colon belongs here"),
    ("Expecting ','", "a comma or a closing bracket belongs here"),
    ("Extra data", "more stands after the end"),
    ("Unterminated string", "these quotes are never closed"),
    ("Invalid control character", "a line break or a tab stands inside quotes; write \\n or \\t"),
    ("Invalid \\", "a backslash inside quotes is written twice"),
    ("Illegal trailing comma", "a comma stands before the closing bracket"),
)


def load_json(text: str) -> Any:
    """The value that `text` is in JSON, with NaN and infinities as floats. ValueError says what is wrong, and where."""
    text = text.removeprefix("\ufeff")
    try:
        return json.loads(text, object_pairs_hook=_unrepeated, parse_int=_whole_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {_slip(text, error)}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def find_fault(value: object, levels: int, path: str = "") -> str | None:
    """What in `value`, a value parsed from JSON, can't be kept: its path, and why; None if all can.

    `levels` is how deep values may be nested in it.
    """
    path = path if len(path) <= PATH_SHOWN else f"{path[:PATH_SHOWN]}…"
    if isinstance(value, dict | list):
        if levels <= 0:
            return f"{path} is nested too deep"
        inner = _items(value, path)
        return next(filter(None, (find_fault(part, levels - 1, place) for place, part in inner)), None)
    if isinstance(value, float) and value - value != 0:
        why = "which JSON doesn't have" if value != value else "or too large a number"
        return f"{path} is {json.dumps(value)}, {why}"
    if isinstance(value, str):
        lost = re.search("[\0\ud800-\udfff]", value)
        return f"{path} holds {describe(lost[0])}, which is no text" if lost else None
    return f"{path} has more than {WHOLE_DIGITS} digits" if _is_too_long(value) else None


def _items(value: dict | list, path: str) -> Iterator[tuple[str, object]]:
    """(path, value) of each value in `value`, and of each key, which is a text too."""
    if isinstance(value, list):
        yield from ((f"{path}[{number}]", part) for number, part in enumerate(value))
        return
    for key, part in value.items():
        name = str(key)[:PATH_SHOWN]
        yield f"the key {name!r}", key
        yield f"{path}.{name}" if path else name, part


def _is_too_long(value):
    return isinstance(value, int) and abs(value) >= 10**WHOLE_DIGITS


def _unrepeated(pairs):
    """The object of these (key, value) pairs; ValueError for a key that stands there twice."""
    if len(dict(pairs)) < len(pairs):
        repeated = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key “{printable(repeated[:40])}” stands twice in one object")
    return dict(pairs)


def _whole_number(digits):
    if len(digits) > WHOLE_DIGITS:
        raise ValueError(f"the number {digits[:10]}… has more than {WHOLE_DIGITS} digits")
    return int(digits)


def _slip(text, error):
    """What is wrong where the parser stopped."""
    before, after = text[max(0, error.pos - 20) : error.pos], text[error.pos : error.pos + 20]
    for stands_before, stands_after, words in _SLIPS:
        if re.search(f"(?:{stands_before})$", before) and re.match(stands_after, after):
            return words
    if not after.strip():
        return "it ends too early"
    return next((words for start, words in _MESSAGES if error.msg.startswith(start)), "a value belongs here")
