"""Pages of registries: the list, one of them, its settings, and the two steps that can't be taken back."""

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..choices import Action, Kind, Visibility
from ..forms import (
    AcceptForm,
    AddTypesForm,
    AuditFilter,
    CollectionFilter,
    CreateForm,
    DeleteForm,
    DetailsForm,
    ProtectForm,
    RegistryFilter,
    RestrictForm,
)
from ..listings.collections import collection_listing
from ..listings.cursor import SORTS, paginate
from ..listings.events import paginate_events
from ..listings.registries import (
    COUNT_CAP,
    FILTERED_CAP,
    capped_count,
    core_cards,
    prepare_rows,
    registry_rows,
    types_by_registry,
)
from ..models import Alias, AuditEvent, Collection, Registry, effective_sources
from ..permissions import get_organization, get_registry, require_creator
from .rendering import actor_of, admins_who_can_help, form_data, log_refusals, registry_page, render_page

COLLECTIONS_SHOWN = 10  # names on the preview of a deletion
PEOPLE_SHOWN = 50  # names on the preview of a restriction
CHANGES = {
    Action.RESTRICT,
    Action.TYPE_ADD,
    Action.TYPES_LIST,
    Action.PROTECT,
}  # what only admins do on the settings page


@require_safe
def index(request, organization):
    """The registries that this person can see: core ones as cards, custom ones as a table."""
    membership = get_organization(request.user, organization)
    filters = RegistryFilter(request.GET)
    wanted = filters.require()
    narrowed = filters.apply(membership.registries(), membership)
    sort = wanted["sort"] or "name"
    keys, descending = SORTS[sort]
    page = paginate(
        registry_rows(narrowed.custom(), membership),
        keys,
        descending=descending,
        after=wanted["after"],
        before=wanted["before"],
    )
    first = page.before is None
    cores = narrowed.core() if first else narrowed.none()
    types = types_by_registry(page.rows, cores)
    context = {
        "filters": filters,
        "sort": sort,
        "page": page,
        "count": capped_count(narrowed.custom(), page, first, FILTERED_CAP if filters.active else COUNT_CAP),
        "cores": core_cards(types) if first else [],
        "rows": prepare_rows(page.rows, membership, types),
    }
    return render_page(request, "registries/index.html", membership, context, part="registries/_results.html")


@require_http_methods(["GET", "POST"])
def create(request, organization):
    """A new custom registry (rule 7)."""
    membership = require_creator(request.user, organization)
    registry = Registry(organization=membership.organization, kind=Kind.CUSTOM)
    form = CreateForm(form_data(request), instance=registry)
    if form.is_valid():
        types, confirmed = form.cleaned_data.get("types", []), form.cleaned_data["confirmed"]
        if form.submit(registry.create, actor_of(request), types, confirmed=confirmed):
            messages.success(request, f"{registry} is created. You are its admin.")
            return redirect(registry)
    log_refusals(request, form, Action.CREATE, membership, subject=str(request.POST.get("name", ""))[:60])
    context = {"form": form, "section": "create"}
    return render_page(request, "registries/create.html", membership, context, status=form.status)


