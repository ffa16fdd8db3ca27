"""Pages of an organization's people: the list, one person, their role, and the ways in which it ends."""

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from .. import rules
from ..choices import Action, OrganizationRole, TeamRole, Visibility
from ..forms import ConfirmForm, CursorForm, MemberRoleForm, PeopleFilter, ServiceForm
from ..listings.base import add_line_breaks, registry_addresses
from ..listings.cursor import paginate
from ..listings.teams import paginate_teams, team_rows
from ..models import RegistryMember, TeamMembership, make_service_account, role_sources_of_person
from ..models.endings import of_membership
from ..permissions import get_organization, get_person, require_admin
from .rendering import actor_of, form_data, log_refusals, render_page

TEAMS_SHOWN = 10  # below the list of people
NAMES_SHOWN = 2  # registries in a row


@require_safe
def index(request, organization):
    """Everybody in the organization, and its first teams."""
    membership = get_organization(request.user, organization)
    filters = PeopleFilter(request.GET, looker=membership)
    wanted = filters.require()
    people = filters.apply(membership.organization.memberships.all())
    columns = ("id", "role", "user_id", "user__username", "user__email", "user__is_service", "user__is_active")
    page = paginate(
        people.values(*columns, "user__last_login"),
        ["user__username"],
        after=wanted["after"],
        before=wanted["before"],
    )
    teams = paginate_teams(membership)
    context = {
        "section": "people",
        "filters": filters,
        "page": page,
        "rows": _prepared(page.rows, membership),
        "counts": _counts(membership.organization),
        "teams": team_rows(teams.rows[:TEAMS_SHOWN], membership),
        "more_teams": len(teams.rows) > TEAMS_SHOWN,
    }
    return render_page(request, "members/index.html", membership, context, part="members/_results.html")


def _counts(organization):
    """How many people, service accounts and teams there are; the deactivated aren't counted."""
    service = Q(user__is_service=True)
    counts = organization.memberships.of_active().aggregate(people=Count("pk", ~service), services=Count("pk", service))
    return {**counts, "teams": organization.teams.count()}


def _prepared(rows, looker):
    """Those rows, with each cell as the template prints it."""
    users = [row["user_id"] for row in rows]
    teams = list(
        TeamMembership.objects.filter(user__in=users, team__organization=looker.organization_id)
        .order_by("team__name_key")
        .values_list("user_id", "team_id", "team__name", "role")
    )
    restricted = _restricted(users, teams, looker)
    every = looker.registries().filter(visibility=Visibility.RESTRICTED).count()
    admins = looker.organization.memberships.admins()
    last = list(admins.order_by().values_list("pk", flat=True)[:2])
    for row in rows:
        mine = [(name, role) for user, _, name, role in teams if user == row["user_id"]]
        names = sorted(restricted.get(row["user_id"], ()))
        row["is_admin"] = row["role"] == OrganizationRole.ADMIN
        row["is_last"] = last == [row["id"]]
        row["notes"] = _notes(row, mine, looker)
        row["teams"] = [name for name, _ in mine]
        row["restricted"] = [add_line_breaks(name) for name in names[:NAMES_SHOWN]]
        row["more_restricted"] = max(0, len(names) - NAMES_SHOWN)
        row["every_restricted"] = every if row["is_admin"] else None
        row["last_login"] = naturaltime(row["user__last_login"]) if row["user__last_login"] else ""
    return rows


def _notes(row, teams, looker):
    """What stands below somebody's name."""
    leads = [name for name, role in teams if role == TeamRole.ADMIN]
    notes = [
        "You" if row["user_id"] == looker.user_id else "",
        "Service account" if row["user__is_service"] else "",
        f"Leads {', '.join(leads)}" if leads else "",
        row["user__email"] if looker.is_admin else "",
    ]
    return [note for note in notes if note]


def _restricted(users, teams, looker):
    """{user id: names of the restricted registries that they have a role in, and that the looker sees too}."""
    seen = looker.registries().filter(visibility=Visibility.RESTRICTED).order_by()
    given = RegistryMember.objects.active().filter(registry__in=seen.values("pk")).order_by()
    given = given.filter(Q(user__in=users) | Q(team__in={team for _, team, _, _ in teams}))
    found: dict[int, set[str]] = {}
    of_team: dict[int, set[str]] = {}
    for user, team, name in given.values_list("user_id", "team_id", "registry__name"):
        home, key = (found, user) if user else (of_team, team)
        home.setdefault(key, set()).add(name)
    for user, team, _, _ in teams:
        found.setdefault(user, set()).update(of_team.get(team, ()))
    return found


