"""Requests for a protected alias: a new one, and an answer (rule 31)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from .. import rules
from ..choices import Action
from ..forms import AliasAnswerForm, AliasRequestForm
from ..listings.version_page import VersionPage
from ..models import AliasRequest
from ..models.change import etag_of
from ..permissions import get_collection, get_link
from .access_requests import withdrawn
from .rendering import actor_of, form_data, log_refusals, registry_page

EARLIER = 3  # requests of one's own that the page for a new one shows


@require_http_methods(["GET", "POST"])
def create(request, organization, name, collection, number):
    """Ask the admins of a registry to set a protected alias on a version."""
    access, collection, link = get_link(request.user, organization, name, collection, number, Action.ALIAS_REQUEST)
    registry = access.registry
    own = collection.alias_requests.filter(user=request.user).select_related(*AliasRequest.told, "answered_by")
    protected, asked = registry.protected_names(), own.open().values_list("alias", flat=True)
    names = rules.askable_aliases(protected, link.alias_names(), asked)
    shown = {"alias": next(iter(names), "")}
    form = AliasRequestForm(form_data(request), registry=registry, names=names, initial=shown)
    if form.is_valid():
        asked = AliasRequest(link=link, user=request.user, **form.cleaned_data)
        if form.submit(asked.create, actor_of(request)):
            messages.success(request, f"The admins of {registry} see your request now.")
            return redirect(link)
    log_refusals(request, form, Action.ALIAS_REQUEST, link)
    context = {
        **{"form": form, "collection": collection, "link": link},
        "earlier": own.order_by("-pk")[:EARLIER],
        "names": names,
        "protected": protected,
        "may_set": Action.ALIAS_APPROVE in access.allowed,
    }
    return registry_page(request, "alias_requests/create.html", access, "detail", context, form.status)


@require_POST
def withdraw(request, organization, name, collection, pk):
    """Withdraw a request of one's own."""
    access, collection = get_collection(request.user, organization, name, collection)
    own = collection.alias_requests.filter(user=request.user).select_related("link")
    asked = get_object_or_404(own, pk=pk)
    asked.registry, asked.collection, asked.link.collection = access.registry, collection, collection
    return withdrawn(request, access, asked, Action.ALIAS_DECLINE, asked, asked.link)


@require_http_methods(["GET", "POST"])
def answer(request, organization, name, collection, pk):
    """Approve or decline one request; approving is the move itself."""
    access, collection = get_collection(request.user, organization, name, collection, Action.ALIAS_APPROVE)
    version = ("link__version__artifact__team", "link__version__created_by")
    requests = collection.alias_requests.select_related("user", "answered_by", *version)
    asked = get_object_or_404(requests, pk=pk)
    asked.registry, asked.collection, asked.link.collection = access.registry, collection, collection
    form = AliasAnswerForm(form_data(request), registry=access.registry, initial={"etag": etag_of(asked)})
    granted = request.POST.get("answer") == "grant"
    if form.is_valid():
        verb, wanted = asked.approve_by if granted else asked.decline_by, form.cleaned_data
        if form.submit(verb, actor_of(request), wanted["note"], etag=wanted["etag"]):
            done = f"{asked.alias} now points to {asked.link.label}" if granted else "The request is declined"
            messages.success(request, f"{done}.")
            return redirect(collection)
    log_refusals(request, form, Action.ALIAS_APPROVE if granted else Action.ALIAS_DECLINE, asked)
    form.initial["etag"] = etag_of(asked)
    numbers = VersionPage(access, asked.link, asked.alias).numbers
    context = {"form": form, "collection": collection, "asked": asked, **numbers}
    return registry_page(request, "alias_requests/answer.html", access, "detail", context, form.status)
