"""Signing in in a real browser: passkeys, security keys, codes without scripts, and single sign-on."""

import time
from urllib.parse import quote

import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.urls import reverse
from playwright.sync_api import expect

from registry_app.choices import Action
from registry_app.models import AuditEvent, User
from tests.factories import PASSWORD
from tests.servers.oidc_provider import PASSWORD as PASSWORD_THERE

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def key(page):
    """A device that holds passkeys. `key(False)` makes it refuse, as a person does."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    device = session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]

    def verifies(well):
        session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": well})

    return verifies


def enter(page, username="ada", password=PASSWORD):
    """Fill in the sign-in page."""
    page.goto(reverse("account_login"))
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm(page):
    """Give the password again, where it is asked for."""
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def add_key(page, name, *, passkey):
    """Add a passkey, or just a security key."""
    page.goto(reverse("mfa_add_webauthn"))
    confirm(page)
    page.locator("[name=name]").fill(name)
    page.locator("[name=passwordless]").set_checked(passkey)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def leave(page):
    """Sign out."""
    page.goto(reverse("account_logout"))
    page.locator("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_passkey_signs_in_without_a_password(page, key, ada, acme):
    enter(page)
    add_key(page, "Laptop", passkey=True)
    leave(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(acme.get_absolute_url())
    page.goto(reverse("mfa_list_webauthn"))
    expect(page.get_by_role("row").filter(has_text="Laptop")).to_contain_text("Passkey")
    entries = AuditEvent.objects.filter(action=Action.SIGN_IN).order_by("seq")
    assert [entry.changes["methods"][1] for entry in entries] == [["password"], ["webauthn"]]


def test_a_passkey_that_is_not_given_lets_nobody_in(page, key, ada, acme):
    enter(page)
    add_key(page, "Laptop", passkey=True)
    leave(page)
    key(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#passkey-failed")).to_be_visible()
    page.goto(reverse("organizations:index"))
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_security_key_comes_after_the_password(page, key, ada, acme):
    enter(page)
    add_key(page, "Blue key", passkey=False)
    leave(page)
    enter(page)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_role("button", name="Use a passkey or security key").click()
    expect(page).to_have_url(acme.get_absolute_url())


def test_a_key_is_renamed_and_removed_after_it_was_shown_again(page, key, ada, acme):
    enter(page)
    add_key(page, "Blue key", passkey=False)
    page.goto(reverse("mfa_list_webauthn"))
    page.get_by_role("link", name="Rename Blue key").click()
    page.locator("[name=name]").fill("Red key")
    page.get_by_role("button", name="Save").click()
    page.goto(reverse("mfa_list_webauthn"))
    page.get_by_role("link", name="Remove Red key").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("None yet")).to_be_visible()
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_codes_need_no_scripts(page, ada, acme):
    enter(page)
    page.goto(reverse("mfa_activate_totp"))
    confirm(page)
    secret = page.locator(".copyable").inner_text()
    step = int(time.time()) // 30
    page.locator("[name=code]").fill(format_hotp_value(hotp_value(secret, step)))
    page.get_by_role("button", name="Turn on").click()
    code = page.locator(".codes").inner_text().split()[0]
    leave(page)
    enter(page)
    page.locator("[name=code]").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(acme.get_absolute_url())


@pytest.mark.parametrize("page", [{}, {"java_script_enabled": False}], indirect=True)
def test_single_sign_on(page, live_server, provider):
    callback = live_server.url + reverse("openid_connect_callback", args=["127-0-0-1-9"])
    assert requests.get(f"{provider}/allow/?uri={quote(callback)}", timeout=10).ok
    page.goto(reverse("account_login"))
    page.get_by_role("link", name="Continue with Example login").click()
    page.locator("[name=login]").fill("newcomer")
    page.locator("[name=password]").fill(PASSWORD_THERE)
    page.get_by_role("button", name="Sign In").click()
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", name="You are in no organization")).to_be_visible()
    assert not User.objects.get(email="newcomer@example.com").memberships.exists()
