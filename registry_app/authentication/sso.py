"""allauth's way to the provider and back, where a provider that fails ends in a page of ours, not in a 500."""

import logging
from collections.abc import Callable

from allauth.socialaccount.providers.openid_connect import views as openid
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException

View = Callable[[HttpRequest, str], HttpResponse]
logger = logging.getLogger(__name__)
# Nobody answers, or the answer is not what a provider says of itself.
FAULTS = (RequestException, KeyError)


def _told(view: View) -> View:
    def telling(request, provider_id):
        try:
            return view(request, provider_id)
        except FAULTS:
            logger.exception("The provider of single sign-on failed.")
            return render(request, "socialaccount/authentication_error.html", status=502)

    return telling


login, callback = _told(openid.login), _told(openid.callback)
