"""The tokens that an organization's admins look after: of everybody there, and of service accounts."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from registry_app.choices import Action
from registry_app.models import ApiToken, make_service_account
from tests.client import browser, codes, logging, nothing_changes, nothing_happens
from tests.factories import COMMAND_LINE, make_token


@pytest.fixture
def robot(acme):
    """A service account of Acme."""
    return make_service_account(acme, "eval-ci", COMMAND_LINE).user


def at(page, organization, *rest):
    """The address of one of these pages."""
    return reverse(f"organization_tokens:{page}", args=[organization.slug, *rest])


def who(secret):
    """What the API says to a program with this secret."""
    return Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})


def test_admins_see_what_tokens_there_are_and_no_secret(acme, globex, ada, mel, sam):
    hers, strange = make_token(mel, "laptop"), make_token(sam, "elsewhere")
    make_token(mel, "gone").revoke_by(COMMAND_LINE)
    response = browser(ada).get(at("index", acme))
    assert [token.name for token in response.context["page"].rows] == ["laptop"]
    assert not any(text in response.text for text in (hers.secret, hers.digest, strange.name))


def test_an_admin_revokes_somebody_s_token_after_a_look(acme, ada, mel):
    token = make_token(mel)
    with nothing_happens():
        assert browser(ada).get(at("revoke", acme, token.pk)).status_code == 200
    with logging() as events:
        response = browser(ada).post(at("revoke", acme, token.pk))
    assert (response.status_code, response.url) == (302, at("index", acme))
    assert who(token.secret).status_code == 401
    assert [(event.action, event.actor_name, event.organization_id) for event in events] == [
        (Action.TOKEN_REVOKE, "ada", acme.pk)
    ]


def test_tokens_of_other_organizations_are_not_there(acme, globex, ada, sam):
    token = make_token(sam)
    with nothing_happens():
        assert browser(ada).get(at("revoke", acme, token.pk)).status_code == 404
        assert browser(ada).post(at("revoke", acme, token.pk)).status_code == 404


def test_a_service_account_gets_a_token_that_is_shown_once(acme, ada, robot):
    client = browser(ada)
    with logging() as events:
        page = client.post(at("service", acme, "eval-ci"), {"name": "cluster", "life": "90"}).url
    kept = str([session.get_decoded() for session in Session.objects.all()])
    response = client.get(page)
    secret = response.context["token"].secret
    assert (response.status_code, secret in response.text, secret[6:] in kept) == (200, True, False)
    assert who(secret).json()["username"] == "eval-ci"
    for address in (at("service", acme, "eval-ci"), page):
        again = client.get(address)
        assert ("cluster" in again.text, secret[6:] in again.text) == (True, False)
    assert [(event.action, event.target_name, event.organization_id) for event in events] == [
        (Action.TOKEN_ISSUE, "cluster", acme.pk)
    ]


def test_a_service_account_s_token_is_replaced_by_an_admin(acme, ada, mel, robot):
    client = browser(ada)
    old = client.post(at("service", acme, "eval-ci"), {"name": "cluster", "life": "90"}, follow=True)
    address = old.wsgi_request.path
    assert browser(mel).post(address).status_code == 403
    new = client.post(address, follow=True).context["token"]
    assert who(new.secret).json()["username"] == "eval-ci"
    assert who(old.context["token"].secret).status_code == 401


def test_a_person_s_tokens_are_their_own_to_make(acme, ada, mel):
    with nothing_happens():
        assert browser(ada).get(at("service", acme, "mel")).status_code == 404
        assert browser(ada).post(at("service", acme, "mel"), {"name": "x", "life": "30"}).status_code == 404


def test_bad_input_is_refused_beside_its_field(acme, ada, robot):
    client = browser(ada)
    client.post(at("service", acme, "eval-ci"), {"name": "cluster", "life": "90"})
    for data, code in (
        ({"name": "Cluster", "life": "90"}, "token_name_taken"),
        ({"name": "", "life": "90"}, "name_invalid"),
        ({"name": "other", "life": "1000"}, "invalid_choice"),
    ):
        with nothing_changes():
            response = client.post(at("service", acme, "eval-ci"), data)
        assert (response.status_code, codes(response)) == (422, {code})
    assert ApiToken.objects.count() == 1


def test_a_second_factor_is_asked_of_everybody(acme, ada, mel):
    with logging() as events:
        response = browser(ada).post(reverse("organizations:second_factor", args=[acme.slug]), {"wanted": "on"})
    assert response.status_code == 302
    assert [(event.action, event.changes) for event in events] == [
        (Action.FACTOR_REQUIRE, {"requires_second_factor": [False, True]})
    ]
    assert browser(mel).get(acme.get_absolute_url()).url.startswith(reverse("mfa_index"))


def test_only_admins_ask_for_a_second_factor(acme, mel):
    with nothing_changes():
        assert (
            browser(mel).post(reverse("organizations:second_factor", args=[acme.slug]), {"wanted": "on"}).status_code
            == 403
        )
