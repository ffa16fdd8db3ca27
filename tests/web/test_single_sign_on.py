"""Single sign-on against a real OpenID Connect provider, in a process of its own: who comes in, and who doesn't."""

import threading
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as site_settings
from django.contrib.auth.hashers import is_password_usable
from django.db import connections
from django.test import Client
from django.urls import reverse

from registry_app.audit.reconcile import find_drift
from registry_app.authentication.adapters import SingleSignOnAdapter
from registry_app.models import AuditEvent, User, make_service_account
from tests.client import Page, browser, logging, nothing_changes, nothing_happens
from tests.factories import COMMAND_LINE, PASSWORD
from tests.servers.oidc_provider import PASSWORD as PASSWORD_THERE
from tests.servers.oidc_provider import point
from tests.sign_on import CALLBACK, HOME, LOGIN, There, enter, who

# Who comes in.


def test_the_sign_in_page_leads_there(db, provider):
    page = Client().get(reverse("account_login"), {"next": "/orgs/?a=b&c=d"})
    (link,) = [link for link in Page(page).links if urlsplit(link).path == LOGIN]
    asked = parse_qs(urlsplit(Client().get(link).url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert asked["response_type"] == ["code"]
    assert len(asked["state"][0]) >= 16
    assert {"openid", "email"} <= set(asked["scope"][0].split())
    assert asked["redirect_uri"] == [f"http://testserver{CALLBACK}"]
    assert parse_qs(urlsplit(link).query) == {"next": ["/orgs/?a=b&c=d"]}


def test_a_newcomer_gets_an_account_in_no_organization(acme, provider):
    with logging() as events:
        client, response = enter(provider, "newcomer", next=HOME)
    assert (response.status_code, response.url) == (302, HOME)
    user = User.objects.get(email="newcomer@example.com")
    assert who(client) == user.username
    assert not user.memberships.exists()
    assert not (user.is_staff or user.is_superuser or is_password_usable(user.password))
    assert [(event.action, event.actor_id, event.target_name) for event in events] == [
        ("user.create", user.pk, user.username),
        ("user.sign_in", user.pk, user.username),
    ]
    assert events[-1].changes == {"methods": [None, ["single sign-on"]]}
    again, _ = enter(provider, "newcomer")
    assert (who(again), User.objects.filter(email="newcomer@example.com").count()) == (user.username, 1)


def test_a_verified_address_leads_to_its_account_whose_password_stays(mel, provider):
    people = User.objects.count()
    with logging() as events:
        client, _ = enter(provider, "mel-there")
    assert (who(client), User.objects.count()) == ("mel", people)
    assert [(event.action, event.target_name) for event in events] == [
        ("user.sso.connect", "mel"),
        ("user.sign_in", "mel"),
        ("user.edit", "mel"),
    ]
    mel.refresh_from_db()
    assert (mel.check_password(PASSWORD), mel.first_name) == (True, "Mel-There")
    mel.email = "elsewhere@example.com"  # from now on the provider's word for who it is counts, not the address
    mel.save()
    assert who(enter(provider, "mel-there")[0]) == "mel"
    with nothing_changes(), logging() as events:
        again, _ = enter(provider, "mel-there")
    assert (who(again), [event.action for event in events]) == ("mel", ["user.sign_in"])


def test_a_second_factor_is_asked_for_here_too(mel, provider):
    TOTP.activate(mel, generate_totp_secret())
    client, response = enter(provider, "mel-there")
    assert response.url == reverse("mfa_authenticate")
    assert who(client) is None


def test_a_name_that_is_too_long_is_cut(db, provider):
    client, _ = enter(provider, "long")
    user = User.objects.get(email="long@example.com")
    assert who(client) == user.username
    assert (len(user.first_name), len(user.last_name)) == (150, 150)
    assert list(find_drift()) == []


# Who doesn't.


def refused(client, response, template, status):
    """It ends in this page of ours, and nobody is signed in."""
    assert response.status_code == status
    assert response.templates[0].name == template
    assert Page(response).inline == []
    assert reverse("account_login") in Page(response).links
    assert who(client) is None


@pytest.mark.parametrize("person", ["liar", "stranger", "silent"])
def test_an_address_that_is_not_verified_leads_nowhere(mel, provider, person):
    with nothing_happens():
        client, response = enter(provider, person)
    refused(client, response, "socialaccount/no_email.html", 403)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    "said, trusted, expected",
    [
        ({"email_verified": "true"}, False, "mel"),
        ({"email_verified": "True"}, False, "mel"),
        ({"email_verified": "1"}, False, "mel"),
        ({"email_verified": "false"}, True, None),
        ({"email_verified": None}, False, None),
        ({"email_verified": None}, True, "mel"),
        ({"email_verified": None, "xms_edov": "1"}, False, "mel"),
        ({"email_verified": None, "xms_edov": 0}, True, None),
        ({"email_verified": None, "email": "mel@example.com\n"}, True, "mel"),
        ({"email": "me\u200bl@example.com"}, True, None),
    ],
)  # fmt: skip
def test_an_address_counts_as_the_provider_or_the_operator_says(mel, provider, says, settings, said, trusted, expected):
    settings.PROVIDER_EMAIL_TRUSTED = trusted
    says("mel-there", **said)
    assert who(enter(provider, "mel-there")[0]) == expected
    assert SocialAccount.objects.filter(user=mel).exists() == (expected == "mel")


TEXTS = ["", " ", "é" * 10_000, "a\0\x1b\n\u202eb", "\ud800", "<b>&", "名前"]
ODD = [None, 5, -1.5, True, [], ["a", "b"], {"a": 1}, *TEXTS]


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_claims_of_any_type_are_no_error_of_ours(db, provider, says, value):
    claims = ("name", "given_name", "family_name", "preferred_username", "groups", "picture", "locale", "phone", "iss")
    says("newcomer", **dict.fromkeys(claims, value))
    client, response = enter(provider, "newcomer", browser())
    user = User.objects.get(email="newcomer@example.com")
    assert (response.status_code, who(client)) == (302, user.username)
    assert f"{user.username}{user.first_name}{user.last_name}".isprintable()
    says("newcomer", **dict.fromkeys((*claims, "email", "email_verified"), value))
    assert who(enter(provider, "newcomer", browser())[0]) == user.username
    assert list(find_drift()) == []


@pytest.mark.parametrize("claim", ["email", "email_verified", "sub"])
@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_claims_that_decide_refuse_what_they_cannot_be(db, provider, says, claim, value):
    says("newcomer", **{claim: value})
    client, response = enter(provider, "newcomer", browser())
    assert (response.status_code, who(client)) in [(403, None), (502, None)] or (claim, value) == (
        "email_verified",
        True,
    )


# What changes there, changes here.


@pytest.mark.parametrize(
    "said, field, value",
    [
        ({"email": "new@example.com"}, "email", "new@example.com"),
        ({"email": "NEW@example.com", "email_verified": "true"}, "email", "new@example.com"),
        ({"given_name": "Melanie"}, "first_name", "Melanie"),
        ({"given_name": None, "name": "Melanie"}, "first_name", "Melanie"),
        ({"family_name": "Müller"}, "last_name", "Müller"),
        ({"family_name": "é" * 10_000}, "last_name", "é" * 150),
    ],
)
def test_what_changes_there_is_taken_over_and_logged(mel, provider, says, said, field, value):
    enter(provider, "mel-there")
    mel.refresh_from_db()
    before = getattr(mel, field)
    says("mel-there", **said)
    with logging() as events:
        enter(provider, "mel-there")
    mel.refresh_from_db()
    assert (mel.username, getattr(mel, field)) == ("mel", value)
    assert [(event.action, event.actor_name, event.target_name) for event in events] == [
        ("user.sign_in", "mel", "mel"),
        ("user.edit", "mel", "mel"),
    ]
    assert events[-1].changes == {field: [before, value]}
    assert list(find_drift()) == []
    with nothing_changes(), logging() as events:
        enter(provider, "mel-there")
    assert [event.action for event in events] == ["user.sign_in"]


@pytest.mark.parametrize(
    "said",
    [
        {"email": "new@example.com", "email_verified": False},
        {"email": "new@example.com", "email_verified": None},
        {"email": "MEL@Example.com"},
        {"email": None},
        {"given_name": "", "name": ""},
        {"preferred_username": "melanie"},
    ],
)
def test_what_is_not_verified_or_not_said_is_not_taken_over(mel, provider, says, said):
    enter(provider, "mel-there")
    says("mel-there", **said)
    with nothing_changes(), logging() as events:
        enter(provider, "mel-there")
    assert [event.action for event in events] == ["user.sign_in"]


@pytest.mark.parametrize("email", ["rob@example.com", "ROB@example.com", "ada@example.com", "sam@example.com"])
def test_the_address_of_another_account_is_not_taken_over_and_staff_are_told(mel, rob, sam, provider, says, email):
    enter(provider, "mel-there")
    says("mel-there", email=email, given_name="Melanie")
    with nothing_changes(), logging() as events:
        client, _ = enter(provider, "mel-there")
    assert who(client) == "mel"
    told = [(event.action, event.code, event.actor_name, event.target_name) for event in events]
    assert told == [("user.sign_in", "", "mel", "mel"), ("user.edit", "address_taken", "mel", "mel")]
    assert events[-1].changes == {"email": ["mel@example.com", email.lower()]}


def test_nothing_is_taken_over_before_the_second_factor(mel, provider, says):
    enter(provider, "mel-there")
    secret = generate_totp_secret()
    TOTP.activate(mel, secret)
    says("mel-there", email="new@example.com")
    with nothing_happens():
        client, _ = enter(provider, "mel-there")
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    client.post(reverse("mfa_authenticate"), {"code": code})
    mel.refresh_from_db()
    assert (who(client), mel.email) == ("mel", "new@example.com")


@pytest.mark.parametrize("known", [True, False], ids=["known", "not-known"])
def test_the_deactivated_stay_out(mel, provider, known):
    if known:
        assert who(enter(provider, "mel-there")[0]) == "mel"
    mel.is_active = False
    mel.save()
    client, response = enter(provider, "mel-there")
    assert response.url == reverse("account_inactive")
    assert who(client) is None
    assert User.objects.filter(email="mel@example.com").count() == 1


# One account, one person of a provider.


def refusals(events):
    """(action, code, who tried, whose account) of each entry."""
    return [(event.action, event.code, event.actor_name, event.target_name) for event in events]


@pytest.mark.parametrize(
    "second, claims",
    [
        ("mel-again", {}),
        ("mel-in-capitals", {}),
        ("newcomer", {"email": "mel@example.com", "email_verified": True}),
        ("newcomer", {"email": "MEL@example.com", "email_verified": "true"}),
        ("stranger", {"email": "mel@EXAMPLE.com", "email_verified": 1}),
        ("silent", {"email": "mel@example.com", "xms_edov": "1"}),
        ("long", {"email": "mel@example.com", "email_verified": True, "preferred_username": "mel"}),
    ],
)
def test_an_account_is_connected_to_no_second_person_who_has_its_address(mel, provider, says, second, claims):
    enter(provider, "mel-there")
    first = SocialAccount.objects.get()
    says(second, **claims)
    for _ in range(2):
        with nothing_changes(), logging() as events:
            client, response = enter(provider, second)
        refused(client, response, "socialaccount/other_identity.html", 403)
        assert refusals(events) == [("user.sso.connect", "other_identity", "not signed in", "mel")]
        (_, identity) = events[0].changes["identity"]
        assert identity != first.uid
    assert list(SocialAccount.objects.values_list("pk", "uid", "user")) == [(first.pk, first.uid, mel.pk)]
    assert who(enter(provider, "mel-there")[0]) == "mel"


def test_neither_service_accounts_nor_the_deactivated_are_connected(acme, rob, provider):
    robot = make_service_account(acme, "ci", COMMAND_LINE).user
    robot.email = "ci@example.com"
    robot.save()
    rob.email, rob.is_active = "mel@example.com", False
    rob.save()
    for person, code, account in (("ci-there", "service_account", "ci"), ("mel-again", "account_inactive", "rob")):
        with nothing_changes(), logging() as events:
            client, response = enter(provider, person)
        assert (response.url, who(client)) == (reverse("account_inactive"), None)
        assert refusals(events) == [("user.sso.connect", code, "not signed in", account)]
    assert not SocialAccount.objects.exists()


def test_a_person_stays_with_their_account_when_another_gets_the_address(mel, rob, provider):
    enter(provider, "mel-there")
    mel.email = "mel@elsewhere.example"
    mel.save()
    rob.email = "mel@example.com"
    rob.save()
    assert who(enter(provider, "mel-there")[0]) == "mel"
    assert who(enter(provider, "mel-again")[0]) == "rob"
    assert {account.user.username for account in SocialAccount.objects.all()} == {"mel", "rob"}


def test_people_of_another_issuer_are_other_people(mel, provider):
    SocialAccount.objects.create(user=mel, provider="an-issuer-of-before", uid="1")
    with logging() as events:
        client, _ = enter(provider, "mel-again")
    assert (who(client), mel.socialaccount_set.count()) == ("mel", 2)
    assert [event.action for event in events] == ["user.sso.connect", "user.sign_in", "user.edit"]


def test_after_staff_ended_the_connection_the_next_one_is_connected(mel, root, provider):
    hers, _ = enter(provider, "mel-there")
    old = SocialAccount.objects.get()
    staff, page = browser(root), reverse("admin:socialaccount_socialaccount_delete", args=[old.pk])
    with logging() as events:
        answer = staff.post(page, {"post": "yes"})
    assert (answer.status_code, who(hers)) == (302, None)
    assert [(event.action, event.actor_name, event.target_name, event.changes) for event in events] == [
        (
            "user.sso.disconnect",
            "root",
            "mel",
            {"provider": [old.provider, None], "identity": [old.uid, None]},
        )
    ]
    assert who(enter(provider, "mel-again")[0]) == "mel"
    assert who(enter(provider, "mel-there")[0]) is None


def at_once(issuer, monkeypatch, method, *people):
    """The statuses and names of `people` who come at once: all stand before the adapter's `method` at one time."""
    barrier, real = threading.Barrier(len(people)), getattr(SingleSignOnAdapter, method)

    def together(*args):
        barrier.wait(30)
        return real(*args)

    monkeypatch.setattr(SingleSignOnAdapter, method, together)
    clients, found = [Client() for _ in people], {}
    backs = [
        There(issuer).consent(client.get(LOGIN).url, person) for client, person in zip(clients, people, strict=True)
    ]

    def come(number):
        try:
            found[number] = clients[number].get(backs[number]).status_code, who(clients[number])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=come, args=(number,)) for number in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found.values(), key=str)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second, status, name", [("mel-again", 403, None), ("mel-there", 302, "mel")])
