"""What every request passes: an id of its own, and the login."""

import secrets
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django_htmx.http import HttpResponseClientRedirect


class RequestIdMiddleware:
    """Gives each request an id (`request.id`, 16 hex digits): in the log, in the audit log and on the error page."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.id = secrets.token_hex(8)
        response = self.get_response(request)
        response["X-Request-ID"] = request.id
        return response


class PageLoginMiddleware(LoginRequiredMiddleware):
    """Nobody in before login. An htmx call whose session has ended is told to load the login page whole."""

    def handle_no_permission(self, request, view_func):
        """To the login page, which leads back to the page that the person saw."""
        login, field = self.get_login_url(view_func), self.get_redirect_field_name(view_func)
        response = redirect_to_login(_page_seen(request), login, field)
        return HttpResponseClientRedirect(response.url) if request.htmx else response


def _page_seen(request):
    """The address of the page that a request came from, for it may itself be a part of a page or a form's.

    A header that is no address says as little as one that is missing.
    """
    try:
        if request.htmx:
            return request.htmx.current_url_abs_path or "/"
        if request.method in {"GET", "HEAD"}:
            return request.get_full_path()
        referer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    return referer.path if referer.netloc == request.get_host() else "/"


class PrivatePagesMiddleware:
    """Pages are one person's: no cache keeps them, unless the view said otherwise."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response: HttpResponse = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
