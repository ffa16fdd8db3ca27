"""Pages that publish a version: in a collection, in a registry, and the choice of a registry."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..choices import Action, Target
from ..forms import PublishForm, RegistryPublishForm
from ..listings.publishing import PublishingSuggestions, registries_to_publish_in
from ..permissions import get_collection, get_organization, get_registry
from .rendering import actor_of, form_data, log_refusals, registry_page, render_page, wanted_target


@require_safe
def organization(request, organization):
    """The registries in which the user may publish, to choose one."""
    membership = get_organization(request.user, organization)
    context = {"section": "publish", "registries": registries_to_publish_in(membership)}
    return render_page(request, "publishing/organization.html", membership, context)


@require_http_methods(["GET", "POST"])
def registry(request, organization, name):
    """Publish a version in a collection of the registry, which is chosen or created (rules 20 to 25)."""
    access = get_registry(request.user, organization, name, Action.LINK)
    suggestions = PublishingSuggestions(access)
    form = _form(request, RegistryPublishForm, access, suggestions)
    target = wanted_target(request, Target.COLLECTION, access.registry, "collection")
    target = target._replace(name=f"{access.registry}/{target.name}")
    return _publish(request, access, form, suggestions, "publishing/registry.html", target)


@require_http_methods(["GET", "POST"])
def collection(request, organization, name, collection):
    """Publish a version in the collection. With `?digest=`, htmx gets whether a version here has that digest."""
    access, collection = get_collection(request.user, organization, name, collection, Action.LINK)
    suggestions = PublishingSuggestions(access, collection)
    form = _form(request, PublishForm, access, suggestions, collection)
    return _publish(request, access, form, suggestions, "publishing/collection.html", collection)


def _form(request, kind, access, suggestions, collection=None):
    data = form_data(request)
    options = {"access": access, "has_teams": bool(suggestions.teams)}
    return kind(data, collection=collection, initial=None if data else suggestions.initial, **options)


def _publish(request, access, form, suggestions, template, target):
    """Publish what `form` says, and show the linked version; or the page `template`."""
    if form.is_bound and (answer := form.publish(actor_of(request))):
        link, is_new = answer
        if is_new:
            messages.success(request, f"{link.label} is published. latest points to it.")
        else:
            messages.info(request, f"This is {link.label} already: its digest is the same. Nothing was changed.")
        return redirect(link)
    log_refusals(request, form, Action.LINK, target)
    context = {
        **suggestions.context,
        "form": form,
        "cancel": (suggestions.collection or access.registry).get_absolute_url(),
        "collection": suggestions.collection,
        "protected": access.registry.protected_names(),
        "may_publish": bool(suggestions.teams) or access.membership.is_admin,
        "admins": access.membership.organization.memberships.admins().who_can_help(),
        "stored": _stored(request, suggestions.collection),
    }
    part = "publishing/_stored.html" if "digest" in request.GET else None
    return registry_page(request, template, access, "detail", context, form.status, part=part)


def _stored(request, collection):
    """The link of the version in `collection` that has the digest of the address, or None."""
    digest = rules.clean_digest(request.GET.get("digest", ""))
    if collection is None or rules.refuse_digest(digest):
        return None
    return collection.links.filter(version__digest=digest).first()