def test_of_two_first_visits_at_once_one_connects(mel, provider, monkeypatch, second, status, name):
    found = at_once(provider, monkeypatch, "_connect", "mel-there", second)
    assert found == [(302, "mel"), (status, name)]
    assert SocialAccount.objects.filter(user=mel).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_first_visits_of_a_newcomer_at_once_one_makes_the_account(provider, monkeypatch):
    (_, first), (_, second) = at_once(provider, monkeypatch, "_make_account", "newcomer", "newcomer")
    user = User.objects.get(email="newcomer@example.com")
    assert {first, second} == {user.username, None}
    assert SocialAccount.objects.get().user == user


def test_whoever_does_not_consent_is_told_so(db, provider):
    client, response = enter(provider, "newcomer", action="cancel")
    refused(client, client.get(response.url), "socialaccount/login_cancelled.html", 200)


@pytest.mark.parametrize("state", ["", "wrong", "é", "x" * 5000])
def test_an_answer_to_no_question_of_this_browser_is_refused(db, provider, state):
    client = Client()
    back = There(provider).consent(client.get(LOGIN).url, "newcomer")
    code = parse_qs(urlsplit(back).query)["code"][0]
    refused(
        client, client.get(CALLBACK, {"code": code, "state": state}), "socialaccount/authentication_error.html", 401
    )


