"""What an import of an MLflow server did, and what it left out, for people and as JSON."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from .. import rules

KINDS = ("models", "versions", "collections", "links", "aliases", "tags")
OUTCOMES = ("found", "new", "existing", "skipped", "removed")


class ImportReport:
    """How many objects were found, are new, existed, were skipped or removed; what was done, left out and noted.

    `done`, `left_out` and `notes` are lists of dicts with a kind, a name, and an outcome or a reason. What is left out
    is there on the server and not here; a note tells of something else that people should know.
    """

    def __init__(self) -> None:
        self.counts: dict[str, Counter] = {kind: Counter() for kind in KINDS}
        self.done: list[dict[str, str]] = []
        self.left_out: list[dict[str, str]] = []
        self.notes: list[dict[str, str]] = []

    def count(self, kind: str, outcome: str, number: int = 1) -> None:
        """Add `number` objects of `kind`, one of KINDS, with `outcome`, one of OUTCOMES."""
        self.counts[kind][outcome] += number

    def did(self, kind: str, name: object, outcome: str = "new") -> None:
        """Count the object `name` of `kind` as new, or as removed."""
        self.count(kind, outcome)
        self.done.append({"kind": kind, "name": _escaped(str(name)), "outcome": outcome})

    def skip(self, kind: str, name: str, reason: str) -> None:
        """Count the object `name` of `kind` as skipped."""
        self.count(kind, "skipped")
        self.leave_out(kind, name, reason)

    def leave_out(self, kind: str, name: str, reason: str) -> None:
        """Tell of a part of the object `name` that isn't brought."""
        self.left_out.append({"kind": kind, "name": _escaped(name), "reason": _escaped(reason)})

    def note(self, kind: str, name: str, reason: str) -> None:
        """Tell of something that people should know of the object `name`."""
        self.notes.append({"kind": kind, "name": _escaped(name), "reason": _escaped(reason)})

    def lines(self) -> Iterator[str]:
        """The table of counts, and a line for all that is left out or noted."""
        yield f"{'':<12}" + "".join(f"{outcome:>10}" for outcome in OUTCOMES)
        for kind, counted in self.counts.items():
            yield f"{kind:<12}" + "".join(f"{counted[outcome]:>10,}" for outcome in OUTCOMES)
        for word, told in (("left out", self.left_out), ("note", self.notes)):
            yield from (f"{word:<9} {each['kind']}: {each['name']!r}: {each['reason']}" for each in told)

    def content(self) -> dict[str, Any]:
        """All of it, for JSON."""
        counts = {kind: {outcome: counted[outcome] for outcome in OUTCOMES} for kind, counted in self.counts.items()}
        return {"counts": counts, "done": self.done, "left_out": self.left_out, "notes": self.notes}


def _escaped(text: str) -> str:
    """`text` with the numbers of its invisible characters, which could control a terminal."""
    return "".join(char if rules.visible(char) else f"U+{ord(char):04X}" for char in text)
