"""Accepted types of a registry, parts of its settings page: add a type, remove one, accept all types or a list."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from .. import rules
from ..choices import Action
from ..forms import AcceptForm, AddTypesForm, RemoveTypeForm
from ..models.change import etag_of, read_again
from ..models.validation import as_error
from ..permissions import get_registry
from .registries import settings_page
from .rendering import actor_of, form_data, log_refusals, render_page


@require_http_methods(["GET", "POST"])
def add(request, organization, name):
    """Accept more types. A core registry keeps them permanently, so a first step shows this (rules 4, 13, 18)."""
    access = get_registry(request.user, organization, name, Action.TYPE_ADD)
    registry = access.registry
    form = AddTypesForm(form_data(request), registry=registry)
    if form.is_valid() and _confirm(form, registry):
        wanted = dict(form.cleaned_data)
        types = wanted.pop("types")
        if form.submit(registry.add_types, actor_of(request), types, **wanted):
            messages.success(request, f"{registry} accepts {', '.join(types)}.")
            return redirect("registries:settings", organization, registry.name)
    log_refusals(request, form, Action.TYPE_ADD, registry)
    if form.is_bound and not registry.is_core and "type_looks_alike" not in form.codes:
        return settings_page(request, access, type_form=form, status=form.status)
    return _adding_page(request, access, form)


def _confirm(form, registry):
    """Whether the form may be submitted: a core registry needs the second step."""
    if registry.is_core and not form.cleaned_data["confirmed"]:
        form.add_error(None, as_error(rules.STALE_PREVIEW))
    return not form.errors


def _adding_page(request, access, form):
    """The first step: the types to add, that they stay (core), and the types that they look like."""
    registry = access.registry
    if form.is_bound:
        read_again(registry)
    form.initial["etag"] = etag_of(registry)
    asked = _types_asked_for(request)
    wanted, accepted = asked.cleaned_data.get("types", []), registry.type_names()
    shown = asked if "types" in asked.errors and "types" in request.GET else form
    added = [name for name in wanted if name not in accepted]
    form.initial["types"] = ", ".join(added)
    context = {
        "form": shown,
        "registry": registry,
        "asked": asked,
        "wanted": added,
        "accepted": accepted,
        "most_similar": rules.refuse_lookalikes(wanted, accepted),
        "refusal": rules.refuse_type_addition(registry.accepts_all_types),
    }
    status = 422 if shown is asked else form.status
    return render_page(request, "accepted_types/add.html", access.membership, context, status=status)


def _types_asked_for(request):
    """A valid form with the types of the address or of the post, because a refused form has lost its cleaned types."""
    asked = AddTypesForm(request.POST if request.method == "POST" else {"types": request.GET.get("types", "")})
    asked.is_valid()
    return asked


@require_POST
def remove(request, organization, name):
    """Remove a type (rules 4 and 11)."""
    access = get_registry(request.user, organization, name, Action.TYPE_REMOVE)
    registry = access.registry
    form = RemoveTypeForm(request.POST, registry=registry)
    if form.is_valid():
        wanted = form.cleaned_data
        if form.submit(registry.remove_type, actor_of(request), wanted["types"], etag=wanted["etag"]):
            if form.answer:
                messages.success(request, f"{registry} no longer accepts {wanted['types']}.")
            else:
                messages.info(request, f"{wanted['types']} isn't on the list of {registry}. Nothing was changed.")
            return redirect("registries:settings", organization, registry.name)
    log_refusals(request, form, Action.TYPE_REMOVE, registry)
    return settings_page(request, access, refused=form, status=form.status)


@require_POST
def accept(request, organization, name):
    """Accept all types, or a list instead of all types (rules 4, 7, 12)."""
    all_types = bool(request.POST.get("accepts_all_types"))
    action = Action.TYPES_ALL if all_types else Action.TYPES_LIST
    access = get_registry(request.user, organization, name, action)
    registry = access.registry
    form = AcceptForm(request.POST, registry=registry)
    if form.is_valid():
        wanted, actor = form.cleaned_data, actor_of(request)
        if all_types:
            done = form.submit(registry.accept_all_types, actor, etag=wanted["etag"])
        else:
            asked = {"etag": wanted["etag"], "confirmed": wanted["confirmed"]}
            done = form.submit(registry.accept_only, actor, wanted["types"], **asked)
        if done:
            messages.success(request, f"{registry} accepts {'all types' if all_types else 'only the types listed'}.")
            return redirect("registries:settings", organization, registry.name)
    log_refusals(request, form, action, registry)
    return settings_page(request, access, accept_form=form, status=form.status)
