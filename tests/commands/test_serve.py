"""`serve`: the site as people start and stop it, in a process of its own, on SQLite and on PostgreSQL."""

import json
import os
import re
import resource
import signal
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import psycopg
import pytest
from django.conf import settings as site_settings
from django.db import OperationalError, connection

from registry_app.database import triggers
from registry_app.management import server
from registry_app.models import setup_token
from tests.assertions import settle
from tests.factories import PASSWORD
from tests.servers.site import free_port, manage, start


@pytest.fixture(scope="module")
def database_url():
    """A new database on the server that these tests run on; none for SQLite, which lives in the data folder."""
    server = os.environ.get("DATABASE_URL")
    if server is None:
        yield None
        return
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("CREATE DATABASE served")
        yield urlsplit(server)._replace(path="/served").geturl()
        admin.execute("DROP DATABASE served WITH (FORCE)")


@pytest.fixture(scope="module")
def site(tmp_path_factory, database_url):
    """The environment of an installation from nothing, for `start` and `manage`; its static files are collected."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGISTRY_", "DJANGO_"))}
    kept.pop("DATABASE_URL", None)
    site = {
        **kept,
        "REGISTRY_DATA_DIR": str(tmp_path_factory.mktemp("data") / "new"),
        "REGISTRY_STATIC_DIR": str(tmp_path_factory.mktemp("static")),
        "REGISTRY_WORKERS": "1",
        "PORT": str(free_port()),
        **({"DATABASE_URL": database_url} if database_url else {}),
    }
    assert manage(site, "collectstatic", "--no-input", "--verbosity=0").returncode == 0
    return site


def link_in(lines):
    """The path of the set-up link among what was printed, or None."""
    found = re.search(r"http://127\.0\.0\.1:\d+(/setup/\S+/)$", "\n".join(lines), re.MULTILINE)
    return found and found[1]


def test_from_nothing_to_stop_and_a_second_start(site):
    with start(site) as first:
        assert first.status("/healthz") == 200
        assert first.status("/accounts/login/") == 200
        assert first.stop() == 0
    link = link_in(first.lines)
    assert any("migrations" in line for line in first.lines)
    assert stat.S_IMODE(Path(site["REGISTRY_DATA_DIR"], "secret_key").stat().st_mode) == 0o600

    with start(site) as second:
        assert second.status(link) == 200
        assert second.status("/setup/0123456789abcdef/") == 404
        assert second.stop(signal.SIGINT) == 0
    assert (len(second.lines), link_in(second.lines)) == (2, link)  # the address and the link: nothing was migrated

    founded = manage(
        {**site, "REGISTRY_ADMIN_PASSWORD": PASSWORD},
        *("create_organization", "Acme ML", "--admin", "ada", "--email", "ada@example.com"),
    )
    assert (founded.returncode, founded.stderr) == (0, "")
    with start(site) as third:
        assert third.status(link) == 404
        assert third.stop() == 0
    assert (len(third.lines), link_in(third.lines)) == (1, None)
    assert manage(site, "verify_audit").returncode == 0


def test_the_page_s_static_files_are_served_under_its_policy(site):
    with start(site) as server:
        page = urlopen(f"http://127.0.0.1:{server.port}/accounts/login/", timeout=30)
        files = re.findall(r'(?:href|src)="(/static/[^"#]+)', page.read().decode())
        answers = [urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=30) for path in files]
    assert {answer.status for answer in answers} == {200}
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"):
        assert page.headers[name]
        assert {answer.headers[name] for answer in answers} == {page.headers[name]}
    assert all("immutable" in answer.headers["Cache-Control"] for answer in answers)


POST = "POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrf=abcdefghijklmnopqrstuvwxyz012345\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
HALF_SENT = {
    "body": f"{POST}{FORM}Content-Length: 1000\r\n\r\nlogin=a",
    "chunked body": f"{POST}{FORM}Transfer-Encoding: chunked\r\n\r\n7\r\nlogin=a\r\n3e8\r\n",
    "headers": f"{POST}X-More: ",
}


def test_whoever_sends_half_a_request_holds_up_nobody(site):
    with start(site) as server, ExitStack() as held:
        for text in list(HALF_SENT.values()) * 50:
            half = held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            half.sendall(text.encode())
        assert [server.status(path) for path in ("/healthz", "/accounts/login/")] * 5 == [200, 200] * 5


@pytest.mark.parametrize("size", [site_settings.REQUEST_BYTES, 10**12])
def test_a_request_that_is_too_large_is_refused_before_it_is_sent(site, size):
    with start(site) as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as large:
        large.sendall(f"{POST}{FORM}Content-Length: {size}\r\n\r\nlogin=a".encode())
        assert large.recv(100).startswith(b"HTTP/1.1 413 ")
        assert server.status("/healthz") == 200


def test_what_is_under_way_at_the_end_is_still_answered(site):
    page = "GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with start(site) as server, socket.create_connection(("127.0.0.1", server.port), timeout=60) as asking:
        asking.sendall(page.encode() * 20)
        answers = asking.recv(1000)  # to the first; the others were read with it
        assert server.stop() == 0
        while more := asking.recv(100_000):
            answers += more
    assert answers.count(b"HTTP/1.1 200 OK") == 20


def test_it_goes_on_after_a_hang_up(site):
    with start(site) as server:
        assert server.status("/healthz") == 200
        server.process.send_signal(signal.SIGHUP)
        assert answers_in_time(server)
        assert server.stop() == 0


def answers_in_time(server):
    """Whether it takes requests within half a minute; a worker that is being replaced may drop the first one."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(ConnectionError):
            return server.status("/healthz") == 200
        time.sleep(0.1)
    return False


