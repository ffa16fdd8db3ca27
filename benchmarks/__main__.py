"""`python -m benchmarks`: fills databases, measures, and writes docs/performance.md and docs/performance-links.md."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg

from benchmarks import peers, published, report
from benchmarks.load import Connection, Server, first_visit, measure, postmaster
from benchmarks.operations import CSRF, operations
from benchmarks.under_load import under_load
from tests.servers import postgresql

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
SIZES = (1_000, 10_000, 100_000)
LINKS = (10_000, 100_000)  # a million takes ten minutes more: --links 10000 100000 1000000
PARTS = ("registries", "links")
CHOSEN = {"DATABASE_URL", "HOST", "PORT", "REGISTRY_URL", "REGISTRY_HOSTS", "REGISTRY_DEBUG", "REGISTRY_WORKERS"}


class Case(NamedTuple):
    """One database, its server, and what was seen there: {operation key: [Round]}, and the whole server's numbers."""

    engine: str
    size: int
    facts: dict
    environment: dict
    database: int | None
    rounds: dict
    whole: dict


class Effort(NamedTuple):
    """How much is measured: rounds, requests a round, seconds under readers and writers, and rows of an import."""

    rounds: int
    requests: int
    seconds: int
    rows: int


FULL, QUICK = Effort(3, 20, 60, 1000), Effort(1, 2, 3, 20)


def main(options, effort):
    """Measure `options.parts`, and write the page of each to `options.folder`.

    Registries in databases of `options.sizes`, in turns; the smallest under many readers and writers, the largest
    beside an import. What they publish in others of `options.links`.
    """
    engines, folder = options.databases, options.folder
    with tempfile.TemporaryDirectory(prefix="registry-bench-") as name:
        place = Place(Path(name), postgresql.start() if POSTGRESQL in engines else None)
        manage(place.environment, "collectstatic", "--no-input", "--verbosity=0")
        pid, version = postmaster(place.address) if place.address else (None, None)
        if "registries" in options.parts:
            cases = filled(place, engines, options.sizes, fill, pid)
            load(place, cases, effort, peered=options.peers)
            crowd(place, cases, effort.seconds)
            wait(place, cases, effort.rows)
            folder.joinpath("performance.md").write_text(report.text(cases, effort, version))
        if "links" in options.parts:
            results = dict(filled(place, engines, options.links, fill_links))
            for key, environment in results.items():
                say(f"Timing {key[0]} with {key[1]:,} links")
                file = place.folder / "links.json"
                manage(environment, "measure_published", str(file))
                results[key] = json.loads(file.read_text())
            folder.joinpath("performance-links.md").write_text(published.text(results, report.machine(version)))


