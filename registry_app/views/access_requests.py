"""Requests for a role: the list, a new request, and an answer."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ..choices import Action, Role
from ..forms import AnswerForm, RequestForm
from ..forms.base import ActionForm
from ..listings.access_requests import AccessRequestListing
from ..models import AccessRequest, Actor
from ..permissions import get_organization, get_registry
from .rendering import actor_of, form_data, log_refusals, refused_page, registry_page, render_page


@require_safe
def index(request, organization):
    """The open requests that the user may answer, the oldest first."""
    membership = get_organization(request.user, organization)
    listing = AccessRequestListing(membership)
    context = {"requests": listing.rows, "alias_requests": listing.aliases, "section": "requests"}
    return render_page(request, "access_requests/index.html", membership, context)


@require_http_methods(["GET", "POST"])
def create(request, organization, name):
    """Ask the admins of a registry for a higher role in it."""
    access = get_registry(request.user, organization, name)
    earlier = access.registry.access_requests.filter(user=request.user).select_related("answered_by").last()
    form = RequestForm(
        form_data(request),
        registry=access.registry,
        held=access.role,
        initial={"role": request.GET.get("role", Role.MEMBER)},
    )
    if form.is_valid():
        asked = AccessRequest(registry=access.registry, user=request.user, **form.cleaned_data)
        if form.submit(asked.create, actor_of(request)):
            messages.success(request, f"The admins of {access.registry} see your request now.")
            return redirect("access_requests:create", organization, name)
    log_refusals(request, form, Action.REQUEST, access.registry)
    admins = access.registry.helpers()
    context = {"form": form, "earlier": earlier, "admins": admins, "highest": access.role == Role.ADMIN}
    return registry_page(request, "access_requests/create.html", access, "access", context, form.status)


@require_POST
def withdraw(request, organization, name, pk):
    """Withdraw a request of one's own."""
    access = get_registry(request.user, organization, name)
    asked = get_object_or_404(access.registry.access_requests.filter(user=request.user), pk=pk)
    asked.registry = access.registry
    return withdrawn(request, access, asked, Action.REQUEST_DECLINE, access.registry, access.registry)


def withdrawn(request, access, asked, action, target, place):
    """The answer to the button that withdraws the Request `asked`: it leads to `place`.

    A refusal is logged as one of `action` on `target`.
    """
    form = ActionForm(request.POST)
    if form.is_valid() and form.submit(asked.withdraw_by, actor_of(request)):
        messages.success(request, f"You withdrew your request for {asked.what}.")
        return redirect(place)
    log_refusals(request, form, action, target)
    return refused_page(request, access.membership, form)


@require_http_methods(["GET", "POST"])
def answer(request, organization, name, pk):
    """Grant or decline one request."""
    access = get_registry(request.user, organization, name, Action.MEMBER_ADD)
    asked = get_object_or_404(
        AccessRequest.objects.select_related("user", "answered_by"), registry=access.registry, pk=pk
    )
    asked.registry = access.registry
    form = AnswerForm(form_data(request), registry=access.registry)
    granted = request.POST.get("answer") == "grant"
    if form.is_valid():
        verb = asked.grant_by if granted else asked.decline_by
        if form.submit(verb, actor_of(request), form.cleaned_data["note"]):
            what = f"is {asked.get_role_display()} of {access.registry} now" if granted else "is told that you declined"
            messages.success(request, f"{asked.user} {what}.")
            return redirect("registry_members:index", organization, name)
    log_refusals(request, form, Action.REQUEST_GRANT if granted else Action.REQUEST_DECLINE, access.registry)
    context = {"form": form, "asked": asked, "held": access.registry.role_of(Actor(asked.user))}
    return registry_page(request, "access_requests/answer.html", access, "access", context, form.status)