@require_safe
def detail(request, organization, username):
    """One person: what they are here, and every registry that they can see and the looker too, with all paths to it."""
    membership, person = get_person(request.user, organization, username)
    filters = CursorForm(request.GET)
    wanted = filters.require()
    seen = person.registries()
    if person != membership and not membership.is_admin:
        seen = seen.filter(pk__in=membership.registries().order_by().values("pk"))
    page = paginate(seen.values("id", "name", "name_key", "visibility"), ["name_key"], **wanted)
    context = {
        "person": person,
        "page": page,
        "rows": _registry_rows(page.rows, person),
        "teams": person.user.team_memberships.filter(team__organization=membership.organization)
        .select_related("team")
        .order_by("team__name_key"),
        "refusals": _refusals(person),
    }
    return _person_page(request, "members/detail.html", membership, context)


def _registry_rows(rows, person):
    """Those registries, with the person's effective role in each and the paths to it."""
    found, address = role_sources_of_person(person, rows), registry_addresses(person)
    for row in rows:
        row["paths"] = [path for path in found[row["id"]] if path.counts]
        row["role"] = rules.effective_of(row["paths"], service=person.user.is_service)
        row["address"], row["label"] = address(row["name"]), add_line_breaks(row["name"])
        row["restricted"] = row["visibility"] == Visibility.RESTRICTED
    return rows


def _refusals(person):
    """Why what admins do to others can't be done to this person: {what: Refusal or None}."""
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
    """Change somebody's role in the organization."""
    membership, person = get_person(request.user, organization, username, Action.PERSON_CHANGE)
    form = MemberRoleForm(form_data(request), initial={"role": person.role, "seen": person.role})
    if form.is_valid():
        person.role = form.cleaned_data["role"]
        if form.submit(person.save_by, actor_of(request), form.cleaned_data["seen"]):
            messages.success(request, f"{person.user} is an organization {person.get_role_display().lower()} now.")
            return redirect(person)
        person.refresh_from_db(fields=["role"])
        form.initial["seen"] = person.role
    log_refusals(request, form, Action.PERSON_CHANGE, membership, subject=username)
    context = {"form": form, "person": person, "refusal": _refusals(person)["role"]}
    return _person_page(request, "members/role.html", membership, context, form.status)


@require_http_methods(["GET", "POST"])
def remove(request, organization, username):
    """Take somebody out of the organization: first what goes with it, then done."""
    membership, person = get_person(request.user, organization, username, Action.PERSON_REMOVE)
    form = ConfirmForm(form_data(request))
    if form.is_valid() and form.submit(person.delete_by, actor_of(request)):
        messages.success(request, f"{person.user} is no longer in {membership.organization}.")
        return (
            redirect("organizations:home") if person.user == request.user else redirect("members:index", organization)
        )
    log_refusals(request, form, Action.PERSON_REMOVE, membership, subject=username)
    here = membership.organization
    context = {
        "form": form,
        "person": person,
        "refusal": _refusals(person)["remove"],
        "roles": person.user.registry_roles.filter(registry__organization=here).count(),
        "teams": person.user.team_memberships.filter(team__organization=here).count(),
        "ends": {kind: rows.count() for kind, rows in of_membership(person).items()},
    }
    return _person_page(request, "members/remove.html", membership, context, form.status)


@require_http_methods(["GET", "POST"])
def deactivate(request, organization, username):
    """Close somebody's account: first what ends, then done."""
    return _switch(request, organization, username, Action.USER_DEACTIVATE, "deactivated")


@require_http_methods(["GET", "POST"])
def reactivate(request, organization, username):
    """Open a closed account again."""
    return _switch(request, organization, username, Action.USER_REACTIVATE, "active again")


def _switch(request, organization, username, action, done):
    membership, person = get_person(request.user, organization, username, action)
    user, closing = person.user, action == Action.USER_DEACTIVATE
    form = ConfirmForm(form_data(request))
    verb = user.deactivate if closing else user.reactivate
    if form.is_valid() and form.submit(verb, actor_of(request), membership.organization):
        messages.success(request, f"{user} is {done}.")
        return redirect(person)
    log_refusals(request, form, action, membership, subject=username)
    context = {"form": form, "person": person, "closing": closing, "refusal": _refusals(person)["deactivate"]}
    return _person_page(request, "members/deactivate.html", membership, context, form.status)


@require_http_methods(["GET", "POST"])
def service(request, organization):
    """A new service account."""
    membership = require_admin(request.user, organization, Action.SERVICE_CREATE)
    form = ServiceForm(form_data(request))
    name = form.cleaned_data["username"] if form.is_valid() else ""
    if name and form.submit(make_service_account, membership.organization, name, actor_of(request)):
        messages.success(request, f"{name} is made. It has no password; it signs in with tokens.")
        return redirect("members:detail", organization, name)
    log_refusals(request, form, Action.SERVICE_CREATE, membership, subject=str(request.POST.get("username", ""))[:60])
    return _person_page(request, "members/service.html", membership, {"form": form}, form.status)
