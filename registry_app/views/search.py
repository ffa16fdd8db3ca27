"""Search in what the user can see."""

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import HttpResponseRedirect
from django.views.decorators.http import require_safe

from ..forms import SearchForm
from ..listings.references import ReferenceListing
from ..listings.search import SearchListing
from ..permissions import get_organization
from ..search.query import OPERATORS
from .rendering import remember, render_page

RECENT = 5  # searches that the browser remembers
LONGEST = 80  # characters of such a search


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
    wanted = form.search
    context = {"form": form, "section": "search", "asked": wanted.asked, "operators": OPERATORS, **named.context}
    if wanted.asked:
        listing = SearchListing(membership, form)
        context |= {"unknown": wanted.unknown, **listing.context}
        if named.only and not listing.is_found and not _is_typed(request):
            return _lead(request, named.only)
        if not listing.is_found and not wanted.conditions:
            context["meant"] = listing.meant
    return _answer(request, membership, context, 200 if context["targets"] else form.status)


def _answer(request, membership, context, status):
    """The page, with what the person searched for in the organization before, the last one first: a cookie.

    The session would do, but to write it a search would have to wait for other writers.
    """
    text = request.GET.get("q", "").strip()
    signer = Signer(salt=f"searches {request.user.pk} {membership.organization.slug}")
    try:
        before = signer.unsign_object(request.COOKIES.get("searches", ""))
    except BadSignature:  # none, of another person or organization, or not ours
        before = []
    context["recent"] = [each for each in before if each != text]
    part = "search/_results.html"
    response = render_page(request, "search/index.html", membership, context, part=part, status=status)
    if text and context["asked"] and not _is_typed(request) and len(text) <= LONGEST:
        remember(request, response, searches=signer.sign_object([text, *context["recent"]][:RECENT]))
    return response


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
