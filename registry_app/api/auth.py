"""Authentication of the API: by token only, never by a browser's session."""

import base64
import binascii
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt

from .. import rules
from ..models import ApiToken
from ..permissions import SecondFactorMissing

BASIC_USER = "api"  # the username that the wandb client sends, with its key as the password


def token_of(request):
    """The usable ApiToken of the request, with its user; None if there is none. Its last use is stored.

    The request sends it as `Authorization: Bearer local-…`, or as the password of user `api` in HTTP Basic.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    secret = {"bearer": str.strip, "basic": _password}.get(scheme.lower(), lambda _: "")(value)
    token = ApiToken.objects.with_secret(secret)
    if token:
        token.seen()
    return token


def _password(value):
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return ""
    return password if user == BASIC_USER else ""


def refused(refusal, status):
    """The JSON answer for a Refusal."""
    response = JsonResponse({"code": refusal.code, "message": refusal.message}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api", Basic realm="api"'
    return response


def by_token(view):
    """A view of the API: 401 without a usable token, 403 if the token may not send this HTTP method.

    The view gets the token as `request.token`, and its user as `request.user`.
    """

    @login_not_required
    @csrf_exempt  # a browser never sends this header on its own
    @wraps(view)
    def with_token(request, *args, **kwargs):
        token = token_of(request)
        if token is None:
            return refused(rules.TOKEN_INVALID, 401)
        if refusal := rules.refuse_token(token.read_only, request.method):
            return refused(refusal, 403)
        request.token, request.user = token, token.user
        try:
            return view(request, *args, **kwargs)
        except SecondFactorMissing as missing:
            return refused(missing.refusal, 403)

    return with_token