def test_an_answer_to_the_question_of_another_browser_is_refused(db, provider):
    back = There(provider).consent(Client().get(LOGIN).url, "newcomer")
    victim = Client()
    victim.get(LOGIN)
    refused(victim, victim.get(back), "socialaccount/authentication_error.html", 401)


def test_an_answer_counts_once(db, provider):
    client = Client()
    back = There(provider).consent(client.get(LOGIN).url, "newcomer")
    client.get(back)
    client.post(reverse("account_logout"))
    refused(client, client.get(back), "socialaccount/authentication_error.html", 401)


def test_a_code_without_the_verifier_of_its_question_is_refused(db, provider):
    client = Client()
    led = client.get(LOGIN)
    session = client.session
    for state in session["socialaccount_states"].values():
        state[0]["pkce_code_verifier"] = "0" * 43
    session.save()
    back = There(provider).consent(led.url, "newcomer")
    refused(client, client.get(back), "socialaccount/authentication_error.html", 401)


@pytest.mark.parametrize(
    "query", [{}, {"code": "x"}, {"error": "server_error"}, {"state": "x", "error": "access_denied"}]
)
def test_answers_that_nobody_asked_for_are_refused(db, provider, query):
    client = Client()
    refused(client, client.get(CALLBACK, query), "socialaccount/authentication_error.html", 401)


