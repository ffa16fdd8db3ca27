"""Signing in and out: who gets in by which login, that the time tells nothing, what is limited, and what is logged."""

import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.choices import Action
from registry_app.models import AuditEvent, User, make_service_account
from tests.client import browser, logging, nothing_happens
from tests.factories import COMMAND_LINE, PASSWORD

LOGIN, AGAIN = reverse("account_login"), reverse("account_reauthenticate")
CODE, RESET = reverse("mfa_authenticate"), reverse("account_reset_password")


def enter(login, password=PASSWORD, client=None, **options):
    """Post the sign-in form. Answers (client, response)."""
    client = client or Client()
    return client, client.post(LOGIN, {"login": login, "password": password}, **options)


def who(client):
    """The name of who is signed in, or None."""
    response = client.get(reverse("organizations:index"))
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

    def active(self, password, salt):
        made.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", active)
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
    assert client.post(AGAIN, {"password": "another password"}).status_code == 422
    assert client.post(AGAIN, {"password": PASSWORD}).status_code == 302


def test_asking_for_a_reset_costs_the_same_whoever_asks(acme, mel, rob, hashes):
    rob.is_active = False
    rob.save()
    robot = make_service_account(acme, "ci", COMMAND_LINE).user
    robot.email = "ci@example.com"
    robot.save()
    EmailAddress.objects.create(user=mel, email="mel@example.com", verified=True, primary=True)
    emails = [f"{name}@example.com" for name in ("mel", "MEL", "ada", "eve", "rob", "ci")]
    costs = [cost(hashes, Client().post, RESET, {"email": email}) for email in emails]
    assert len({*costs}) == 1
    assert costs[0][0] == 0
    assert ["http" in message.body for message in mail.outbox] == [True, True, True, False, False, False]


# What the log tells of signing in and out.


def told(events):
    """(action, who did it, whose account, what changed) of each entry."""
    return [(event.action, event.actor_name, event.target_name, event.changes) for event in events]


def test_signing_in_and_out_is_logged(mel):
    with logging() as events:
        client, response = enter("mel@example.com")
        client.get(reverse("account_logout"))
        gone = client.post(reverse("account_logout"))
        client.post(reverse("account_logout"))  # nobody is there any more
    assert told(events) == [
        (Action.SIGN_IN, "mel", "mel", {"methods": [None, ["password"]]}),
        (Action.SIGN_OUT, "mel", "mel", {}),
    ]
    assert [event.request_id for event in events] == [response["X-Request-ID"], gone["X-Request-ID"]]
    assert {(event.organization_id, event.registry_id) for event in events} == {(None, None)}


def test_a_second_factor_is_named_with_the_first(mel):
    secret = generate_totp_secret()
    TOTP.activate(mel, secret)
    with logging() as events:
        client, _ = enter("mel")
        client.post(CODE, {"code": format_hotp_value(hotp_value(secret, int(time.time()) // 30))})
    assert told(events) == [(Action.SIGN_IN, "mel", "mel", {"methods": [None, ["password", "totp"]]})]


def test_signing_out_of_the_admin_is_logged(root):
    client = browser(root)
    with logging() as events:
        client.post(reverse("admin:logout"))
    assert told(events) == [(Action.SIGN_OUT, "root", "root", {})]


def test_a_wrong_password_is_not_logged_by_itself(mel):
    with nothing_happens():
        enter("mel", "wrong")
        enter("eve@example.com", "wrong")


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
def test_no_address_and_no_secret_is_in_the_log(mel, address):
    here, there = enter("mel", REMOTE_ADDR=address)[0], enter("mel", REMOTE_ADDR=address)[0]
    here.get("/", REMOTE_ADDR=address)
    here.post(reverse("usersessions_list"), REMOTE_ADDR=address)
    assert who(there) is None
    here.post(reverse("account_logout"), REMOTE_ADDR=address)
    for _ in range(6):
        enter("mel", "my other password", REMOTE_ADDR=address)
        enter("my password in the wrong field", "x", REMOTE_ADDR=address)
    actions, bodies = zip(*AuditEvent.objects.values_list("action", "body"), strict=True)
    assert {Action.SIGN_IN, Action.SIGN_OUT, Action.SESSION_END, Action.SIGN_IN_LIMIT} <= {*actions}
    secrets = [address, "2001:db8", PASSWORD, "my other password", "wrong field", here.session.session_key or "-"]
    assert [secret for secret in secrets if secret in "".join(bodies)] == ["-"]


# Limits on tries.


@pytest.mark.parametrize(
    "login, account",
    [("mel", "mel"), ("Mel@example.com", "mel"), ("eve@example.com", "account_login"), ("eve", "account_login")],
)
def test_after_five_wrong_tries_a_login_waits(mel, login, account):
    with logging() as events:
        answers = [enter(login, "wrong", REMOTE_ADDR=f"192.0.2.{number}")[1] for number in range(8)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429] * 3
    assert 290 <= int(answers[5]["Retry-After"]) <= 300
    assert f'value="{login}"' in answers[5].text
    assert told(events) == [
        (Action.SIGN_IN_LIMIT, "not signed in", account, {"page": [None, "account_login"], "tries": [None, 5]})
    ]
    assert enter(login, REMOTE_ADDR="192.0.2.99")[1].status_code == 429  # the right one too
    assert enter("mel" if login != "mel" else "mel@example.com")[1].status_code == 302


def test_after_ten_wrong_tries_an_address_waits(mel):
    with logging() as events:
        answers = [enter(f"eve{number}", "wrong")[1] for number in range(12)]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429] * 2
    assert 50 <= int(answers[-1]["Retry-After"]) <= 60
    assert told(events) == [
        (Action.SIGN_IN_LIMIT, "not signed in", "account_login", {"page": [None, "account_login"], "tries": [None, 10]})
    ]
    assert enter("mel", REMOTE_ADDR="192.0.2.99")[1].status_code == 302


def test_what_is_right_in_between_does_not_begin_the_count_anew(mel):
    answers = [enter("mel", PASSWORD if number % 2 else "wrong")[1].status_code for number in range(12)]
    assert answers == [*[422, 302] * 4, 422, 429, 429, 429]


def test_after_five_wrong_codes_a_second_factor_waits(mel):
    TOTP.activate(mel, generate_totp_secret())
    client, _ = enter("mel")
    with logging() as events:
        answers = [client.post(CODE, {"code": "000000"}) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429] * 2
    assert int(answers[-1]["Retry-After"]) > 0
    assert told(events) == [
        (Action.SIGN_IN_LIMIT, "not signed in", "mel", {"page": [None, "mfa_authenticate"], "tries": [None, 5]})
    ]


def test_after_five_wrong_tries_confirming_who_one_is_waits(mel):
    client = browser(mel)
    with logging() as events:
        answers = [client.post(AGAIN, {"password": "wrong"}) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429] * 2
    assert int(answers[-1]["Retry-After"]) > 0
    changes = {"page": [None, "account_reauthenticate"], "tries": [None, 5]}
    assert told(events) == [(Action.SIGN_IN_LIMIT, "mel", "mel", changes)]


def test_allauths_other_limits_have_a_page_of_ours_and_are_logged_once(mel):
    with logging() as events:
        answers = [Client().post(RESET, {"email": "mel@example.com"}) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429] * 3
    assert (answers[-1].templates[0].name, answers[-1]["Retry-After"]) == ("429.html", "60")
    assert told(events) == [
        (Action.SIGN_IN_LIMIT, "not signed in", "account_reset_password", {"page": [None, "account_reset_password"]})
    ]
