"""REGISTRY_SSO_ONLY: people come by the provider alone, and leave there too; staff have a password for emergencies."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings as site_settings
from django.test import Client
from django.urls import reverse

from registry_app.authentication.sso import THERE, sign_out_address
from registry_app.models import AuditEvent, User
from tests.client import Page, browser, logging, nothing_changes, nothing_happens
from tests.factories import PASSWORD, give_factor, make_invitation
from tests.sign_on import CALLBACK, LOGIN, There, enter, who

SIGN_IN, SIGN_OUT = reverse("account_login"), reverse("account_logout")
STAFF, ENDED = reverse("sessions:staff"), reverse("sessions:ended")
CLOSED = [
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_reset_password_done",
    "mfa_login_webauthn",
]
RIGHT = {"login": "mel", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _only(settings):
    settings.SSO_ONLY = True


# The way in.


@pytest.mark.parametrize("target", [None, "/orgs/", "/orgs/?a=b&c=d", "/invitations/x/", "/admin/"])
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_the_sign_in_page_leads_straight_to_the_provider(mel, provider, method, target):
    client, query = Client(), {"next": target} if target else {}
    address = f"{SIGN_IN}?{urlencode(query)}"
    with nothing_happens():
        response = client.post(address, RIGHT) if method == "post" else getattr(client, method)(address)
    led = urlsplit(response.url)
    assert (response.status_code, led.path, parse_qs(led.query)) == (
        302,
        LOGIN,
        {name: [value] for name, value in query.items()},
    )
    assert who(client) is None


def test_one_comes_by_the_provider_to_the_page_that_one_wanted(mel, provider):
    wanted = reverse("tokens:index")
    client = Client()
    first = client.get(wanted)
    led = client.get(client.get(first.url).url)
    assert led.url.startswith(provider)
    assert client.get(There(provider).consent(led.url, "mel-there")).url == wanted
    assert who(client) == "mel"


def test_whoever_is_signed_in_is_not_sent_there_again(mel):
    assert browser(mel).get(SIGN_IN).url == "/"


# The ways that are closed.


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("person", [None, "mel"])
def test_there_are_no_password_pages(mel, root, name, person):
    client = browser(mel if person else None)
    with nothing_happens():
        assert client.get(reverse(name)).status_code == 404
        sent = {**RIGHT, "oldpassword": PASSWORD, "password1": "a new long one", "password2": "a new long one"}
        assert client.post(reverse(name), {**sent, "email": "mel@example.com"}).status_code == 404


def test_no_page_leads_to_them(mel):
    pages = [browser(mel).get(reverse(name)) for name in ("mfa_index", "usersessions_list", "tokens:index")]
    links = {urlsplit(link).path for page in pages for link in Page(page).links}
    assert not links & {reverse(name) for name in CLOSED}


@pytest.mark.parametrize("address", [reverse("admin:login"), reverse("admin:index"), SIGN_IN, STAFF])
def test_no_page_takes_the_password_of_whoever_is_no_staff(mel, address):
    client = browser()
    client.post(address, {"username": "mel", **RIGHT})
    client.post(address, {"username": "mel", **RIGHT, "login": "mel@example.com"})
    assert who(client) is None


def test_a_password_that_is_right_is_refused_as_a_wrong_one(mel, root):
    answers = [Client().post(STAFF, {"login": login, "password": password}) for login, password in
               (("mel", PASSWORD), ("root", "wrong"), ("nobody", PASSWORD))]  # fmt: skip
    assert [answer.status_code for answer in answers] == [422] * 3
    assert len({str(answer.context["form"].errors) for answer in answers}) == 1


def test_a_link_that_was_made_before_does_not_work(mel, settings, run):
    settings.SSO_ONLY = False
    link = run("reset_password", "mel").out.split()[-1].removeprefix(settings.PUBLIC_URL)
    settings.SSO_ONLY = True
    page = Client().get(link, follow=True)
    assert page.context["token_fail"]
    assert run("reset_password", "mel").status == 1


def test_sessions_of_before_end_but_those_of_staff(mel, root, provider, settings):
    settings.SSO_ONLY = False
    before = [Client(), Client(), enter(provider, "ada-there")[0]]
    for client, login in zip(before, ("mel", "root"), strict=False):
        client.post(SIGN_IN, {"login": login, "password": PASSWORD})
    names = [who(client) for client in before]
    assert names[:2] == ["mel", "root"]
    settings.SSO_ONLY = True
    assert [who(client) for client in before] == [None, "root", None]
    assert who(enter(provider, "ada-there")[0]) == names[2]


def test_whoever_is_staff_no_more_is_out(root):
    client = Client()
    client.post(STAFF, {"login": "root", "password": PASSWORD})
    assert who(client) == "root"
    User.objects.filter(pk=root.pk).update(is_staff=False)
    assert who(client) is None


# Staff, in an emergency.


def test_staff_sign_in_with_a_password_at_an_address_of_their_own(root):
    client = Client()
    form = Page(client.get(STAFF, {"next": "/admin/"})).form_to(STAFF)
    with logging() as events:
        answer = client.post(form.action, {**form.data, "login": "root", "password": PASSWORD})
    assert (answer.url, who(client)) == ("/admin/", "root")
    assert [(event.action, event.changes) for event in events] == [("user.sign_in", {"methods": [None, ["password"]]})]


def test_a_command_gives_staff_a_password(root, run, settings):
    User.objects.filter(pk=root.pk).update(password="!")
    link = run("reset_password", "root").out.split()[-1].removeprefix(settings.PUBLIC_URL)
    client = Client()
    form = Page(client.get(link, follow=True)).forms[0]
    client.post(form.action, {**form.data, "password1": PASSWORD, "password2": PASSWORD})
    assert client.post(STAFF, {"login": "root", "password": PASSWORD}).status_code == 302
    assert who(client) == "root"


def test_staff_are_asked_for_their_second_factor(root):
    give_factor(root)
    client = Client()
    assert client.post(STAFF, {"login": "root", "password": PASSWORD}).url == reverse("mfa_authenticate")
    assert client.get(reverse("mfa_authenticate")).status_code == 200
    assert who(client) is None


def test_staff_change_their_password(root):
    client = browser(root)
    address = reverse("account_change_password")
    assert address in Page(client.get(reverse("mfa_index"))).links
    sent = {"oldpassword": PASSWORD, "password1": "another long one", "password2": "another long one"}
    assert client.post(address, sent).status_code == 302


def test_too_many_wrong_passwords_wait_here_too(root):
    answers = [Client().post(STAFF, {"login": "root", "password": "wrong"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]


def test_without_the_setting_it_is_the_sign_in_page(root, settings):
    settings.SSO_ONLY = False
    assert Client().get(STAFF).url == SIGN_IN
    assert Client().post(STAFF, {"login": "root", "password": PASSWORD}).url == SIGN_IN


# What works as ever.


def test_a_second_factor_is_set_up_without_a_password(mel, root):
    address = reverse("mfa_activate_totp")
    assert browser(mel).get(address).status_code == 200
    assert browser(root).get(address).url.startswith(reverse("account_reauthenticate"))


def test_a_second_factor_is_asked_for_after_the_provider(mel, provider):
    TOTP.activate(mel, generate_totp_secret())
    client, response = enter(provider, "mel-there")
    assert (response.url, who(client)) == (reverse("mfa_authenticate"), None)
    assert client.get(response.url).status_code == 200


def test_the_invited_come_by_the_provider(acme, provider):
    _, token = make_invitation(acme)
    address = reverse("invitations:accept", args=[token])
    client = browser()
    page = Page(client.get(address))
    assert not page.forms
    sent = {"username": "eve", "email": "eve@example.com", "password": PASSWORD}
    with nothing_changes():
        client.post(address, sent)
    (link,) = [link for link in page.links if urlsplit(link).path == SIGN_IN]
    led = client.get(client.get(link).url)
    assert client.get(There(provider).consent(led.url, "newcomer")).url == address
    client.post(address, Page(client.get(address)).form_to(address).data)
    assert acme.memberships.filter(user__email="newcomer@example.com").exists()


# The way out.


@pytest.mark.parametrize("address", [SIGN_OUT, reverse("admin:logout")])
def test_signing_out_ends_the_session_at_the_provider_too(root, provider, address):
    User.objects.filter(pk=root.pk).update(email="mel@example.com")
    client, there = Client(), There(provider)
    client.get(there.consent(client.get(LOGIN).url, "mel-there"))
    assert who(client) == "root"
    back = f"http://localhost{ENDED}"  # the provider takes no host that is no domain
    uri = f"http://testserver{CALLBACK}"
    assert requests.get(f"{provider}/allow/", params={"uri": uri, "after": back}, timeout=30).ok
    with logging() as events:
        assert client.post(address).url == ENDED
    assert [event.action for event in events] == ["user.sign_out"]
    page = client.get(ENDED, headers={"host": "localhost"})
    leave = page["Refresh"].removeprefix("0; url=")
    assert leave in Page(page).links
    asked = parse_qs(urlsplit(leave).query)
    assert asked["post_logout_redirect_uri"] == [back]
    assert asked["client_id"] == [site_settings.SINGLE_SIGN_ON["client_id"]]
    assert len(asked["id_token_hint"]) == 1
    assert there.session.get(leave, allow_redirects=False).headers["Location"] == back
    assert "/login/" in there.session.get(client.get(LOGIN).url).url  # nobody is signed in there any more
    last = client.get(ENDED)
    assert (last.status_code, "Refresh" in last.headers, who(client)) == (200, False, None)


@pytest.mark.parametrize(
    "there, expected",
    [
        (None, ""),
        ({"end": "", "id_token": "x"}, ""),
        ({"end": "https://l.example/end", "id_token": ""}, "https://l.example/end?client_id="),
        ({"end": "https://l.example/end?a=b", "id_token": ""}, "https://l.example/end?a=b&client_id="),
        ({"end": "https://l.example/end", "id_token": "x" * 4001}, "https://l.example/end?client_id="),
        ({"end": "https://l.example/end", "id_token": "a.b"}, "https://l.example/end?client_id="),
    ],
)
def test_where_one_signs_out_there(rf, there, expected):
    address = sign_out_address(rf.get("/"), there)
    assert address.startswith(expected)
    assert bool(address) == bool(expected)
    assert ("id_token_hint=a.b" in address) == bool(there and there["id_token"] == "a.b")


@pytest.mark.parametrize("end", [None, 5, [], "", "javascript:alert(1)", "https://[", "https://l.example/\n", "é"])
def test_a_provider_without_such_an_address_is_no_error(mel, provider, settings, end):
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"]["openid_configuration_overrides"] = {"end_session_endpoint": end}
    client, _ = enter(provider, "mel-there")
    assert client.post(SIGN_OUT).url == ENDED
    page = client.get(ENDED)
    assert (page.status_code, "Refresh" in page.headers) == (200, False)
    assert SIGN_IN in Page(page).links


def test_whoever_came_as_the_wrong_person_can_leave_there(mel, provider):
    enter(provider, "mel-there")
    client, refused = enter(provider, "mel-again")
    assert (refused.status_code, ENDED in Page(refused).links) == (403, True)
    assert provider in client.get(ENDED)["Refresh"]


def test_the_token_of_the_provider_is_in_the_session_alone(mel, provider):
    client, _ = enter(provider, "mel-there")
    token = client.session[THERE]["id_token"]
    assert token
    assert not any(token in body for body in AuditEvent.objects.values_list("body", flat=True))


def test_without_the_setting_one_signs_out_here_alone(mel, provider, settings):
    settings.SSO_ONLY = False
    client, _ = enter(provider, "mel-there")
    assert client.post(SIGN_OUT).url == SIGN_IN
    assert "Refresh" not in client.get(ENDED).headers
