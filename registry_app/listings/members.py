"""People of an organization as its list shows them."""

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Count, Q

from .. import rules
from ..choices import OrganizationRole, TeamRole, Visibility
from ..models import RegistryMember, TeamMembership, role_sources_of_person
from .base import add_line_breaks, registry_addresses

NAMES_SHOWN = 2  # registries in a row


def count_people(organization):
    """How many people, service accounts and teams there are; the deactivated aren't counted."""
    service = Q(user__is_service=True)
    counts = organization.memberships.of_active().aggregate(people=Count("pk", ~service), services=Count("pk", service))
    return {**counts, "teams": organization.teams.count()}


def member_rows(rows, looker):
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


def registries_of_person(rows, person):
    """Those registries, with the person's effective role in each and the paths to it."""
    found, address = role_sources_of_person(person, rows), registry_addresses(person)
    for row in rows:
        row["paths"] = [path for path in found[row["id"]] if path.counts]
        row["role"] = rules.effective_of(row["paths"], service=person.user.is_service)
        row["address"], row["label"] = address(row["name"]), add_line_breaks(row["name"])
        row["restricted"] = row["visibility"] == Visibility.RESTRICTED
    return rows
