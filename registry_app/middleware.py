"""Middleware: probes, the use of sessions, limits on tries, and answers for the exceptions of rules."""

import time
from contextlib import suppress
from datetime import UTC
from urllib.parse import urlencode

from allauth.core.internal import ratelimit
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.backends.base import UpdateError
from django.core.cache import cache
from django.db import IntegrityError
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from . import rules
from .authentication.limits import MINUTE, Limit, address_of, reach
from .choices import Action, Target
from .database import triggers
from .database.availability import best_effort
from .models import Actor
from .models.change import Gone
from .models.event import AuditTarget, record_refusals
from .models.validation import as_error
from .operations.readiness import is_ready
from .permissions import MissingOrganizationRole, MissingRole, Renamed, SecondFactorMissing, check_second_factor

SEEN_EVERY, READY_FOR = 60, 5  # seconds
MISTAKE, TOO_MANY = 422, 429  # HTTP statuses
PASSWORD_PAGES = {  # and signing in by a passkey alone
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_reset_password_done",
    "mfa_login_webauthn",
}


class ProbeMiddleware:
    """Answers probes before host name, session and login are checked. The answer is only yes or no.

    `/healthz`: this process answers. `/readyz`: the site is ready (`is_ready`).
    """

    def __init__(self, get_response):
        self.get_response, self.ready_until = get_response, 0.0

    def __call__(self, request):
        ask = {"/healthz": lambda: True, "/readyz": self._ready}.get(request.path_info)
        return _answer_probe(request, ask) if ask else self.get_response(request)

    def _ready(self):
        """Whether the site is ready. Yes is cached for READY_FOR seconds, because anybody can ask."""
        now = time.monotonic()
        if now >= self.ready_until and is_ready():
            self.ready_until = now + READY_FOR
        return now < self.ready_until


@require_safe
def _answer_probe(request, ask):
    well = ask()
    return HttpResponse("ok\n" if well else "not ready\n", content_type="text/plain", status=200 if well else 503)


class ZoneMiddleware:
    """Shows times, and reads days, in the reader's zone: chosen in the account, else that of the browser, else UTC.

    A script keeps the browser's zone in a cookie. A cookie that names no zone is ignored.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        chosen = request.user.time_zone if request.user.is_authenticated else ""
        with timezone.override(rules.zone_named(chosen) or rules.zone_named(request.COOKIES.get("zone", "")) or UTC):
            return self.get_response(request)


class SingleSignOnMiddleware:
    """Where single sign-on is the only way in: from the sign-in page straight to the provider, and no password pages.

    The password of staff works at `sessions:staff`; what a password lets in, `User.may_use_password` says.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """A redirect to the provider, or Http404; None for all other pages."""
        name = request.resolver_match.view_name
        if not settings.SSO_ONLY or (request.user.is_authenticated and request.user.may_use_password):
            return None
        if name in PASSWORD_PAGES:
            raise Http404
        if name != "account_login" or request.user.is_authenticated:
            return None
        address = reverse("openid_connect_login", args=[settings.SINGLE_SIGN_ON["provider_id"]])
        target = request.GET.get("next")
        return HttpResponseRedirect(f"{address}?{urlencode({'next': target})}" if target else address)


