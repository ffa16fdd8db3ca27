"""Teams as the pages of people show them."""

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from ..choices import Role, TeamRole
from ..models import RegistryMember, TeamMembership
from .base import add_line_breaks
from .cursor import paginate

LEADS_SHOWN, REGISTRIES_SHOWN = 3, 3  # in a row of the list


def paginate_teams(membership, filters=None, **cursors):
    """A Page of the teams of the membership's organization, as dicts."""
    teams = membership.organization.teams.all()
    teams = filters.apply(teams) if filters else teams
    return paginate(teams.values("id", "name", "name_key", "description"), ["name_key"], **cursors)


def team_rows(rows, membership):
    """Those rows, with each cell as the template prints it; registries that the membership's person can't see aside."""
    ids = [row["id"] for row in rows]
    active = TeamMembership.objects.filter(team__in=ids, user__is_active=True).order_by()
    sizes = dict(active.values("team").annotate(size=Count("pk")).values_list("team", "size"))
    leads: dict[int, list[str]] = {}
    leading = active.filter(role=TeamRole.ADMIN).order_by("user__username")
    for team, name in leading.values_list("team", "user__username"):
        leads.setdefault(team, []).append(name)
    roles: dict[int, list] = {}
    for given in _first_roles(ids, membership):
        roles.setdefault(given["team"], []).append(given)
    for row in rows:
        row["address"] = reverse("teams:detail", args=[membership.organization.slug, row["name"]])
        row["size"] = sizes.get(row["id"], 0)
        row["leads"] = leads.get(row["id"], [])[:LEADS_SHOWN]
        row["more_leads"] = max(0, len(leads.get(row["id"], [])) - LEADS_SHOWN)
        row["roles"] = roles.get(row["id"], [])
        row["more_roles"] = max(0, row["roles"][0]["total"] - REGISTRIES_SHOWN) if row["roles"] else 0
    return rows


def _first_roles(ids, membership):
    """The first few roles of each of those teams in registries that the person can see, as dicts; one query."""
    seen = RegistryMember.objects.active().filter(registry__in=membership.registries().order_by().values("pk"))
    numbered = seen.filter(team__in=ids).annotate(
        place=Window(RowNumber(), partition_by="team", order_by="registry__name_key"),
        total=Window(Count("pk"), partition_by="team"),
    )
    first = numbered.filter(place__lte=REGISTRIES_SHOWN).order_by("team", "place")
    rows = list(first.values("team", "role", "total", name=F("registry__name")))
    for row in rows:
        row["label"], row["role"] = add_line_breaks(row["name"]), Role(row["role"]).label
    return rows
