"""What every request passes: an id of its own, and the login."""

import secrets

from django.contrib.auth.middleware import LoginRequiredMiddleware
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
        response = super().handle_no_permission(request, view_func)
        if request.htmx:
            return HttpResponseClientRedirect(response.url)
        return response


class PrivatePagesMiddleware:
    """Pages are one person's: no cache keeps them, unless the view said otherwise."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response: HttpResponse = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
