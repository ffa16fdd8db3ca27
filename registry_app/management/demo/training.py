"""Makes small real files, and trains a small real model on them. The same bytes every time."""

import csv
import json
import math
import random
from pathlib import Path
from typing import NamedTuple

CUSTOMERS, HELD_OUT = 1200, 300
COLUMNS = ("tenure_months", "monthly_fee", "support_calls", "churned")
STEPS = ((3, 0.0), (60, 0.0), (60, 0.01))  # rounds of training, and weight decay, of each version of the model


class Made(NamedTuple):
    """A file that was made: where it is, and what is known of it."""

    path: Path
    metadata: dict


def make(folder):
    """Make everything in `folder`. Answers {name: [Made, one a version]}: customers, holdout, classifier, report."""
    folder.mkdir(parents=True, exist_ok=True)
    people = _customers()
    seen, held_out = people[:-HELD_OUT], people[-HELD_OUT:]
    raw = [*seen, *seen[::50]]  # as it was exported: some rows twice
    models = [_train(seen, rounds, decay) for rounds, decay in STEPS]
    scores = [_evaluate(model, held_out) for model in models]
    return {
        "customers": [_table(folder / "customers-raw.csv", raw), _table(folder / "customers.csv", seen)],
        "holdout": [_table(folder / "holdout.csv", held_out)],
        "classifier": [
            _document(folder / f"classifier-{number}.json", model, {"rounds": rounds, "weight_decay": decay, **score})
            for number, (model, score, (rounds, decay)) in enumerate(zip(models, scores, STEPS, strict=True))
        ],
        "report": [
            _document(folder / f"report-{number}.json", {"held_out": HELD_OUT, **score}, score)
            for number, score in enumerate(scores)
        ],
    }


def _customers():
    chance = random.Random(7)  # noqa: S311 (no secret: the same every time)
    rows = []
    for _ in range(CUSTOMERS):
        tenure, fee, calls = chance.randint(1, 72), chance.randint(15, 120), chance.choice([0, 0, 0, 1, 1, 2, 3, 5])
        leaning = 0.9 * calls + 0.02 * fee - 0.06 * tenure - 0.6
        rows.append((tenure, fee, calls, int(chance.random() < _sigmoid(leaning))))
    return rows


def _train(rows, rounds, decay):
    """The weights of a logistic regression, by plain gradient descent."""
    weights = [0.0] * 4
    for _ in range(rounds):
        slopes = [decay * weight for weight in weights]
        for *values, churned in rows:
            inputs = _inputs(values)
            error = _sigmoid(sum(w * x for w, x in zip(weights, inputs, strict=True))) - churned
            slopes = [slope + error * x / len(rows) for slope, x in zip(slopes, inputs, strict=True)]
        weights = [weight - slope for weight, slope in zip(weights, slopes, strict=True)]
    return {"kind": "logistic-regression", "inputs": ["bias", *COLUMNS[:-1]], "weights": [round(w, 6) for w in weights]}


def _evaluate(model, rows):
    """Accuracy and area under the curve on `rows`, which the model has not seen."""
    scored = [
        (_sigmoid(sum(w * x for w, x in zip(model["weights"], _inputs(row[:-1]), strict=True))), row[-1])
        for row in rows
    ]
    right = sum((score > 0.5) == bool(churned) for score, churned in scored)
    stay = [score for score, churned in scored if not churned]
    leave = [score for score, churned in scored if churned]
    pairs = sum((one > other) + (one == other) / 2 for one in leave for other in stay)
    return {"accuracy": round(right / len(rows), 4), "auc": round(pairs / (len(stay) * len(leave)), 4)}


def _inputs(values):
    tenure, fee, calls = values
    return (1.0, tenure / 72, fee / 120, calls / 5)


def _sigmoid(value):
    return 1 / (1 + math.exp(-value))


def _table(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return Made(path, {"rows": len(rows), "columns": list(COLUMNS), "churned": sum(row[-1] for row in rows)})


def _document(path, facts, metadata):
    path.write_text(json.dumps(facts, indent=2) + "\n")
    return Made(path, metadata)
