"""Pages of collections: the list of a registry's, one of them, and how they begin, change and end."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..choices import Action
from ..forms import (
    CompareForm,
    CreateCollectionForm,
    CursorForm,
    DeleteCollectionForm,
    EditCollectionForm,
    HistoryFilter,
)
from ..listings.cursor import paginate_objects
from ..listings.events import paginate_events
from ..listings.links import link_rows
from ..models import AuditEvent, Collection
from ..permissions import get_collection, get_registry
from .rendering import actor_of, form_data, log_refusals, registry_page


@require_http_methods(["GET", "POST"])
def create(request, organization, name):
    """A new collection (rule 20)."""
    access = get_registry(request.user, organization, name, Action.COLLECTION_CREATE)
    collection = Collection(registry=access.registry)
    form = CreateCollectionForm(form_data(request), instance=collection)
    if form.is_valid() and form.submit(collection.create, actor_of(request), form.cleaned_data["tags"]):
        messages.success(request, f"{collection} is created. Link its first version.")
        return redirect(collection)
    subject = f"{access.registry}/{str(request.POST.get('name', ''))[:60]}"
    log_refusals(request, form, Action.COLLECTION_CREATE, access.membership, access.registry, subject)
    context = {"form": form, "headings": rules.CARD_HEADINGS}
    return registry_page(request, "collections/create.html", access, "detail", context, form.status)


@require_safe
def detail(request, organization, name, collection):
    """A collection: its versions, newest first, and its card."""
    access, collection = get_collection(request.user, organization, name, collection)
    form = CursorForm(request.GET)
    wanted = form.require()
    links = collection.links.select_related("version", "linked_by").prefetch_related("aliases", "tags")
    page = paginate_objects(links, ["number"], descending=True, after=wanted["after"], before=wanted["before"])
    newest = list(collection.links.order_by("-number")[:2])
    context = {
        "collection": collection,
        "page": page,
        "rows": link_rows(page.rows, access.registry),
        "count": collection.links.count(),
        "newest": newest,
        "compare_form": CompareForm(collection=collection, newest=newest),
        "tags": collection.tag_names(),
    }
    return registry_page(request, "collections/detail.html", access, "detail", context)


@require_http_methods(["GET", "POST"])
def edit(request, organization, name, collection):
    """Name, card and tags of a collection."""
    access, collection = get_collection(request.user, organization, name, collection, Action.COLLECTION_EDIT)
    initial = {
        "name": collection.name,
        "description": collection.description,
        "tags": ", ".join(collection.tag_names()),
        "version": collection.version,
    }
    form = EditCollectionForm(form_data(request), registry=access.registry, initial=initial)
    if form.is_valid() and form.submit(collection.edit, actor_of(request), **form.cleaned_data):
        messages.success(request, f"{collection} is saved.")
        return redirect(collection)
    log_refusals(request, form, Action.COLLECTION_EDIT, access.membership, access.registry, collection=collection)
    if form.is_bound:
        collection = Collection.objects.get(pk=collection.pk)  # a refused edit has changed it
        collection.registry = access.registry
        form.initial["version"] = collection.version
    context = {"form": form, "collection": collection, "headings": rules.CARD_HEADINGS}
    if form.status == 409:
        edits = AuditEvent.objects.of_collection(collection).filter(action=Action.COLLECTION_EDIT, code="")
        context["theirs"] = edits.first()
    return registry_page(request, "collections/edit.html", access, "detail", context, form.status)


@require_http_methods(["GET", "POST"])
def delete(request, organization, name, collection):
    """Remove a collection: first what goes with it, then for good (rules 18, 26)."""
    access, collection = get_collection(request.user, organization, name, collection, Action.COLLECTION_DELETE)
    form = DeleteCollectionForm(form_data(request), collection=collection)
    if form.is_valid():
        wanted = form.cleaned_data
        if form.submit(collection.delete_by, actor_of(request), seen=wanted["preview"], reason=wanted["reason"]):
            messages.success(request, f"{collection} is deleted. Its versions stay with their teams.")
            return redirect(access.registry)
    log_refusals(request, form, Action.COLLECTION_DELETE, access.membership, access.registry, collection=collection)
    held, now = collection.protected_aliases(), collection.holdings()
    form.initial["preview"] = now
    context = {
        "form": form,
        "collection": collection,
        "now": now,
        "protected": held,
        "refusal": rules.refuse_protected(access.role, held, held),
    }
    return registry_page(request, "collections/delete.html", access, "detail", context, form.status)


@require_safe
def activity(request, organization, name, collection):
    """What happened in one collection, newest first; narrowed to an alias: who moved it, and when."""
    access, collection = get_collection(request.user, organization, name, collection)
    filters = HistoryFilter(request.GET)
    wanted = filters.require()
    events = filters.apply(AuditEvent.objects.of_collection(collection))
    context = {"collection": collection, "filters": filters, "alias": wanted["alias"]}
    context["holder"] = _holder(collection, wanted["alias"])
    context |= paginate_events(events, wanted["before"])
    return registry_page(request, "collections/activity.html", access, "activity", context)


def _holder(collection, alias):
    """The link that carries `alias` now, or None."""
    if alias == rules.LATEST:
        return collection.links.order_by("-number").first()
    found = collection.aliases.filter(name=alias).select_related("link").first() if alias else None
    return found and found.link
