"""Pages of an organization's people: list, person, role, removal, deactivation, service accounts."""

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..choices import Action, Target
from ..forms import ConfirmForm, MemberRoleForm, ServiceForm
from ..listings.members import MemberListing, PersonRegistryListing
from ..listings.suggestions import Suggestions
from ..listings.teams import FirstTeamsListing
from ..models import make_service_account
from ..models.change import etag_of, read_again
from ..models.endings import of_membership
from ..permissions import get_organization, get_person, require_admin
from .rendering import actor_of, form_data, log_refusals, render_page, wanted_target


@require_safe
def index(request, organization):
    """The people of the organization, and its first teams."""
    membership = get_organization(request.user, organization)
    people, teams = MemberListing(membership, request.GET), FirstTeamsListing(membership, QueryDict())
    context = {"section": "people", **people.context, **teams.context}
    return render_page(request, "members/index.html", membership, context, part="members/_results.html")


@require_safe
def suggestions(request, organization):
    """Whom a field of names may mean, for its list."""
    membership = get_organization(request.user, organization)
    context = Suggestions(membership, request.GET).context
    return render_page(request, "members/suggestions.html", membership, context, part="members/suggestions.html")


@require_safe
def detail(request, organization, username):
    """One person, with the registries that both they and the user can see, and the sources of each role."""
    membership, person = get_person(request.user, organization, username)
    listing = PersonRegistryListing(membership, person, request.GET)
    context = {
        **listing.context,
        "person": person,
        "teams": listing.teams,
        "refusals": _refusals(person),
    }
    return _person_page(request, "members/detail.html", membership, context)


def _refusals(person):
    """{action of an admin: why it is refused for this person, or None}."""
    last = person.refuse_last_admin()
    return {
        "role": rules.SERVICE_IS_NO_ADMIN if person.user.is_service else last,
        "remove": last,
        "deactivate": person.user.refuse_deactivation(person.organization),
    }


def _person_page(request, template, membership, context, status=200):
    return render_page(request, template, membership, {"section": "people", **context}, status=status)


@require_http_methods(["GET", "POST"])
def role(request, organization, username):
    """Change a person's role in the organization."""
    membership, person = get_person(request.user, organization, username, Action.PERSON_CHANGE)
    form = MemberRoleForm(form_data(request), initial={"role": person.role, "etag": etag_of(person)})
    if form.is_valid():
        person.role = form.cleaned_data["role"]
        if form.submit(person.save_by, actor_of(request), form.cleaned_data["etag"]):
            messages.success(request, f"{person.user} is an organization {person.get_role_display().lower()} now.")
            return redirect(person)
        read_again(person, ["role"])
        form.initial["etag"] = etag_of(person)
    log_refusals(request, form, Action.PERSON_CHANGE, person)
    context = {"form": form, "person": person, "refusal": _refusals(person)["role"]}
    return _person_page(request, "members/role.html", membership, context, form.status)


@require_http_methods(["GET", "POST"])
def remove(request, organization, username):
    """Remove a person from the organization, after a first step that shows what ends."""
    membership, person = get_person(request.user, organization, username, Action.PERSON_REMOVE)
    form = ConfirmForm(form_data(request))
    if form.is_valid() and form.submit(person.delete_by, actor_of(request)):
        messages.success(request, f"{person.user} is no longer in {membership.organization}.")
        return (
            redirect("organizations:home") if person.user == request.user else redirect("members:index", organization)
        )
    log_refusals(request, form, Action.PERSON_REMOVE, person)
    here = membership.organization
    ends = {kind: rows.count() for kind, rows in of_membership(person).items()}
    ends["requests"] += ends.pop("alias_requests")
    context = {
        "form": form,
        "person": person,
        "refusal": _refusals(person)["remove"],
        "roles": person.user.registry_roles.filter(registry__organization=here).count(),
        "teams": person.user.team_memberships.filter(team__organization=here).count(),
        "ends": ends,
    }
    return _person_page(request, "members/remove.html", membership, context, form.status)


@require_http_methods(["GET", "POST"])
def deactivate(request, organization, username):
    """Deactivate an account, after a first step that shows what ends."""
    return _switch(request, organization, username, Action.USER_DEACTIVATE, "deactivated")


@require_http_methods(["GET", "POST"])
def reactivate(request, organization, username):
    """Reactivate an account."""
    return _switch(request, organization, username, Action.USER_REACTIVATE, "active again")


def _switch(request, organization, username, action, done):
    membership, person = get_person(request.user, organization, username, action)
    user, closing = person.user, action == Action.USER_DEACTIVATE
    form = ConfirmForm(form_data(request))
    verb = user.deactivate if closing else user.reactivate
    if form.is_valid() and form.submit(verb, actor_of(request), membership.organization):
        messages.success(request, f"{user} is {done}.")
        return redirect(person)
    log_refusals(request, form, action, person)
    context = {"form": form, "person": person, "closing": closing, "refusal": _refusals(person)["deactivate"]}
    return _person_page(request, "members/deactivate.html", membership, context, form.status)


@require_http_methods(["GET", "POST"])
def service(request, organization):
    """Create a service account."""
    membership = require_admin(request.user, organization, Action.SERVICE_CREATE)
    form = ServiceForm(form_data(request))
    name = form.cleaned_data["username"] if form.is_valid() else ""
    if name and form.submit(make_service_account, membership.organization, name, actor_of(request)):
        messages.success(request, f"{name} is created. It has no password; it signs in with tokens.")
        return redirect("members:detail", organization, name)
    target = wanted_target(request, Target.USER, membership.organization, "username")
    log_refusals(request, form, Action.SERVICE_CREATE, target)
    return _person_page(request, "members/service.html", membership, {"form": form}, form.status)
