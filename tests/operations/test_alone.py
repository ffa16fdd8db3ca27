"""Servers that start together: the first prepares the database, the others wait for it, and all of them serve."""

import os
import signal
import subprocess
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.servers.site import MANAGE, Serving, free_port, manage

PREPARING = "Preparing the database"


@pytest.fixture
def site(tmp_path):
    """The environment of an installation from nothing; only its static files are collected."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGISTRY_", "DJANGO_"))}
    site = {**kept, "REGISTRY_STATIC_DIR": str(tmp_path / "static"), "REGISTRY_WORKERS": "1"}
    elsewhere = {**site, "REGISTRY_DATA_DIR": str(tmp_path / "elsewhere")}
    assert manage(elsewhere, "collectstatic", "--no-input", "--verbosity=0").returncode == 0
    site["REGISTRY_DATA_DIR"] = str(tmp_path / "data")
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


def test_servers_that_start_together_all_serve(site):
    with started_together(site, 2) as servers:
        assert [server.status("/healthz") for server in servers] == [200, 200]
        prepared = [server for server in servers if any(PREPARING in line for line in server.lines)]
        links = {line for server in servers for line in server.lines if "/setup/" in line}
    assert len(prepared) == 1
    assert len({link.rsplit("/setup/")[1] for link in links}) == 1  # one signing key
    assert manage(site, "verify_audit").returncode == 0
