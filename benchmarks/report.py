"""What was measured, as docs/performance.md: the goals with their verdicts, then every operation."""

import os
import platform
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import django

from benchmarks import peers
from benchmarks.goals import against_admin, against_floor, best, goals
from benchmarks.operations import BARE, operations
from benchmarks.under_load import READERS, WRITERS

WHOLE = {"memory": "memory MiB", "start": "start s", "first visit": "first visit kB", "files": "its requests"}
WHO = {
    "ada": "ours, organization admin",
    "mel": "ours, member",
    "tim": "ours, member in 60 teams",
    "plain": "Django admin as it comes",
    "admin": "our Django admin",
    "floor": "floor",
}


def text(cases, effort, postgresql):
    """The whole page."""
    return "\n".join(
        [
            "# Performance",
            "",
            "Written by `make bench`. Milliseconds give the scale; only ratios hold on another machine.",
            "",
            *_setting(cases, effort, postgresql),
            "",
            "## Goals",
            "",
            *table(["verdict", "goal", "must", "reach for", "worst", "where"], goals(cases)),
            "",
            "## What is in the way",
            "",
            *_in_the_way(cases),
            "",
            *_details(cases),
            "",
        ]
    )


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
        "- Of a list page's time half renders templates: the table a quarter of all, navigation and filters a fifth. A"
        " quarter asks the queries, an eighth is middleware. Markup made in Python would be faster and harder to read."
    )
    yield (
        "- Create and edit lock the organization, judge form and model, keep types and former names, and seal an entry"
        " of the log to the one before. The plain admin's POST does none of that."
    )
    yield (
        "- A common word: SQLite walks names in order until a page is full, past those that its index doesn't name. How"
        " far that is depends on where in the alphabet the hits are. PostgreSQL reads the next 500 names; if they don't"
        " fill the page, it finds all hits by its index and sorts them."
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
                    f"{against_admin(largest, operation):.2f}" if operation.rival else "",
                    f"{against_floor(largest, operation):.2f}",
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
            str(c.whole["files"]),
        ]
        for c in cases
    ]
    yield "## The whole server"
    yield ""
    yield from table(["database", "registries", *WHOLE.values()], rows)
    yield ""
    yield from _peers(cases)
    yield from _crowd(cases)
    yield from _waits(cases)
    yield from _plans(cases)


def _peers(cases):
    """MLflow's part, if it was measured."""
    for case in (case for case in cases if any(key.startswith(f"{peers.OPEN}:") for key in case.rounds)):
        yield f"## MLflow {peers.VERSION} beside it: {case.engine}, {case.size:,} registered models"
        yield ""
        yield (
            "The JSON of its API, without pages; a model with one version for each registry, 2 workers, background jobs"
            " off, its basic-auth app asked by its admin. *Ours* is the organization admin's page on as many registries"
            " in the same rounds."
        )
        yield ""
        rows = []
        for call in (each for contender in peers.WHO for each in peers.calls(contender, case.facts)):
            cpu, p50, p95, rate, _, size = best(case, call.key)
            ours = best(case, f"ada: {call.label}")[0]
            figures = (f"{cpu:.2f}", f"{ours:.2f}", f"{ours / cpu:.3f}", f"{p50:.1f}", f"{p95:.1f}", f"{rate:.0f}")
            rows.append([peers.WHO[call.contender], call.label, *figures, f"{size:.1f}"])
        yield from table(["who", "what", "cpu", "ours", "ours ÷ it", "p50 ms", "p95 ms", "1/s", "kB"], rows)
        yield ""


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


def _waits(cases):
    rows = []
    for case in (case for case in cases if "waits" in case.whole):
        for name, (waited, took, cpu, queries) in case.whole["waits"].items():
            figures = (f"{waited:.0f}", f"{took:.0f}", f"{cpu:.0f}", f"{queries:.0f}")
            rows.append([case.engine, f"{case.size:,}", name, *figures])
    yield "## An import of 1,000 versions, and a restriction of 1,000 people, beside others who save"
    yield ""
    yield "The restriction keeps 100 of them. Others waited: the longest time that a change had to wait for its lock."
    yield ""
    heads = ["database", "registries", "what", "others waited ms", "answered in ms", "cpu ms", "queries"]
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


def _setting(cases, effort, postgresql):
    yield machine(postgresql)
    yield (
        f"- The server of `make run` (2 workers × 4 threads) on loopback, 4 kept connections, {effort.rounds} rounds of"
        f" {effort.requests} requests after one to warm up, all operations on all {len(cases)} databases interleaved;"
        " best round for cpu, p50 and rate, median for p95."
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