class SessionSeenMiddleware:
    """Stores, at most once a minute, address and time of a session's last use, for its owner's list of sessions.

    allauth's own middleware would write at each request. The time of the last write is in the session, which is read
    anyway. If the database can't write, the page is shown all the same.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        now = int(time.time())
        due = now - request.session.get("seen", 0) >= SEEN_EVERY and request.user.is_authenticated
        if due and not best_effort(lambda: _note_session(request, now)):
            request.session.modified = False
        return self.get_response(request)


def _note_session(request, now):
    UserSession.objects.create_from_request(request)
    request.session["seen"] = now
    with suppress(UpdateError):  # it has ended meanwhile; Django's session middleware handles that
        request.session.save()


class LimitMiddleware:
    """Answers 429 with the time to wait if a limit on tries is reached.

    allauth counts tries to sign in. This middleware counts refused posts (answered 4xx) of a signed-in user, or of an
    address. Other requests don't touch the cache: each process remembers the senders that have reached the limit, and
    refuses their posts unread until the minute is over.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.waiting: dict[str, Limit] = {}

    def __call__(self, request):
        post = request.method not in rules.SAFE_METHODS
        limit = self.waiting.get(_sender(request)) if post else None
        if limit and limit.until > time.time():
            return _too_many(request, limit)
        response = self.get_response(request)
        if post and 400 <= response.status_code < 500 and response.status_code != TOO_MANY:
            self._count(request)
        limit = getattr(request, "limit", None)
        return _too_many(request, limit, response) if limit else response

    def _count(self, request):
        person, sender, now = request.user.is_authenticated, _sender(request), time.time()
        end = (now // MINUTE + 1) * MINUTE
        key = f"refused-posts:{sender}:{end:.0f}"
        with ratelimit.cache_lock(key):  # without the lock in time, a post isn't counted
            count = cache.get(key, 0) + 1
            cache.set(key, count, MINUTE)
        if count > (settings.REFUSED_POSTS_OF_PERSON if person else settings.REFUSED_POSTS_OF_ADDRESS):
            limit = Limit(Action.POST_LIMIT, key, MINUTE, end, count, request.user if person else None)
            self.waiting = {who: other for who, other in self.waiting.items() if other.until > now} | {sender: limit}
            reach(request, limit)


def _sender(request):
    """The key that the posts of a request's sender are counted by."""
    return f"person:{request.user.pk}" if request.user.is_authenticated else f"address:{address_of(request)}"


def _too_many(request, limit, response=None):
    """`response` with status 429. A page with a form is kept, because it contains what the user typed."""
    if response is None or response.status_code not in {MISTAKE, TOO_MANY}:
        refusal = rules.TOO_MANY_TRIES
        problem = {"code": refusal.code, "message": refusal.message}
        response = JsonResponse(problem) if request.path_info.startswith("/api/") else render(request, "429.html")
    response.status_code = TOO_MANY
    response["Retry-After"] = str(limit.wait)
    return response


class RuleMiddleware:
    """Turns the exceptions of lookups and of database triggers into answers."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Send a user without the required second factor from the Django admin to the page that sets it up."""
        if request.resolver_match.app_name == "admin" and request.user.is_authenticated:
            try:
                check_second_factor(request.user)
            except SecondFactorMissing as missing:
                return _redirect_to_second_factor(request, missing)
        return None

    def process_exception(self, request, exception):
        """A response for an exception of the app; None for all others."""
        if isinstance(exception, Renamed):
            return _redirect_to_new_name(request, exception.names)
        if isinstance(exception, SecondFactorMissing):
            return _redirect_to_second_factor(request, exception)
        if isinstance(exception, Gone):
            return render(request, "404.html", status=404)
        if isinstance(exception, MissingRole) and request.method not in rules.SAFE_METHODS:
            target = exception.collection or exception.access.registry
            _log(request, exception.action, exception.refusal, target)
        if isinstance(exception, MissingOrganizationRole) and request.method not in rules.SAFE_METHODS:
            _log(request, exception.action, exception.refusal, exception.target)
        if isinstance(exception, IntegrityError) and (refusal := triggers.refusal_of(exception)):
            return _refused_by_database(request, exception, refusal)
        return None


def _redirect_to_new_name(request, names):
    match = request.resolver_match
    address = reverse(match.view_name, kwargs={**match.kwargs, **names})
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    response = HttpResponseRedirect(address + query)
    if request.method not in rules.SAFE_METHODS:
        response.status_code = 307  # keeps method and body; a stale form then meets its version check
    return response


def _redirect_to_second_factor(request, missing):
    """A redirect to the page that sets one up, with a message that says why."""
    refusal = missing.refusal
    messages.warning(request, f"{missing.organization}: {refusal.reason} {refusal.way_out}")
    return HttpResponseRedirect(reverse("mfa_index"))


def _refused_by_database(request, exception, refusal):
    """The page of a refusal by a trigger, which is logged as the attempt of the verb."""
    page = AuditTarget(Target.SITE, None, request.resolver_match.view_name)
    action, target = getattr(exception, "attempt", (Action.EDIT, page))
    _log(request, action, refusal, target)
    return render(request, "refused.html", {"refusal": refusal}, status=409)


def _log(request, action, refusal, target):
    actor = Actor(request.user if request.user.is_authenticated else None, request.id)
    record_refusals(actor, action, as_error(refusal), target)
