"""Roles in a registry: the list, adding, changing and removing a role, and explaining one."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..choices import Action, Role
from ..forms import AddAccessForm, ChangeAccessForm, ConfirmForm, ExplainForm, WhoCanForm
from ..listings.registry_members import RegistryMemberListing, WhoCanListing
from ..models import RegistryMember, role_sources
from ..models.change import etag_of
from ..permissions import get_registry
from .rendering import actor_of, form_data, log_refusals, registry_page


@require_safe
def index(request, organization, name):
    """Everybody with a role here: by visibility, as organization admin, or given to them or their team."""
    access = get_registry(request.user, organization, name)
    context = RegistryMemberListing(access, request.GET).context
    return registry_page(request, "registry_members/index.html", access, "access", context)


@require_http_methods(["GET", "POST"])
def add(request, organization, name):
    """Give a role to people, service accounts and teams: to all of them or to none. `holders` names the first ones."""
    access = get_registry(request.user, organization, name, Action.MEMBER_ADD)
    shown = {"role": Role.MEMBER, "holders": request.GET.get("holders", "")}
    form = AddAccessForm(form_data(request), registry=access.registry, looker=access.membership, initial=shown)
    if form.is_valid() and form.submit(_give, access.registry, actor_of(request), form.cleaned_data):
        given = form.cleaned_data["holders"]
        names = ", ".join(f"the team {member.team}" if member.team else str(member.user) for member in given)
        role = Role(form.cleaned_data["role"]).label
        messages.success(request, f"Added as {role} of {access.registry}: {names}.")
        return redirect("registry_members:index", organization, name)
    log_refusals(request, form, Action.MEMBER_ADD, access.registry)
    return registry_page(request, "registry_members/add.html", access, "access", {"form": form}, form.status)


def _give(registry, by, wanted):
    for member in wanted["holders"]:
        member.role, member.ends_at = wanted["role"], wanted["ends_at"]
    registry.give_roles(by, wanted["holders"])


@require_http_methods(["GET", "POST"])
def change(request, organization, name, pk):
    """Change a given role, or its end."""
    access = get_registry(request.user, organization, name, Action.MEMBER_CHANGE)
    member = _member(access, pk)
    shown = {"role": member.role, "ends_at": member.ends_at, "etag": etag_of(member)}
    form = ChangeAccessForm(form_data(request), registry=access.registry, initial=shown)
    if form.is_valid():
        wanted = form.cleaned_data
        member.role, member.ends_at = wanted["role"], wanted["ends_at"]
        if form.submit(member.save_by, actor_of(request), etag=wanted["etag"]):
            messages.success(request, f"{member.holder} is {member.get_role_display()} of {access.registry} now.")
            return redirect("registry_members:index", organization, name)
        member = _member(access, pk)
        form.initial["etag"] = etag_of(member)
    log_refusals(request, form, Action.MEMBER_CHANGE, access.registry)
    context = {"form": form, "member": member}
    return registry_page(request, "registry_members/change.html", access, "access", context, form.status)


@require_http_methods(["GET", "POST"])
def remove(request, organization, name, pk):
    """Remove a given role, after a first step that shows the effect."""
    access = get_registry(request.user, organization, name, Action.MEMBER_REMOVE)
    form = ConfirmForm(form_data(request))
    if form.is_bound and not access.registry.members.filter(pk=pk).exists():  # sent twice
        return redirect("registry_members:index", organization, name)
    member = _member(access, pk)
    if form.is_valid() and form.submit(member.delete_by, actor_of(request)):
        messages.success(request, f"{member.holder} no longer has a role given in {access.registry}.")
        return redirect("registry_members:index", organization, name)
    log_refusals(request, form, Action.MEMBER_REMOVE, access.registry)
    context = {"form": form, "member": member}
    return registry_page(request, "registry_members/remove.html", access, "access", context, form.status)


def _member(access, pk):
    """The RegistryMember `pk` of the registry; Http404 for one of another registry."""
    member = get_object_or_404(RegistryMember.objects.select_related("user", "team"), registry=access.registry, pk=pk)
    member.registry = access.registry
    return member


@require_safe
def explain(request, organization, name):
    """Explain a person's role: every source of it, the effective one, and what the role allows."""
    access = get_registry(request.user, organization, name)
    shown = {"person": access.membership.user.username}
    form = ExplainForm(request.GET if "person" in request.GET else None, looker=access.membership, initial=shown)
    asked = form.cleaned_data["person"] if form.is_valid() else None
    membership = asked or (None if form.errors else access.membership)
    context = {"form": form, "asked": membership, "people": access.registry.people_counted()}
    if membership:
        listed = role_sources(access.registry, [membership])[membership.user_id]
        effective = rules.effective_of(listed, service=membership.user.is_service)
        permissions = [(role, rules.rank(effective) >= rules.rank(role)) for role in rules.LADDER]
        context |= {"paths": listed, "effective": effective, "permissions": permissions}
    return registry_page(
        request, "registry_members/explain.html", access, "access", context, 422 if form.errors else 200
    )


@require_safe
def who_can(request, organization, name):
    """The people who can do something here, by the role that it needs."""
    access = get_registry(request.user, organization, name)
    form = WhoCanForm(request.GET if request.GET.get("role") else None, initial={"role": Role.ADMIN})
    role = Role(form.cleaned_data["role"]) if form.is_valid() else Role.ADMIN
    context = {"form": form, "people": access.registry.people_counted(), **WhoCanListing(access, role).context}
    return registry_page(
        request, "registry_members/who_can.html", access, "access", context, 422 if form.errors else 200
    )
