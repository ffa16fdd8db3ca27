"""Middleware: request ids, required login, the status of forms with errors, and no caching of private pages."""

import secrets
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.forms import BaseForm
from django.http import HttpResponse
from django_htmx.http import HttpResponseClientRedirect


class RequestIdMiddleware:
    """Gives each request an id (`request.id`, 16 hex digits), for the log, the audit log and the error page."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.id = secrets.token_hex(8)
        response = self.get_response(request)
        response["X-Request-ID"] = request.id
        return response


class PageLoginMiddleware(LoginRequiredMiddleware):
    """Requires login; an htmx request with an expired session gets a full-page redirect."""

    def handle_no_permission(self, request, view_func):
        """A redirect to the login page, which leads back to the page that the user saw."""
        login, field = self.get_login_url(view_func), self.get_redirect_field_name(view_func)
        response = redirect_to_login(_current_page(request), login, field)
        return HttpResponseClientRedirect(response.url) if request.htmx else response


def _current_page(request):
    """The address of the page that sent a request: the request itself may be for a part of a page, or a form.

    A malformed header counts like a missing one.
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


class FormErrorsMiddleware:
    """Answers 422 if a form was posted and the page shows it with errors, where allauth and Django answer 200."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_template_response(self, request, response):
        """The response of a class-based view, not rendered yet, with its status."""
        shown = (response.context_data or {}).values()
        refused = any(isinstance(value, BaseForm) and value.errors for value in shown)
        if request.method == "POST" and response.status_code == 200 and refused:
            response.status_code = 422
        return response


class PrivatePagesMiddleware:
    """Forbids caches to store a page, unless the view allows it, because pages show what one user may see."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response: HttpResponse = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
