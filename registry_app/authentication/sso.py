"""allauth's views of single sign-on, with a page of our own (502) if the provider fails."""

import logging
from collections.abc import Callable
from functools import wraps

from allauth.socialaccount.providers.openid_connect import views as openid
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException

View = Callable[[HttpRequest, str], HttpResponse]
logger = logging.getLogger(__name__)
# The provider doesn't answer, or its answer lacks a key.
FAULTS = (RequestException, KeyError)


def _handle_faults(view: View) -> View:
    @wraps(view)
    def wrapped(request, provider_id):
        try:
            return view(request, provider_id)
        except FAULTS:
            logger.exception("The provider of single sign-on failed.")
            return render(request, "socialaccount/authentication_error.html", status=502)

    return wrapped


login, callback = _handle_faults(openid.login), _handle_faults(openid.callback)
