"""Requests for a role: asking, and the answers of a registry's admins."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from ..choices import Action, Role
from ..forms import AnswerForm, RequestForm
from ..models import AccessRequest, Actor
from ..permissions import organization_for, registry_for
from .rendering import actor_of, log_refusals, posted, registry_page, render_page

SHOWN = 100  # requests on one page


@require_safe
def index(request, organization):
    """The open requests that this person may answer, oldest first."""
    membership = organization_for(request.user, organization)
    found = AccessRequest.objects.open().answerable(request.user.pk).select_related("user", "registry")
    found = found.filter(registry__organization=membership.organization_id)
    context = {"requests": found[:SHOWN], "section": "requests"}
    return render_page(request, "access_requests/index.html", membership, context)


@require_http_methods(["GET", "POST"])
def create(request, organization, name):
    """Ask the admins of a registry that one sees for a higher role in it."""
    door = registry_for(request.user, organization, name)
    earlier = door.registry.access_requests.filter(user=request.user).select_related("answered_by").last()
    form = RequestForm(
        posted(request), registry=door.registry, held=door.role, initial={"role": request.GET.get("role", Role.MEMBER)}
    )
    if form.is_valid():
        asked = AccessRequest(registry=door.registry, user=request.user, **form.cleaned_data)
        if form.carry_out(asked.create, actor_of(request)):
            messages.success(request, f"The admins of {door.registry} see your request now.")
            return redirect("access_requests:create", organization, name)
    log_refusals(request, form, Action.REQUEST, door.membership, door.registry)
    admins = door.registry.admins().select_related("user").order_by("user__username")[:5]
    context = {"form": form, "earlier": earlier, "admins": admins, "highest": door.role == Role.ADMIN}
    return registry_page(request, "access_requests/create.html", door, "access", context, form.status)


@require_http_methods(["GET", "POST"])
def answer(request, organization, name, pk):
    """Grant or decline one request."""
    door = registry_for(request.user, organization, name, Action.MEMBER_ADD)
    asked = get_object_or_404(
        AccessRequest.objects.select_related("user", "answered_by"), registry=door.registry, pk=pk
    )
    asked.registry = door.registry
    form = AnswerForm(posted(request), registry=door.registry)
    if form.is_valid():
        granted = form.cleaned_data["answer"] == "grant"
        verb = asked.grant_by if granted else asked.decline_by
        if form.carry_out(verb, actor_of(request), form.cleaned_data["note"]):
            what = f"is {asked.get_role_display()} of {door.registry} now" if granted else "is told that you declined"
            messages.success(request, f"{asked.user} {what}.")
            return redirect("registry_members:index", organization, name)
    log_refusals(request, form, Action.REQUEST_DECLINE, door.membership, door.registry)
    context = {"form": form, "asked": asked, "held": door.registry.role_of(Actor(asked.user))}
    return registry_page(request, "access_requests/answer.html", door, "access", context, form.status)
