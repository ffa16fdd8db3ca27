"""allauth's views of single sign-on, with a page of our own (502) if the provider fails."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.socialaccount.providers.openid_connect import views as openid
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException, Response

View = Callable[[HttpRequest, str], HttpResponse]
logger = logging.getLogger(__name__)
# What allauth reads, without asking whether it is there, of what a provider says of itself, and of a person.
OF_ITSELF = {"authorization_endpoint", "issuer", "jwks_uri", "token_endpoint", "userinfo_endpoint"}
OF_A_PERSON = {"sub"}


class IncompleteAnswer(Exception):
    """A provider's answer lacks what OpenID Connect asks for."""


def refuse_incomplete(response: Response, **kwargs: Any) -> None:
    """A hook of a session with the provider: IncompleteAnswer where allauth would stumble over what isn't there."""
    if response.status_code != 200:
        return
    if "content-type" not in response.headers:
        raise IncompleteAnswer(f"{response.url} doesn't say of what type it is.")
    if response.request.method == "GET":
        needed = OF_A_PERSON if "Authorization" in response.request.headers else OF_ITSELF
        said = response.json()
        if not isinstance(said, dict) or not needed <= said.keys():
            raise IncompleteAnswer(f"{response.url} doesn't say all of {', '.join(sorted(needed))}.")


def _handle_faults(view: View) -> View:
    @wraps(view)
    def wrapped(request, provider_id):
        try:
            return view(request, provider_id)
        except (RequestException, IncompleteAnswer):
            logger.exception("The provider of single sign-on failed.")
            return render(request, "socialaccount/authentication_error.html", status=502)

    return wrapped


login, callback = _handle_faults(openid.login), _handle_faults(openid.callback)
