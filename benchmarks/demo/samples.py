"""Small real files for the demo's smaller collections. The same bytes every time."""

import random

from .training import document

WORDS = (
    *("account", "agent", "answer", "bill", "call", "cancel", "change", "check"),
    *("customer", "day", "fee", "help", "home", "invoice", "line", "month"),
    *("move", "name", "offer", "order", "pay", "phone", "plan", "price"),
    *("question", "refund", "reply", "start", "stop", "wait"),
)

# What a file of each type holds: the name of its entries, and whether they are numbers.
CONTENTS = {
    "adapter": ("weights", True),
    "dataset": ("rows", False),
    "eval-suite": ("cases", False),
    "feature-table": ("features", True),
    "model": ("weights", True),
    "prompt": ("templates", False),
    "report": ("results", False),
    "tokenizer": ("tokens", False),
    "transcript": ("lines", False),
    "vocabulary": ("tokens", False),
}


def make_sample(folder, name, type_name, number):
    """Version `number` of the artifact `name`: a Made. Each version holds some entries more than the one before."""
    chance = random.Random(f"{name} {number}")  # noqa: S311 (no secret: the same every time)
    what, numeric = CONTENTS[type_name]
    entry = _number if numeric else _text
    entries = [entry(chance) for _ in range(40 + 15 * number + chance.randint(0, 9))]
    folder.mkdir(parents=True, exist_ok=True)
    return document(folder / f"{name}-{number}.json", {"kind": type_name, what: entries}, {what: len(entries)})


def _number(chance):
    return round(chance.gauss(0, 1), 6)


def _text(chance):
    return " ".join(chance.choices(WORDS, k=chance.randint(4, 9)))
