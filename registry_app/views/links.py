"""Pages of the links in a collection: create, show, edit aliases and tags, unlink, compare."""

import csv
import shlex
from functools import partial
from urllib.parse import unquote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_http_methods, require_safe

from ..choices import Action, Permission
from ..forms import CompareForm, LabelsForm, LinkForm, PromoteForm, UnlinkForm
from ..listings.comparison import Comparison, csv_lines, known_number, versions_to_add
from ..listings.labels import Labels, aliases_of_others, labels_of
from ..listings.lineage import LineageListing
from ..listings.promotion import OTHERS, Promotion
from ..listings.series import Series
from ..listings.version_page import VersionPage
from ..listings.versions import LinkableVersionListing
from ..models import AuditEvent
from ..models.change import etag_of
from ..permissions import get_collection, get_link
from .rendering import actor_of, form_data, log_refusals, registry_page

# {scheme of an address: the command that fetches what is there}.
FETCH = {
    "s3": "aws s3 cp --recursive {uri} .",
    "gs": "gcloud storage cp --recursive {uri} .",
    "hf": "hf download {path}",
    "file": "cp -r {path} .",
    "http": "curl -LO {uri}",
    "https": "curl -LO {uri}",
    "mlflow-artifacts": "mlflow artifacts download -u {uri}",
    "runs": "mlflow artifacts download -u {uri}",
    "models": "mlflow artifacts download -u {uri}",
}


@require_http_methods(["GET", "POST"])
def create(request, organization, name, collection):
    """Link a version into a collection (rules 21 to 25), chosen from the usable versions of its type."""
    access, collection = get_collection(request.user, organization, name, collection, Action.LINK)
    form = LinkForm(form_data(request), collection=collection, membership=access.membership)
    if form.is_valid() and form.submit(collection.link, actor_of(request), **form.cleaned_data):
        messages.success(request, _linked(form.cleaned_data["aliases"], *form.answer))
        return redirect(collection)
    log_refusals(request, form, Action.LINK, collection)
    context = {
        **LinkableVersionListing(access, collection, request.GET).context,
        "form": form,
        "admins": SimpleLazyObject(access.registry.helpers),  # asked for where the page names them
        "collection": collection,
        "protected": access.registry.protected_names(),
    }
    found = context["found"]
    context["choices"] = zip(found, form.offer("version", [(each.pk, each) for each in found]), strict=True)
    return registry_page(
        request, "links/create.html", access, "detail", context, form.status, part="links/_versions.html"
    )


def _linked(aliases, link, is_new):
    """The message for the next page; `aliases` are those that it got now."""
    names = sorted(aliases) if is_new else link.alias_names()
    has = f" It has {', '.join(names)}." if names else ""
    if is_new:
        return f"{link.version} is linked as {link.label}.{has}"
    return f"{link.version} was here already, as {link.label}: it isn't linked twice.{has}"


@require_safe
def detail(request, organization, name, collection, number):
    """Everything about a link and its version."""
    access, collection, found = get_link(request.user, organization, name, collection, number)
    context = {
        "collection": collection,
        "here": collection.get_absolute_url(),
        "version": found.version,
        "may_use": Permission.USE in access.allowed,
        "fetch": _fetch(found.version.uri),
        **VersionPage(access, found).context,
    }
    return registry_page(request, "links/detail.html", access, "detail", context)


@require_safe
def lineage(request, organization, name, collection, number):
    """All inputs, or all outputs, of a version that the person may know."""
    access, collection, found = get_link(request.user, organization, name, collection, number)
    listing = LineageListing(access.membership, found.version, request.GET)
    context = {"collection": collection, "link": found, **listing.context}
    return registry_page(request, "links/lineage.html", access, "detail", context)


def _fetch(uri):
    """The shell command that fetches `uri`, or None if none is known."""
    scheme, _, rest = uri.partition(":")
    path = rest.removeprefix("//")
    if scheme.lower() == "file":
        path = unquote(path)
    pattern = FETCH.get(scheme.lower())
    if pattern is None or path.startswith("-"):  # a command would read the path as an option
        return None
    return pattern.format(uri=shlex.quote(uri), path=shlex.quote(path))


@require_http_methods(["GET", "POST"])
def edit(request, organization, name, collection, number):
    """Edit aliases and tags of a link (rules 25 and 26)."""
    access, collection, found = get_link(request.user, organization, name, collection, number, Action.ALIAS_SET)
    form = LabelsForm(form_data(request), link=found)
    if form.is_valid() and form.submit(found.edit_labels, actor_of(request), **form.cleaned_data):
        names = ", ".join(form.answer) or "no aliases"
        messages.success(request, f"Aliases and tags of {found.label} are saved: it has {names} now.")
        return redirect(collection)
    log_refusals(request, form, Action.ALIAS_SET, found)
    if form.is_bound:
        facts = found.facts
        form.initial.update(listed=facts[0], etag=etag_of(found, facts=facts))
    context = {"form": form, **_labels_context(access, collection, found)}
    context |= _choices(form, context, access)
    if form.status == 409:
        context["theirs"] = AuditEvent.objects.of_collection(collection).filter(code="").first()
    return registry_page(request, "links/edit.html", access, "detail", context, form.status)


