"""The restriction journal as commands find it: faults are printed, mended by the next start, and never a traceback."""

import pytest

from registry_app.management.commands import serve
from registry_app.models import Actor, Registry, restriction_journal
from tests.assertions import undone
from tests.factories import make_registry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def path(settings, tmp_path):
    """A restriction journal of the test's own."""
    settings.RESTRICTION_JOURNAL = tmp_path / "data" / "restricted.jsonl"
    return settings.RESTRICTION_JOURNAL


@pytest.fixture
def start(run, settings, tmp_path, monkeypatch):
    """`serve`, until it would take requests."""
    (tmp_path / "staticfiles.json").touch()
    settings.STATIC_ROOT, settings.PORT = tmp_path, 0
    monkeypatch.setattr(serve.Server, "__init__", lambda self, listener, ready: None)
    monkeypatch.setattr(serve.Server, "run", lambda self: None)
    return lambda: run("serve")


@pytest.fixture
def noted(path, vault, ada, acme, django_capture_on_commit_callbacks):
    """Two registries were restricted, Secret the last, and the restriction journal says so."""
    with django_capture_on_commit_callbacks(execute=True):
        make_registry(acme, ada, "Secret", restricted=True)
    restriction_journal.settle(restriction_journal.read(), [*restriction_journal.read().restricted().values()])
    return path


def test_nothing_is_said_where_nothing_is_odd(run, start, noted):
    before = noted.read_bytes()
    assert (run("verify_audit").status, run("verify_audit").err) == (0, "")
    assert start() == (0, "", "")
    assert noted.read_bytes() == before


ODD = {
    "torn": lambda text: text[:100],
    "torn in the first line": lambda text: text[:20],
    "without its end": lambda text: text[:-1],
    "a word": lambda text: text + b"x\n",
    "a torn word": lambda text: text + b"x",
    "no object": lambda text: text + b'[]\n3\nnull\n"x"\n',
    "an empty object": lambda text: text + b"{}\n",
    "another type": lambda text: text + b'{"registry":"1","born":"x","name":"y"}\n',
    "another type that looks like it": lambda text: text + b'{"registry":true,"born":"x","name":"y"}\n',
    "a number too large": lambda text: text + b'{"registry":%d,"born":"x","name":"y"}\n' % 10**30,
    "a number far too large": lambda text: text + b'{"registry":' + b"9" * 10_000 + b"}\n",
    "no entry": lambda text: text + b'{"registry":1,"born":"x","name":"y","entry":"1:2"}\n',
    "deep": lambda text: text + b"[" * 100_000 + b"\n",
    "rubbish": lambda text: text + bytes(range(256)),
    "first": lambda text: b"\xff\xfe\0\n" + text,
    "empty lines": lambda text: b"\n\n" + text + b" \n\n",
    "empty": lambda text: b"",
}
HARMLESS = {"without its end", "empty lines"}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_told_and_mended(run, start, noted, ada, name, django_capture_on_commit_callbacks):
    noted.write_bytes(ODD[name](noted.read_bytes()))
    told = run("verify_audit")
    assert (told.status, "restricted.jsonl" in told.err) == ((0, False) if name in HARMLESS else (1, True))
    begun = start()
    assert (begun.status, "restricted.jsonl" in begun.out) == (0, name not in HARMLESS)
    with django_capture_on_commit_callbacks(execute=True):
        make_registry(Registry.objects.get(name="Vault").organization, ada, "Last", restricted=True)
    assert run("verify_audit").status == 0
    assert {line.name for line in restriction_journal.read().lines} == {"Vault", "Secret", "Last"}


def test_what_could_not_be_read_is_kept(start, noted):
    noted.write_bytes(b"what is this\n" + noted.read_bytes())
    start()
    assert noted.with_name("restricted.jsonl.unreadable").read_bytes() == b"what is this\n"


def test_a_journal_that_is_missing_is_told_and_made_anew(run, start, noted):
    noted.unlink()
    told = run("verify_audit")
    assert (told.status, str(noted) in told.err, "Vault" in told.err) == (1, True, True)
    begun = start()
    assert (begun.status, str(noted) in begun.out, "Vault" in begun.out) == (0, True, True)
    assert ({line.name for line in restriction_journal.read().lines}, run("verify_audit").status) == (
        {"Vault", "Secret"},
        0,
    )


def test_a_journal_that_is_missing_is_told_where_nothing_is_restricted_too(run, start, acme, path):
    assert run("verify_audit").status == 1
    assert str(path) in start().out
    assert (path.read_bytes(), run("verify_audit").status, start().out) == (b"", 0, "")


def test_a_new_installation_begins_one(run, start, path):
    assert run("verify_audit").status == 0
    assert str(path) not in start().out
    assert path.read_bytes() == b""


def test_rule_9_each_start_closes_what_an_old_backup_opened(run, start, noted, golden, ada):
    with undone():
        make_registry(golden.organization, ada, "Other")
        golden.restrict(Actor(ada))
    told = run("verify_audit")
    assert (told.status, "Golden Datasets" in told.err) == (1, True)
    begun = start()
    golden.refresh_from_db()
    assert (begun.status, "Golden Datasets" in begun.out, golden.is_restricted) == (0, True, True)
    assert run("verify_audit").status == 0


def test_rule_9_what_broke_off_is_settled_by_the_next_start(run, start, noted, golden, ada):
    with undone():
        golden.restrict(Actor(ada))
    assert run("verify_audit").status == 0
    assert start() == (0, "", "")
    assert {line.name for line in restriction_journal.read().lines} == {"Vault", "Secret"}
    golden.refresh_from_db()
    assert not golden.is_restricted
    golden.restrict(Actor(ada))
    assert start() == (0, "", "")
    assert [line.entry for line in restriction_journal.read().lines] == [""] * 3


@pytest.mark.parametrize("command", ["verify_audit", "serve"])
def test_a_journal_that_cannot_be_used_is_told(run, start, acme, settings, tmp_path, command):
    settings.RESTRICTION_JOURNAL = tmp_path
    done = start() if command == "serve" else run(command)
    assert (done.status, str(tmp_path) in done.err, "Traceback" in done.err) == (1, True, False)
