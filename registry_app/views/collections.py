"""Pages of a collection: create, show, its card and settings, edit, delete, and its activity."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..choices import Action, Target
from ..forms import CreateCollectionForm, DeleteForm, EditCollectionForm, KeyMetricsForm
from ..listings.access_requests import alias_requests_in
from ..listings.events import CollectionEventListing
from ..listings.links import LinkListing, count_of
from ..listings.pointers import Pointers
from ..listings.publishing import first_version
from ..listings.series import Series
from ..models import AuditEvent, Collection
from ..models.change import etag_of, read_again
from ..permissions import get_collection, get_registry
from .rendering import actor_of, form_data, log_refusals, registry_page, wanted_target


@require_http_methods(["GET", "POST"])
def create(request, organization, name):
    """A new collection (rule 20)."""
    access = get_registry(request.user, organization, name, Action.COLLECTION_CREATE)
    collection = Collection(registry=access.registry)
    form = CreateCollectionForm(form_data(request), instance=collection)
    if form.is_valid() and form.submit(collection.create, actor_of(request), form.cleaned_data["tags"]):
        messages.success(request, f"{collection} is created. Publish its first version.")
        return redirect(collection)
    target = wanted_target(request, Target.COLLECTION, access.registry)
    target = target._replace(name=f"{access.registry}/{target.name}")
    log_refusals(request, form, Action.COLLECTION_CREATE, target)
    context = {"form": form, "headings": rules.CARD_HEADINGS}
    return registry_page(request, "collections/create.html", access, "detail", context, form.status)


@require_safe
def detail(request, organization, name, collection):
    """A collection: what its aliases point to, a metric, its versions, and the beginning of its card."""
    access, collection = get_collection(request.user, organization, name, collection)
    listing = LinkListing(access, collection, request.GET)
    context = {"tags": listing.labels.tags, "count": listing.count, **listing.context, **Pointers(listing).context}
    context["alias_requests"] = alias_requests_in(access, collection) if listing.labels.asked else []
    if listing.count == "0":
        context |= first_version(access, collection)
    held = sorted(listing.labels.protected)
    page, part = "collections/detail.html", "links/_results.html"
    return _collection_page(request, page, access, collection, "versions", context, held, part=part)


@require_safe
def card(request, organization, name, collection):
    """The card of a collection."""
    access, collection = get_collection(request.user, organization, name, collection)
    held = collection.protected_aliases()
    return _collection_page(request, "collections/card.html", access, collection, "card", {}, held)


@require_http_methods(["GET", "POST"])
def settings(request, organization, name, collection):
    """The key metrics of a collection, and its deletion."""
    access, collection = get_collection(request.user, organization, name, collection, Action.COLLECTION_EDIT)
    series = Series(collection)
    form = KeyMetricsForm(form_data(request), collection=collection, metrics=series.to_choose)
    if form.is_valid() and form.submit(
        collection.choose_metrics, actor_of(request), form.keys, etag=form.cleaned_data["etag"]
    ):
        messages.success(request, f"The key metrics of {collection} are saved.")
        return redirect(collection)
    log_refusals(request, form, Action.COLLECTION_EDIT, collection)
    context = {"form": form, "stated_by": len(series.rows)}
    if form.status == 409:
        read_again(collection, ["key_metrics", "version"])
        form.initial["etag"] = etag_of(collection)
        context |= {
            "theirs": AuditEvent.objects.newest(Action.COLLECTION_EDIT, collection),
            "stored": rules.key_metric_texts(collection.key_metrics),
        }
    held = collection.protected_aliases()
    return _collection_page(
        request, "collections/settings.html", access, collection, "settings", context, held, form.status
    )


def _collection_page(request, template, access, collection, view, context, held, status=200, *, part=None):
    """A page of a collection with its heading and tabs, or a `part`; `held` are the protected aliases that keep it."""
    locked = rules.refuse_protected(access.role, held, held)
    shown = {"collection": collection, "view": view, "locked": locked, **context}
    if "count" not in shown:
        shown["count"] = count_of(collection)
    return registry_page(request, template, access, "detail", shown, status, part=part)


@require_http_methods(["GET", "POST"])
def edit(request, organization, name, collection):
    """Edit name, card and tags of a collection."""
    access, collection = get_collection(request.user, organization, name, collection, Action.COLLECTION_EDIT)
    shown = {"name": collection.name, "description": collection.description, "etag": etag_of(collection)}
    shown["tags"] = ", ".join(collection.tag_names())
    form = EditCollectionForm(form_data(request), registry=access.registry, initial=shown)
    if form.is_valid() and form.submit(collection.edit, actor_of(request), **form.cleaned_data):
        messages.success(request, f"{collection} is saved.")
        return redirect(collection)
    log_refusals(request, form, Action.COLLECTION_EDIT, collection)
    if form.is_bound:
        read_again(collection, ["name", "description", "version"])
        form.initial["etag"] = etag_of(collection)
    context = {"form": form, "collection": collection, "headings": rules.CARD_HEADINGS, "rules": rules}
    if form.status == 409:
        context["theirs"] = AuditEvent.objects.newest(Action.COLLECTION_EDIT, collection)
    return registry_page(request, "collections/edit.html", access, "detail", context, form.status)


@require_http_methods(["GET", "POST"])
def delete(request, organization, name, collection):
    """Delete a collection permanently, after a first step that shows what it contains (rules 18, 26)."""
    access, collection = get_collection(request.user, organization, name, collection, Action.COLLECTION_DELETE)
    form = DeleteForm(form_data(request), registry=access.registry, name=collection.name)
    if form.is_valid() and form.submit(collection.delete_by, actor_of(request), **form.cleaned_data):
        messages.success(request, f"{collection} is deleted. Its versions stay with their teams.")
        return redirect(access.registry)
    log_refusals(request, form, Action.COLLECTION_DELETE, collection)
    held, now = collection.protected_aliases(), collection.holdings()
    form.initial["etag"] = etag_of(collection, now)
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
    """The audit entries of a collection, the newest first; for an alias, who moved it and when."""
    access, collection = get_collection(request.user, organization, name, collection)
    listing = CollectionEventListing(access, collection, request.GET)
    held = collection.protected_aliases()
    template = "collections/activity.html"
    return _collection_page(request, template, access, collection, "activity", listing.context, held)
