"""Middleware: request ids, who asks, required login, redirects of htmx, forms with errors, no caching of pages."""

import secrets
from ipaddress import ip_address
from urllib.parse import urlsplit

from allauth.core.internal.httpkit import clean_client_ip
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import resolve_url


class RequestIdMiddleware:
    """Gives each request an id (`request.id`, 16 hex digits), for the log, the audit log and the error page."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.id = secrets.token_hex(8)
        response = self.get_response(request)
        response["X-Request-ID"] = request.id
        return response


class ClientAddressMiddleware:
    """Sets REMOTE_ADDR to the client's address, as the trusted proxies (settings.PROXIES) name it.

    Each of them adds the address that it was asked from to X-Forwarded-For. What stands left of that, a client may have
    written itself. Where the proxies are known by their networks, nobody else's word counts, be it for the address or
    for HTTPS.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        asked_from = request.META.get("REMOTE_ADDR", "")
        asked_from = _address(asked_from) or asked_from
        named = request.headers.get("X-Forwarded-For", "").split(",")
        if isinstance(settings.PROXIES, int):
            trusted = named[-settings.PROXIES] if 0 < settings.PROXIES <= len(named) else asked_from
            request.META["REMOTE_ADDR"] = _address(trusted) or asked_from
        else:
            request.META["REMOTE_ADDR"] = _behind(settings.PROXIES, asked_from, named)
            if not _is_in(settings.PROXIES, asked_from):
                request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return self.get_response(request)


def _behind(networks, asked_from, named):
    """The client's address: the last of those `named`, or who asked, that is outside of the proxies' `networks`.

    It is the first one where all are inside. Left of what is no address nothing counts.
    """
    client = asked_from
    for text in reversed(named):
        address = _address(text)
        if address is None or not _is_in(networks, client):
            break
        client = address
    return client


def _is_in(networks, address):
    """Whether the IP address is in one of the networks."""
    return _address(address) is not None and any(ip_address(address) in network for network in networks)


def _address(text):
    """The IP address in `text`, which may name a port too; None if there is none. IPv4 in the form of IPv6 is IPv4."""
    address = clean_client_ip(text)
    mapped = getattr(ip_address(address), "ipv4_mapped", None) if address else None
    return str(mapped or address) if address else None


class PageRedirectMiddleware:
    """Lets a redirect that answers htmx lead the whole page, which htmx itself would follow into a part of it.

    A redirect that keeps the method (307) is followed: the form that was sent is judged at its new address.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.htmx and response.status_code in {302, 303}:
            response.status_code, response["HX-Redirect"] = 200, response["Location"]
            del response["Location"]
        if request.htmx.boosted:  # a form in the dialog: the page below keeps its address
            response["HX-Push-Url"] = "false"
        return response


class PageLoginMiddleware(LoginRequiredMiddleware):
    """Requires login; the redirect to it leads back to the page that the user saw."""

    def handle_no_permission(self, request, view_func):
        """A redirect to the login page, which leads back to the page that the user saw."""
        login, field = self.get_login_url(view_func), self.get_redirect_field_name(view_func)
        return redirect_to_login(_current_page(request), login, field)


def _current_page(request):
    """The address of the page that sent a request: the request itself may be for a part of a page, or a form.

    A malformed header counts like a missing one.
    """
    try:
        if request.htmx:
            return request.htmx.current_url_abs_path or _home()
        if request.method in {"GET", "HEAD"}:
            return request.get_full_path()
        referer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return _home()
    return referer.path if referer.netloc == request.get_host() else _home()


def _home():
    return resolve_url(settings.LOGIN_REDIRECT_URL)


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
