"""What was measured, as docs/performance.md: the goals with their verdicts, then every operation."""

import os
import platform
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import django

from benchmarks.operations import BARE, FLOOR, operations
from benchmarks.under_load import READERS, WRITERS

WHOLE = {"memory": "memory MiB", "start": "start s", "first visit": "first visit kB"}
OURS = ("ada", "mel", "tim")
LARGE = 100_000  # registries
WHO = {
    "ada": "ours, organization admin",
    "mel": "ours, member",
    "tim": "ours, member in 60 teams",
    "plain": "Django admin as it comes",
    "admin": "our Django admin",
    "floor": "floor",
}


def text(cases, rounds, requests, postgresql):
    """The whole page."""
    return "\n".join(
        [
            "# Performance",
            "",
            "Written by `make bench`. Milliseconds give the scale; only ratios hold on another machine.",
            "",
            *_setting(cases, rounds, requests, postgresql),
            "",
            "## Goals",
            "",
            *table(["verdict", "goal", "must", "worst", "where"], goals(cases)),
            "",
            "## What is in the way",
            "",
            *_in_the_way(cases),
            "",
            *_details(cases),
            "",
        ]
    )


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
        _goal("list, cpu against Django admin", 0.4, "×", rest, _against_admin),
        _goal(f"the same on PostgreSQL from {LARGE:,} registries on", 0.2, "×", large, _against_admin),
        _goal("list, cpu against the floor", 3, "×", lists, _against_floor),
        _goal("a registry and its settings, cpu against Django admin", 1, "×", details, _against_admin),
        _goal("create and edit, cpu against Django admin", 1.2, "×", writes, _against_admin),
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


def _against_admin(case, operation):
    return best(case, operation.key)[0] / best(case, f"plain: {operation.rival}")[0]


def _against_floor(case, operation):
    return best(case, operation.key)[0] / best(case, FLOOR.key)[0]


def _against(label, person=None):
    """A function: the cpu of an operation against that of another one, of the same person or `person`."""
    return lambda case, operation: (
        best(case, operation.key)[0] / best(case, f"{person or operation.person}: {label}")[0]
    )


def _growth(cases, case, operation):
    smallest = min((other for other in cases if other.engine == case.engine), key=lambda other: other.size)
    return best(case, operation.key)[0] / best(smallest, operation.key)[0]


def _in_the_way(cases):
    """Why goals are missed, as the profile says it; the numbers are this run's, of the largest database."""
    for engine in dict.fromkeys(case.engine for case in cases):
        case = max((case for case in cases if case.engine == engine), key=lambda case: case.size)
        bare, page, admin = (
            best(case, key)[0] for key in (f"ada: {BARE}", "ada: list, first page", "plain: first page")
        )
        yield (
            f"- {engine}: a page without any list costs {bare:.1f} ms of CPU already ({bare / admin:.2f} of the admin's"
            f" list): session, account, middleware, head and navigation. The first list page costs {page:.1f} ms."
        )
    yield (
        "- Of a list page's Python calls two thirds render templates: the table a third of all, navigation and filters"
        " a quarter. A sixth asks the queries. Markup made in Python would be faster and harder to read."
    )
    yield (
        "- Create and edit lock the organization, judge form and model, keep types and former names, and seal an entry"
        " of the log to the one before. The plain admin's POST does none of that."
    )
    yield (
        "- A search for a common word walks names in order until a page is full: how far that is depends on where in"
        " the alphabet the hits are. SQLite walks past names that its index doesn't name; PostgreSQL reads them."
    )


def _details(cases):
    for engine in dict.fromkeys(case.engine for case in cases):
        sized = sorted((case for case in cases if case.engine == engine), key=lambda case: case.size)
        largest = sized[-1]
        yield f"## {engine}: every operation"
        yield ""
        yield (
            "cpu: milliseconds of the server and the database for one request, in databases of "
            f"{', '.join(f'{case.size:,}' for case in sized)} registries; all other columns: of {largest.size:,}."
        )
        yield ""
        heads = ["who", "what", *(f"cpu, {case.size:,}" for case in sized), "÷ admin", "÷ floor", "p50 ms", "p95 ms"]
        rows = []
        for operation in operations(largest.facts):
            _, p50, p95, rate, _, size = best(largest, operation.key)
            rows.append(
                [
                    WHO[operation.contender],
                    operation.label,
                    *(f"{best(case, operation.key)[0]:.2f}" for case in sized),
                    f"{_against_admin(largest, operation):.2f}" if operation.rival else "",
                    f"{_against_floor(largest, operation):.2f}",
                    f"{p50:.1f}",
                    f"{p95:.1f}",
                    f"{rate:.0f}",
                    str(largest.facts["queries"][operation.key]),
                    f"{size:.1f}",
                ]
            )
        yield from table([*heads, "1/s", "queries", "kB"], rows)
        yield ""
    rows = [
        [
            c.engine,
            f"{c.size:,}",
            f"{c.whole['memory']:.0f}",
            f"{c.whole['start']:.2f}",
            f"{c.whole['first visit']:.1f}",
        ]
        for c in cases
    ]
    yield "## The whole server"
    yield ""
    yield from table(["database", "registries", *WHOLE.values()], rows)
    yield ""
    yield from _crowd(cases)
    yield from _plans(cases)


def _crowd(cases):
    rows = []
    for case in cases:
        if seen := case.whole.get("load"):
            figures = (seen.reads, seen.read_p99, seen.writes, seen.write_p99)
            rows.append([case.engine, f"{case.size:,}", *(f"{figure:.0f}" for figure in figures)])
            rows[-1] += [str(seen.failed), str(seen.lost)]
    yield f"## {READERS} readers and {WRITERS} writers at once"
    yield ""
    heads = ["database", "registries", "reads/s", "p99 ms of a read", "writes/s", "p99 ms of a write", "5xx", "lost"]
    yield from table(heads, rows)
    yield ""


def _plans(cases):
    yield "## How the databases find the first page of a list for somebody in 60 teams"
    for engine in dict.fromkeys(case.engine for case in cases):
        largest = max((case for case in cases if case.engine == engine), key=lambda case: case.size)
        for label, plan in largest.facts["plans"].items():
            yield from ("", f"{engine}, {largest.size:,} registries: {label}", "", "```", *plan.splitlines(), "```")


def machine(postgresql):
    """A line about what was measured on; `postgresql` is its version, or None."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return (
        f"- {datetime.now(UTC):%d %B %Y}; {model[1] if model else platform.machine()}, {os.cpu_count()} cores; Python"
        f" {platform.python_version()}, Django {django.get_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL"
        f" {postgresql or 'not measured'} (without fsync)."
    )


def _setting(cases, rounds, requests, postgresql):
    yield machine(postgresql)
    yield (
        f"- The server of `make run` (2 workers × 4 threads) on loopback, 4 kept connections, {rounds} rounds of"
        f" {requests} requests after one to warm up, all operations on all {len(cases)} databases interleaved; best"
        " round for cpu, p50 and rate, median for p95."
    )
    yield (
        "- The data: one organization of 1,000 people, 5 % of its registries restricted. The admin has made 1 in 1,000"
        " of them; the member has a role in 150; another one is in 60 teams, each with a role in 10. The log holds one"
        " entry a registry, and its chain is whole."
    )
    yield (
        "- Django admin as it comes: a plain ModelAdmin on the same rows and columns, 25 a page, without audit log and"
        " rules. Floor: our table of 25 rows rendered of prepared values, without session and SQL."
    )


def table(heads, rows):
    """The lines of a table."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
