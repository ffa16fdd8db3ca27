"""The pages that say no: what is wrong, and where to go on. None names what the asker can't see."""

import time

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from ..access import OrganizationRoleTooLow, RoleTooLow, organization_for
from ..choices import Action
from ..limits import MINUTE, Limit, address_of, reach
from ..rules import NEEDED
from .pages import HELPERS_SHOWN, helpers_of, shelf_of


def bad_request(request, exception):
    """400: the address or the form is not one that any page gave out."""
    reason = str(exception) if type(exception).__name__ == "BadRequest" else ""
    return render(request, "400.html", {**_frame(request), "reason": reason}, status=400)


def permission_denied(request, exception):
    """403: names the missing role and the admins who can help, to somebody who sees where they are."""
    context = {}
    if isinstance(exception, RoleTooLow):
        context = {"door": exception.door, "refusal": exception.refusal, "needed": NEEDED[exception.action]}
        context["admins"] = helpers_of(exception.door.registry)
        context |= _frame_of(exception.door.membership)
    if isinstance(exception, OrganizationRoleTooLow):
        admins = exception.admins.select_related("user").order_by("user__username")[:HELPERS_SHOWN]
        context = {"member": exception.membership, "refusal": exception.refusal, "admins": admins}
        context |= _frame_of(exception.membership)
    return render(request, "403.html", context, status=403)


def _frame_of(membership):
    """What the navigation around a page of the membership's organization shows."""
    return {"membership": membership, "organization": membership.organization, "shelf": shelf_of(membership)}


def _frame(request):
    """The same of the organization that the address names, for whoever may be there; else nothing."""
    match = request.resolver_match
    slug = match and match.kwargs.get("organization")
    if not slug or not request.user.is_authenticated:
        return {}
    try:
        return _frame_of(organization_for(request.user, slug))
    except (Http404, PermissionDenied):
        return {}


def csrf_failure(request, reason=""):
    """403: the form was open for too long, or was sent from elsewhere."""
    return render(request, "403_csrf.html", status=403)


def too_many(request):
    """429: one of allauth's limits is reached, which all are by the minute."""
    key = f"{request.resolver_match.view_name}:{request.user.pk or address_of(request)}"
    reach(request, Limit(Action.SIGN_IN_LIMIT, key, MINUTE, time.time() + MINUTE))
    return render(request, "429.html", status=429)


def not_found(request, exception):
    """404: the same words for what is hidden and for what is not there."""
    return render(request, "404.html", _frame(request), status=404)


def server_error(request):
    """500: needs no database and no session."""
    return HttpResponse(render_to_string("500.html", {"request_id": getattr(request, "id", "")}), status=500)
