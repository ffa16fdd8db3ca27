"""`createsuperuser` and `changepassword`: Django's commands, under the same rules as all accounts, and logged."""

import pytest

from registry_app.models import User, make_service_account
from tests.client import browser, logging, nothing_changes, nothing_happens
from tests.factories import COMMAND_LINE, PASSWORD

NEW = "another horse battery"
EVE = ("createsuperuser", "--username", "eve", "--email", "eve@example.com")


@pytest.fixture
def typed(monkeypatch, settings):
    """What is typed where a password is asked for: a list, to be filled."""
    settings.ADMIN_PASSWORD = ""
    answers = []
    monkeypatch.setattr("registry_app.management.cli.getpass", lambda prompt: answers.pop(0))
    return answers


def told(events):
    """(action, code, who did it, whose account) of each entry."""
    return [(event.action, event.code, event.actor_name, event.target_name) for event in events]


@pytest.mark.parametrize("source", ["environment", "terminal"])
def test_a_new_superuser_is_logged_with_their_rights(db, run, typed, settings, source):
    if source == "environment":
        settings.ADMIN_PASSWORD = PASSWORD
    else:
        typed += [PASSWORD, PASSWORD]
    with logging() as events:
        assert run(*EVE).status == 0
    eve = User.objects.get()
    assert (eve.username, eve.email, eve.is_staff, eve.is_superuser) == ("eve", "eve@example.com", True, True)
    assert eve.check_password(PASSWORD)
    assert told(events) == [
        ("user.create", "", "command line", "eve"),
        ("user.edit", "", "command line", "eve"),
    ]
    assert [event.changes for event in events] == [
        {"email": [None, "eve@example.com"]},
        {"is_staff": [False, True], "is_superuser": [False, True]},
    ]
    assert not any(PASSWORD in event.body or eve.password in event.body for event in events)


@pytest.mark.parametrize(
    "words, password, code",
    [
        (EVE, "short", "password_too_short"),
        (EVE, "1234567890", "password_entirely_numeric"),
        (EVE, "eve@example.com", "password_too_similar"),
        ((*EVE[:2], "mel", *EVE[3:]), PASSWORD, "unique"),
        ((*EVE[:2], "a b", *EVE[3:]), PASSWORD, "invalid"),
        ((*EVE[:2], "e\0ve", *EVE[3:]), PASSWORD, "invalid"),
        ((*EVE[:2], "x" * 151, *EVE[3:]), PASSWORD, "max_length"),
        ((*EVE[:4], "Mel@Example.com"), PASSWORD, "email_taken"),
        ((*EVE[:4], "nowhere"), PASSWORD, "invalid"),
    ],
)
def test_what_breaks_a_rule_makes_no_superuser(mel, run, typed, words, password, code):
    typed += [password, password]
    with nothing_happens():
        done = run(*words)
    assert (done.status, done.out) == (1, "")
    assert f"{code}:" in done.err


def test_a_changed_password_is_logged_and_ends_the_sessions(mel, run, typed):
    client = browser(mel)
    typed += [NEW, NEW]
    with logging() as events:
        assert run("changepassword", "mel").status == 0
    mel.refresh_from_db()
    assert mel.check_password(NEW)
    assert client.get("/orgs/").status_code == 302
    assert told(events) == [("user.password.change", "", "command line", "mel")]
    assert not any(NEW in event.body or mel.password in event.body for event in events)


@pytest.mark.parametrize(
    "password, code", [("short", "password_too_short"), ("mel@example.com", "password_too_similar")]
)
def test_a_password_that_breaks_a_rule_is_not_set(mel, run, typed, password, code):
    typed += [password, password]
    with nothing_happens():
        done = run("changepassword", "mel")
    assert done.status == 1
    assert f"{code}:" in done.err


def test_a_service_account_gets_no_password(acme, run, typed):
    make_service_account(acme, "ci", COMMAND_LINE)
    typed += [NEW, NEW]
    with nothing_changes(), logging() as events:
        assert run("changepassword", "ci").status == 1
    assert told(events) == [("user.password.change", "service_account", "command line", "ci")]


@pytest.mark.parametrize("username, answers", [("nobody", []), ("mel", [NEW, "x"])])
def test_nothing_is_done_where_nobody_is_meant_or_two_passwords_differ(mel, run, typed, username, answers):
    typed += answers
    with nothing_happens():
        assert run("changepassword", username).status == 1


@pytest.mark.parametrize("words", [EVE, ("changepassword", "mel")])
def test_without_a_terminal_there_is_a_word_and_no_traceback(mel, run, settings, monkeypatch, words):
    def no_terminal(prompt):
        raise EOFError

    settings.ADMIN_PASSWORD = ""
    monkeypatch.setattr("registry_app.management.cli.getpass", no_terminal)
    with nothing_changes():
        done = run(*words)
    assert (done.status, "Traceback" in done.err) == (1, False)
