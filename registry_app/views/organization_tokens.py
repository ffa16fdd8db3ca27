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
from .rendering import (
    actor_of,
    form_data,
    keep_for_showing,
    log_refusals,
    render_page,
    site_address,
    take_seed,
    wanted_target,
)


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
    context = {"form": form, "token": token, "section": "people", "as_admin": True}
    return render_page(request, "tokens/revoke.html", membership, context, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
def service(request, organization, username):
    """A service account's tokens. A POST creates one, and leads to the page that shows its secret."""
    membership, person = _service_account(request, organization, username)
    form = TokenForm(form_data(request))
    if form.is_valid():
        token = ApiToken(user=person.user, expires_at=form.expires_at(), **form.given())
        if form.submit(token.issue, actor_of(request), membership.organization):
            keep_for_showing(request, token)
            return redirect("organization_tokens:detail", organization, username, token.pk)
    log_refusals(request, form, Action.TOKEN_ISSUE, wanted_target(request, Target.TOKEN, membership.organization))
    tokens = TokenListing(person.user).rows
    context = {"form": form, "person": person, "tokens": tokens, "section": "people", "as_admin": True}
    return render_page(request, "organization_tokens/service.html", membership, context, status=form.status)


@require_http_methods(["GET", "POST"])
def detail(request, organization, username, pk):
    """A token of a service account: see tokens.detail."""
    membership, person = _service_account(request, organization, username)
    token = get_object_or_404(person.user.api_tokens, pk=pk, revoked_at__isnull=True)
    form = ConfirmForm(form_data(request))
    if form.is_valid() and form.submit(token.replace_by, actor_of(request), membership.organization):
        keep_for_showing(request, form.answer)
        return redirect("organization_tokens:detail", organization, username, form.answer.pk)
    target = token.audit_target._replace(organization=membership.organization_id)
    log_refusals(request, form, Action.TOKEN_ISSUE, target)
    token.seed = take_seed(request, token)
    context = {"form": form, "person": person, "token": token, "section": "people"}
    context["site"] = site_address(request)
    return render_page(request, "organization_tokens/detail.html", membership, context, status=form.status)


def _service_account(request, organization, username):
    """The memberships of the user, an organization admin, and of the service account; Http404 if it is none."""
    membership, person = get_person(request.user, organization, username, Action.TOKEN_ISSUE)
    if not person.user.is_service:
        raise Http404
    return membership, person
