"""Organizations: set-up, the list, settings, and the second factor that one requires."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ..authentication.adapters import sign_in
from ..choices import Action, Role
from ..forms import OrganizationForm, SecondFactorForm, SetupForm
from ..listings.overview import Overview
from ..models import AuditEvent, Organization, User, set_up, setup_token
from ..models.change import etag_of, read_again
from ..permissions import get_organization, require_admin
from .rendering import actor_of, form_data, log_refusals, refused_page, render_page, wants_part


@require_safe
def home(request):
    """The user's organization, or the list if they are in several."""
    memberships = list(request.user.memberships.select_related("organization"))
    if len(memberships) == 1:
        return redirect(memberships[0].organization)
    return render(request, "organizations/index.html", {"memberships": memberships})


@require_safe
def index(request):
    """The user's organizations; for htmx, those of the navigation's menu."""
    memberships = request.user.memberships.select_related("organization")
    template = "organizations/_switcher.html" if wants_part(request) else "organizations/index.html"
    response = render(request, template, {"memberships": memberships})
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def detail(request, organization):
    """The overview of an organization."""
    membership = get_organization(request.user, organization)
    context = {"section": "overview", **Overview(membership, request.GET).context}
    return render_page(request, "organizations/detail.html", membership, context)


@require_http_methods(["GET", "POST"])
def settings(request, organization):
    """The settings of an organization, for its admins to edit and for its members to read."""
    if request.method == "POST":
        membership = require_admin(request.user, organization, Action.ORGANIZATION_EDIT)
    else:
        membership = get_organization(request.user, organization)
    here = membership.organization
    shown = {"default_role": here.default_role, "members_create": here.members_create, "etag": etag_of(here)}
    form = OrganizationForm(form_data(request), initial=shown)
    if form.is_valid() and form.submit(here.edit, actor_of(request), **form.cleaned_data):
        messages.success(request, "The settings are saved.")
        return redirect("organizations:settings", organization)
    log_refusals(request, form, Action.ORGANIZATION_EDIT, here)
    return _settings_page(request, membership, form)


def _settings_page(request, membership, form):
    here = membership.organization
    if form.is_bound:
        read_again(here)  # the form has written on it
        form.initial["etag"] = etag_of(here)
    context = {
        "form": form,
        "section": "organization",
        "default_role": Role(here.default_role),
        "admins": here.memberships.admins().who_can_help(),
    }
    if form.status == 409:
        context["theirs"] = AuditEvent.objects.newest(Action.ORGANIZATION_EDIT, here)
    return render_page(request, "organizations/settings.html", membership, context, status=form.status)


@require_POST
def second_factor(request, organization):
    """Require a second factor in an organization, or no longer (`wanted`)."""
    membership = require_admin(request.user, organization, Action.FACTOR_REQUIRE)
    here, form = membership.organization, SecondFactorForm(request.POST)
    wanted = form.is_valid() and form.cleaned_data["wanted"]
    if not form.errors and form.submit(here.require_second_factor, actor_of(request), wanted):
        text = "Everybody needs a second factor" if wanted else "A second factor is optional"
        messages.success(request, f"{text} from now on.")
        return redirect("organizations:settings", organization)
    log_refusals(request, form, Action.FACTOR_REQUIRE, here)
    return refused_page(request, membership, form)


@login_not_required
@require_http_methods(["GET", "POST"])
def setup(request, token):
    """Create the first organization with its admin. The link works while there is no organization."""
    if not constant_time_compare(token, setup_token()) or Organization.objects.exists():
        raise Http404
    form = SetupForm(form_data(request))
    if form.is_valid() and form.submit(set_up, **form.cleaned_data, request_id=request.id):
        user = User.objects.get(username=form.cleaned_data["username"])
        sign_in(request, user)
        return redirect("organizations:home")
    return render(request, "organizations/setup.html", {"form": form}, status=form.status)
