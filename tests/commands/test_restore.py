"""Rule 9 through a restore, by the commands of docs/operating.md as they stand there, on SQLite and on PostgreSQL."""

import os
import re
import shlex
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings as site_settings

from tests.factories import PASSWORD
from tests.servers.postgresql import programs
from tests.servers.site import free_port, start

OPERATING = (site_settings.BASE_DIR / "docs/operating.md").read_text()
SERVER = os.environ.get("DATABASE_URL")  # of the tests' PostgreSQL


def blocks(section, kind=""):
    """The blocks of commands in a section of the page."""
    text = OPERATING.split(f"\n## {section}\n")[1].split("\n## ")[0]
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [commands for of_kind, commands in found if of_kind == kind]


SQLITE_BACKUP, SQLITE_RESTORE, BACKUP, RESTORE = blocks("Backup and restore")
ROLES, *_ = blocks("PostgreSQL", "sql")
[DATABASE] = blocks("Backup and restore", "sql")
NAMESPACE = """
import os
from django.db import transaction
from registry_app.models import *
from registry_app.models import restriction_journal
by = Actor(User.objects.get(username="ada"))
"""


class Site:
    """An installation in a folder of its own, which looks like a checkout."""

    def __init__(self, folder, url=""):
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGISTRY_", "DJANGO_"))}
        kept.pop("DATABASE_URL", None)
        self.env = {
            **kept,
            "PATH": f"{programs()}:{kept['PATH']}" if SERVER else kept["PATH"],
            "REGISTRY_DATA_DIR": str(folder / "data"),
            "REGISTRY_STATIC_DIR": str(folder / "static"),
            "REGISTRY_WORKERS": "1",
            "REGISTRY_ADMIN_PASSWORD": PASSWORD,
            "PORT": str(free_port()),
            **({"DATABASE_URL": url} if url else {}),
        }
        (folder / "static").mkdir()
        (folder / "static/staticfiles.json").write_text('{"version": "1.1", "paths": {}, "hash": ""}')
        (folder / "manage.py").symlink_to(site_settings.BASE_DIR / "manage.py")
        python = folder / ".venv/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)

    @property
    def journal(self):
        """The file of restrictions."""
        return self.folder / "data/restricted.jsonl"

    def run(self, commands):
        """Give commands to the shell, in the folder; answers what they printed, and the exit code of the last."""
        words = ["sh", "-uc", commands]
        return subprocess.run(
            words, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=300, check=False
        )

    def manage(self, words):
        """A management command, which succeeds."""
        done = self.run(f".venv/bin/python manage.py {words}")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def python(self, statements):
        """Statements in the installation's shell, whose names are those of NAMESPACE."""
        return self.manage(f"shell --no-imports -c {shlex.quote(f'{NAMESPACE}{statements}')}")

    def restricted(self):
        """The names of the registries that are restricted."""
        rows = self.python("print(*Registry.objects.filter(visibility='restricted').values_list('name', flat=True))")
        return set(rows.split())

    def noted(self):
        """The names in the file."""
        return set(re.findall(r'"name":"(\w+)"', self.journal.read_text()))

    def start_and_stop(self):
        """One start, in order; answers what it printed."""
        with start(self.env) as serving:
            assert serving.status("/healthz") == 200
            assert serving.stop() == 0
        return "\n".join(serving.lines)


@pytest.fixture
def site(tmp_path):
    """A site on the database that these tests run on; on PostgreSQL with the role and database that the page makes."""
    if not SERVER:
        yield Site(tmp_path)
        return
    with psycopg.connect(SERVER, autocommit=True) as superuser:
        execute(superuser, ROLES)
        yield Site(tmp_path, at("registry"))
        for name in ("registry", "registry_restored"):
            superuser.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        superuser.execute("DROP ROLE registry_owner")


def execute(superuser, statements):
    """Execute SQL of the page, one statement after the other."""
    for statement in filter(None, map(str.strip, statements.split(";"))):
        superuser.execute(statement)


def at(database):
    """The address of a database on the tests' server, for its owner."""
    parts = urlsplit(SERVER)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"registry_owner@{host}", path=f"/{database}").geturl()


def back_up(site):
    """The page's commands; answers the anchor that they print."""
    done = site.run(BACKUP if SERVER else SQLITE_BACKUP)
    assert (done.returncode, done.stderr) == (0, "")
    return re.search(r"Anchor: (\d+:\w{64})", done.stdout)[1]


def restore(site, anchor):
    """The page's commands; answers what the last of them, verify_audit, says of it."""
    if not SERVER:
        return site.run(SQLITE_RESTORE.replace("SEQ:HASH", anchor))
    with psycopg.connect(SERVER, autocommit=True) as superuser:
        execute(superuser, DATABASE)
    url = shlex.quote(at("registry_restored"))
    commands = re.sub(r"RESTORED=\S+", lambda _: f"RESTORED={url}", RESTORE).replace("SEQ:HASH", anchor)
    done = site.run(commands)
    site.env["DATABASE_URL"] = at("registry_restored")
    return done


BREAKS = {
    "Rolled": "with transaction.atomic():\n    registry.restrict(by)\n    os._exit(9)",  # before commit
    "Done": "restriction_journal.Line.sure = property(lambda line: os._exit(9))\nregistry.restrict(by)",  # after it
}
NAMES = ("Before", "After", "Lost", *BREAKS)


def found(site):
    """Acme and its registries, of which Before is restricted."""
    site.manage("create_organization 'Acme ML' --admin ada --email ada@example.com")
    registry = "Registry(organization=Organization.objects.get(), name=name, accepts_all_types=True)"
    site.python(f"for name in {NAMES}: {registry}.create(by)\nRegistry.objects.get(name='Before').restrict(by)")


def kill(site, name):
    """Let a process that restricts the registry die in the middle."""
    statements = f"{NAMESPACE}registry = Registry.objects.get(name='{name}')\n{BREAKS[name]}"
    assert site.run(f".venv/bin/python manage.py shell --no-imports -c {shlex.quote(statements)}").returncode == 9


def test_rule_9_a_restore_by_the_page_opens_nothing(site):
    found(site)
    anchor = back_up(site)
    site.python("for name in ('After', 'Lost'): Registry.objects.get(name=name).restrict(by)")
    for name in BREAKS:
        kill(site, name)
    lines = site.journal.read_text().splitlines(keepends=True)
    site.journal.write_text("".join(line for line in lines if "Lost" not in line))
    closed = set(NAMES) - {"Rolled"}

    assert "Lost" in site.start_and_stop()
    assert (site.noted(), site.restricted()) == (closed, closed)
    site.journal.unlink()
    assert str(site.journal) in site.start_and_stop()
    assert site.noted() == closed

    restored = restore(site, anchor)
    told = {name for name in NAMES if f"{name} was restricted" in restored.stderr}
    assert (restored.returncode, told, site.restricted()) == (1, closed - {"Before"}, {"Before"})
    assert "After" in site.start_and_stop()
    assert (site.noted(), site.restricted()) == (closed, closed)
    site.manage("verify_audit")
