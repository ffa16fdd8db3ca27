"""allauth's way to the provider and back, where a provider that fails ends in a page of ours, not in a 500."""

import logging
from functools import wraps
from typing import Any

from allauth.socialaccount.providers.openid_connect import views as openid
from django.shortcuts import render
from requests import RequestException, Response

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


def _told(view):
    @wraps(view)
    def telling(request, provider_id):
        try:
            return view(request, provider_id)
        except (RequestException, IncompleteAnswer):
            logger.exception("The provider of single sign-on failed.")
            return render(request, "socialaccount/authentication_error.html", status=502)

    return telling


login, callback = _told(openid.login), _told(openid.callback)