def test_a_provider_that_is_down_is_told_of(mel, provider, settings):
    client = Client()
    led = client.get(LOGIN)
    point(settings, "http://127.0.0.1:9")
    refused(client, client.get(LOGIN), "socialaccount/authentication_error.html", 502)
    back = There(provider).consent(led.url, "mel-there")
    refused(client, client.get(back), "socialaccount/authentication_error.html", 502)
    assert client.post(reverse("account_login"), {"login": "mel", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("path", ["/login/", "/no/such/page"])
def test_a_provider_that_talks_of_something_else_is_told_of(db, provider, settings, path):
    point(settings, f"{provider}{path}?/.well-known/")
    client = Client()
    refused(client, client.get(LOGIN), "socialaccount/authentication_error.html", 502)


@pytest.mark.parametrize("path", ["/empty", "/list", "/made"])
def test_a_provider_that_says_too_little_of_itself_is_told_of(db, provider, settings, path):
    point(settings, provider + path)
    client = Client()
    refused(client, client.get(LOGIN), "socialaccount/authentication_error.html", 502)


def test_a_provider_that_says_too_little_of_a_person_is_told_of(db, provider, settings):
    point(settings, f"{provider}/of-nobody")
    client, response = enter(provider, "newcomer")
    refused(client, response, "socialaccount/authentication_error.html", 502)


def test_a_mistake_of_our_own_is_no_fault_of_the_provider(db, provider, monkeypatch):
    monkeypatch.setattr(SingleSignOnAdapter, "pre_social_login", lambda *args: {}["no such key"])
    _, response = enter(provider, "newcomer", browser())
    assert response.status_code == 500


def test_nobody_connects_another_account_to_their_own(mel, provider):
    client = browser(mel)
    _, response = enter(provider, "newcomer", client, process="connect")
    assert response.url == reverse("mfa_index")
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("address", ["https://evil.example/", "http://[", "//[", "javascript:alert(1)"])
def test_it_leads_to_no_other_site(db, provider, address):
    _, response = enter(provider, "newcomer", next=address)
    assert response.url == "/"


def test_the_log_holds_no_secret(db, provider):
    enter(provider, "newcomer")
    text = "".join(AuditEvent.objects.values_list("body", flat=True))
    assert site_settings.SINGLE_SIGN_ON["secret"] not in text
    assert PASSWORD_THERE not in text


def test_whoever_has_no_password_here_can_set_one_and_a_second_factor(db, provider):
    client, _ = enter(provider, "newcomer")
    address = reverse("account_set_password")
    assert client.get(reverse("account_change_password")).url == address
    form = Page(client.get(address)).form_to(address)
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    with logging() as events:
        client.post(address, {**form.data, "password1": PASSWORD, "password2": PASSWORD})
    assert [event.action for event in events] == ["user.password.change"]
    assert client.post(reverse("account_logout")).status_code == 302
    name = User.objects.get(email="newcomer@example.com").username
    assert client.post(reverse("account_login"), {"login": name, "password": PASSWORD}).status_code == 302
    assert who(client) == name
