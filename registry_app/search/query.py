"""The language of searches: words, and operators that narrow a search."""

import unicodedata
from datetime import date
from typing import Any, NamedTuple

from ..rules.names import clean_name
from ..rules.refusals import Refusal

QUERY_LENGTH = 200  # characters
TERMS = 10  # words and operators together
# {operator: (its meaning, an example)}
OPERATORS = {
    "type": ("What is of this artifact type, or takes it", "type:model"),
    "tag": ("What carries this tag", "tag:reviewed"),
    "alias": ("What this alias names; latest is the newest version", "alias:production"),
    "registry": ("What is in this registry", 'registry:"Golden Datasets"'),
    "created": ("What was made or linked after a day; also <, >=, <= and the day alone", "created:>2026-01-01"),
}
COMPARISONS = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt", "": "exact"}  # the longer ones first


class Search(NamedTuple):
    """A parsed search: `words` that must all be found, and `conditions`, pairs of an operator and its value.

    The value of `created` is a pair of a Django lookup and a date; every other value is text. `unknown` are what looks
    like operators and is none: such terms are words.
    """

    words: tuple[str, ...] = ()
    conditions: tuple[tuple[str, Any], ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether anything is searched for."""
        return bool(self.words or self.conditions)

    @property
    def text(self) -> str:
        """The words, with spaces between."""
        return " ".join(self.words)


def parse_search(text: str) -> tuple[Search, None] | tuple[None, Refusal]:
    """(Search, None) for the text of a search, or (None, the Refusal) with `search_invalid`."""
    if len(text) > QUERY_LENGTH:
        return None, _refusal(f"A search has at most {QUERY_LENGTH} characters; this one has {len(text)}.")
    if any(unicodedata.category(char) in {"Cc", "Cs"} and not char.isspace() for char in text):
        return None, _refusal("A search can't contain control characters.")
    words, conditions, unknown, rest = [], [], [], text.lstrip()
    while rest:
        operator, value, rest = _term(rest)
        if value is None:
            return None, _refusal("A quote is not closed. Close it, or take it out.")
        if operator is not None and operator.lower() not in OPERATORS:
            words.append(f"{operator}:{value}")
            unknown += [operator] if operator.isalpha() and not value.startswith("//") else []
        elif operator is not None:
            condition, refusal = _condition(operator, value)
            if refusal:
                return None, refusal
            conditions.append((operator.lower(), condition))
        elif value:
            words.append(value)
    if len(words) + len(conditions) > TERMS:
        return None, _refusal(f"A search has at most {TERMS} words and operators.")
    return Search(tuple(words), tuple(conditions), tuple(dict.fromkeys(unknown))), None


def _term(text: str) -> tuple[str | None, str | None, str]:
    """(operator or None, value, the rest) of the first term of `text`; the value is None if a quote isn't closed."""
    operator = None
    if not text.startswith('"'):
        name, colon, _ = text.split(None, 1)[0].partition(":")
        if colon:
            operator, text = name, text[len(name) + 1 :]
    if text.startswith('"'):
        quoted, closed, rest = text[1:].partition('"')
        return operator, clean_name(quoted) if closed else None, rest.lstrip()
    word = "" if not text or text[0].isspace() else text.split(None, 1)[0]
    return operator, clean_name(word), text[len(word) :].lstrip()


def _condition(operator: str, value: str) -> tuple[str | tuple[str, date], None] | tuple[None, Refusal]:
    """(the value of a condition with `operator`, None), or (None, the Refusal)."""
    name = operator.lower()
    if not value:
        return None, _refusal(f"Nothing comes after {name}: there.")
    if name != "created":
        return value, None
    sign = next(sign for sign in COMPARISONS if value.startswith(sign))
    day = value.removeprefix(sign)
    try:
        written = date.fromisoformat(day)
    except ValueError:
        written = None
    if written is None or written.isoformat() != day:
        return None, _refusal(f"“{day[:40]}” is no day. Days are written as 2026-01-31.")
    return (COMPARISONS[sign], written), None


def _refusal(reason: str) -> Refusal:
    operators = ", ".join(f"{name}:" for name in OPERATORS)
    return Refusal("search_invalid", reason, f"Operators: {operators}.")
