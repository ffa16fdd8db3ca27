"""Aliases: what one names in every collection."""

from django.views.decorators.http import require_safe

from ..listings.aliases import AliasListing
from ..permissions import get_organization
from .rendering import render_page


@require_safe
def index(request, organization):
    """The collections in which an alias names a version."""
    membership = get_organization(request.user, organization)
    context = {"section": "aliases", "board": AliasListing(membership, request.GET).context}
    return render_page(request, "aliases/index.html", membership, context)
