"""What an organization gives to groups of the identity provider: list, add, change, remove."""

from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from ..choices import Action, Target
from ..forms import ChangeMappingForm, GroupMappingForm, RemoveMappingForm
from ..listings.group_mappings import GroupMappingListing
from ..models import GroupMapping
from ..models.change import etag_of
from ..models.group_role import current_provider, provider_name
from ..permissions import require_admin
from .rendering import actor_of, form_data, log_refusals, render_page, wanted_target


@require_http_methods(["GET", "POST"])
def index(request, organization):
    """The mappings of the organization, and the form to add one."""
    membership = require_admin(request.user, organization, Action.GROUP_MAP)
    form = GroupMappingForm(form_data(request), looker=membership)
    if form.is_valid():
        mapping = GroupMapping(organization=membership.organization, **form.cleaned_data)
        if form.submit(mapping.save_by, actor_of(request)):
            messages.success(request, f"{mapping} is mapped. It counts for each person from their next sign-in on.")
            return redirect("group_mappings:index", organization)
    target = wanted_target(request, Target.GROUP, membership.organization, "group")
    log_refusals(request, form, Action.GROUP_MAP, target)
    context = {
        "form": form,
        "provider": provider_name(current_provider()),
        "claim": settings.GROUPS_CLAIM,
        **GroupMappingListing(membership, request.GET).context,
    }
    return _page(request, "group_mappings/index.html", membership, context, form.status)


@require_http_methods(["GET", "POST"])
def change(request, organization, pk):
    """Change the roles that a mapping gives."""
    membership = require_admin(request.user, organization, Action.GROUP_CHANGE)
    mapping = _mapping(membership, pk)
    shown = {"role": mapping.role, "team_role": mapping.team_role, "etag": etag_of(mapping)}
    form = ChangeMappingForm(form_data(request), initial=shown)
    if form.is_valid():
        mapping.role, mapping.team_role = form.cleaned_data["role"], form.cleaned_data["team_role"]
        if form.submit(mapping.save_by, actor_of(request), form.cleaned_data["etag"]):
            messages.success(request, f"{mapping} is saved. It counts for each person from their next sign-in on.")
            return redirect("group_mappings:index", organization)
        mapping = _mapping(membership, pk)
        form.initial["etag"] = etag_of(mapping)
    log_refusals(request, form, Action.GROUP_CHANGE, mapping)
    return _page(request, "group_mappings/change.html", membership, {"form": form, "mapping": mapping}, form.status)


@require_http_methods(["GET", "POST"])
def remove(request, organization, pk):
    """Remove a mapping, after a first step that shows whom it reaches."""
    membership = require_admin(request.user, organization, Action.GROUP_UNMAP)
    mapping = _mapping(membership, pk)
    reach = mapping.reach()
    form = RemoveMappingForm(form_data(request), initial={"etag": etag_of(mapping, reach)})
    if form.is_valid() and form.submit(mapping.delete_by, actor_of(request), form.cleaned_data["etag"]):
        messages.success(request, f"The mapping of {mapping} is removed. What it gave ends at each next sign-in.")
        return redirect("group_mappings:index", organization)
    log_refusals(request, form, Action.GROUP_UNMAP, mapping)
    context = {"form": form, "mapping": mapping, "reach": reach}
    return _page(request, "group_mappings/remove.html", membership, context, form.status)


def _mapping(membership, pk):
    """The GroupMapping `pk` of the organization; Http404 for one of another organization."""
    mappings = membership.organization.group_mappings.select_related("team")
    mapping = get_object_or_404(mappings, pk=pk)
    mapping.organization = membership.organization
    return mapping


def _page(request, template, membership, context, status):
    return render_page(request, template, membership, {"section": "organization", **context}, status=status)
