"""Pages of registries: list, create, show, settings, restrict, delete, activity."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import rules
from ..choices import Action, Kind, Permission, Target
from ..forms import (
    AcceptForm,
    AddTypesForm,
    CreateForm,
    DeleteForm,
    DetailsForm,
    ProtectForm,
    RemoveTypeForm,
    RestrictForm,
)
from ..listings.accepted_types import types_elsewhere
from ..listings.collections import CollectionListing
from ..listings.events import RegistryEventListing
from ..listings.impact import deletion_impact, restriction_impact
from ..listings.registries import RegistryListing
from ..listings.registry_summary import RegistrySummary
from ..models import AuditEvent, Registry
from ..models.change import etag_of, read_again
from ..permissions import get_organization, get_registry, require_creator
from .rendering import actor_of, form_data, log_refusals, registry_page, render_page, wanted_target, wants_part

# What only admins do on the settings page.
CHANGES = {Action.RESTRICT, Action.TYPE_ADD, Action.TYPES_LIST, Action.PROTECT}


@require_safe
def index(request, organization):
    """The registries that the user can see: core ones as cards, custom ones as a table."""
    membership = get_organization(request.user, organization)
    context = RegistryListing(membership, request.GET).context
    return render_page(request, "registries/index.html", membership, context, part="registries/_results.html")


@require_http_methods(["GET", "POST"])
def create(request, organization):
    """Create a custom registry (rule 7)."""
    membership = require_creator(request.user, organization)
    registry = Registry(organization=membership.organization, kind=Kind.CUSTOM)
    form = CreateForm(form_data(request), instance=registry)
    if form.is_valid():
        types, confirmed = form.cleaned_data.get("types", []), form.cleaned_data["confirmed"]
        if form.submit(registry.create, actor_of(request), types, confirmed=confirmed):
            messages.success(request, f"{registry} is created. You are its admin.")
            return redirect(registry)
    log_refusals(request, form, Action.CREATE, wanted_target(request, Target.REGISTRY, membership.organization))
    context = {"form": form, "section": "create", "elsewhere": types_elsewhere(membership)}
    return render_page(request, "registries/create.html", membership, context, status=form.status)


@require_safe
def name(request, organization):
    """Whether a name is free: a sentence for the status line of the create form.

    Only for users who may create registries, because creating one would tell them too (rule 14).
    """
    membership = require_creator(request.user, organization)
    wanted = rules.clean_name(request.GET.get("name", ""))
    refusal = rules.refuse_name(wanted)
    if not refusal and membership.organization.registries.filter(name_key=rules.name_key(wanted)).exists():
        refusal = rules.NAME_TAKEN
    context = {"wanted": wanted, "refusal": refusal}
    return render_page(request, "registries/_name.html", membership, context, part="registries/_name.html")


@require_safe
def detail(request, organization, name):
    """A registry with its collections."""
    access = get_registry(request.user, organization, name)
    listing = CollectionListing(access, request.GET)
    context = listing.context
    if not wants_part(request):
        summary = RegistrySummary(access.registry)
        context |= {"types": summary.types, "people": summary.people}
    return registry_page(request, "registries/detail.html", access, "detail", context, part="collections/_results.html")


@require_http_methods(["GET", "POST"])
def settings(request, organization, name):
    """The settings of a registry, for its admins and members to edit, and for others to read."""
    action = Action.EDIT if request.method == "POST" else Permission.SEE
    access = get_registry(request.user, organization, name, action)
    registry = access.registry
    form = DetailsForm(form_data(request), instance=registry.draft())
    if form.is_valid() and form.submit(registry.edit, actor_of(request), **form.cleaned_data):
        messages.success(request, f"{registry} is saved.")
        return redirect("registries:settings", organization, registry.name)
    log_refusals(request, form, Action.EDIT, registry)
    return settings_page(request, access, form=form, status=form.status)


def _settings_forms(registry):
    initial = {"etag": etag_of(registry)}
    return {
        "form": DetailsForm(instance=registry),
        "type_form": AddTypesForm(registry=registry, initial=initial),
        "remove_form": RemoveTypeForm(registry=registry, initial=initial),
        "accept_form": AcceptForm(registry=registry, initial=initial),
        "alias_form": ProtectForm(registry=registry),
    }


def settings_page(request, access, *, status=200, **forms):
    """The settings page. `forms` replace its own: a refused `form`, `type_form`, `accept_form` or `alias_form`."""
    stored = access.registry
    if status == 409:
        read_again(stored)
    summary = RegistrySummary(stored)
    context = {
        **_settings_forms(stored),
        "types": summary.removals,
        "stored": stored,
        "people": summary.people,
        "protected": summary.protected,
        "admins": () if access.allowed & CHANGES else stored.helpers(),
        "may_change": access.allowed & CHANGES,
        "rules": rules,
        **forms,
    }
    if status == 409:
        context["theirs"] = AuditEvent.objects.of_registry(stored).filter(code="").first()
        for form in forms.values():
            form.initial["etag"] = etag_of(stored)
    return registry_page(request, "registries/settings.html", access, "settings", context, status)


@require_http_methods(["GET", "POST"])
def restrict(request, organization, name):
    """Restrict a registry permanently to people with a role, after a preview (rules 8, 9, 18)."""
    access = get_registry(request.user, organization, name, Action.RESTRICT)
    registry = access.registry
    form = RestrictForm(form_data(request), registry=registry, looker=access.membership)
    if form.is_valid():
        wanted = form.cleaned_data
        wanted["keep"] = [*wanted["keep"], *wanted["others"]]
        change = {field: wanted[field] for field in ("etag", "keep", "reason")}
        if form.submit(registry.restrict, actor_of(request), **change):
            messages.success(request, f"{registry} is now restricted. Access: {registry.people_counted()}.")
            return redirect("registries:settings", organization, registry.name)
    log_refusals(request, form, Action.RESTRICT, registry)
    if form.is_bound:
        read_again(registry)
    context = {"form": form, **restriction_impact(registry)}
    people = [(lost.user.username, _label_of(lost.user)) for lost in context["lost"]]
    context["lost"] = list(zip(context["lost"], form.offer("keep", people), strict=True))
    form.initial["etag"] = etag_of(registry, context["now"])
    return registry_page(request, "registries/restrict.html", access, "settings", context, form.status)


def _label_of(user):
    return f"{user}, service account" if user.is_service else str(user)


@require_http_methods(["GET", "POST"])
def delete(request, organization, name):
    """Delete a custom registry permanently, after a preview (rules 5, 16, 18)."""
    access = get_registry(request.user, organization, name, Action.DELETE)
    registry = access.registry
    form = DeleteForm(form_data(request), registry=registry, name=registry.name)
    if form.is_valid() and form.submit(registry.delete_by, actor_of(request), **form.cleaned_data):
        messages.success(request, f"{registry} is deleted. The audit log keeps its history.")
        return redirect("registries:index", organization)
    log_refusals(request, form, Action.DELETE, registry)
    if form.is_bound:
        read_again(registry)
    context = {"form": form, "refusal": rules.refuse_delete(registry.kind), **deletion_impact(registry)}
    form.initial["etag"] = etag_of(registry, context["now"])
    return registry_page(request, "registries/delete.html", access, "settings", context, form.status)


@require_POST
def pin(request, organization, name):
    """Pin a registry to one's navigation, or (without `wanted`) no longer."""
    access = get_registry(request.user, organization, name)
    access.membership.pin(access.registry, "wanted" in request.POST)
    return redirect(access.registry)


@require_safe
def activity(request, organization, name):
    """The audit entries of a registry, the newest first."""
    access = get_registry(request.user, organization, name)
    context = {"registry": access.registry, "allowed": access.allowed, "tab": "activity"}
    context |= RegistryEventListing(access, request.GET).context
    return render_page(request, "registries/activity.html", access.membership, context)
