"""The second factor: codes, recovery codes, what the log says, and organizations that ask for one."""

import json
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.urls import reverse
from fido2.utils import websafe_encode

from registry_app.choices import OrganizationRole
from registry_app.models import Actor, AuditEvent
from registry_app.models.change import etag_of
from tests.client import Page, at, browser, logging, nothing_happens, signed_in
from tests.factories import PASSWORD, give_factor, make_member, make_token

SAID = websafe_encode(b'{"type": "webauthn.get", "challenge": "AAAA", "origin": "http://testserver"}')
PASSKEY = {  # well formed, and nobody's
    "id": "YWJjZA",
    "rawId": "YWJjZA",
    "type": "public-key",
    "response": {
        "clientDataJSON": SAID,
        "authenticatorData": websafe_encode(b"\0" * 37),
        "signature": "eA",
        "userHandle": "MQ",
    },
}
LOGIN, INDEX = "/accounts/login/", "/accounts/2fa/"
ACTIVATE, CHECK = reverse("mfa_activate_totp"), reverse("mfa_authenticate")


def code_of(secret, ago=0):
    """The code that an app shows for `secret`, `ago` steps of 30 seconds ago."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 - ago))


def enter(client, user, password=PASSWORD):
    """Post the sign-in form."""
    return client.post(LOGIN, {"login": user.username, "password": password})


def confirmed(user):
    """A browser whose user has just confirmed who they are."""
    client = browser(user)
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302
    return client


# Setting one up.


def test_an_app_is_set_up_after_the_password_was_asked_again(mel, django_capture_on_commit_callbacks):
    client = browser(mel)
    answer = client.get(ACTIVATE, follow=True)
    form = Page(answer).form_to(reverse("account_reauthenticate"))
    assert "password" in form.data
    led = client.post(form.action, {**form.data, "password": PASSWORD})
    assert led.url == ACTIVATE
    page = client.get(ACTIVATE)
    secret = page.context["form"].secret
    assert secret in page.text
    with logging() as events, django_capture_on_commit_callbacks(execute=True):
        assert client.post(ACTIVATE, {"code": code_of(secret)}).status_code == 302
    assert set(Authenticator.objects.values_list("user", "type")) == {(mel.pk, "totp"), (mel.pk, "recovery_codes")}
    told = {(event.action, event.actor_id, event.target_name) for event in events}
    assert told == {("user.factor.add", mel.pk, "mel")}
    assert {event.changes["factor"][1] for event in events} == {"totp", "recovery_codes"}
    assert not any(secret in event.body for event in events)
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()
    assert all(code in client.get(reverse("mfa_view_recovery_codes")).text for code in codes)
    assert not any(code in event.body for event in AuditEvent.objects.all() for code in codes)


@pytest.mark.parametrize("code", ["", "000000", "x", "é", "1" * 1000])
def test_an_app_is_not_set_up_by_a_wrong_code(mel, code):
    client = confirmed(mel)
    client.get(ACTIVATE)
    with nothing_happens():
        response = client.post(ACTIVATE, {"code": code})
    assert response.context["form"].errors
    assert not Authenticator.objects.exists()


def test_turning_it_off_takes_all_of_it_and_is_logged(mel):
    give_factor(mel)
    client = browser(mel)
    client.post(reverse("mfa_reauthenticate"), {"code": RecoveryCodes(mel_codes(mel)).get_unused_codes()[0]})
    with logging() as events:
        assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.exists()
    assert {event.action for event in events} == {"user.factor.remove"}
    assert {event.changes["factor"][0] for event in events} == {"totp", "recovery_codes"}


def mel_codes(user):
    """The row of the recovery codes."""
    return Authenticator.objects.get(user=user, type="recovery_codes")


def test_new_recovery_codes_are_logged_and_end_the_old_ones(mel, django_capture_on_commit_callbacks):
    give_factor(mel)
    client = confirmed(mel)
    old = set(RecoveryCodes(mel_codes(mel)).get_unused_codes())
    with logging() as events, django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("mfa_generate_recovery_codes")).status_code == 302
    assert [event.action for event in events] == ["user.factor.codes"]
    assert not old & set(RecoveryCodes(mel_codes(mel)).get_unused_codes())


# Signing in with one.


def test_the_password_alone_is_not_enough(mel):
    secret = give_factor(mel)
    client = browser()
    assert enter(client, mel).url == CHECK
    assert not signed_in(client)
    assert client.post(CHECK, {"code": "000000"}).context["form"].errors
    assert not signed_in(client)
    form = Page(client.get(CHECK)).forms[0]
    assert client.post(form.action, {**form.data, "code": code_of(secret)}).url == "/"
    assert signed_in(client)


def test_a_code_works_once(mel):
    secret = give_factor(mel)
    for expected in (True, False):
        client = browser()
        enter(client, mel)
        client.post(CHECK, {"code": code_of(secret)})
        assert signed_in(client) == expected


@pytest.fixture
def clock(monkeypatch):
    """The time, in a list, to be set: half a minute that has just begun."""
    now = [float(time.time() // 30 * 30)]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


@pytest.mark.parametrize(
    "ago, expected", [(5, False), (2, False), (1, True), (0, True), (-1, True), (-2, False), (-5, False)]
)
def test_a_code_counts_one_step_before_and_after_its_own(mel, clock, ago, expected):
    secret, client = give_factor(mel), browser()
    enter(client, mel)
    client.post(CHECK, {"code": code_of(secret, ago)})
    assert signed_in(client) == expected


@pytest.mark.parametrize("ago", [1, 0, -1])
@pytest.mark.parametrize("later", [0, 29, 31, 59])
@pytest.mark.parametrize("spaced", [False, True])
def test_a_code_of_any_step_counts_once_as_long_as_it_is_right(mel, clock, ago, later, spaced):
    secret = give_factor(mel)
    code = code_of(secret, ago)
    for again, expected in ((code, True), (f"{code[:3]} {code[3:]}" if spaced else code, False)):
        client = browser()
        enter(client, mel)
        client.post(CHECK, {"code": again})
        assert signed_in(client) == expected
        clock[0] += later


def test_the_code_that_set_up_an_app_does_not_sign_in(mel, clock):
    client = confirmed(mel)
    secret = client.get(ACTIVATE).context["form"].secret
    assert client.post(ACTIVATE, {"code": code_of(secret)}).status_code == 302
    other = browser()
    enter(other, mel)
    other.post(CHECK, {"code": code_of(secret)})
    assert not signed_in(other)
    other.post(CHECK, {"code": code_of(secret, ago=-1)})
    assert signed_in(other)


def test_a_recovery_code_works_once(mel):
    give_factor(mel)
    code = RecoveryCodes(mel_codes(mel)).get_unused_codes()[0]
    for expected in (True, False):
        client = browser()
        enter(client, mel)
        client.post(CHECK, {"code": code})
        assert signed_in(client) == expected


def test_guessing_codes_is_limited(mel):
    secret, client = give_factor(mel), browser()
    enter(client, mel)
    for _ in range(6):
        client.post(CHECK, {"code": "000000"})
    client.post(CHECK, {"code": code_of(secret)})
    assert not signed_in(client)


def test_nobody_gets_to_the_second_step_without_the_first(mel):
    give_factor(mel)
    assert browser().get(CHECK).url == LOGIN
    client = browser()
    enter(client, mel, "wrong")
    assert client.get(CHECK).url == LOGIN


def of_passkey(**response):
    """The JSON of PASSKEY, with another `response`."""
    return json.dumps({**PASSKEY, "response": {**PASSKEY["response"], **response}})


UNREADABLE = [
    *("", "x", "{}", "[]", "null", '{"id": 1}', '{"response": {}}', "\0", '"é"', "[" * 100_000),
    of_passkey(authenticatorData="x", attestationObject=websafe_encode(b"\x81" * 9999)),
    of_passkey(authenticatorData=websafe_encode(b"\0" * 32 + b"\x80" + b"\0" * 4 + b"\x1b\0\0")),
]


@pytest.mark.parametrize("credential", UNREADABLE)
def test_what_is_no_passkey_lets_nobody_in(mel, credential):
    client = browser()
    response = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert response.status_code == 302
    assert not signed_in(client)
    give_factor(mel)
    enter(client, mel)
    assert client.post(CHECK, {"credential": credential}).status_code == 422
    assert not signed_in(client)
    Authenticator.objects.all().delete()
    adding = confirmed(mel)
    assert adding.get(reverse("mfa_add_webauthn")).status_code == 200
    assert adding.post(reverse("mfa_add_webauthn"), {"name": "x", "credential": credential}).status_code == 422
    again = adding.post(reverse("mfa_reauthenticate_webauthn"), {"credential": credential})
    assert again.status_code == 302
    assert not Authenticator.objects.exists()


def test_a_mistake_of_our_own_is_no_fault_of_a_passkey(mel, monkeypatch):
    give_factor(mel)
    client = browser()
    enter(client, mel)
    monkeypatch.setattr("allauth.mfa.webauthn.internal.auth.get_server", lambda: {}["no such key"])
    assert client.post(CHECK, {"credential": json.dumps(PASSKEY)}).status_code == 500
    assert not signed_in(client)


# Organizations that ask for one.


@pytest.fixture
def strict(acme, ada):
    """Acme, which asks its members for a second factor."""
    acme.require_second_factor(Actor(ada), True)
    return acme


def test_asking_for_it_is_logged_once(acme, ada):
    with logging() as events:
        acme.require_second_factor(Actor(ada), True)
        acme.require_second_factor(Actor(ada), True)
        acme.require_second_factor(Actor(ada), False)
    told = [(event.action, event.organization_id, event.changes["requires_second_factor"]) for event in events]
    assert told == [
        ("organization.factor.require", acme.pk, [False, True]),
        ("organization.factor.require", acme.pk, [True, False]),
    ]
    acme.refresh_from_db()
    assert not acme.requires_second_factor


@pytest.mark.parametrize("page", ["registries:index", "registries:create", "audit:index", "audit:export"])
def test_without_one_its_pages_lead_to_where_one_is_set_up(strict, mel, page):
    client, address = browser(mel), reverse(page, args=[strict.slug])
    with nothing_happens():
        assert client.get(address).url == INDEX
        assert client.post(reverse("registries:create", args=[strict.slug]), {"name": "x"}).url == INDEX
    shown = client.get(INDEX)
    assert str(strict) in " ".join(str(message) for message in shown.context["messages"])


def test_without_one_its_registries_stay_closed_and_htmx_is_led_too(strict, mel, golden):
    client = browser(mel)
    assert client.get(at("registries:detail", golden)).url == INDEX
    assert client.post(at("registries:settings", golden), {"name": "x", "etag": etag_of(golden)}).url == INDEX
    assert client.get(at("registries:detail", golden), headers={"HX-Request": "true"})["HX-Redirect"] == INDEX


def test_with_one_its_pages_open(strict, mel, golden):
    give_factor(mel)
    assert browser(mel).get(at("registries:detail", golden)).status_code == 200


def test_other_organizations_and_ones_own_pages_stay_open(strict, globex, mel):
    make_member(globex, mel)
    client = browser(mel)
    assert client.get(globex.get_absolute_url()).status_code == 200
    assert client.get(reverse("organizations:index")).status_code == 200
    assert client.get(reverse("tokens:index")).status_code == 200


def test_a_stranger_does_not_learn_that_it_asks(strict, sam):
    assert browser(sam).get(strict.get_absolute_url()).status_code == 404


def test_staff_who_belong_to_it_need_one_for_the_admin(strict, root):
    assert browser(root).get("/admin/").status_code == 200
    make_member(strict, root, OrganizationRole.MEMBER)
    client = browser(root)
    for address in ("/admin/", "/admin/registry_app/registry/", "/admin/registry_app/user/add/"):
        assert client.get(address).url == INDEX
        assert client.post(address).url == INDEX
    give_factor(root)
    assert browser(root).get("/admin/").status_code == 200


def test_a_token_says_who_one_is_all_the_same(strict, mel):
    """GET /api/v1/me speaks of no organization's own; what does passes the same door as the pages."""
    response = browser().get("/api/v1/me", headers={"authorization": f"Bearer {make_token(mel).secret}"})
    assert response.status_code == 200