@require_safe
def name(request, organization):
    """Whether a name is free, for the create form while it is filled in: a sentence for its status line.

    Told to whoever may create there, who would be told by creating; to nobody else (rule 14).
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
    """A registry: its collections, and what can change here."""
    access = get_registry(request.user, organization, name)
    filters = CollectionFilter(request.GET)
    filters.require()
    used = Collection.objects.filter(registry=OuterRef("registry"), type=OuterRef("name"))
    context = {
        **collection_listing(access.registry, filters),
        "types": list(access.registry.types.annotate(used=Exists(used))),
        "people": access.registry.people().count(),
    }
    return registry_page(request, "registries/detail.html", access, "detail", context, part="collections/_results.html")


@require_http_methods(["GET", "POST"])
def settings(request, organization, name):
    """What a registry is; its admins and members change here what may be changed."""
    action = Action.EDIT if request.method == "POST" else Action.SEE
    access = get_registry(request.user, organization, name, action)
    registry = access.registry
    form = DetailsForm(form_data(request), instance=registry.draft())
    if form.is_valid():
        wanted = {field: form.cleaned_data[field] for field in ("name", "description", "version")}
        if form.submit(registry.edit, actor_of(request), **wanted):
            messages.success(request, f"{registry} is saved.")
            return redirect("registries:settings", organization, registry.name)
    log_refusals(request, form, Action.EDIT, access.membership, registry)
    return settings_page(request, access, form=form, status=form.status)


def settings_page(request, access, *, status=200, **forms):
    """The settings page, with the forms that were refused (`form`, `type_form`, `accept_form`, `alias_form`)."""
    stored = access.registry  # text and version are of one read; what a verb refused, it has read anew
    used = stored.types_in_use()
    types = list(stored.types.select_related("added_by"))
    others = len(types) - 1
    context = {
        "types": [
            (type_, rules.refuse_type_removal(stored.kind, type_.name, in_use=type_.name in used, others=others))
            for type_ in types
        ],
        "form": DetailsForm(instance=stored),
        "type_form": AddTypesForm(registry=stored, initial={"version": stored.version}),
        "accept_form": AcceptForm(registry=stored, initial={"version": stored.version}),
        "alias_form": ProtectForm(registry=stored),
        "stored": stored,
        "people": stored.people().count(),
        "protected": list(stored.protected_aliases.all()),
        "admins": admins_who_can_help(stored),
        "may_change": access.allowed & CHANGES,
        "rules": rules,
        **forms,
    }
    if status == 409:
        context["theirs"] = AuditEvent.objects.of_registry(stored).filter(code="").first()
        for form in forms.values():
            form.initial["version"] = stored.version
    return registry_page(request, "registries/settings.html", access, "settings", context, status)


@require_http_methods(["GET", "POST"])
def restrict(request, organization, name):
    """Close a registry to everybody without a role: first what would happen, then for good (rules 8, 9, 18)."""
    access = get_registry(request.user, organization, name, Action.RESTRICT)
    registry = access.registry
    form = RestrictForm(form_data(request), registry=registry)
    if form.is_valid():
        wanted = form.cleaned_data
        if form.submit(
            registry.restrict,
            actor_of(request),
            version=wanted["version"],
            seen=wanted["preview"],
            keep=wanted["keep"],
            reason=wanted["reason"],
        ):
            messages.success(request, f"{registry} is now restricted. {registry.people().count()} people have access.")
            return redirect("registries:settings", organization, registry.name)
    log_refusals(request, form, Action.RESTRICT, access.membership, registry)
    if form.is_bound:
        registry.refresh_from_db()
    context = {"form": form, **_restriction(registry, request.POST.getlist("keep"))}
    form.initial.update(version=registry.version, preview=context["now"])
    return registry_page(request, "registries/restrict.html", access, "settings", context, form.status)


def _restriction(registry, kept_too):
    """What the preview shows: counts, and by name who keeps access, and through what, and who loses it.

    `kept_too` are the usernames whose boxes are ticked.
    """
    now, (kept, lost) = registry.restriction(), registry.sides_of_restriction()
    kept, lost = (side.select_related("user", "organization").order_by("user__username") for side in (kept, lost))
    return {
        "now": now,
        "held": registry.collections.holdings(),
        "more_kept": max(0, now.keeps - PEOPLE_SHOWN),
        "more_lost": max(0, now.loses - PEOPLE_SHOWN),
        "kept": effective_sources(registry, list(kept[:PEOPLE_SHOWN]), Visibility.RESTRICTED),
        "lost": [(membership, membership.user.username in kept_too) for membership in lost[:PEOPLE_SHOWN]],
        "refusal": rules.refuse_restriction(registry.kind, registry.visibility),
    }


@require_http_methods(["GET", "POST"])
def delete(request, organization, name):
    """Remove a custom registry: first what goes with it, then for good (rules 5, 16, 18)."""
    access = get_registry(request.user, organization, name, Action.DELETE)
    registry = access.registry
    form = DeleteForm(form_data(request), registry=registry)
    if form.is_valid():
        wanted = form.cleaned_data
        shown = {"version": wanted["version"], "seen": wanted["preview"]}
        if form.submit(registry.delete_by, actor_of(request), **shown, reason=wanted["reason"]):
            messages.success(request, f"{registry} is deleted. The audit log keeps its history.")
            return redirect("registries:index", organization)
    log_refusals(request, form, Action.DELETE, access.membership, registry)
    if form.is_bound:
        registry.refresh_from_db()
    context = {"form": form, "people": registry.people().count(), "refusal": rules.refuse_delete(registry.kind)}
    context |= {"types": registry.type_names(), "now": registry.collections.holdings(), **_held(registry)}
    form.initial.update(version=registry.version, preview=context["now"])
    return registry_page(request, "registries/delete.html", access, "settings", context, form.status)


def _held(registry):
    """What the preview of a deletion names: the first collections, and the protected aliases that jobs load by."""
    aliases = Alias.objects.filter(collection__registry=registry).values_list("name", flat=True).distinct()
    return {
        "collections": registry.collections.order_by("name_key")[:COLLECTIONS_SHOWN],
        "protected": rules.protected_among(aliases.order_by(), registry.protected_names()),
    }


@require_safe
def activity(request, organization, name):
    """What happened in one registry, newest first."""
    access = get_registry(request.user, organization, name)
    filters = AuditFilter(request.GET)
    wanted = filters.require()
    events = filters.apply(AuditEvent.objects.of_registry(access.registry))
    context = {"registry": access.registry, "allowed": access.allowed, "tab": "activity", "filters": filters}
    context |= paginate_events(events, wanted["before"])
    return render_page(request, "registries/activity.html", access.membership, context)
