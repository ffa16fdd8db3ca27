"""The addresses of the tests' OpenID Connect provider, and what it says of people."""

import json

from allauth.account import views
from allauth.idp.oidc import views as oidc
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

NAMES = 400  # characters: more than any table has room for
ADDRESSES = {  # that are said to be verified; allauth itself gives no two people the same
    "mel-again": "mel@example.com",
    "mel-in-capitals": "MEL@EXAMPLE.COM",
    "ci-there": "ci@example.com",
}


SAID: dict = {}  # {username: claims}, which a test says


class Adapter(DefaultOIDCAdapter):
    """Says that one person has a very long name, and others these ADDRESSES, and what is SAID."""

    def get_claims(self, purpose, user, client, scopes, **kwargs):
        """The claims, as of everybody else."""
        claims = super().get_claims(purpose, user, client, scopes, **kwargs)
        if user.username == "long":
            claims |= dict.fromkeys(("name", "given_name", "family_name", "preferred_username"), "é" * NAMES)
        if user.username in ADDRESSES:
            claims |= {"email": ADDRESSES[user.username], "email_verified": True}
        said = dict(SAID.get(user.username, {}))  # in the user information; the ID token then says nothing of it
        in_token = said.pop("id_token", {})
        claims = {name: value for name, value in claims.items() if name == "sub" or name not in said}
        return claims | (said if purpose == "userinfo" else in_token)


@csrf_exempt
def say(request):
    """What the provider says of people from now on, beside what it says of itself."""
    SAID.clear()
    SAID.update(json.loads(request.body))
    return HttpResponse()


def allow(request):
    """One more address that people may be sent back to."""
    client = Client.objects.get()
    client.set_redirect_uris([*client.get_redirect_uris(), request.GET["uri"]])
    if "after" in request.GET:  # where people may be sent back to once they have signed out
        client.set_post_logout_redirect_uris([*client.get_post_logout_redirect_uris(), request.GET["after"]])
    client.save()
    return HttpResponse()


def of_nobody(request):
    """What the provider says of itself, but that what it says of people is at the address of `empty`."""
    said = json.loads(oidc.configuration(request).content)
    return JsonResponse({**said, "userinfo_endpoint": request.build_absolute_uri("/empty/of/a/person")})


urlpatterns = [
    path("", include("allauth.idp.urls")),
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("signup/", views.signup, name="account_signup"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("reset/", views.password_reset, name="account_reset_password"),
    path("allow/", allow),
    path("say/", say),
    path("empty/<path:address>", lambda request, address: JsonResponse({})),
    path("list/<path:address>", lambda request, address: JsonResponse([], safe=False)),
    path("made/<path:address>", lambda request, address: JsonResponse([], safe=False, status=201)),
    path("of-nobody/.well-known/openid-configuration", of_nobody),
    path("favicon.ico", lambda request: HttpResponse(status=204)),
]
