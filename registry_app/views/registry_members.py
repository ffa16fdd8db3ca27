"""Who has which role in a registry, and why: the list, giving, changing and taking roles, the explanation."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..choices import Action, Role
from ..forms import AddAccessForm, ChangeAccessForm, ConfirmForm, CursorForm, ExplainForm, WhoCanForm
from ..listings.cursor import paginate_objects
from ..listings.registry_members import registry_member_rows
from ..models import RegistryMember, effective_sources, paths
from ..permissions import get_registry
from .rendering import actor_of, form_data, log_refusals, registry_page

ADMINS_SHOWN = 20  # organization admins named in the list
PEOPLE_SHOWN = 100  # people named in the answer to who may


@require_safe
def index(request, organization, name):
    """Everybody who has a role here: through visibility, the organization, or given to them or their team."""
    access = get_registry(request.user, organization, name)
    registry = access.registry
    given = registry.members.select_related("user", "team").annotate(
        size=Count("team__memberships", filter=Q(team__memberships__user__is_active=True))
    )
    page = paginate_objects(given, ["id"], **CursorForm(request.GET).require())
    listed = registry.members.filter(user__isnull=False).values("user")  # whoever has a row of their own
    admins = registry.organization.memberships.admins().exclude(user__in=listed).select_related("user")
    context = {
        "page": page,
        "rows": registry_member_rows(registry, page.rows),
        "everybody": registry.organization.memberships.of_active().count(),
        "admins": list(admins.order_by("user__username")[: ADMINS_SHOWN + 1]),
        "admins_shown": ADMINS_SHOWN,
        "shared": rules.shared_role(registry.visibility, registry.organization.default_role),
        "requests": registry.access_requests.open().select_related("user")
        if Action.MEMBER_ADD in access.allowed
        else [],
    }
    return registry_page(request, "registry_members/index.html", access, "access", context)


@require_http_methods(["GET", "POST"])
def add(request, organization, name):
    """Give a role to people, service accounts and teams; to all of them or to none."""
    access = get_registry(request.user, organization, name, Action.MEMBER_ADD)
    shown = {"role": Role.MEMBER}
    form = AddAccessForm(form_data(request), registry=access.registry, looker=access.membership, initial=shown)
    if form.is_valid() and form.submit(_give, actor_of(request), form.cleaned_data):
        names = ", ".join(str(member.holder) for member in form.cleaned_data["holders"])
        messages.success(request, f"{names}: {Role(form.cleaned_data['role']).label} of {access.registry} from now on.")
        return redirect("registry_members:index", organization, name)
    log_refusals(request, form, Action.MEMBER_ADD, access.membership, access.registry)
    return registry_page(request, "registry_members/add.html", access, "access", {"form": form}, form.status)


@transaction.atomic
def _give(by, wanted):
    for member in wanted["holders"]:
        member.role, member.ends_at = wanted["role"], wanted["ends_at"]
        try:
            member.save_by(by)
        except ValidationError as error:
            texts = [f"{member.holder}: {text}" for text in error.messages]
            code = next(error.code for errors in error.error_dict.values() for error in errors)
            raise ValidationError({"holders": [ValidationError(text, code=code) for text in texts]}) from error


@require_http_methods(["GET", "POST"])
def change(request, organization, name, pk):
    """Change the role that one holder was given, or when it ends."""
    access = get_registry(request.user, organization, name, Action.MEMBER_CHANGE)
    member = _member(access, pk)
    shown = {"role": member.role, "ends_at": member.ends_at, "seen": member.facts}
    form = ChangeAccessForm(form_data(request), registry=access.registry, initial=shown)
    if form.is_valid():
        wanted = form.cleaned_data
        member.role, member.ends_at = wanted["role"], wanted["ends_at"]
        if form.submit(member.save_by, actor_of(request), seen=wanted["seen"]):
            messages.success(request, f"{member.holder} is {member.get_role_display()} of {access.registry} now.")
            return redirect("registry_members:index", organization, name)
        member = _member(access, pk)
        form.initial["seen"] = member.facts
    log_refusals(request, form, Action.MEMBER_CHANGE, access.membership, access.registry)
    context = {"form": form, "member": member}
    return registry_page(request, "registry_members/change.html", access, "access", context, form.status)


@require_http_methods(["GET", "POST"])
def remove(request, organization, name, pk):
    """Take the role that one holder was given: first what that means, then done."""
    access = get_registry(request.user, organization, name, Action.MEMBER_REMOVE)
    form = ConfirmForm(form_data(request))
    if form.is_bound and not access.registry.members.filter(pk=pk).exists():  # sent twice, it is gone already
        return redirect("registry_members:index", organization, name)
    member = _member(access, pk)
    if form.is_valid() and form.submit(member.delete_by, actor_of(request)):
        messages.success(request, f"{member.holder} no longer has a role given in {access.registry}.")
        return redirect("registry_members:index", organization, name)
    log_refusals(request, form, Action.MEMBER_REMOVE, access.membership, access.registry)
    context = {"form": form, "member": member}
    return registry_page(request, "registry_members/remove.html", access, "access", context, form.status)


def _member(access, pk):
    """The role `pk` of the registry; Http404 for one of another."""
    member = get_object_or_404(RegistryMember.objects.select_related("user", "team"), registry=access.registry, pk=pk)
    member.registry = access.registry
    return member


@require_safe
def explain(request, organization, name):
    """May they, and why: every path of one person to a role here, which one wins, and what would change it."""
    access = get_registry(request.user, organization, name)
    shown = {"person": access.membership.user.username}
    form = ExplainForm(request.GET if "person" in request.GET else None, looker=access.membership, initial=shown)
    asked = form.cleaned_data["person"] if form.is_valid() else None
    membership = asked or (None if form.errors else access.membership)
    context = {"form": form, "asked": membership}
    if membership:
        listed = paths(access.registry, [membership])[membership.user_id]
        context["paths"] = listed
        context["effective"] = rules.effective_of(listed, service=membership.user.is_service)
        context["permissions"] = [(role, rules.rank(context["effective"]) >= rules.rank(role)) for role in rules.LADDER]
    return registry_page(
        request, "registry_members/explain.html", access, "access", context, 422 if form.errors else 200
    )


@require_safe
def who_can(request, organization, name):
    """The reverse: who can do what here."""
    access = get_registry(request.user, organization, name)
    form = WhoCanForm(request.GET if request.GET.get("role") else None, initial={"role": Role.ADMIN})
    role = Role(form.cleaned_data["role"]) if form.is_valid() else Role.ADMIN
    people = access.registry.who_can(role).select_related("user", "organization").order_by("user__username")
    memberships = list(people[:PEOPLE_SHOWN])
    context = {
        "form": form,
        "wanted": role,
        "people": effective_sources(access.registry, memberships),
        "count": people.count(),
    }
    return registry_page(
        request, "registry_members/who_can.html", access, "access", context, 422 if form.errors else 200
    )
