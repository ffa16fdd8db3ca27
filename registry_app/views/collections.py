"""Pages of collections: the list of a registry's, one of them, and how they begin, change and end."""

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Value
from django.db.models.functions import Left
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..choices import Action
from ..forms import (
    CreateCollectionForm,
    CursorForm,
    DeleteCollectionForm,
    EditCollectionForm,
    HistoryFilter,
)
from ..listings.cursor import SORTS, paginate, paginate_objects
from ..listings.events import paginate_events
from ..models import Alias, AuditEvent, Collection, Tag
from ..permissions import get_collection, get_registry
from .rendering import actor_of, form_data, log_refusals, registry_page

COUNT_CAP = 1000  # collections counted at most
CARD_READ = 1000  # characters of a card, of which the list shows the first line
MARKS_SHOWN = 6  # aliases, and tags, in a row of the list


def listing(registry, filters):
    """What the table of a registry's collections shows, for valid `filters` (a CollectionFilter)."""
    wanted = filters.cleaned_data
    sort = wanted["sort"] or "-updated"
    keys, descending = SORTS[sort]
    narrowed = filters.apply(registry.collections.all())
    page = paginate(
        narrowed.with_latest().values(
            "id", "name", "name_key", "type", "updated_at", "latest_number", card=Left("description", CARD_READ)
        ),
        keys,
        descending=descending,
        after=wanted["after"],
        before=wanted["before"],
    )
    protected = registry.protected_names()
    return {
        "page": page,
        "rows": _prepared(page.rows, protected),
        "count": _count(narrowed, page),
        "sort": sort,
        "filters": filters,
        "protected": protected,
    }


def _count(collections, page):
    """How many there are, as text; counted where the page doesn't show all, and to a cap."""
    if page.before is None and page.after is None:
        return str(len(page.rows))
    count = collections.order_by()[: COUNT_CAP + 1].count()
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


def _prepared(rows, protected):
    """Those rows with what they carry: aliases, `protected` ones marked and first, and the collections' own tags."""
    aliases: dict[int, list] = {}
    tags: dict[int, list] = {}
    for collection, name, is_alias in _carried([row["id"] for row in rows]):
        if is_alias:
            aliases.setdefault(collection, []).append(name)
        else:
            tags.setdefault(collection, []).append(name)
    for row in rows:
        marks = _marks(aliases.get(row["id"], ()), protected)
        row["aliases"], row["more_aliases"] = marks[:MARKS_SHOWN], max(0, len(marks) - MARKS_SHOWN)
        names = sorted(tags.get(row["id"], ()))
        row["tags"], row["more_tags"] = names[:MARKS_SHOWN], max(0, len(names) - MARKS_SHOWN)
        row["updated"] = naturaltime(row["updated_at"])
        row["summary"] = Collection(description=row["card"]).summary[:160]
    return rows


def _marks(aliases, protected):
    """[(alias, whether it is protected)] of the names `aliases`: the protected ones first."""
    held = rules.protected_among(aliases, protected)
    return [(name, True) for name in held] + [(name, False) for name in sorted(set(aliases) - set(held))]


def _carried(ids):
    """(id of a collection, a name, whether it is an alias, else a tag of its own) of these collections."""
    aliases = Alias.objects.filter(collection__in=ids).order_by().values_list("collection", "name", Value(1))
    tags = Tag.objects.filter(collection__in=ids, link=None).order_by().values_list("collection", "name", Value(0))
    return aliases.union(tags, all=True)


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
    newest = collection.links.order_by("-number")[:2]
    context = {
        "collection": collection,
        "page": page,
        "rows": _marked(page.rows, access.registry),
        "count": collection.links.count(),
        "newest": list(newest),
        "tags": collection.tag_names(),
    }
    return registry_page(request, "collections/detail.html", access, "detail", context)


def _marked(links, registry):
    """(link, [(alias, whether it is protected)], whether any is) of each of `links`."""
    protected = registry.protected_names()
    rows = []
    for link in links:
        marks = _marks([alias.name for alias in link.aliases.all()], protected)
        rows.append((link, marks, any(is_protected for _, is_protected in marks)))
    return rows


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
