"""A person's sessions: where they are told, how they end, and that they end at once."""

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from registry_app.templatetags import devices
from tests.client import Page, logging, nothing_happens, signed_in
from tests.factories import PASSWORD

LIST = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def entered(user, **headers):
    """A browser in which `user` signed in by the form."""
    client = Client(headers=headers)
    assert client.post("/accounts/login/", {"login": user.username, "password": PASSWORD}).status_code == 302
    return client


def session_of(client):
    """The row of the client's session."""
    return UserSession.objects.get(session_key=client.session.session_key)


def test_each_session_is_told_with_device_and_address(mel, rob):
    here = entered(mel, **{"user-agent": FIREFOX})
    there = entered(mel, **{"user-agent": "wget/1"})
    entered(rob)
    page = here.get(LIST)
    assert {session.pk for session in page.context["sessions"]} == {session_of(here).pk, session_of(there).pk}
    assert all(words in page.text for words in ("Firefox on Linux", "wget/1", "127.0.0.1"))
    actions = {form.action for form in Page(page).forms}
    assert reverse("sessions:end", args=[session_of(there).pk]) in actions
    assert reverse("sessions:end", args=[session_of(here).pk]) not in actions


def test_one_session_ends_and_the_log_tells(mel):
    here, there, third = entered(mel), entered(mel), entered(mel)
    form = Page(here.get(LIST)).form_to(reverse("sessions:end", args=[session_of(there).pk]))
    with logging() as events:
        assert here.post(form.action, form.data).url == LIST
    assert [(event.action, event.actor_id) for event in events] == [("user.session.end", mel.pk)]
    assert [signed_in(client) for client in (here, there, third)] == [True, False, True]
    assert not Session.objects.filter(session_key=there.session.session_key).exists()


def test_all_others_end(mel, rob):
    here, there, third, robs = entered(mel), entered(mel), entered(mel), entered(rob)
    with logging() as events:
        assert here.post(LIST).url == LIST
    assert [event.action for event in events] == ["user.session.end"] * 2
    assert [signed_in(client) for client in (here, there, third, robs)] == [True, False, False, True]


def test_nobody_ends_the_sessions_of_others(mel, rob):
    mine, robs = entered(mel), entered(rob)
    mine.get(LIST)
    with nothing_happens():
        assert mine.post(reverse("sessions:end", args=[session_of(robs).pk])).status_code == 404
    assert signed_in(robs)


def test_a_deactivated_user_is_nobody_at_the_next_request(mel):
    client = entered(mel)
    assert signed_in(client)
    mel.is_active = False
    mel.save()
    assert not signed_in(client)


def test_a_changed_password_ends_the_others_and_is_logged(mel):
    here, there = entered(mel), entered(mel)
    new = "another horse battery"
    with logging() as events:
        here.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert [(event.action, event.target_name) for event in events] == [("user.password.change", "mel")]
    assert new not in events[0].body
    assert (signed_in(here), signed_in(there)) == (True, False)
    assert [session.pk for session in here.get(LIST).context["sessions"]] == [session_of(here).pk]


def test_a_session_is_seen_at_most_once_a_minute(mel):
    client = entered(mel)
    signed_in(client)
    first = session_of(client).last_seen_at
    signed_in(client)
    assert session_of(client).last_seen_at == first
    session = client.session
    session["seen"] -= 61
    session.save()
    client.get(reverse("organizations:index"), REMOTE_ADDR="192.0.2.7")
    assert session_of(client).last_seen_at > first
    assert session_of(client).ip == "192.0.2.7"


@pytest.mark.parametrize(
    "line, words",
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1", "Safari on macOS"),
        ("curl/8", "curl/8"),
        ("", "Unknown device"),
        ("x" * 100, "x" * 60),
    ],
)
def test_a_device_is_told_in_two_words(line, words):
    assert devices.name_of(line) == words


@pytest.mark.parametrize("key", ["\0" + "a" * 20, "a" * 20 + "\0", "é" * 20, "a" * 3000, "a" * 20])
def test_a_cookie_of_no_session_is_nobodys(client, db, key):
    quoted = "".join(f"\\{ord(char):03o}" if ord(char) < 32 else char for char in key)
    client.cookies.load("")
    answer = client.get("/", headers={"cookie": f'{settings.SESSION_COOKIE_NAME}="{quoted}"'})
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
