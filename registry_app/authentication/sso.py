"""allauth's views of single sign-on, with a page of our own (502) if the provider fails."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from requests import RequestException, Response

from . import claims

View = Callable[[HttpRequest, str], HttpResponse]
logger = logging.getLogger(__name__)
# What allauth reads, without asking whether it is there, of what a provider says of itself, and of a person.
OF_ITSELF = {"authorization_endpoint", "issuer", "jwks_uri", "token_endpoint", "userinfo_endpoint"}
OF_A_PERSON = {"sub"}
UNREADABLE = (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
THERE = "session_there"  # the key, in a session here, of what ends the session at the provider
TOKEN_LENGTH = 4000  # characters of an ID token that is sent back in an address; servers take 8,000 in all


class IncompleteAnswer(Exception):
    """A provider's answer lacks what OpenID Connect asks for, or has it of another type."""


def refuse_incomplete(response: Response, **kwargs: Any) -> None:
    """A hook of a session with the provider: IncompleteAnswer where allauth would stumble over what isn't there."""
    if not 200 <= response.status_code < 300:
        return
    if "content-type" not in response.headers:
        raise IncompleteAnswer(f"{response.url} doesn't say of what type it is.")
    if response.request.method == "POST":
        if "json" in response.headers["content-type"]:
            _read(response)
    else:
        of_a_person = "Authorization" in response.request.headers
        needed = OF_A_PERSON if of_a_person else OF_ITSELF
        said = _read(response)
        if not needed <= said.keys() or not (of_a_person or all(isinstance(said[name], str) for name in needed)):
            raise IncompleteAnswer(f"{response.url} doesn't say all of {', '.join(sorted(needed))}.")


def _read(response: Response) -> dict[str, Any]:
    try:
        said = response.json()
    except UNREADABLE as error:
        raise IncompleteAnswer(f"{response.url} can't be read.") from error
    if not isinstance(said, dict):
        raise IncompleteAnswer(f"{response.url} doesn't say anything of itself.")
    return said


class ProviderAdapter(OpenIDConnectOAuth2Adapter):
    """allauth's adapter of the provider. What it says of a person is read with care."""

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """The access token; until when it is right is no matter, because it isn't kept."""
        return SocialToken(token=data["access_token"])

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Who has come, by the claims of the ID token and of the address for user information.

        Sets `request.session_there`: what ends the session at the provider.
        """
        id_token = kwargs["response"].get("id_token") or ""
        try:
            userinfo = self._fetch_user_info(token.token)
            in_token = self._decode_id_token(app, id_token) if id_token else {}
        except UNREADABLE as error:
            raise IncompleteAnswer("What the provider says of the person can't be read.") from error
        request.session_there = {"end": self._end_session_endpoint(), "id_token": id_token}  # type: ignore[attr-defined]
        if str(in_token.get("sub", userinfo["sub"])) != str(userinfo["sub"]):
            raise IncompleteAnswer("The ID token is about another person than the user information.")
        said = claims.merge(userinfo, in_token, vouched=settings.PROVIDER_EMAIL_TRUSTED)
        if (who := claims.subject(said)) is None:
            raise IncompleteAnswer("The provider's id of the person can't be used.")
        found = {"userinfo": {**said, "sub": who}, "id_token": claims.storable(in_token)}
        return self.get_provider().sociallogin_from_response(request, found)

    def _end_session_endpoint(self):
        address = self.openid_config.get("end_session_endpoint")
        try:
            parts = urlsplit(address) if isinstance(address, str) and address.isascii() else None
        except ValueError:
            parts = None
        usable = parts and parts.scheme in {"http", "https"} and address.isprintable()
        return address if usable else ""


def sign_out_address(request: HttpRequest, there: dict[str, Any] | None) -> str:
    """Where the session at the provider is ended (`there`: what THERE holds); it leads back here. "" if nowhere."""
    if not there or not there["end"]:
        return ""
    back = request.build_absolute_uri(reverse("sessions:ended"))
    query = {"client_id": settings.SINGLE_SIGN_ON["client_id"], "post_logout_redirect_uri": back}
    if 0 < len(there["id_token"]) <= TOKEN_LENGTH:
        query["id_token_hint"] = there["id_token"]
    return f"{there['end']}{'&' if '?' in there['end'] else '?'}{urlencode(query)}"


def _of_provider(view: View) -> View:
    """A view of the provider's pages: 502 if it fails, 404 for a provider that isn't ours.

    Notes in the session what ends the one at the provider.
    """

    @login_not_required
    @wraps(view)
    def wrapped(request, provider_id):
        try:
            response = view(request, provider_id)
        except (RequestException, IncompleteAnswer):
            logger.exception("The provider of single sign-on failed.")
            return render(request, "socialaccount/authentication_error.html", status=502)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error
        if settings.SSO_ONLY and (there := getattr(request, "session_there", None)):
            request.session[THERE] = there
        return response

    return wrapped


@_of_provider
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider."""
    return OAuth2LoginView.adapter_view(ProviderAdapter(request, provider_id))(request)


@_of_provider
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Come back from the provider."""
    return OAuth2CallbackView.adapter_view(ProviderAdapter(request, provider_id))(request)
