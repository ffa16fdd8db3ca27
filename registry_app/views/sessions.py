"""The user's sessions: how staff begin one without the provider, and how they end. allauth's page lists them."""

from allauth.account.views import LoginView
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ..authentication.sso import THERE, sign_out_address

_sign_in = LoginView.as_view(template_name="sessions/staff.html")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def staff(request):
    """Sign in with the password of an account of staff, where nobody else has one: for when the provider fails."""
    return _sign_in(request) if settings.SSO_ONLY else redirect("account_login")


@login_not_required
@require_safe
def ended(request):
    """The session has ended. Leads on, once, to the provider, to end the one there too; that leads back here."""
    if request.user.is_authenticated:
        return redirect("organizations:home")
    leave = sign_out_address(request, request.session.pop(THERE, None))
    response = render(request, "sessions/ended.html", {"leave": leave})
    if leave:
        response["Refresh"] = f"0; url={leave}"  # no redirect: after a form, the CSP lets none lead to another site
    return response


@require_POST
def end(request, pk):
    """End one session."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    get_adapter().end_sessions([session])
    messages.success(request, "That session has ended.")
    return redirect("usersessions_list")
