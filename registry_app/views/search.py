"""Search in what the user can see."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.views.decorators.http import require_safe

from ..forms import SearchForm
from ..listings.references import ReferenceListing
from ..listings.search import SearchListing
from ..permissions import get_organization
from ..search.query import OPERATORS, Search
from .rendering import render_page

RECENT = 5  # searches that a session remembers


@require_safe
def index(request, organization):
    """A page of the hits of a search among registries, collections, versions and artifacts, the best first.

    A text that names just one thing leads there; one that may as well be a word only where nothing else is found.
    """
    membership = get_organization(request.user, organization)
    form = SearchForm(request.GET)
    form.require()
    named = ReferenceListing(membership, request.GET.get("q", ""))
    if named.only and not named.is_word and not _is_typed(request):
        return _lead(request, named.only)
    wanted = form.cleaned_data.get("q", Search())
    context = {"form": form, "section": "search", "asked": wanted.asked, "operators": OPERATORS, **named.context}
    if wanted.asked:
        listing = SearchListing(membership, wanted, form.cleaned_data["kind"], form.cleaned_data["page"] or 1)
        context |= {"unknown": wanted.unknown, **listing.context}
        if named.only and not listing.is_found and not _is_typed(request):
            return _lead(request, named.only)
        if not listing.is_found and not wanted.conditions:
            context["meant"] = listing.meant
    context["recent"] = _recent(request, organization, wanted)
    status = 200 if context["targets"] else form.status
    return render_page(request, "search/index.html", membership, context, part="search/_results.html", status=status)


def _recent(request, organization, wanted):
    """The texts that this session searched for in the organization before, the last one first; `wanted` joins them."""
    text, kept = request.GET.get("q", "").strip(), request.session.get("searches", {})
    before = kept.get(organization, [])
    recent = [text, *(each for each in before if each != text)][:RECENT]
    if wanted.asked and not _is_typed(request) and recent != before:
        request.session["searches"] = {**kept, organization: recent}
    return [each for each in before if each != text]


def _is_typed(request):
    """Whether the box sends what stands in it while it is being typed."""
    return "Typed" in request.headers


def _lead(request, target):
    """A redirect (303) to `target`, with a message that says why."""
    text = request.GET["q"].strip()
    messages.info(request, f"“{text if len(text) <= 80 else f'{text[:79]}…'}” names this {target['kind']}.")
    response = HttpResponseRedirect(target["address"])
    response.status_code = 303
    return response