class Place:
    """Where databases are made: `folder`, and the PostgreSQL at `address` (or None)."""

    def __init__(self, folder, address):
        self.folder, self.address = folder, address
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in CHOSEN},
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "REGISTRY_STATIC_DIR": str(folder / "static"),
            "REGISTRY_DATA_DIR": str(folder / "data"),
        }

    def new_database(self, engine, name):
        """The environment of a new database of `engine` called `name`."""
        environment = {**self.environment, "REGISTRY_DATA_DIR": str(self.folder / f"{engine}-{name}")}
        if engine == POSTGRESQL:
            with psycopg.connect(self.address, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            environment["DATABASE_URL"] = urlsplit(self.address)._replace(path=f"/{name}").geturl()
        return environment


def manage(environment, *words):
    """Run a command of manage.py."""
    subprocess.run([sys.executable, "manage.py", *words], env=environment, check=True)


def filled(place, engines, sizes, make, *more):
    """What `make` answers for each engine and size, in their order; engines are filled side by side."""
    with ThreadPoolExecutor(len(engines)) as pool:
        made = pool.map(lambda engine: [make(place, engine, size, *more) for size in sizes], engines)
        return [one for of_engine in made for one in of_engine]


def fill(place, engine, size, pid):
    """The Case of a new database with `size` registries."""
    say(f"Filling {engine} with {size:,} registries")
    environment, file = place.new_database(engine, f"registries{size}"), place.folder / f"{engine}-{size}.json"
    manage(environment, "fill_benchmark", str(size), str(file))
    facts = json.loads(file.read_text())
    return Case(engine, size, facts, environment, pid if engine == POSTGRESQL else None, {}, {})


def fill_links(place, engine, links):
    """((engine, links), the environment of a new database with so many links)."""
    say(f"Filling {engine} with {links:,} links")
    environment = place.new_database(engine, f"links{links}")
    manage(environment, "fill_published", str(links))
    return (engine, links), environment


def load(place, cases, effort, *, peered):
    """Measure all operations of `cases`: each server alone first, then all in turns; with MLflow's if `peered`."""
    with place.folder.joinpath("log").open("w") as log, ExitStack() as stack:
        for case in cases:
            alone(case, effort.requests, log)
        work = []
        for case in cases:
            server = Server(case.environment, log, case.database)
            stack.callback(server.stop)
            server.first_answer()
            work += [(case, server, operation) for operation in operations(case.facts)]
        if peered:
            work += peers.beside(peers.chosen(cases), place.folder, log, stack)
        together(work, effort)


def crowd(place, cases, seconds):
    """The smallest database of each engine under many readers and writers."""
    with place.folder.joinpath("log").open("a") as log:
        for case in {case.engine: case for case in reversed(cases)}.values():
            say(f"{case.engine} under load for {seconds} s")
            case.whole["load"] = under_load(case, seconds, log)


def wait(place, cases, rows):
    """What an import of `rows` and a restriction of as many people take, in the largest database of each engine."""
    for case in {case.engine: case for case in cases}.values():
        say(f"{case.engine} beside an import of {rows:,} versions, and a restriction of {rows:,} people")
        file = place.folder / "waits.json"
        options = (f"--rows={rows}", f"--people={rows}", "--rounds=3", f"--file={file}")
        manage(case.environment, "measure_waits", *options)
        case.whole["waits"] = json.loads(file.read_text())


def alone(case, requests, log):
    """Start, memory and first visit of the case's server, while no other runs."""
    server = Server(case.environment, log, case.database)
    try:
        case.whole["start"] = server.first_answer()
        found = operations(case.facts)
        for operation in found:
            send = Connection(server.port)
            measure(server, operation.prepared(case.facts, send, requests), operation.is_right)
        case.whole["memory"] = server.memory()
        headers = {"Cookie": f"session={case.facts['sessions']['ada']}; csrf={CSRF}", "Accept-Encoding": "gzip"}
        case.whole["first visit"], case.whole["files"] = first_visit(server, found[0].paths[0], headers)
    finally:
        server.stop()


def together(work, effort):
    """All of `work`, (case, server, operation), in turns: first what reads, then what writes; each round in another
    order.
    """
    for writing in (False, True):
        part = [item for item in work if bool(item[2].fill) is writing]
        part.sort(key=lambda item: item[2].key)  # the same operation on all databases in a row
        for number in range(effort.rounds + 1):  # the first only warms up
            say(f"Round {number} of {effort.rounds}: {'writing' if writing else 'reading'}")
            start = len(part) * number // (effort.rounds + 1)
            for case, server, operation in part[start:] + part[:start]:
                todo = operation.prepared(case.facts, Connection(server.port), effort.requests)
                seen = measure(server, todo, operation.is_right)
                if number:
                    case.rounds.setdefault(operation.key, []).append(seen)


def say(text):
    """Tell whoever waits."""
    print(text, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure speed and memory.")
    parser.add_argument("--quick", action="store_true", help="1,000 registries and few requests: only a smoke test")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="registries in the databases")
    parser.add_argument("--links", type=int, nargs="+", default=LINKS, help="links in the databases that publish")
    parser.add_argument("--databases", nargs="+", default=(SQLITE, POSTGRESQL), choices=(SQLITE, POSTGRESQL))
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS, help="what to measure, a page each")
    parser.add_argument("--peers", action="store_true", help="MLflow beside it, installed when first asked for")
    parser.add_argument("--folder", type=Path, default=Path("docs"), help="where the pages are written")
    options = parser.parse_args()
    if options.peers and SQLITE not in options.databases:
        parser.error("MLflow is measured beside SQLite.")
    if options.quick:
        options.sizes, options.links = SIZES[:1], [1000]
    main(options, QUICK if options.quick else FULL)
