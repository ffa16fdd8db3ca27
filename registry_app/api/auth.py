"""Who asks through the API: by token alone, never by a browser's session."""

import base64
import binascii
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt

from .. import rules
from ..models import ApiToken
from ..permissions import SecondFactorMissing

BASIC_USER = "api"  # whom the wandb client names, with its key as the password


def token_of(request):
    """The usable ApiToken that the request carries, with its user, noted as used; None where there is none.

    It comes as `Authorization: Bearer local-…`, or as the password of user `api` in HTTP Basic.
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
    """The JSON answer that tells a Refusal."""
    response = JsonResponse({"code": refusal.code, "message": refusal.message}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api", Basic realm="api"'
    return response


def by_token(view):
    """A view of the API: its request carries a usable token (else 401) that may do such a thing (else 403).

    The view finds the token in `request.token`, and its user in `request.user`.
    """

    @login_not_required
    @csrf_exempt  # a browser sends no such header by itself
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