@pytest.fixture
def collected(settings, tmp_path):
    """This process could serve: static files are there, and a port is free."""
    (tmp_path / "staticfiles.json").touch()
    settings.STATIC_ROOT, settings.PORT = tmp_path, free_port()


@pytest.mark.django_db
def test_an_address_in_use_is_told_and_ends_it(run, collected, settings):
    with socket.create_server((settings.HOST, settings.PORT)):
        done = run("serve")
    assert (done.status, done.out, str(settings.PORT) in done.err) == (1, "", True)


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["no such host", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_told_and_ends_it(run, collected, settings, host):
    settings.HOST = host
    done = run("serve")
    assert (done.status, host in done.err) == (1, True)


@pytest.mark.django_db
def test_static_files_that_are_missing_are_told_and_end_it(run, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    done = run("serve")
    assert (done.status, "collectstatic" in done.err) == (1, True)


@pytest.mark.django_db
def test_it_refuses_to_serve_while_triggers_are_missing(run, collected, acme):
    settle()
    with connection.cursor() as cursor:
        where = "" if connection.vendor == "sqlite" else f" ON {triggers.REGISTRY}"
        cursor.execute(f"DROP TRIGGER rule_registry_update{where}")
    done = run("serve")
    assert (done.status, "rule_registry_update" in done.err, setup_token() in done.out) == (1, True, False)


@pytest.mark.django_db
def test_a_statement_of_a_request_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(server, "STATEMENT_SECONDS", 1)
    limited = connection.copy()
    server.limit_statements(limited)
    with ExitStack() as stack:
        stack.callback(limited.close)
        cursor = stack.enter_context(limited.cursor())
        if limited.vendor == "postgresql":
            stack.enter_context(pytest.raises(OperationalError))
            cursor.execute("SELECT pg_sleep(30)")
        else:  # has one writer, and no such limit
            assert limited.settings_dict["OPTIONS"] == connection.settings_dict["OPTIONS"]


def test_the_audit_log_is_forwarded_while_it_serves(site, tmp_path):
    file = tmp_path / "audit.jsonl"
    with start({**site, "REGISTRY_AUDIT_FORWARD": f"file:{file}", "REGISTRY_WORKERS": "2"}) as server:
        manage(
            {**site, "REGISTRY_ADMIN_PASSWORD": PASSWORD},
            *("create_organization", "Forwarded", "--admin", "fay", "--email", "fay@example.com"),
        )
        for _ in range(300):
            if file.exists() and "Forwarded" in file.read_text():
                break
            time.sleep(0.1)
        assert server.stop() == 0
    numbers = [json.loads(line)["seq"] for line in file.read_text().splitlines()]
    assert numbers == list(range(1, len(numbers) + 1)) != []
    assert "Forwarded" in file.read_text()


def add(one, two, three, four, five, six, seven, eight):
    return one + two + three + four + five + six + seven + eight


def nest(depth):
    """Call a function a hundred times at each of `depth` depths of the stack."""
    for _ in range(100):
        add(1, 2, 3, 4, 5, 6, 7, 8)
    if depth:
        nest(depth - 1)


def faults(function):
    """How often the system gives memory for calls in 700 depths, after a first time that loads what is needed."""
    function(700)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    function(700)
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before


def test_calls_of_the_served_site_find_room_on_the_stack():
    """Without it, each call at a border of the stack's pieces costs a page fault: in CPython 3.11 to 3.13."""
    with_room = server.with_stack_room(nest)
    with ThreadPoolExecutor(1) as thread:  # whose stack is its own: tests have room already
        assert thread.submit(faults, with_room).result() < 100
    assert server.Server.load(None).__code__.co_stacksize == with_room.__code__.co_stacksize
