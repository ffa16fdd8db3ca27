"""Bad input through the forms about people, teams, artifacts, access and tokens: refused or text, and never a 5xx."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from tests.client import browser, nothing_changes
from tests.factories import PASSWORD
from tests.web.test_bad_input import HOSTILE, shown_harmless, tried
from tests.web.test_endpoint_matrix import _something_of_everything, address_of, named  # noqa: F401 (fixtures)

# What each form would send, filled in well.
FORMS = {
    "registry_members:add": {"holders": "mel", "role": "member", "ends_at": ""},
    "registry_members:change": {"role": "member", "ends_at": "", "seen": "viewer"},
    "access_requests:answer": {"answer": "grant", "note": ""},
    "invitations:create": {"email": "", "role": "member"},
    "members:service": {"username": "robot"},
    "members:role": {"role": "admin", "seen": "member"},
    "teams:create": {"name": "Red", "description": ""},
    "teams:settings": {"name": "Red", "description": "", "version": "1"},
    "teams:detail": {"people": "ada", "role": "member"},
    "teams:role": {"role": "admin", "seen": "member"},
    "teams:delete": {"confirmation": "Vision"},
    "artifacts:create": {
        "project": "forecasts",
        "name": "churn",
        "type": "model",
        "uri": "s3://bucket/churn",
        "digest": "sha256:" + 64 * "a",
        "size": "1",
        "file_count": "1",
        "metadata": "{}",
        "run": "train-7",
        "run_url": "https://runs.example.com/7",
        "made_from": "Foundry/forecasts/churn:v0",
    },
    "imports:create": {
        "text": '[{"project": "p", "name": "n", "type": "model", "uri": "s3://b", "digest": "etag:1"}]',
        "seen": "",
    },
    "organizations:settings": {"default_role": "member", "members_create": "on", "version": "1"},
    "tokens:index": {"name": "laptop", "life": "30"},
    "organization_tokens:service": {"name": "cluster", "life": "30"},
    "invitation": {"username": "nora", "email": "nora@example.com", "password": PASSWORD, "password_again": PASSWORD},
}
DONE = {200, 302}  # a secret that is shown once stands on the answer itself


@pytest.fixture
def form(acme, golden, named):  # noqa: F811
    """A function: the client, address and good data of a form."""

    def form(name, ada):
        client = browser() if name == "invitation" else browser(ada)
        return client, address_of(name, golden), FORMS[name]

    return form


@pytest.mark.parametrize("name", FORMS)
def test_each_form_is_good_before_it_is_made_bad(ada, form, name):
    client, address, data = form(name, ada)
    assert client.post(address, data).status_code in DONE


@pytest.mark.parametrize("name", FORMS)
def test_hostile_text_is_refused_or_shown_as_text(acme, ada, form, name):
    _, address, good = form(name, ada)
    for field in good:
        cache.clear()  # so many refused posts of one person reach the limit
        for hostile in HOSTILE.values():
            with tried():
                client = browser() if name == "invitation" else browser(ada)
                response = client.post(address, {**good, field: hostile})
                assert response.status_code in {*DONE, 409, 422}
                if name != "invitation":
                    shown_harmless(response)
                    kept = ("members:index", "teams:index") if response.status_code in DONE else ()
                    for page in ("audit:index", *kept):
                        shown_harmless(browser(ada).get(reverse(page, args=[acme.slug])))


@pytest.mark.parametrize("name", FORMS)
def test_what_the_form_does_not_show_is_refused(ada, form, name):
    client, address, good = form(name, ada)
    for field in ("user", "team", "organization", "registry", "is_staff", "used_at", "token_hash", "digest"):
        with nothing_changes():
            assert client.post(address, {**good, field: "1"}).status_code == 422


@pytest.mark.parametrize("name", FORMS)
def test_an_empty_form_is_refused(ada, form, name):
    client, address, _ = form(name, ada)
    with nothing_changes():
        assert client.post(address, {}).status_code in {409, 422}
