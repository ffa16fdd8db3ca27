"""Pages of teams: list, create, show, settings, delete, and the roles of their people."""

import copy

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import get_text_list
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..choices import Action, Target
from ..forms import (
    AddPeopleForm,
    ConfirmForm,
    ConfirmNameForm,
    MemberRoleForm,
    TeamForm,
    TeamSettingsForm,
)
from ..listings.teams import TeamListing, TeamMemberListing, TeamRoleListing
from ..models import AuditEvent, Team
from ..models.change import etag_of, read_again
from ..permissions import MissingOrganizationRole, get_organization, get_team, require_admin
from .rendering import actor_of, form_data, log_refusals, render_page, wanted_target


@require_safe
def index(request, organization):
    """The teams of the organization, for all its people."""
    membership = get_organization(request.user, organization)
    context = {"section": "people", **TeamListing(membership, request.GET).context}
    return render_page(request, "teams/index.html", membership, context, part="teams/_results.html")


@require_http_methods(["GET", "POST"])
def create(request, organization):
    """Create a team."""
    membership = require_admin(request.user, organization, Action.TEAM_CREATE)
    form = TeamForm(form_data(request))
    if form.is_valid():
        team = Team(organization=membership.organization, **form.cleaned_data)
        if form.submit(team.create, actor_of(request)):
            messages.success(request, f"{team} is created. Nobody is in it yet.")
            return redirect(team)
    log_refusals(request, form, Action.TEAM_CREATE, wanted_target(request, Target.TEAM, membership.organization))
    context = {"form": form, "section": "people"}
    return render_page(request, "teams/create.html", membership, context, status=form.status)


@require_http_methods(["GET", "POST"])
def detail(request, organization, name):
    """A team: its people, its roles in registries, and the form of its admins to add people."""
    access = get_team(request.user, organization, name, Action.TEAM_MEMBER_ADD if request.method == "POST" else None)
    team = access.team
    form = AddPeopleForm(form_data(request), looker=access.membership)
    if form.is_valid():
        wanted = form.cleaned_data
        if form.submit(team.add, actor_of(request), wanted["people"], wanted["role"]):
            added = get_text_list([user.username for user in form.answer], "and")
            if added:
                messages.success(request, f"{added} {'is' if len(form.answer) == 1 else 'are'} in {team} now.")
            else:
                messages.info(request, f"All of them were in {team} already. Nothing was changed.")
            return redirect(team)
    log_refusals(request, form, Action.TEAM_MEMBER_ADD, team)
    people = TeamMemberListing(access, request.GET)
    context = {"form": form, "page": people.page, "people": people.rows, **TeamRoleListing(access).context}
    return _team_page(request, "teams/detail.html", access, context, form.status)


def _team_page(request, template, access, context, status=200):
    context = {"team": access.team, "allowed": access.allowed, "role": access.role, "section": "people", **context}
    return render_page(request, template, access.membership, context, status=status)


@require_http_methods(["GET", "POST"])
def settings(request, organization, name):
    """Name and description of a team, for its admins to edit and for others to read."""
    access = get_team(request.user, organization, name, Action.TEAM_EDIT if request.method == "POST" else None)
    team = copy.copy(access.team)  # a refused edit has changed it
    shown = {"name": team.name, "description": team.description, "etag": etag_of(team)}
    form = TeamSettingsForm(form_data(request), initial=shown)
    if form.is_valid() and form.submit(team.edit, actor_of(request), **form.cleaned_data):
        messages.success(request, f"{team} is saved.")
        return redirect("teams:settings", organization, team.name)
    log_refusals(request, form, Action.TEAM_EDIT, access.team)
    if form.is_bound:
        read_again(access.team, ["name", "description", "version"])
        form.initial["etag"] = etag_of(access.team)
    context = {"form": form, "admins": access.team.admins().who_can_help()}
    if form.status == 409:
        context["theirs"] = AuditEvent.objects.newest(Action.TEAM_EDIT, access.team)
    return _team_page(request, "teams/settings.html", access, context, form.status)


@require_http_methods(["GET", "POST"])
def delete(request, organization, name):
    """Delete a team permanently, after a preview."""
    access = get_team(request.user, organization, name, Action.TEAM_DELETE)
    team = access.team
    form = ConfirmNameForm(form_data(request), name=team.name)
    if form.is_valid() and form.submit(team.delete_by, actor_of(request)):
        messages.success(request, f"{team.name} is deleted, with its roles. The audit log keeps its history.")
        return redirect("teams:index", organization)
    log_refusals(request, form, Action.TEAM_DELETE, team)
    context = {"form": form, "people": team.memberships.count(), "registries": team.registry_roles.count()}
    context["refusal"] = team.refuse_deletion()
    return _team_page(request, "teams/delete.html", access, context, form.status)


def _member_of(access, username):
    """The TeamMembership of `username` in the team of `access`; Http404 if there is none."""
    if "\0" in username:
        raise Http404
    members = access.team.memberships.select_related("user")
    member = get_object_or_404(members, user__username=username)
    member.team = access.team
    return member


@require_http_methods(["GET", "POST"])
def role(request, organization, name, username):
    """Change a person's role in a team."""
    access = get_team(request.user, organization, name, Action.TEAM_MEMBER_CHANGE)
    member = _member_of(access, username)
    form = MemberRoleForm(form_data(request), initial={"role": member.role, "etag": etag_of(member)})
    if form.is_valid():
        member.role = form.cleaned_data["role"]
        if form.submit(member.save_by, actor_of(request), form.cleaned_data["etag"]):
            messages.success(request, f"{member.user} is a {member.get_role_display().lower()} of {access.team} now.")
            return redirect(access.team)
        member = _member_of(access, username)
        form.initial["etag"] = etag_of(member)
    log_refusals(request, form, Action.TEAM_MEMBER_CHANGE, access.team)
    return _team_page(request, "teams/role.html", access, {"form": form, "member": member}, form.status)


@require_http_methods(["GET", "POST"])
def remove(request, organization, name, username):
    """Remove a person from a team, or leave it, after a first step that shows what ends."""
    access = get_team(request.user, organization, name)
    member = _member_of(access, username)
    leaving = member.user == request.user
    if not leaving and Action.TEAM_MEMBER_REMOVE not in access.allowed:
        refusal, admins = rules.TEAM_ADMINS_ONLY, access.team.admins()
        raise MissingOrganizationRole(access.membership, Action.TEAM_MEMBER_REMOVE, refusal, access.team, admins)
    form = ConfirmForm(form_data(request))
    if form.is_valid() and form.submit(member.delete_by, actor_of(request)):
        gone = "You are" if leaving else f"{member.user} is"
        messages.success(request, f"{gone} no longer in {access.team}.")
        return redirect(access.team)
    log_refusals(request, form, Action.TEAM_MEMBER_REMOVE, access.team)
    context = {"form": form, "member": member, "leaving": leaving, **TeamRoleListing(access).context}
    return _team_page(request, "teams/remove.html", access, context, form.status)
