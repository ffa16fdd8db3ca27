"""A person's own API tokens."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from ..choices import Action
from ..forms import TokenForm
from ..models import ApiToken
from ..models.audit import record_refusals
from .pages import actor_of, posted


@require_http_methods(["GET", "HEAD", "POST"])
def index(request):
    """The tokens that work or did; a POST makes one, and its answer alone shows the secret.

    So the secret is in no address, no session and no message; loading the page again is refused, for the name is taken.
    """
    form, issued = TokenForm(posted(request)), None
    if form.is_valid():
        token = ApiToken(user=request.user, expires_at=form.expires_at(), **form.given())
        issued = token if form.carry_out(token.issue, actor_of(request)) else None
    if form.is_bound and form.errors:
        name = form.data.get("name", "")
        record_refusals(actor_of(request), Action.TOKEN_ISSUE, form.refusals(), subject=name)
    context = {"form": TokenForm() if issued else form, "issued": issued, "section": "tokens"}
    context["tokens"] = request.user.api_tokens.filter(revoked_at__isnull=True)
    return render(request, "tokens/index.html", context, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request, pk):
    """End a token: first the question, then the act."""
    token = get_object_or_404(request.user.api_tokens, pk=pk, revoked_at__isnull=True)
    if request.method == "POST":
        token.revoke_by(actor_of(request))
        messages.success(request, f"{token} is revoked.")
        return redirect("tokens:index")
    return render(request, "tokens/revoke.html", {"token": token, "section": "tokens"})
