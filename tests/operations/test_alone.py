"""Servers that start together: the first prepares the database, the others wait for it, and all of them serve."""

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.servers.site import MANAGE, Serving, free_port, manage

PREPARING = "Preparing the database"


@pytest.fixture
def site(tmp_path):
    """The environment of an installation from nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGISTRY_", "DJANGO_"))}
    folders = {"REGISTRY_STATIC_DIR": str(tmp_path / "static"), "REGISTRY_DATA_DIR": str(tmp_path / "data")}
    site = {**kept, **folders, "REGISTRY_WORKERS": "1"}
    if (server := site.get("DATABASE_URL")) is None:
        yield site
        return
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("CREATE DATABASE together")
        yield {**site, "DATABASE_URL": urlsplit(server)._replace(path="/together").geturl()}
        admin.execute("DROP DATABASE together WITH (FORCE)")


@contextmanager
def started_together(site, number):
    """So many servers at once, each on a port of its own, until the block ends."""
    with ExitStack() as ends:
        ports = [str(free_port()) for _ in range(number)]
        processes = [
            subprocess.Popen(
                [*MANAGE, "serve"],
                env={**site, "PORT": port},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for port in ports
        ]
        for process in processes:
            ends.enter_context(process)
            ends.callback(process.send_signal, signal.SIGTERM)
        yield [Serving(process, port) for process, port in zip(processes, ports, strict=True)]


def test_servers_that_start_together_all_serve(site, tmp_path):
    elsewhere = {**site, "REGISTRY_DATA_DIR": str(tmp_path / "elsewhere")}
    assert manage(elsewhere, "collectstatic", "--no-input", "--verbosity=0").returncode == 0
    with started_together(site, 2) as servers:
        assert [server.status("/healthz") for server in servers] == [200, 200]
        prepared = [server for server in servers if any(PREPARING in line for line in server.lines)]
        links = {line for server in servers for line in server.lines if "/setup/" in line}
    assert len(prepared) == 1
    assert len({link.rsplit("/setup/")[1] for link in links}) == 1  # one signing key
    assert manage(site, "verify_audit").returncode == 0


KILLED = -signal.SIGKILL
# (processes at once, an app that is taken back before, migrations until the first to migrate is killed): their ends,
# and how many of them migrate. They begin with an empty database, and each has what the one above it left.
TOGETHER = {
    (3, "", 5): ([KILLED, 0, 0], 2),
    (3, "", None): ([0, 0, 0], 0),
    (2, "usersessions", None): ([0, 0], 1),
    (3, "mfa", 1): ([KILLED, 0, 0], 2),
    (2, "sessions", 0): ([KILLED, 0], 2),
    (1, "", None): ([0], 0),
}


def test_whatever_the_database_lacks_one_process_brings_it_and_if_it_dies_the_next(site):
    words = [sys.executable, "-m", "tests.prepare_worker", json.dumps([*TOGETHER])]
    done = subprocess.run(words, env=site, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    for case, (told, missing) in zip(TOGETHER, json.loads(done.stdout), strict=True):
        preparing = sum(any(PREPARING in line for line in lines) for _, lines in told)
        assert (case, sorted(code for code, _ in told), preparing, missing) == (case, *TOGETHER[case], [])
