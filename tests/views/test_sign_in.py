"""Signing in and out: who gets in by which login, that the time tells nothing, what is limited, and what is logged."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.models import User, make_service_account
from tests.factories import COMMAND_LINE, PASSWORD
from tests.views.pages import browser

LOGIN, AGAIN = reverse("account_login"), reverse("account_reauthenticate")


def enter(login, password=PASSWORD, client=None, **options):
    """Post the sign-in form. Answers (client, response)."""
    client = client or Client()
    return client, client.post(LOGIN, {"login": login, "password": password}, **options)


def who(client):
    """The name of who is signed in, or None."""
    response = client.get(reverse("organizations"))
    return response.context["user"].username if response.status_code == 200 else None


# One account to each login.


@pytest.mark.parametrize("login", ["mel", "MEL", " mel ", "mel@example.com", "Mel@EXAMPLE.com"])
def test_one_signs_in_by_username_or_address_in_any_case(mel, login):
    client, response = enter(login)
    assert (response.status_code, who(client)) == (302, "mel")


def test_an_address_comes_before_a_username_and_the_exact_username_before_others(mel, rob):
    other = User.objects.create_user("mel@example.com", "other@example.com", PASSWORD)
    assert who(enter("mel@example.com")[0]) == "mel"
    other.username = "MEL"
    other.save()
    assert [who(enter(login)[0]) for login in ("mel", "MEL", "Mel")] == ["mel", "MEL", "mel"]


@pytest.mark.parametrize("login", ["", " ", "m", "mel@", "@example.com", "mel@example.co", "%", "mel\0", "x" * 5000])
def test_a_login_that_names_nobody_lets_nobody_in(mel, login):
    User.objects.create_user("no-address", "", PASSWORD)
    assert who(enter(login)[0]) is None


# What is known and what isn't takes the same time. No clock: what takes the time is counted.


@pytest.fixture
def hashes(monkeypatch):
    """A list that grows by one with each hash that is computed."""
    made, encode = [], MD5PasswordHasher.encode

    def counting(self, password, salt):
        made.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    return made


def cost(hashes, act, *args, **options):
    """The hashes and the queries that `act` takes: (hashes, queries)."""
    hashes.clear()
    with CaptureQueriesContext(connection) as queries:
        act(*args, **options)
    return len(hashes), len(queries)


LOGINS = ["mel", "Mel", "mel@example.com", "MEL@example.com", "eve", "eve@example.com", "ci", "rob", "rob@example.com"]


def test_every_refused_sign_in_takes_one_hash_and_the_same_queries(acme, mel, rob, sam, hashes):
    make_service_account(acme, "ci", COMMAND_LINE)
    rob.is_active = False
    rob.save()
    sam.set_unusable_password()
    sam.save()
    EmailAddress.objects.create(user=mel, email="mel@example.com", verified=True, primary=True)
    costs = {}
    for number, login in enumerate([*LOGINS, "sam", "sam@example.com"]):  # each from elsewhere, so that no limit is met
        costs[login] = cost(hashes, enter, login, "wrong", REMOTE_ADDR=f"192.0.2.{number}")
    assert {hashed for hashed, _ in costs.values()} == {1}
    assert len({queries for _, queries in costs.values()}) == 1


def test_the_right_password_takes_one_hash_too(mel, hashes):
    for login in ("mel", "mel@example.com"):
        assert cost(hashes, enter, login)[0] == 1


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_confirming_who_one_is_takes_one_hash(mel, hashes, password):
    EmailAddress.objects.create(user=mel, email="mel@example.com", verified=True, primary=True)
    client = browser(mel)
    assert cost(hashes, client.post, AGAIN, {"password": password})[0] == 1


def test_whoever_has_somebodys_username_as_an_address_confirms_nothing_for_them(mel):
    mel.username = "eve@example.com"
    mel.save()
    User.objects.create_user("eve", "eve@example.com", "another password")
    client = browser(mel)
    assert client.post(AGAIN, {"password": "another password"}).status_code == 200
    assert client.post(AGAIN, {"password": PASSWORD}).status_code == 302


def test_asking_for_a_reset_takes_no_hash_and_sends_a_mail_to_everybody(mel, rob, hashes):
    rob.is_active = False
    rob.save()
    for email in ("mel@example.com", "eve@example.com", "rob@example.com"):
        assert cost(hashes, Client().post, reverse("account_reset_password"), {"email": email})[0] == 0
    assert len(mail.outbox) == 3
