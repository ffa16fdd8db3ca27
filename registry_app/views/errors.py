"""The pages that say no: what is wrong, and where to go on. None names what the asker can't see."""

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from ..access import OrganizationRoleTooLow, RoleTooLow
from ..rules import NEEDED
from .pages import HELPERS_SHOWN, helpers_of


def bad_request(request, exception):
    """400: the address or the form is not one that any page gave out."""
    reason = str(exception) if type(exception).__name__ == "BadRequest" else ""
    return render(request, "400.html", {"reason": reason}, status=400)


def permission_denied(request, exception):
    """403: names the missing role and the admins who can help, to somebody who sees where they are."""
    context = {}
    if isinstance(exception, RoleTooLow):
        context = {"door": exception.door, "refusal": exception.refusal, "needed": NEEDED[exception.action]}
        context["admins"] = helpers_of(exception.door.registry)
        context["organization"] = exception.door.membership.organization
    if isinstance(exception, OrganizationRoleTooLow):
        admins = exception.admins.select_related("user").order_by("user__username")[:HELPERS_SHOWN]
        context = {"member": exception.membership, "refusal": exception.refusal, "admins": admins}
        context["organization"] = exception.membership.organization
    return render(request, "403.html", context, status=403)


def csrf_failure(request, reason=""):
    """403: the form was open for too long, or was sent from elsewhere."""
    return render(request, "403_csrf.html", status=403)


def not_found(request, exception):
    """404: the same words for what is hidden and for what is not there."""
    return render(request, "404.html", status=404)


def server_error(request):
    """500: needs no database and no session."""
    return HttpResponse(render_to_string("500.html", {"request_id": getattr(request, "id", "")}), status=500)
