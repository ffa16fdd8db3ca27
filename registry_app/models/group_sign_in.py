"""A sign-in through the identity provider: groups give what is mapped to them, and take what they gave."""

from collections.abc import Collection

from django.db import transaction

from .. import rules
from ..choices import Action
from .event import Actor, record
from .group_mapping import mappings_of
from .organization import Organization
from .organization_membership import OrganizationMembership
from .team import TeamMembership
from .user import User


@transaction.atomic
def follow_groups(user: User, groups: Collection[str], provider: str, by: Actor) -> None:
    """Let `user` have what is mapped to these `groups` of the provider, and nothing else that a group gave; and log it.

    What people gave stays, and is never lowered. The last admin of an organization stays one: what would change that is
    logged as refused. A service account is never touched.
    """
    if user.is_service:
        return
    # All organizations are held before the first entry, because the end of the log is locked last of all.
    held = {pk: Organization.objects.hold(pk) for pk in sorted(_concerned(user, groups, provider))}
    mappings = mappings_of(groups, provider)
    for organization in held.values():
        here = [mapping for mapping in mappings if mapping.organization_id == organization.pk]
        _follow_in_organization(organization, user, here, by)
        _follow_in_teams(organization, user, here, by)


def _concerned(user, groups, provider):
    """The ids of the organizations where something is mapped to the groups, or a group gave something to the user."""
    mapped = {mapping.organization_id for mapping in mappings_of(groups, provider)}
    given = user.memberships.exclude(group="").order_by().values_list("organization", flat=True)
    in_teams = user.team_memberships.exclude(group="").order_by().values_list("team__organization", flat=True)
    return mapped.union(given, in_teams)


def _follow_in_organization(organization, user, mappings, by):
    here = organization.memberships.select_related("user").filter(user=user)
    membership = here.first() or OrganizationMembership(organization=organization, user=user)
    membership.organization = organization
    must_stay = membership.refuse_last_admin() if membership.pk else None
    remains = membership.receive(*_highest((mapping.role, mapping) for mapping in mappings))
    if must_stay and not (remains and membership.is_admin):
        action = Action.PERSON_CHANGE if remains else Action.PERSON_REMOVE
        record(by, action, membership, code=must_stay.code, reason=must_stay.reason)
    else:
        _keep(membership, remains, by)


def _follow_in_teams(organization, user, mappings, by):
    inside = TeamMembership.objects.select_related("team").filter(user=user, team__organization=organization)
    memberships = {each.team_id: each for each in inside}
    wanted: dict[int, list] = {pk: [] for pk, each in memberships.items() if each.group}
    for mapping in mappings:
        if mapping.team:
            wanted.setdefault(mapping.team_id, []).append((mapping.team_role, mapping))
            memberships.setdefault(mapping.team_id, TeamMembership(team=mapping.team, user=user))
    for team, roles in wanted.items():
        memberships[team].user = user
        _keep(memberships[team], memberships[team].receive(*_highest(roles)), by)


def _highest(roles):
    """(role, group, provider) of the highest of `roles` [(role, mapping)]; empty text where there is none."""
    role, mapping = max(roles, key=lambda each: rules.rank(each[0]), default=("", None))
    return (role, mapping.group, mapping.provider) if mapping else ("", "", "")


def _keep(row, remains, by):
    """Save the row, which has received what groups give; or delete it where no role `remains`."""
    if remains:
        row.save_by(by, by_hand=False)
    elif row.pk:
        row.delete_by(by)
