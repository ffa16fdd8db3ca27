"""The audit log of an organization: the page, and the same entries as CSV."""

from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from ..audit.export import csv_lines
from ..listings.events import EventListing
from ..permissions import get_organization
from .rendering import render_page


@require_safe
def index(request, organization):
    """The entries that this person may read (§5)."""
    membership = get_organization(request.user, organization)
    context = {"section": "audit", **EventListing(membership, request.GET).context}
    return render_page(request, "audit/index.html", membership, context, part="audit/_log.html")


@require_safe
def export(request, organization):
    """All entries under the filters, the newest first, as CSV."""
    membership = get_organization(request.user, organization)
    events = EventListing(membership, request.GET).queryset()
    response = StreamingHttpResponse(csv_lines(events), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{organization}.csv"'
    return response
