"""The user's own API tokens."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from ..choices import Action, Target
from ..forms import ConfirmForm, TokenForm
from ..listings.tokens import TokenListing
from ..models import ApiToken
from ..models.event import AuditTarget
from .rendering import actor_of, form_data, keep_for_showing, log_refusals, site_address, take_seed


@require_http_methods(["GET", "HEAD", "POST"])
def index(request):
    """The user's tokens that aren't revoked. A POST creates one, and leads to the page that shows its secret."""
    form = TokenForm(form_data(request))
    if form.is_valid():
        token = ApiToken(user=request.user, expires_at=form.expires_at(), **form.given())
        if form.submit(token.issue, actor_of(request)):
            keep_for_showing(request, token)
            return redirect("tokens:detail", token.pk)
    log_refusals(request, form, Action.TOKEN_ISSUE, AuditTarget(Target.TOKEN, None, form.data.get("name", "")))
    context = {"form": form, "section": "tokens", "tokens": TokenListing(request.user).rows}
    return render(request, "tokens/index.html", context, status=form.status)


@require_http_methods(["GET", "POST"])
def detail(request, pk):
    """A token, with its secret the first time after it was created. A POST replaces it by another one."""
    token = get_object_or_404(request.user.api_tokens, pk=pk, revoked_at__isnull=True)
    form = ConfirmForm(form_data(request))
    if form.is_valid() and form.submit(token.replace_by, actor_of(request)):
        keep_for_showing(request, form.answer)
        return redirect("tokens:detail", form.answer.pk)
    log_refusals(request, form, Action.TOKEN_ISSUE, token)
    token.seed = take_seed(request, token)
    context = {"form": form, "token": token, "section": "tokens", "site": site_address(request)}
    return render(request, "tokens/detail.html", context, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request, pk):
    """Revoke a token, after a question."""
    token = get_object_or_404(request.user.api_tokens, pk=pk, revoked_at__isnull=True)
    form = ConfirmForm(form_data(request))
    if form.is_valid() and form.submit(token.revoke_by, actor_of(request)):
        messages.success(request, f"{token} is revoked.")
        return redirect("tokens:index")
    log_refusals(request, form, Action.TOKEN_REVOKE, token)
    context = {"form": form, "token": token, "section": "tokens"}
    return render(request, "tokens/revoke.html", context, status=form.status)
