"""`create_organization`: rule 1 from the command line, its refusals with code and exit code 1."""

import pytest
from django.db import InterfaceError, OperationalError

from registry_app.choices import OrganizationRole
from registry_app.models import AuditEvent, Organization, User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
ADA = ("--admin", "ada", "--email", "ada@example.com")


@pytest.fixture
def password(settings):
    """The password of new accounts, as the environment gives it."""
    settings.ADMIN_PASSWORD = PASSWORD
    return PASSWORD


@pytest.fixture
def typed(monkeypatch, settings):
    """What is typed where a password is asked for: a list, to be filled."""
    settings.ADMIN_PASSWORD = ""
    answers = []
    monkeypatch.setattr("registry_app.management.cli.getpass", lambda prompt: answers.pop(0))
    return answers


def actions():
    """(action, code) of every entry in the log, oldest first."""
    return list(AuditEvent.objects.order_by("seq").values_list("action", "code"))


def test_rule_1_both_core_registries_and_an_admin(run, password):
    done = run("create_organization", "Acme ML", *ADA)
    acme = Organization.objects.get()
    membership = acme.memberships.get()
    assert (done.status, done.err, acme.name, acme.slug) == (0, "", "Acme ML", "acme-ml")
    assert [registry.name for registry in acme.registries.core()] == ["Models", "Datasets"]
    assert (membership.user.username, membership.user.email) == ("ada", "ada@example.com")
    assert membership.role == OrganizationRole.ADMIN
    assert membership.user.check_password(PASSWORD)
    assert "/orgs/acme-ml/" in done.out
    assert PASSWORD not in done.out


def test_the_log_says_who_was_made_and_what_was_founded(run, password):
    run("create_organization", "Acme ML", *ADA)
    assert actions() == [
        ("user.create", ""),
        ("user.edit", ""),
        ("organization.create", ""),
        ("registry.create", ""),
        ("registry.create", ""),
        ("organization.member.add", ""),
    ]
    assert set(AuditEvent.objects.values_list("actor_name", flat=True)) == {"command line"}


def test_only_the_first_admin_becomes_installation_staff(run, password):
    run("create_organization", "Acme ML", *ADA)
    run("create_organization", "Globex", "--admin", "sam", "--email", "sam@example.com")
    staff = {user.username: (user.is_staff, user.is_superuser) for user in User.objects.all()}
    assert staff == {"ada": (True, True), "sam": (False, False)}


def test_an_account_that_exists_is_used_as_it_is(run, typed, ada):
    before = ada.password
    assert run("create_organization", "Acme ML", "--admin", "ada").status == 0
    ada.refresh_from_db()
    assert (ada.memberships.get().role, ada.password) == (OrganizationRole.ADMIN, before)


def test_the_password_is_asked_for_twice(run, typed):
    typed += [PASSWORD, PASSWORD]
    assert run("create_organization", "Acme ML", *ADA).status == 0
    assert (User.objects.get().check_password(PASSWORD), typed) == (True, [])


def test_two_passwords_that_differ_found_nothing(run, typed):
    typed += [PASSWORD, PASSWORD + "!"]
    assert run("create_organization", "Acme ML", *ADA).status == 1
    assert not Organization.objects.exists()
    assert not User.objects.exists()


def test_no_terminal_and_no_password_found_nothing(run, settings, monkeypatch):
    def no_terminal(prompt):
        raise EOFError

    settings.ADMIN_PASSWORD = ""
    monkeypatch.setattr("registry_app.management.cli.getpass", no_terminal)
    done = run("create_organization", "Acme ML", *ADA)
    assert (done.status, Organization.objects.exists()) == (1, False)
    assert "REGISTRY_ADMIN_PASSWORD" in done.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("a/b", *ADA), "name_invalid"),
        (("", *ADA), "name_invalid"),
        (("x" * 114, *ADA), "name_invalid"),
        (("x" * 1_000_000, *ADA), "name_invalid"),
        (("WandB-Registry-x", *ADA), "name_invalid"),
        (("Acme\u202eML", *ADA), "name_invalid"),
        (("Acme\udcffML", *ADA), "name_invalid"),  # what Python makes of broken UTF-8 in an argument
        (("Acme\0ML", *ADA), "name_invalid"),
        (("Acme\u3164ML", *ADA), "name_invalid"),
        (("Аcme ML", *ADA), "name_invalid"),
        (("Acme ML", "--admin", "аda", "--email", "ada@example.com"), "username_invalid"),
        (("Acme ML", "--admin", "ada\u3164", "--email", "ada@example.com"), "username_invalid"),
        (("Acme ML", "--admin", "ada", "--email", "nowhere"), "invalid"),
        (("Acme ML", "--admin", "a b", "--email", "ada@example.com"), "invalid"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_bad_words_are_refused_with_their_code(run, password, words, code):
    done = run("create_organization", *words)
    assert (done.status, done.out) == (1, "")
    assert f"{code}:" in done.err
    assert actions() == []
    assert not Organization.objects.exists()
    assert not User.objects.exists()


def test_a_weak_password_is_refused(run, settings):
    settings.ADMIN_PASSWORD = "password"
    done = run("create_organization", "Acme ML", *ADA)
    assert done.status == 1
    assert "password_too_common:" in done.err
    assert not Organization.objects.exists()
    assert not User.objects.exists()


def test_a_new_account_needs_an_email_address(run, password):
    done = run("create_organization", "Acme ML", "--admin", "ada")
    assert (done.status, Organization.objects.exists()) == (1, False)
    assert "--email" in done.err


def test_an_email_address_that_is_another_account_s_is_refused(run, password, ada):
    done = run("create_organization", "Acme ML", "--admin", "eve", "--email", "Ada@Example.com")
    assert (done.status, Organization.objects.exists()) == (1, False)
    assert "email_taken:" in done.err
    assert list(User.objects.values_list("username", flat=True)) == ["ada"]


def test_a_username_with_another_email_address_is_refused(run, password, ada):
    before = actions()
    done = run("create_organization", "Acme ML", "--admin", "ada", "--email", "eve@example.com")
    assert (done.status, Organization.objects.exists(), actions()) == (1, False, before)


@pytest.mark.parametrize("words", [(), ("Acme ML",), ("Acme ML", "--admin"), ("Acme ML", *ADA, "--nosuch")])
def test_words_that_are_missing_or_unknown(run, words):
    assert run("create_organization", *words).status == 2
    assert not Organization.objects.exists()


@pytest.mark.parametrize("error", [OperationalError("database is locked"), InterfaceError("connection already closed")])
def test_a_database_that_is_busy_or_away_is_told(run, password, monkeypatch, error):
    def busy(*args):
        raise error

    monkeypatch.setattr("registry_app.management.commands.create_organization.create_organization_with_admin", busy)
    done = run("create_organization", "Acme ML", *ADA)
    assert (done.status, "busy" in done.err) == (1, True)
    assert not Organization.objects.exists()


def test_a_defect_is_no_busy_database(run, password, monkeypatch):
    monkeypatch.setattr(
        "registry_app.management.commands.create_organization.create_organization_with_admin", lambda *args: 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        run("create_organization", "Acme ML", *ADA)
