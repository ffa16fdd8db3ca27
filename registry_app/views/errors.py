"""Error pages: what is wrong, and what to do next. None names an object that the user can't see."""

import re
import sys
import time

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from ..authentication.limits import MINUTE, Limit, address_of, reach
from ..choices import Action
from ..database.availability import fault_of
from ..listings.sidebar import frame_of, recent_ids
from ..permissions import MissingOrganizationRole, MissingRole, get_organization
from ..rules import CHANGED_AT_ONCE, NEEDED

RETRY_AFTER = 5  # seconds
SECRET = re.compile("password|code|credential")  # in names of fields whose values no page shows again


def bad_request(request, exception):
    """400: a wrong parameter or a malformed request."""
    reason = str(exception) if type(exception).__name__ == "BadRequest" else ""
    return render(request, "400.html", {**_frame(request), "reason": reason}, status=400)


def permission_denied(request, exception):
    """403: with the missing role and the admins who can help, if the user sees the object."""
    context: dict = {}
    if isinstance(exception, MissingRole):
        context = frame_of(exception.access.membership, recent_ids(request.COOKIES))
        context |= {"access": exception.access, "refusal": exception.refusal, "needed": NEEDED[exception.action]}
        context["admins"] = exception.access.registry.helpers()
    if isinstance(exception, MissingOrganizationRole):
        context = frame_of(exception.membership, recent_ids(request.COOKIES))
        context |= {"member": exception.membership, "refusal": exception.refusal}
        context["admins"] = exception.admins.who_can_help()
    return render(request, "403.html", context, status=403)


def _frame(request):
    """The context of the navigation of the address's organization; {} if the user isn't in it."""
    match = request.resolver_match
    slug = match and match.kwargs.get("organization")
    if not slug or not request.user.is_authenticated:
        return {}
    try:
        return frame_of(get_organization(request.user, slug), recent_ids(request.COOKIES))
    except (Http404, PermissionDenied):
        return {}


def csrf_failure(request, reason=""):
    """403: the form was open for too long, or another site sent it."""
    return render(request, "403_csrf.html", status=403)


def too_many(request):
    """429: one of allauth's limits is reached. All of them are per minute."""
    key = f"{request.resolver_match.view_name}:{request.user.pk or address_of(request)}"
    reach(request, Limit(Action.SIGN_IN_LIMIT, key, MINUTE, time.time() + MINUTE))
    return render(request, "429.html", status=429)


def not_found(request, exception):
    """404: the same page for a hidden object and for a missing one."""
    return render(request, "404.html", _frame(request), status=404)


def server_error(request):
    """500, by a page that needs neither database nor session. 503 or 409 if the database is the cause."""
    if fault := fault_of(sys.exception()):
        return _try_again(request, fault)
    return HttpResponse(render_to_string("500.html", {"request_id": getattr(request, "id", "")}), status=500)


def _try_again(request, fault):
    """503, or 409 if two requests changed the same thing: a page to send the form again, or JSON for programs.

    A browser that loads a page names text/html; programs and htmx don't, and htmx shows a word of its own (failed.js).
    """
    status = 409 if fault == CHANGED_AT_ONCE else 503
    if "text/html" in request.headers.get("Accept", ""):
        request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False  # the form keeps its token, so the browser its cookie
        sent = [(name, value) for name, values in request.POST.lists() for value in values if not SECRET.search(name)]
        response = render(request, "try_again.html", {"fault": fault, "sent": sent}, status=status)
    else:
        response = JsonResponse({"code": fault.code, "message": fault.message}, status=status)
    if hasattr(request, "session"):
        request.session.modified = False
    response["Retry-After"] = RETRY_AFTER
    return response
