"""Bad input through the forms about people, teams, artifacts, access and tokens: refused or text, and never a 5xx."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from tests.assertions import undone
from tests.client import browser, nothing_changes
from tests.web.bad_input import FORMS_OF_PEOPLE as FORMS_OF_PEOPLE
from tests.web.bad_input import HOSTILE, filled, shown_harmless
from tests.web.endpoints import address_of

pytestmark = pytest.mark.django_db
DONE = {200, 302}  # a secret that is shown once stands on the answer itself


@pytest.fixture
def form(world):
    """A function: the client, address and good data of a form."""

    def form(name):
        client = browser() if name == "invitations:accept" else browser(world.ada)
        address = address_of(name, world.golden)
        return client, address, filled(client, name, address)

    return form


@pytest.mark.parametrize("name", FORMS_OF_PEOPLE)
def test_each_form_is_good_before_it_is_made_bad(form, name):
    client, address, data = form(name)
    assert client.post(address, data).status_code in DONE


@pytest.mark.parametrize("name", FORMS_OF_PEOPLE)
def test_hostile_text_is_refused_or_shown_as_text(world, form, name):
    _, address, good = form(name)
    for field in good:
        cache.clear()  # so many refused posts of one person reach the limit
        for hostile in HOSTILE.values():
            with undone():
                client = browser() if name == "invitations:accept" else browser(world.ada)
                response = client.post(address, {**good, field: hostile})
                assert response.status_code in {*DONE, 409, 422}
                if name != "invitations:accept":
                    shown_harmless(response)
                    kept = ("members:index", "teams:index") if response.status_code in DONE else ()
                    for page in ("audit:index", *kept):
                        shown_harmless(browser(world.ada).get(reverse(page, args=[world.acme.slug])))


@pytest.mark.parametrize("name", FORMS_OF_PEOPLE)
def test_what_the_form_does_not_show_is_refused(form, name):
    client, address, good = form(name)
    for field in ("user", "team", "organization", "registry", "is_staff", "used_at", "token_hash", "digest"):
        with nothing_changes():
            assert client.post(address, {**good, field: "1"}).status_code == 422


@pytest.mark.parametrize("name", FORMS_OF_PEOPLE)
def test_an_empty_form_is_refused(form, name):
    client, address, _ = form(name)
    with nothing_changes():
        assert client.post(address, {}).status_code in {409, 422}
