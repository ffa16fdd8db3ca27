"""`python -m benchmarks`: fills the databases, runs the load in rounds, and writes docs/performance.md."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg

from benchmarks import published, report
from benchmarks.load import Connection, Server, first_visit, measure, postmaster
from benchmarks.operations import CSRF, operations, prepared
from tests import postgresql

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
SIZES = (1_000, 10_000, 100_000)
LINKS = (10_000, 100_000, 1_000_000)
REPORT = Path("docs/performance.md")
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


def main(engines, sizes, links, rounds, requests, file):
    """Measure, and write the report to `file`: registries in databases of `sizes`, what they publish of `links`."""
    with tempfile.TemporaryDirectory(prefix="registry-bench-") as name:
        folder = Path(name)
        log = folder.joinpath("log").open("w")
        environment = {
            **{name: value for name, value in os.environ.items() if name not in CHOSEN},
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "REGISTRY_STATIC_DIR": str(folder / "static"),
            "REGISTRY_DATA_DIR": str(folder / "data"),
        }
        manage(environment, "collectstatic", "--no-input", "--verbosity=0")
        address = postgresql.start() if POSTGRESQL in engines else None
        pid, version = postmaster(address) if address else (None, None)
        cases = [fill(folder, environment, engine, size, address, pid) for engine in engines for size in sizes]
        for case in cases:
            alone(case, requests, log)
        servers = [Server(case.environment, log, case.database) for case in cases]
        try:
            together(cases, servers, rounds, requests)
        finally:
            for server in servers:
                server.stop()
        grown = {
            (engine, count): grow(folder, environment, engine, count, address) for engine in engines for count in links
        }
    file.write_text(f"{report.text(cases, rounds, requests, version)}\n{published.section(grown)}")


def manage(environment, *words):
    """Run a command of manage.py."""
    subprocess.run([sys.executable, "manage.py", *words], env=environment, check=True)


def new_database(folder, environment, engine, name, address):
    """The environment of a new database called `name`: in a folder, or on the PostgreSQL at `address`."""
    environment = {**environment, "REGISTRY_DATA_DIR": str(folder / f"{engine}-{name}")}
    if engine == POSTGRESQL:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        environment["DATABASE_URL"] = urlsplit(address)._replace(path=f"/{name}").geturl()
    return environment


def grow(folder, environment, engine, links, address):
    """What `published.measure` finds in a new database with `links` links."""
    say(f"Filling {engine} with {links:,} links, and timing")
    environment = new_database(folder, environment, engine, f"links{links}", address)
    return published.measure(environment, links, folder / f"{engine}-links{links}.json")


def fill(folder, environment, engine, size, address, pid):
    """The Case of a new database with `size` registries."""
    say(f"Filling {engine} with {size:,} registries")
    home = folder / f"{engine}-{size}"
    environment = new_database(folder, environment, engine, f"bench{size}", address)
    manage(environment, "fill_benchmark", str(size), f"{home}.json")
    facts = json.loads(Path(f"{home}.json").read_text())
    return Case(engine, size, facts, environment, pid if engine == POSTGRESQL else None, {}, {})


def alone(case, requests, log):
    """Start, memory and first visit of the case's server, while no other runs."""
    server = Server(case.environment, log, case.database)
    try:
        case.whole["start"] = server.first_answer()
        found = operations(case.facts)
        for operation in found:
            send = Connection(server.port)
            measure(server, prepared(operation, case.facts, send, requests), operation.is_right)
        case.whole["memory"] = server.memory()
        headers = {"Cookie": f"session={case.facts['sessions']['ada']}; csrf={CSRF}", "Accept-Encoding": "gzip"}
        case.whole["first visit"] = first_visit(server, found[0].paths[0], headers)
    finally:
        server.stop()


def together(cases, servers, rounds, requests):
    """Every operation on every server, interleaved: first what reads, then what writes, each round in another order."""
    for server in servers:
        server.first_answer()
    for writing in (False, True):
        work = [
            (case, server, operation)
            for case, server in zip(cases, servers, strict=True)
            for operation in operations(case.facts)
            if bool(operation.fill) is writing
        ]
        work.sort(key=lambda item: item[2].key)  # the same operation on all databases in a row
        for number in range(rounds + 1):  # the first only warms up
            say(f"Round {number} of {rounds}: {'writing' if writing else 'reading'}")
            start = len(work) * number // (rounds + 1)
            for case, server, operation in work[start:] + work[:start]:
                todo = prepared(operation, case.facts, Connection(server.port), requests)
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
    parser.add_argument("--links", type=int, nargs="*", default=LINKS, help="links in the databases that publish")
    parser.add_argument("--databases", nargs="+", default=(SQLITE, POSTGRESQL), choices=(SQLITE, POSTGRESQL))
    parser.add_argument("--file", type=Path, default=REPORT, help="where the table is written")
    options = parser.parse_args()
    sizes, links, rounds, requests = (
        (SIZES[:1], [1000], 1, 2) if options.quick else (options.sizes, options.links, 3, 20)
    )
    main(options.databases, sizes, links, rounds, requests, options.file)
