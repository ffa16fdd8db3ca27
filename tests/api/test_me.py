"""Who asks through the API: tokens in every writing, refusals with their codes, and that sessions count nothing."""

import base64
import json
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from registry_app.api.auth import by_token, token_of
from registry_app.models import Actor, ApiToken, make_service_account
from registry_app.permissions import get_organization
from tests.client import browser
from tests.factories import make_member, make_token

ME = "/api/v1/me"


def basic(user, password):
    """The header of HTTP Basic."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def ask(authorization=None, client=None, method="get"):
    """What the API says to such a header."""
    headers = {} if authorization is None else {"authorization": authorization}
    return getattr(client or Client(), method)(ME, headers=headers)


def assert_unauthorized(response):
    """401, with the code, in JSON, and how to do better."""
    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Cache-Control"] == "no-store"


def test_me(acme, globex, mel):
    make_member(globex, mel, "admin")
    token = make_token(mel, "laptop", read_only=True)
    response = ask(f"Bearer {token.secret}")
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert response.json() == {
        "username": "mel",
        "organizations": [{"slug": "acme-ml", "role": "member"}, {"slug": "globex", "role": "admin"}],
        "token": {"name": "laptop", "expires_at": None, "read_only": True},
    }
    assert reverse("api_me") == ME
    assert not response.cookies
    assert ApiToken.objects.get().last_used_at


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER  {} "])
def test_bearer(mel, form):
    assert ask(form.format(make_token(mel).secret)).status_code == 200


def test_basic_as_the_wandb_client_sends_it(mel):
    secret = make_token(mel).secret
    assert ask(basic("api", secret)).status_code == 200
    for header in (
        basic("mel", secret),
        basic("", secret),
        basic("API", secret),
        basic(secret, "api"),
        basic("api", ""),
    ):
        assert_unauthorized(ask(header))


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "Bearer", "Bearer ", "Basic", "Basic !!!", "Basic 4pyT", "Basic /w==", "Basic YXBp", "Digest x"),
        *("Bearer local-" + "0" * 40, "Token x", "Bearer \0", "Bearer " + "x" * 100_000, "é"),
    ],
)
def test_without_a_token_nobody_gets_in(mel, header):
    make_token(mel)
    assert_unauthorized(ask(header))


def test_a_session_is_no_token(mel):
    assert_unauthorized(ask(client=browser(mel)))


def test_a_token_is_no_session(mel):
    client = Client(headers={"authorization": f"Bearer {make_token(mel).secret}"})
    assert client.get(reverse("organizations:index")).status_code == 302


def test_rights_end_at_the_next_request(mel):
    token, expiring = make_token(mel), make_token(mel, "x", expires_at=timezone.now() + timedelta(days=1))
    headers = [f"Bearer {each.secret}" for each in (token, expiring)]
    assert [ask(header).status_code for header in headers] == [200, 200]
    token.revoke_by(Actor(mel))
    hour = timedelta(hours=1)
    ApiToken.objects.filter(pk=expiring.pk).update(
        created_at=timezone.now() - 2 * hour, expires_at=timezone.now() - hour
    )
    for header in headers:
        assert_unauthorized(ask(header))
    third = make_token(mel, "third")
    assert ask(f"Bearer {third.secret}").status_code == 200
    mel.is_active = False
    mel.save()
    assert_unauthorized(ask(f"Bearer {third.secret}"))


def test_only_reading_is_declared(mel):
    header = f"Bearer {make_token(mel).secret}"
    assert ask(header, method="head").status_code == 200
    assert {ask(header, method=method).status_code for method in ("post", "put", "patch", "delete", "options")} == {405}


@pytest.mark.parametrize("read_only, method, status", [
    (True, "GET", 200), (True, "HEAD", 200), (True, "OPTIONS", 200),
    (True, "POST", 403), (True, "PUT", 403), (True, "PATCH", 403), (True, "DELETE", 403), (True, "MERGE", 403),
    (False, "GET", 200), (False, "POST", 200), (False, "DELETE", 200),
])  # fmt: skip
def test_a_token_for_reading_only_reads(mel, read_only, method, status):
    token = make_token(mel, read_only=read_only)
    request = RequestFactory().generic(method, "/", headers={"authorization": f"Bearer {token.secret}"})
    response = by_token(lambda request: HttpResponse(request.user.username))(request)
    assert response.status_code == status
    if status == 403:
        assert json.loads(response.content)["code"] == "token_read_only"
    else:
        assert response.content == b"mel"


def test_an_organization_that_asks_for_a_second_factor_refuses_tokens_of_those_without(acme, ada, mel):
    acme.require_second_factor(Actor(ada), True)
    view = by_token(lambda request: HttpResponse(get_organization(request.user, acme.slug).role))
    request = RequestFactory().get("/", headers={"authorization": f"Bearer {make_token(mel).secret}"})
    response = view(request)
    assert (response.status_code, json.loads(response.content)["code"]) == (403, "second_factor_missing")
    TOTP.activate(mel, generate_totp_secret())
    assert view(request).content == b"member"


def test_an_organization_that_asks_for_a_second_factor_takes_tokens_of_service_accounts(acme, ada):
    robot = make_service_account(acme, "eval-ci", Actor(ada)).user
    acme.require_second_factor(Actor(ada), True)
    view = by_token(lambda request: HttpResponse(get_organization(request.user, acme.slug).role))
    request = RequestFactory().get("/", headers={"authorization": f"Bearer {make_token(robot).secret}"})
    assert view(request).content == b"member"


def test_the_token_of_a_request_comes_with_its_user(mel, django_assert_num_queries):
    secret = make_token(mel).secret
    request = RequestFactory().get("/", headers={"authorization": f"Bearer {secret}"})
    token_of(request)
    with django_assert_num_queries(1):
        assert token_of(request).user == mel
