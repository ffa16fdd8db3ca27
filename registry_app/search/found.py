"""Where in a text the words of a search are. Names are compared as search compares them: `rules.folded_name`."""

import re
from collections.abc import Iterable
from functools import lru_cache

from .. import rules

AROUND = 80  # characters of a text that are shown before and after a word
MARKUP = re.compile(r"[#*>|`]+")


def in_name(name: str, word: str) -> bool:
    """Whether a name contains the word."""
    return rules.folded_name(word) in rules.folded_name(name)


def in_text(text: str, word: str) -> re.Match[str] | None:
    """The first place of the word, in any case, in a text that is no name."""
    return re.search(re.escape(word), text, re.IGNORECASE)


def pieces(text: str, words: Iterable[str]) -> list[tuple[str, bool]]:
    """`text` in pieces: (a piece, whether it is one of the words)."""
    folded = [(part, place) for place, char in enumerate(text) for part in _folded(char)]
    whole, marks = "".join(part for part, _ in folded), [False] * len(text)
    for word in filter(None, map(rules.folded_name, words)):
        start = whole.find(word)
        while start >= 0:
            first, last = folded[start][1], folded[start + len(word) - 1][1]
            marks[first : last + 1] = [True] * (last + 1 - first)
            start = whole.find(word, start + 1)
    return _joined(text, marks)


def passage(text: str, words: Iterable[str]) -> str:
    """The part of `text`, which is Markdown, around the first of the words that it contains, in one line; else ""."""
    places = [place for word in words if (place := in_text(text, word))]
    if not places:
        return ""
    start, end = min(place.span() for place in places)
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    if start > AROUND:
        before = f"… {before.partition(' ')[2] or before}"
    if end + AROUND < len(text):
        after = f"{after.rpartition(' ')[0] or after} …"
    return " ".join(MARKUP.sub(" ", f"{before}{text[start:end]}{after}").split())


@lru_cache(maxsize=5000)
def _folded(char):
    """A character as search compares it: none of a mark, several of a letter such as ß."""
    return " " if char.isspace() else rules.folded_name(char)


def _joined(text, marks):
    """The pieces of `text`, whose characters `marks` says are found; a mark of a letter belongs to it."""
    found: list[tuple[str, bool]] = []
    for char, is_found in zip(text, marks, strict=True):
        if found and (is_found == found[-1][1] or not _folded(char)):
            found[-1] = (found[-1][0] + char, found[-1][1])
        else:
            found.append((char, is_found))
    return found
