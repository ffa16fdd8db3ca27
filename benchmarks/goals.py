"""The goals, with what was measured of each: the table at the head of docs/performance.md. Ratios are of CPU."""

from statistics import median

from benchmarks import peers
from benchmarks.operations import FLOOR, operations

OURS = ("ada", "mel", "tim")
USUAL, LARGE = 10_000, 100_000  # registries
FIRST, COMMON = "list, first page", "search, common hit"


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
    """Rows of the table of goals: verdict, goal, must, what is reached for, worst value, where that was."""
    wrong = sum(r.wrong for case in cases for rounds in case.rounds.values() for r in rounds)
    verdict = "met" if not wrong else "**missed**"
    rows = [*_against_others(cases), *_of_cpu(cases), *_of_pages(cases), *_of_servers(cases)]
    return [*filter(None, rows), [verdict, "wrong answers", "0", "", str(wrong), "all rounds"]]


def _against_others(cases):
    found = _found(cases, lambda o: o.label.startswith(("list", "search")))
    details = _found(cases, lambda o: o.rival == "change page")
    writes = _found(cases, lambda o: o.fill)
    for engine, size, must, reach in (
        ("SQLite", USUAL, 0.4, 0.25),
        ("PostgreSQL", USUAL, 0.4, 0.2),
        ("PostgreSQL", LARGE, 0.2, 0.12),
    ):
        lists = [(case, o) for case, o in found if (case.engine, case.size) == (engine, size)]
        yield _goal(f"list against Django admin, {engine}, {size:,}", must, reach, "×", lists, against_admin)
    yield _goal("list against the floor", 3, 2, "×", found, against_floor)
    details_name = "a registry, its settings, a collection, a version against Django admin's change page"
    yield _goal(details_name, 1, 0.6, "×", details, against_admin)
    yield _goal("create, edit, link, set an alias against Django admin's save", 1.2, 0.8, "×", writes, against_admin)
    first = [(case, o) for case, o in found if o.label == FIRST]
    for contender, must, reach in ((peers.OPEN, 1 / 2, 1 / 4), (peers.LOGIN, 1 / 50, 1 / 100)):
        beside = [(case, o) for case, o in first if f"{contender}: {FIRST}" in case.rounds]
        yield _goal(
            f"first list page against JSON of {peers.WHO[contender]}",
            must,
            reach,
            "×",
            beside,
            _against(FIRST, contender),
        )


def _of_cpu(cases):
    common = [
        (case, o) for case, o in _found(cases, lambda o: o.label == COMMON and o.person != "tim") if case.size >= LARGE
    ]
    in_teams = _found(cases, lambda o: o.person == "tim" and o.label == FIRST)
    reads = _found(cases, lambda o: not o.fill)
    name = f"search for a common word against a rare one, from {LARGE:,} on"
    yield _goal(name, 2, 1.3, "×", common, _against("search, rare hit"))
    yield _goal("growth from the smallest to the largest", 1.5, 1.1, "×", reads, lambda c, o: _growth(cases, c, o))
    yield _goal("first page of somebody in 60 teams against in none", 1.5, 1.2, "×", in_teams, _against(FIRST, "mel"))


def _of_pages(cases):
    lists = _found(cases, lambda o: o.label.startswith(("list", "search")))
    details = _found(cases, lambda o: o.rival == "change page")
    fragments = _found(cases, lambda o: o.htmx)
    wholes = [(case, None) for case in cases]
    yield _goal("queries of a list", 6, 5, "", lists, lambda c, o: c.facts["queries"][o.key])
    yield _goal("queries of a detail page", 8, 6, "", details, lambda c, o: c.facts["queries"][o.key])
    yield _goal("list page, compressed", 10, 6, " kB", lists, lambda c, o: best(c, o.key)[5])
    yield _goal("htmx fragment, compressed", 3, 2, " kB", fragments, lambda c, o: best(c, o.key)[5])
    yield _goal("CSS, JS and icons of a first visit", 45, 35, " kB", wholes, lambda c, _: c.whole["first visit"])
    yield _goal("requests for them", 8, 6, "", wholes, lambda c, _: c.whole["files"])


def _of_servers(cases):
    wholes = [(case, None) for case in cases]
    waits = [(case, None) for case in cases if "waits" in case.whole]
    crowded = [(case, None) for case in cases if "load" in case.whole]
    yield _goal("memory of the server under load", 220, 160, " MiB", wholes, lambda c, _: c.whole["memory"])
    yield _goal("start to first answer", 2.5, 1, " s", wholes, lambda c, _: c.whole["start"])
    yield _goal("longest wait to save beside an import or a restriction", 250, 100, " ms", waits, _longest_wait)
    yield _goal("5xx under readers and writers", 0, None, "", crowded, lambda c, _: c.whole["load"].failed)
    yield _goal("saved changes lost under readers and writers", 0, None, "", crowded, lambda c, _: c.whole["load"].lost)


def _longest_wait(case, _):
    return max(waited for waited, *_ in case.whole["waits"].values())


def _found(cases, wanted):
    """(case, operation) of our pages that are `wanted`."""
    return [(case, o) for case in cases for o in operations(case.facts) if o.contender in OURS and wanted(o)]


def _goal(name, must, reach, unit, found, value):
    """The row of one goal; None where nothing was measured that it speaks of."""
    if not found:
        return None
    worst, case, operation = max(((value(*item), *item) for item in found), key=lambda row: row[0])
    where = f"{case.engine}, {case.size:,}{f', {operation.key}' if operation else ''}"
    missed = sum(value(*item) > must for item in found)
    verdict = f"**missed** by {missed} of {len(found)}" if missed else "met"
    wished = "" if reach is None else f"≤ {reach:g}{unit}"
    return [verdict, name, f"≤ {must:g}{unit}", wished, f"{worst:.3g}{unit}", where]


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
