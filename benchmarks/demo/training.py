"""Makes small real files, and trains small real models on them. The same bytes every time."""

import csv
import json
import math
import random
from pathlib import Path
from typing import NamedTuple

CUSTOMERS, HELD_OUT = 1200, 300
COLUMNS = ("tenure_months", "monthly_fee", "support_calls", "churned")
MONTHS, FIRST_MONTH, GROWTH = 9, 404, 62  # exports, rows of the first, and how many each later one has more
VERSIONS = 60
DECAYS = (0.0, 0.01, 0.003)  # weight decay; the training begins anew with each
ROUNDS, STEP = 3, 1.2  # of training for each version, and how far each goes
REPORT_EVERY = 6  # versions


class Made(NamedTuple):
    """A file that was made: where it is, and what is known of it."""

    path: Path
    metadata: dict


def make(folder):
    """Make everything in `folder`. Answers {name: [Made, one a version]}: customers, holdout, classifier, report."""
    folder.mkdir(parents=True, exist_ok=True)
    people = _customers()
    seen, held_out = people[:-HELD_OUT], people[-HELD_OUT:]
    exports = [seen[: FIRST_MONTH + GROWTH * month] for month in range(MONTHS)]
    raw = [*exports[0], *exports[0][::50]]  # as it was exported: some rows twice
    models = list(_trained(exports))
    scores = [_evaluate(model, held_out) for model, _ in models]
    return {
        "customers": [_table(folder / f"customers-{n}.csv", rows) for n, rows in enumerate([raw, *exports])],
        "holdout": [_table(folder / "holdout.csv", held_out)],
        "classifier": [
            document(folder / f"classifier-{number}.json", model, {**score, "params": params})
            for number, ((model, params), score) in enumerate(zip(models, scores, strict=True))
        ],
        "report": [
            document(folder / f"report-{number}.json", {"held_out": HELD_OUT, **score}, score)
            for number, score in enumerate(scores[::REPORT_EVERY])
        ],
    }


def month_of(number):
    """Which export this version of the classifier is trained on: 0 is the first."""
    return number * MONTHS // VERSIONS


def document(path, facts, metadata):
    """A file of JSON with these facts."""
    path.write_text(json.dumps(facts, indent=2) + "\n")
    return Made(path, metadata)


def _customers():
    chance = random.Random(7)  # noqa: S311 (no secret: the same every time)
    rows = []
    for _ in range(CUSTOMERS):
        tenure, fee, calls = chance.randint(1, 72), chance.randint(15, 120), chance.choice([0, 0, 0, 1, 1, 2, 3, 5])
        leaning = 0.9 * calls + 0.02 * fee - 0.06 * tenure - 0.6
        rows.append((tenure, fee, calls, int(chance.random() < _sigmoid(leaning))))
    return rows


def _trained(exports):
    """(the model, how it was trained) of each version: some rounds more on a random half of the newest export."""
    chance, each = random.Random(5), VERSIONS // len(DECAYS)  # noqa: S311 (no secret: the same every time)
    weights = [0.0] * 4
    for number in range(VERSIONS):
        rows, decay = exports[month_of(number)], DECAYS[number // each]
        rounds = ROUNDS * (number % each + 1)
        weights = _train(weights if number % each else [0.0] * 4, chance.sample(rows, len(rows) // 2), decay)
        model = {"kind": "logistic-regression", "inputs": ["bias", *COLUMNS[:-1]]}
        yield (
            {**model, "weights": [round(weight, 6) for weight in weights]},
            {"rounds": rounds, "weight_decay": decay, "rows": len(rows) // 2},
        )


def _train(weights, rows, decay):
    """Better weights of a logistic regression, by plain gradient descent."""
    for _ in range(ROUNDS):
        slopes = [decay * weight for weight in weights]
        for *values, churned in rows:
            inputs = _inputs(values)
            error = _sigmoid(sum(w * x for w, x in zip(weights, inputs, strict=True))) - churned
            slopes = [slope + error * x / len(rows) for slope, x in zip(slopes, inputs, strict=True)]
        weights = [weight - STEP * slope for weight, slope in zip(weights, slopes, strict=True)]
    return weights


def _evaluate(model, rows):
    """Accuracy, F1, log loss and area under the curve on `rows`, which the model has not seen."""
    scored = [
        (_sigmoid(sum(w * x for w, x in zip(model["weights"], _inputs(row[:-1]), strict=True))), row[-1])
        for row in rows
    ]
    hits = sum(score > 0.5 and churned for score, churned in scored)
    right = sum((score > 0.5) == bool(churned) for score, churned in scored)
    loss = -sum(math.log(score if churned else 1 - score) for score, churned in scored) / len(scored)
    stay = [score for score, churned in scored if not churned]
    leave = [score for score, churned in scored if churned]
    pairs = sum((one > other) + (one == other) / 2 for one in leave for other in stay)
    facts = {
        "accuracy": right / len(rows),
        "auc": pairs / (len(stay) * len(leave)),
        "f1": 2 * hits / (2 * hits + len(rows) - right),
        "loss": loss,
    }
    return {name: round(value, 4) for name, value in facts.items()}


def _inputs(values):
    tenure, fee, calls = values
    return (1.0, tenure / 72, fee / 120, calls / 5)


def _sigmoid(value):
    return 1 / (1 + math.exp(-value))


def _table(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return Made(path, {"rows": len(rows), "columns": list(COLUMNS), "churned": sum(row[-1] for row in rows)})
