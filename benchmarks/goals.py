"""The goals, with what was measured of each: the table at the head of docs/performance.md."""

from statistics import median

from benchmarks.operations import FLOOR, operations

OURS = ("ada", "mel", "tim")
LARGE = 100_000  # registries


def best(case, key):
    """The operation's (cpu, p50, p95, rate, wrong, kB): of the best round, p95 of the median one."""
    rounds = case.rounds[key]
    return (
        min(r.cpu for r in rounds),
        min(r.p50 for r in rounds),
        median(r.p95 for r in rounds),
        max(r.rate for r in rounds),
        sum(r.wrong for r in rounds),
        median(r.size for r in rounds),
    )


def goals(cases):
    """Rows of the table of goals: verdict, goal, must, worst value, where that was."""
    lists = [(case, o) for case in cases for o in _ours(case) if o.label.startswith(("list", "search"))]
    large = [(case, o) for case, o in lists if case.engine == "PostgreSQL" and case.size >= LARGE]
    reads = [(case, o) for case in cases for o in _ours(case) if not o.fill]
    details = [(case, o) for case, o in reads if o.rival == "change page"]
    writes = [(case, o) for case in cases for o in _ours(case) if o.fill]
    common = [(case, o) for case, o in lists if o.label == "search, common hit" and o.person != "tim"]
    in_teams = [(case, o) for case, o in lists if o.person == "tim" and o.label == "list, first page"]
    fragments = [(case, o) for case, o in reads if o.htmx]
    rest = [item for item in lists if item not in large]
    wholes = [(case, None) for case in cases]
    rows = [
        _goal("list, cpu against Django admin", 0.4, "×", rest, against_admin),
        _goal(f"the same on PostgreSQL from {LARGE:,} registries on", 0.2, "×", large, against_admin),
        _goal("list, cpu against the floor", 3, "×", lists, against_floor),
        _goal("a registry and its settings, cpu against Django admin", 1, "×", details, against_admin),
        _goal("create and edit, cpu against Django admin", 1.2, "×", writes, against_admin),
        _goal("search for a common word, cpu against a rare one", 2, "×", common, _against("search, rare hit")),
        _goal("growth of cpu from the smallest to the largest", 1.5, "×", reads, lambda c, o: _growth(cases, c, o)),
        _goal("somebody in 60 teams, cpu against in none", 1.5, "×", in_teams, _against("list, first page", "mel")),
        _goal("queries of a list", 6, "", lists, lambda c, o: c.facts["queries"][o.key]),
        _goal("queries of a registry and its settings", 8, "", details, lambda c, o: c.facts["queries"][o.key]),
        _goal("list page, compressed", 10, " kB", lists, lambda c, o: best(c, o.key)[5]),
        _goal("htmx fragment, compressed", 3, " kB", fragments, lambda c, o: best(c, o.key)[5]),
        _goal("CSS, JS and icons of a first visit", 45, " kB", wholes, lambda c, _: c.whole["first visit"]),
        _goal("memory of the server under load", 220, " MiB", wholes, lambda c, _: c.whole["memory"]),
        _goal("start to first answer", 2.5, " s", wholes, lambda c, _: c.whole["start"]),
    ]
    crowded = [(case, None) for case in cases if "load" in case.whole]
    rows += [
        _goal("5xx under readers and writers", 0, "", crowded, lambda c, _: c.whole["load"].failed),
        _goal("saved changes lost under readers and writers", 0, "", crowded, lambda c, _: c.whole["load"].lost),
    ]
    wrong = sum(r.wrong for case in cases for rounds in case.rounds.values() for r in rounds)
    return [*filter(None, rows), ["met" if not wrong else "**missed**", "wrong answers", "0", str(wrong), "all rounds"]]


def _goal(name, must, unit, found, value):
    """The row of one goal; None where nothing was measured that it speaks of."""
    if not found:
        return None
    worst, case, operation = max(((value(*item), *item) for item in found), key=lambda row: row[0])
    where = f"{case.engine}, {case.size:,}{f', {operation.key}' if operation else ''}"
    missed = sum(value(*item) > must for item in found)
    verdict = f"**missed** by {missed} of {len(found)}" if missed else "met"
    return [verdict, name, f"≤ {must:g}{unit}", f"{worst:.3g}{unit}", where]


def _ours(case):
    return [operation for operation in operations(case.facts) if operation.contender in OURS]


def against_admin(case, operation):
    return best(case, operation.key)[0] / best(case, f"plain: {operation.rival}")[0]


def against_floor(case, operation):
    return best(case, operation.key)[0] / best(case, FLOOR.key)[0]


def _against(label, person=None):
    """A function: the cpu of an operation against that of another one, of the same person or `person`."""
    return lambda case, operation: (
        best(case, operation.key)[0] / best(case, f"{person or operation.person}: {label}")[0]
    )


def _growth(cases, case, operation):
    smallest = min((other for other in cases if other.engine == case.engine), key=lambda other: other.size)
    return best(case, operation.key)[0] / best(smallest, operation.key)[0]