@require_http_methods(["GET", "POST"])
def promote(request, organization, name, collection, number):
    """Set one alias on a link (rules 25 and 26). Protected aliases are offered first."""
    access, collection, found = get_link(request.user, organization, name, collection, number, Action.ALIAS_SET)
    promotion = Promotion(access, found)
    form = _promote_form(request, access, promotion)
    if form.is_valid() and form.submit(_promote, found, actor_of(request), promotion.shown, form.cleaned_data):
        messages.success(request, f"{form.cleaned_data['alias']} now points to {found.label}.")
        return redirect(found)
    log_refusals(request, form, Action.ALIAS_SET, found)
    if (chosen := form.data.get("alias")) in promotion.others[OTHERS:]:
        form.type_alias(chosen)
    *boxes, another = form["alias"].subwidgets
    context = {
        **promotion.context,
        "admins": SimpleLazyObject(access.registry.helpers),
        "another": another,
        "choices": list(zip(promotion.choices, boxes, strict=True)),
        "collection": collection,
        "form": form,
    }
    return registry_page(request, "links/promote.html", access, "detail", context, form.status)


def _promote_form(request, access, promotion):
    """The form of the Promotion: who may not set the protected aliases isn't asked why."""
    protected = [] if promotion.refusal else promotion.labels.declared
    shown = promotion.shown
    etag = promotion.link.collection.alias_etag(shown)
    return PromoteForm(form_data(request), registry=access.registry, names=shown, protected=protected, etag=etag)


def _promote(link, actor, shown, wanted):
    link.promote(actor, wanted["alias"], shown=shown, etag=wanted["etag"], reason=wanted["reason"])


def _labels_context(access, collection, link):
    """The link with its aliases and tags, and why the user may not change its protected aliases."""
    admins = SimpleLazyObject(access.registry.helpers)
    return {**labels_of(access, link), "collection": collection, "link": link, "admins": admins}


def _choices(form, labels, access):
    """The aliases to tick: its `own`, and those of other versions, which may move to it; `labels` is its context.

    An alias that the link got since the form was shown is `fresh`, and ticked: nobody removes an alias unseen.
    """
    own = [(name, name in labels["protected"]) for name in (*labels["protected"], *labels["aliases"])]
    held, locked = aliases_of_others(access, labels["link"])
    fresh = []
    if form.is_bound:
        fresh = [name for name, _ in own if name not in form.data.getlist("listed")]
        form.tick([*fresh, *(labels["protected"] if labels["refusal"] else [])])  # it can't take those off
    return {
        "own": _with_boxes(own, form, "keep"),
        "fresh": fresh,
        "held": _with_boxes(held, form, "move"),
        "locked": locked,
    }


def _with_boxes(aliases, form, field):
    """(alias, whether it is protected, its box in the field) of each of `aliases`."""
    boxes = form.offer(field, [(str(alias), alias) for alias, _ in aliases])
    return [(*alias, box) for alias, box in zip(aliases, boxes, strict=True)]


@require_http_methods(["GET", "POST"])
def unlink(request, organization, name, collection, number):
    """Unlink a version, after a first step that shows its aliases and tags (rules 26, 27)."""
    access, collection, found = get_link(request.user, organization, name, collection, number, Action.UNLINK)
    form = UnlinkForm(form_data(request), registry=access.registry)
    if form.is_valid() and form.submit(found.unlink, actor_of(request), **form.cleaned_data):
        messages.success(request, f"{found.label} is unlinked. {found.version} stays where it is.")
        return redirect(collection)
    log_refusals(request, form, Action.UNLINK, found)
    context = {**_labels_context(access, collection, found), "form": form}
    return registry_page(request, "links/unlink.html", access, "detail", context, form.status)


@require_safe
def compare(request, organization, name, collection):
    """Compare two to six versions of a collection; without parameters, the form to choose them."""
    access, collection = get_collection(request.user, organization, name, collection)
    series, labels = Series(collection), Labels.of(collection)
    asked = request.GET if "v" in request.GET else None
    form = CompareForm(asked, number_called=partial(known_number, series, labels))
    form.refuse_repeated()
    context = {"collection": collection, "form": form, "choices": versions_to_add(series, labels)}
    if form.is_valid():
        wanted = form.cleaned_data
        comparison = Comparison(access, series, labels, wanted["v"], wanted["base"])
        if wanted["format"]:
            return _csv(comparison)
        context |= {"here": collection.get_absolute_url(), **comparison.context(wanted["only"])}
    return registry_page(request, "links/compare.html", access, "detail", context, 422 if form.errors else 200)


def _csv(comparison):
    """The comparison as a file for spreadsheets."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="comparison.csv"'
    response.write("\ufeff")  # the byte order mark tells a spreadsheet that it is UTF-8
    csv.writer(response).writerows(csv_lines(comparison.links, comparison.groups))
    return response
