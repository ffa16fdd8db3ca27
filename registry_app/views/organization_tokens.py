"""API tokens for an organization's admins: the list of all, revoking one, and those of a service account."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from ..choices import Action, Target
from ..forms import ConfirmForm, TokenForm
from ..listings.tokens import OrganizationTokenListing, TokenListing
from ..models import ApiToken
from ..permissions import get_person, require_admin
from .rendering import actor_of, form_data, log_refusals, render_page, wanted_target


@require_safe
def index(request, organization):
    """All tokens of an organization's people, for its admins, without their secrets."""
    membership = require_admin(request.user, organization, Action.TOKEN_REVOKE)
    context = {"section": "people", **OrganizationTokenListing(membership, request.GET).context}
    return render_page(request, "organization_tokens/index.html", membership, context)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request, organization, pk):
    """Revoke a token of a person in the organization, after a question."""
    membership = require_admin(request.user, organization, Action.TOKEN_REVOKE)
    here = membership.organization
    token = get_object_or_404(ApiToken.objects.of_organization(here), pk=pk)
    form = ConfirmForm(form_data(request))
    if form.is_valid() and form.submit(token.revoke_by, actor_of(request), here):
        messages.success(request, f"{token} of {token.user} is revoked.")
        return redirect("organization_tokens:index", organization)
    target = token.audit_target._replace(organization=membership.organization_id)
    log_refusals(request, form, Action.TOKEN_REVOKE, target)
    context = {"form": form, "token": token, "section": "people"}
    return render_page(request, "tokens/revoke.html", membership, context, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
def service(request, organization, username):
    """A service account's tokens. A POST creates one; only its response shows the secret."""
    membership, person = get_person(request.user, organization, username, Action.TOKEN_ISSUE)
    if not person.user.is_service:
        raise Http404
    form, issued = TokenForm(form_data(request)), None
    if form.is_valid():
        token = ApiToken(user=person.user, expires_at=form.expires_at(), **form.given())
        issued = token if form.submit(token.issue, actor_of(request), membership.organization) else None
    log_refusals(request, form, Action.TOKEN_ISSUE, wanted_target(request, Target.TOKEN, membership.organization))
    tokens = TokenListing(person.user).rows
    context: dict = {"form": TokenForm() if issued else form, "issued": issued, "person": person, "tokens": tokens}
    context["section"] = "people"
    return render_page(request, "organization_tokens/service.html", membership, context, status=form.status)
