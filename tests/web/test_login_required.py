"""Nobody in before login, and login leads back to pages of this site alone."""

import pytest
from django.test import Client
from django.urls import reverse


@pytest.mark.parametrize(
    "referer, place",
    [
        ("http://testserver/orgs/", "/orgs/"),
        ("https://elsewhere.example/orgs/", "/"),
        ("http://testserver.elsewhere.example/orgs/", "/"),
        ("//elsewhere.example/orgs/", "/"),
        ("", "/"),
    ],
)
def test_who_sends_a_form_without_a_session_comes_back_to_a_page_of_this_site(db, referer, place):
    response = Client().post(reverse("tokens:index"), headers={"Referer": referer})
    assert (response.status_code, response.url) == (302, f"{reverse('account_login')}?next={place}")
