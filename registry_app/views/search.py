"""Search in the registries that the user can see."""

from django.views.decorators.http import require_safe

from ..forms import SearchForm
from ..listings.search import SearchListing
from ..permissions import get_organization
from ..search.query import OPERATORS, Search
from .rendering import render_page


@require_safe
def index(request, organization):
    """The first hits of a search among registries, collections, versions, aliases and tags."""
    membership = get_organization(request.user, organization)
    form = SearchForm(request.GET)
    form.refuse_repeated()
    wanted = form.cleaned_data["q"] if form.is_valid() else Search()
    context = {"form": form, "section": "search", "asked": any(wanted), "operators": OPERATORS}
    if any(wanted):
        listing = SearchListing(membership, wanted)
        context["groups"] = listing.groups
        if not context["groups"] and not wanted.conditions:
            context["meant"] = listing.meant
    return render_page(
        request, "search/index.html", membership, context, part="search/_results.html", status=form.status
    )
