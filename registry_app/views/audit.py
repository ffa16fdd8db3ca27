"""Pages of the audit log: an organization's, a registry's, and the one that spreadsheets read."""

from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from ..audit.export import csv_lines
from ..forms import AuditFilter
from ..listings.events import paginate_events
from ..models import AuditEvent
from ..permissions import get_organization
from .rendering import render_page


@require_safe
def index(request, organization):
    """The organization's log, as far as this person may read it (§5)."""
    membership = get_organization(request.user, organization)
    filters = AuditFilter(request.GET)
    wanted = filters.require()
    events = filters.apply(AuditEvent.objects.readable_by(membership), membership.organization)
    context = {"filters": filters, "section": "audit", **paginate_events(events, wanted["before"])}
    return render_page(request, "audit/index.html", membership, context, part="audit/_log.html")


@require_safe
def export(request, organization):
    """Exactly the entries that the filters show, newest first, as CSV."""
    membership = get_organization(request.user, organization)
    filters = AuditFilter(request.GET)
    filters.require()
    events = filters.apply(AuditEvent.objects.readable_by(membership), membership.organization)
    response = StreamingHttpResponse(csv_lines(events), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{organization}.csv"'
    return response
