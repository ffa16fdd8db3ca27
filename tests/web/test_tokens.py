"""A person's own API tokens, on their pages."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test.utils import override_script_prefix
from django.urls import reverse
from django.utils import timezone

from registry_app import rules
from registry_app.choices import Action
from registry_app.models import ApiToken, make_service_account
from tests.client import Page, browser, codes, logging, nothing_changes, nothing_happens
from tests.factories import COMMAND_LINE, make_token

LIST = "/account/tokens/"
NEW = {"name": "laptop", "life": "90"}


def secret_in(response):
    """The secret that the page shows, or None."""
    return ("token" in response.context and response.context["token"].secret) or None


def test_a_token_is_made_and_its_secret_shown_once(mel):
    client = browser(mel)
    form = Page(client.get(LIST)).form_to(LIST)
    assert form.data.keys() == {"csrfmiddlewaretoken", "name", "life"}
    response = client.post(form.action, {**form.data, **NEW})
    assert (response.status_code, response.url) == (302, f"{LIST}{ApiToken.objects.get().pk}/")
    kept = str([session.get_decoded() for session in Session.objects.all()])
    response = client.get(response.url)
    secret = secret_in(response)
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert f"WANDB_API_KEY={secret}" in response.text
    assert ApiToken.objects.with_secret(secret).user == mel
    assert secret[6:] not in kept
    for address in (LIST, response.wsgi_request.path):
        again = client.get(address)
        assert secret[6:] not in again.text
        assert "laptop" in again.text
    assert not any(secret[6:] in str(session.get_decoded()) for session in Session.objects.all())
    assert not any(secret[6:] in cookie.value for cookie in client.cookies.values())


@pytest.mark.parametrize("prefix", ["", "/tools/registry"])
def test_the_page_of_a_secret_says_where_the_site_is(acme, ada, mel, prefix):
    robot = make_service_account(acme, "eval-ci", COMMAND_LINE).user
    here = {
        reverse("tokens:detail", args=[make_token(mel).pk]): mel,
        reverse("organization_tokens:detail", args=[acme.slug, "eval-ci", make_token(robot).pk]): ada,
    }
    for address, person in here.items():
        with override_script_prefix(f"{prefix}/"):
            page = browser(person).get(address)
        assert (page.status_code, page.context["site"]) == (200, f"http://testserver{prefix}")


@pytest.mark.parametrize("life, days", [("30", 30), ("90", 90), ("365", 365), ("never", None)])
def test_it_works_for_as_long_as_was_asked(mel, life, days):
    browser(mel).post(LIST, {"name": "x", "life": life})
    expires = ApiToken.objects.get().expires_at
    if days is None:
        assert expires is None
    else:
        assert abs(expires - timezone.now() - timedelta(days=days)) < timedelta(minutes=5)


def test_it_may_be_for_reading_only(mel):
    client = browser(mel)
    client.post(LIST, {**NEW, "read_only": "on"})
    client.post(LIST, {**NEW, "name": "other"})
    assert dict(ApiToken.objects.values_list("name", "read_only")) == {"laptop": True, "other": False}


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"name": ""}, "name_invalid"),
        ({"name": "x" * 114}, "name_invalid"),
        ({"name": "a\0b"}, "name_invalid"),
        ({"name": "taken"}, "token_name_taken"),
        ({"name": "TAKEN "}, "token_name_taken"),
        ({"life": "1000000000"}, "invalid_choice"),
        ({"life": ""}, "required"),
        ({"user": "1"}, "unknown_field"),
        ({"expires_at": "2099-01-01"}, "unknown_field"),
    ],
)
def test_what_a_token_is_not_made_of(mel, changes, code):
    make_token(mel, "taken")
    with nothing_changes(), logging() as events:
        response = browser(mel).post(LIST, {**NEW, **changes})
    assert (response.status_code, codes(response), secret_in(response)) == (422, {code}, None)
    assert [(event.action, event.code) for event in events] == [("token.issue", code)] * rules.forbids(code)


def test_loading_the_answer_again_makes_no_second_token(mel):
    client = browser(mel)
    assert secret_in(client.post(LIST, NEW, follow=True))
    with nothing_changes():
        assert client.post(LIST, NEW).status_code == 422


def test_loading_the_page_of_a_secret_again_changes_nothing_and_offers_another(mel):
    client = browser(mel)
    shown = client.post(LIST, {**NEW, "read_only": "on"}, follow=True)
    address, old = shown.wsgi_request.path, secret_in(shown)
    with nothing_happens():
        again = client.get(address)
    assert (again.status_code, secret_in(again)) == (200, None)
    with logging() as events:
        replaced = client.post(address, Page(again).form_to(address).data, follow=True)
    assert [event.action for event in events] == [Action.TOKEN_REVOKE, Action.TOKEN_ISSUE]
    new = ApiToken.objects.get(revoked_at=None)
    assert ApiToken.objects.with_secret(secret_in(replaced)) == new
    assert ApiToken.objects.with_secret(old) is None
    assert (new.name, new.read_only) == ("laptop", True)
    assert abs(new.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=5)
    assert client.get(address).status_code == 404  # it is revoked


def test_a_secret_is_shown_to_the_session_that_made_it_alone(mel, rob):
    address = browser(mel).post(LIST, NEW).url
    assert secret_in(browser(mel).get(address)) is None
    assert browser(rob).get(address).status_code == 404


def test_revoking_asks_first(mel):
    token, client = make_token(mel), browser(mel)
    address = reverse("tokens:revoke", args=[token.pk])
    assert address in Page(client.get(LIST)).links
    with nothing_happens():
        form = Page(client.get(address)).form_to(address)
    with logging() as events:
        assert client.post(form.action, form.data).url == LIST
    assert [event.action for event in events] == ["token.revoke"]
    assert ApiToken.objects.with_secret(token.secret) is None
    assert address not in Page(client.get(LIST)).links
    assert client.get(address).status_code == client.post(address).status_code == 404


def test_the_tokens_of_others_are_not_there(mel, rob, root):
    address = reverse("tokens:revoke", args=[make_token(rob, "of-rob").pk])
    for user in (mel, root):
        client = browser(user)
        assert "of-rob" not in client.get(LIST).text
        with nothing_happens():
            assert client.get(address).status_code == client.post(address).status_code == 404


def test_names_are_shown_as_text(mel):
    token = make_token(mel, "<b>bold</b>".replace("/", ""))
    client = browser(mel)
    for address in (LIST, reverse("tokens:revoke", args=[token.pk])):
        assert "<b>bold" not in client.get(address).text
