"""Why one person may, in many registries at once: every path to a role in each (rulebook §3)."""

from django.utils import timezone

from .. import rules
from ..choices import Role, Source
from .registry_member import RegistryMember


def paths_of_person(membership, registries):
    """{registry id: [rules.Path]} of the membership's person in `registries` (dicts: id, visibility), winners first.

    One query, however many they are. Roles that have ended are among the paths, and don't count.
    """
    default = membership.organization.default_role
    found = {row["id"]: _inherited(membership, rules.shared_role(row["visibility"], default)) for row in registries}
    given = RegistryMember.objects.reaching(membership.user_id).filter(registry__in=found).order_by("team__name")
    now = timezone.now()
    for registry, role, team, ends_at in given.values_list("registry", "role", "team__name", "ends_at"):
        source = Source.PERSON if team is None else Source.TEAM
        counts = ends_at is None or ends_at > now
        found[registry].append(rules.Path(Role(role), source, team or "", ends_at, counts))
    for paths in found.values():
        paths.sort(key=lambda path: (path.counts, rules.rank(path.role)), reverse=True)
    return found


def _inherited(membership, shared):
    """What comes with the membership itself; `shared` is everybody's role, or None."""
    paths = [rules.Path(Role.ADMIN, Source.ORGANIZATION)] if membership.is_admin else []
    return [*paths, rules.Path(shared, Source.VISIBILITY)] if shared else paths
