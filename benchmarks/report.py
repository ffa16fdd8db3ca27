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

WHOLE = {"memory": "memory MiB", "start": "start s", "first visit": "first visit kB"}
OURS = ("ada", "mel", "tim")
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
            *table(["goal", "must", "worst", "where", "verdict"], goals(cases)),
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
    """Rows of the table of goals: goal, must, worst value, where that was, verdict."""
    lists = [(case, o) for case in cases for o in _ours(case) if o.label.startswith(("list", "search"))]
    reads = [(case, o) for case in cases for o in _ours(case) if not o.fill]
    rows = [
        _goal("list, cpu against Django admin", 1 / 4, "×", lists, _against_admin),
        _goal("list, cpu against the floor", 2.5, "×", lists, _against_floor),
        _goal("growth of cpu from the smallest to the largest", 1.5, "×", reads, lambda c, o: _growth(cases, c, o)),
        _goal(
            "create and edit, cpu against Django admin",
            1 / 2,
            "×",
            [(case, o) for case in cases for o in _ours(case) if o.fill],
            _against_admin,
        ),
        _goal(
            "first page of somebody in 60 teams, cpu against somebody in none",
            1.5,
            "×",
            [(case, o) for case, o in lists if o.person == "tim" and o.label == "list, first page"],
            lambda c, o: best(c, o.key)[0] / best(c, f"mel: {o.label}")[0],
        ),
        _goal("queries of a list", 8, "", lists, lambda c, o: c.facts["queries"][o.key]),
        _goal(
            "queries of a registry and its settings",
            10,
            "",
            [(case, o) for case, o in reads if o.rival == "change page"],
            lambda c, o: c.facts["queries"][o.key],
        ),
        _goal("list page, compressed", 10, " kB", lists, lambda c, o: best(c, o.key)[5]),
        _goal(
            "htmx fragment, compressed",
            3,
            " kB",
            [(case, o) for case, o in reads if o.htmx],
            lambda c, o: best(c, o.key)[5],
        ),
    ]
    wholes = [(case, None) for case in cases]
    rows += [
        _goal("CSS, JS and icons of a first visit", 45, " kB", wholes, lambda c, _: c.whole["first visit"]),
        _goal("memory of the server under load", 220, " MiB", wholes, lambda c, _: c.whole["memory"]),
        _goal("start to first answer", 2.5, " s", wholes, lambda c, _: c.whole["start"]),
    ]
    wrong = sum(r.wrong for case in cases for rounds in case.rounds.values() for r in rounds)
    return [*rows, ["wrong answers", "0", str(wrong), "all rounds", "met" if not wrong else "**missed**"]]


def _goal(name, must, unit, found, value):
    worst, case, operation = max(((value(*item), *item) for item in found), key=lambda row: row[0])
    where = f"{case.engine}, {case.size:,}{f', {operation.key}' if operation else ''}"
    missed = sum(value(*item) > must for item in found)
    verdict = f"**missed** by {missed} of {len(found)}" if missed else "met"
    return [name, f"≤ {must:g}{unit}", f"{worst:.3g}{unit}", where, verdict]


def _ours(case):
    return [operation for operation in operations(case.facts) if operation.contender in OURS]


def _against_admin(case, operation):
    return best(case, operation.key)[0] / best(case, f"plain: {operation.rival}")[0]


def _against_floor(case, operation):
    return best(case, operation.key)[0] / best(case, FLOOR.key)[0]


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
        "- Of a list page's Python calls about a third build and compile its queries, a third are the table's template,"
        " a fifth navigation and filters. Fewer queries or raw SQL would be faster and harder to read."
    )
    yield (
        "- Create and edit lock the organization, judge form and model, keep types and former names, and seal an entry"
        " of the log to the one before. The plain admin's POST does none of that."
    )
    yield (
        "- A search for a common word reads names in order until a page is full: how far that is depends on where in"
        " the alphabet the hits are, so its cost grows where a rare word's doesn't."
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
    yield from _plans(cases)


def _plans(cases):
    yield "## How the databases find what somebody in 60 teams sees"
    for engine in dict.fromkeys(case.engine for case in cases):
        largest = max((case for case in cases if case.engine == engine), key=lambda case: case.size)
        yield ""
        yield f"{engine}, the first 26 of {largest.size:,} registries by name:"
        yield ""
        yield "```"
        yield from largest.facts["plan"].splitlines()
        yield "```"


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
