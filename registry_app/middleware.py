"""What every request passes on its way to the app, and what happens when a rule stops one deep inside.

Its address leads on then, or the refusal is logged and told.
"""

import time
from contextlib import suppress

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.sessions.backends.base import UpdateError
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from . import guards, rules
from .access import Moved, OrganizationRoleTooLow, RoleTooLow, SecondFactorMissing, check_second_factor
from .availability import best_effort
from .choices import Action
from .models import Actor, Collection, Link, Organization, OrganizationMembership, Registry, Team, Version
from .models.audit import record_refusals
from .readiness import is_ready

GONE = tuple(model.DoesNotExist for model in (OrganizationMembership, Registry, Team, Collection, Link, Version))
SEEN_EVERY, READY_FOR = 60, 5  # seconds


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
        if isinstance(exception, Moved):
            return _lead_on(request, exception.names)
        if isinstance(exception, SecondFactorMissing):
            return _to_second_factor(request, exception)
        if isinstance(exception, GONE):  # deleted by somebody else since its door was passed
            return render(request, "404.html", status=404)
        if isinstance(exception, RoleTooLow) and request.method not in rules.SAFE_METHODS:
            registry, collection = exception.door.registry, exception.collection
            where = {"organization": registry.organization_id, "registry": registry.pk}
            where |= {"collection": collection.pk} if collection else {}
            subject = collection.path if collection else registry.name
            _log(request, exception.action, exception.refusal, subject=subject, **where)
        if isinstance(exception, OrganizationRoleTooLow) and request.method not in rules.SAFE_METHODS:
            organization = exception.membership.organization
            subject = exception.subject or organization.name
            _log(request, exception.action, exception.refusal, subject=subject, organization=organization.pk)
        if isinstance(exception, IntegrityError) and (refusal := guards.refusal_of(exception)):
            return _refused_by_database(request, refusal)
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


def _refused_by_database(request, refusal):
    kwargs = request.resolver_match.kwargs
    organization = Organization.objects.filter(slug=kwargs.get("organization", "")).first()
    where = {"organization": organization and organization.pk, "subject": kwargs.get("name", "")[:300]}
    _log(request, Action.EDIT, refusal, **where)
    return render(request, "refused.html", {"refusal": refusal}, status=409)


def _log(request, action, refusal, **where):
    actor = Actor(request.user if request.user.is_authenticated else None, request.id)
    record_refusals(actor, action, ValidationError(refusal.reason, code=refusal.code), **where)
