"""What a request passes on its way in and out: its session is seen, limits on tries hold, and what stopped it is told.

Where a rule stops a request deep inside, the address leads on, or the refusal is logged and told.
"""

import time
from contextlib import suppress

from allauth.core.internal import ratelimit
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.backends.base import UpdateError
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from . import rules
from .authentication.limits import MINUTE, Limit, address_of, reach
from .choices import Action, Target
from .database import triggers
from .database.availability import best_effort
from .models import Actor
from .models.change import Gone
from .models.event import AuditTarget, record_refusals
from .operations.readiness import is_ready
from .permissions import MissingOrganizationRole, MissingRole, Renamed, SecondFactorMissing, check_second_factor

SEEN_EVERY, READY_FOR = 60, 5  # seconds
TOO_MANY = 429


class ProbeMiddleware:
    """Answers probes before anything asks for a host name, a session or a login. They learn no more than yes or no.

    `/healthz`: this process answers. `/readyz`: the site can work, as `is_ready` says.
    """

    def __init__(self, get_response):
        self.get_response, self.ready_until = get_response, 0.0

    def __call__(self, request):
        ask = {"/healthz": lambda: True, "/readyz": self._ready}.get(request.path_info)
        return _answer_probe(request, ask) if ask else self.get_response(request)

    def _ready(self):
        """A good answer is kept for a few seconds: whoever may ask costs the database little."""
        now = time.monotonic()
        if now >= self.ready_until and is_ready():
            self.ready_until = now + READY_FOR
        return now < self.ready_until


@require_safe
def _answer_probe(request, ask):
    well = ask()
    return HttpResponse("ok\n" if well else "not ready\n", content_type="text/plain", status=200 if well else 503)


class SessionSeenMiddleware:
    """Notes, at most once a minute, from where and when a session was last used: for its owner's list of sessions.

    allauth's own would write at each request. The minute is kept in the session, which is read anyway. A page is shown
    also where nothing can be noted.
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
    with suppress(UpdateError):  # it has ended meanwhile, which the middleware of sessions tells
        request.session.save()


class LimitMiddleware:
    """Answers 429 where a limit on tries is reached, and says how long to wait.

    allauth counts tries to sign in; this counts posts that are refused (answered 4xx), by person, or by address where
    nobody is signed in. No other request touches the cache: this process itself remembers who has reached the limit,
    and refuses their posts unread until the minute is over.
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
        with ratelimit.cache_lock(key):  # where it can't be had in time, a post may be left out
            count = cache.get(key, 0) + 1
            cache.set(key, count, MINUTE)
        if count > (settings.REFUSED_POSTS_OF_PERSON if person else settings.REFUSED_POSTS_OF_ADDRESS):
            limit = Limit(Action.POST_LIMIT, key, MINUTE, end, count, request.user if person else None)
            self.waiting = {who: other for who, other in self.waiting.items() if other.until > now} | {sender: limit}
            reach(request, limit)


def _sender(request):
    """Under what the posts of a request's sender are counted."""
    return f"person:{request.user.pk}" if request.user.is_authenticated else f"address:{address_of(request)}"


def _too_many(request, limit, response=None):
    """`response` as a 429: a page that shows a form stays as it is, for what was typed is kept in it."""
    if response is None or response.status_code not in {200, TOO_MANY}:
        refusal = rules.TOO_MANY_TRIES
        told = {"code": refusal.code, "message": f"{refusal.reason} {refusal.way_out}"}
        response = JsonResponse(told) if request.path.startswith("/api/") else render(request, "429.html")
    response.status_code = TOO_MANY
    response["Retry-After"] = str(limit.wait)
    return response


class RuleMiddleware:
    """Answers the doors' and the database's refusals."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Django's admin has no door of ours: who needs a second factor and has none is sent to set it up."""
        if request.resolver_match.app_name == "admin" and request.user.is_authenticated:
            try:
                check_second_factor(request.user)
            except SecondFactorMissing as missing:
                return _to_second_factor(request, missing)
        return None

    def process_exception(self, request, exception):
        """A response for the exceptions that are ours; None leaves the others to Django."""
        if isinstance(exception, Renamed):
            return _lead_on(request, exception.names)
        if isinstance(exception, SecondFactorMissing):
            return _to_second_factor(request, exception)
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


def _lead_on(request, names):
    match = request.resolver_match
    address = reverse(match.view_name, kwargs={**match.kwargs, **names})
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    response = HttpResponseRedirect(address + query)
    if request.method not in rules.SAFE_METHODS:
        response.status_code = 307  # keeps method and body; a stale form then meets its version check
    return response


def _to_second_factor(request, missing):
    """To the page where one is set up, which says why."""
    refusal = missing.refusal
    messages.warning(request, f"{missing.organization}: {refusal.reason} {refusal.way_out}")
    address = reverse("mfa_index")
    return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)


def _refused_by_database(request, exception, refusal):
    """The page of a refusal by a trigger, which is logged as the verb's attempt."""
    action, target = getattr(exception, "attempt", (Action.EDIT, AuditTarget(Target.SITE, None, request.path)))
    _log(request, action, refusal, target)
    return render(request, "refused.html", {"refusal": refusal}, status=409)


def _log(request, action, refusal, target):
    actor = Actor(request.user if request.user.is_authenticated else None, request.id)
    record_refusals(actor, action, ValidationError(refusal.reason, code=refusal.code), target)
