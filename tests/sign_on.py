"""How the tests come in by the provider of single sign-on."""

from urllib.parse import urlsplit

import requests
from django.test import Client
from django.urls import reverse

from tests.client import browser
from tests.html_forms import read_forms
from tests.servers.oidc_provider import PASSWORD as PASSWORD_THERE
from tests.servers.oidc_provider import say

LOGIN = reverse("openid_connect_login", args=["127-0-0-1-9"])
CALLBACK = reverse("openid_connect_callback", args=["127-0-0-1-9"])
HOME = reverse("organizations:index")


class There:
    """A browser at the provider."""

    def __init__(self, issuer):
        self.issuer, self.session = issuer, requests.Session()

    def post(self, response, **data):
        """Send the page's form, with what else it holds."""

        form = next(form for form in read_forms(response.text) if form.method == "post")
        address = requests.compat.urljoin(response.url, form.action)
        return self.session.post(address, {**form.data, **data}, allow_redirects=False)

    def consent(self, address, username, action="grant"):
        """Sign in there and answer the question; the address that the site is called back at."""
        asked = self.session.get(address)
        assert urlsplit(asked.url).path == "/login/"
        answer = self.post(asked, login=username, password=PASSWORD_THERE)
        asked = self.session.get(requests.compat.urljoin(self.issuer, answer.headers["Location"]))
        back = self.post(asked, action=action).headers["Location"]
        assert back.startswith(f"http://testserver{CALLBACK}")
        return back.removeprefix("http://testserver")


def enter(issuer, username, client=None, action="grant", **query):
    """Come to the site by the provider as `username` there. Answers (client, response of the call back)."""
    client = client or Client()
    led = client.get(LOGIN, query)
    assert led.status_code == 302
    assert led.url.startswith(issuer)
    return client, client.get(There(issuer).consent(led.url, username, action))


def who(client):
    """The name of who is signed in, or None."""
    response = client.get(HOME)
    return response.wsgi_request.user.username if response.status_code == 200 else None


def enter_with(issuer, username, **claims):
    """Come as `username`, of whom the provider says these claims this time. Answers the client."""
    say(issuer, {username: claims})
    try:
        return enter(issuer, username, browser())[0]
    finally:
        say(issuer, {})
