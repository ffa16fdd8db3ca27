"""How each entry of the log changes what there is; `snapshots` says it of what a registry holds."""

from collections.abc import Callable, Iterator

from ... import rules
from ...choices import Action
from ...models.event import AuditEvent
from ...models.user import NEW_ACCOUNT
from ..snapshots import HOLDER_ACTIONS, Entry, RegistrySnapshot
from .state import Fields, Organization, State, Team, Token, Version

# What an organization is where the entry of its creation says nothing else.
NEW_ORGANIZATION = {"default_role": "viewer", "members_create": True, "requires_second_factor": False}

BY_HAND = {"group": None, "provider": None}  # where the entry of a role says nothing else


def entries() -> Iterator[tuple[int, str]]:
    """(seq, hashed text) of what was done, oldest first."""
    done = AuditEvent.objects.filter(code="").order_by("seq")
    return done.values_list("seq", "body").iterator(chunk_size=5000)


def apply(state: State, seq: int, body: str) -> None:
    """Let an entry happen. Raises LookupError, TypeError, ValueError or AttributeError for what no verb wrote."""
    entry = Entry.read(seq, body)
    if entry.registry_id is not None:
        _in_registry(state, entry, entry.registry_id)
    elif change := CHANGES.get(entry.action):
        change(state, entry)
    if entry.action in HOLDER_ACTIONS:
        for registry in state.organization(entry.organization_id).registries.values():
            registry.apply(entry)


# Accounts and their tokens.


def _create_account(state: State, entry: Entry) -> None:
    service = {"is_service": entry.action == Action.SERVICE_CREATE}
    state.accounts[entry.target_id] = {**NEW_ACCOUNT, "username": entry.target_name, **service, **entry.after}


def _edit_account(state: State, entry: Entry) -> None:
    known = state.accounts.setdefault(entry.target_id, None)
    if known is not None:
        known |= entry.after
    if entry.after.get("is_active") is False:
        for token in state.tokens.values():
            token.is_revoked |= token.user == entry.target_id


def _issue_token(state: State, entry: Entry) -> None:
    state.tokens[entry.target_id] = Token(entry.target_name, entry.related["user"]["id"], entry.after)


def _revoke_token(state: State, entry: Entry) -> None:
    state.tokens[entry.target_id].is_revoked = True


# Organizations, who is in them, and their teams.


def _create_organization(state: State, entry: Entry) -> None:
    state.organization(entry.organization_id).fields = {**NEW_ORGANIZATION, **entry.after}


def _edit_organization(state: State, entry: Entry) -> None:
    organization = state.organization(entry.organization_id)
    organization.fields = organization.fields and organization.fields | entry.after


def _put_person(state: State, entry: Entry) -> None:
    _give(state.organization(entry.organization_id).people, entry.target_id, entry)


def _give(people: dict[int, Fields], person: int, entry: Entry) -> None:
    """The role of an entry, and the group that gave it; an entry that names no role leaves that of before."""
    before = people.get(person) or {**BY_HAND, "role": entry.after["role"]}
    people[person] = before | entry.after


def _remove_person(state: State, entry: Entry) -> None:
    organization = state.organization(entry.organization_id)
    organization.people.pop(entry.target_id, None)
    for team in organization.teams.values():
        team.people.pop(entry.target_id, None)


def _team(state: State, entry: Entry) -> Team:
    return state.organization(entry.organization_id).teams.setdefault(entry.target_id, Team())


def _create_team(state: State, entry: Entry) -> None:
    after = entry.after
    _team(state, entry).fields = {"name": after["name"], "description": after["description"]}


def _edit_team(state: State, entry: Entry) -> None:
    team = _team(state, entry)
    team.fields = team.fields and team.fields | entry.after


def _delete_team(state: State, entry: Entry) -> None:
    state.organization(entry.organization_id).teams.pop(entry.target_id, None)


def _change_team_member(state: State, entry: Entry) -> None:
    people, person = _team(state, entry).people, entry.related["member"]["id"]
    if entry.action == Action.TEAM_MEMBER_REMOVE:
        people.pop(person, None)
    else:
        _give(people, person, entry)


def _map_group(state: State, entry: Entry) -> None:
    mappings, team = state.organization(entry.organization_id).group_mappings, entry.related.get("team")
    before = mappings.get(entry.target_id) or {"group": entry.target_name, "team": team and team["id"]}
    mappings[entry.target_id] = before | entry.after


def _unmap_group(state: State, entry: Entry) -> None:
    state.organization(entry.organization_id).group_mappings.pop(entry.target_id)


def _create_version(state: State, entry: Entry) -> None:
    fields = {**entry.after, "team": entry.related["team"]["id"], "path": entry.target_name.partition("/")[2]}
    made_from = [source["id"] for source in entry.related.get("made_from", ())]
    state.versions[entry.target_id] = Version(entry.organization_id, fields, made_from)


def _delete_version(state: State, entry: Entry) -> None:
    state.versions.pop(entry.target_id, None)


# Registries and what they hold.


def _in_registry(state: State, entry: Entry, pk: int) -> None:
    organization = state.organization(entry.organization_id)
    organization.registries.setdefault(pk, RegistrySnapshot()).apply(entry)
    _follow_name(organization, pk, entry)
    if entry.action == Action.DELETE:
        del organization.registries[pk]


def _follow_name(organization: Organization, pk: int, entry: Entry) -> None:
    """Rule 15: a former name redirects until another registry takes it."""
    former = organization.former_names
    if entry.action == Action.DELETE:
        for key in [key for key, registry in former.items() if registry == pk]:
            del former[key]
    elif entry.action in {Action.CREATE, Action.EDIT} and "name" in entry.changes:
        before, now = (name and rules.name_key(name) for name in entry.changes["name"])
        former.pop(now, None)
        if before not in (None, now):
            former[before] = pk


CHANGES: dict[str, Callable[[State, Entry], None]] = {
    Action.USER_CREATE: _create_account,
    Action.SERVICE_CREATE: _create_account,
    Action.USER_EDIT: _edit_account,
    Action.USER_DEACTIVATE: _edit_account,
    Action.USER_REACTIVATE: _edit_account,
    Action.TOKEN_ISSUE: _issue_token,
    Action.TOKEN_REVOKE: _revoke_token,
    Action.ORGANIZATION_CREATE: _create_organization,
    Action.ORGANIZATION_EDIT: _edit_organization,
    Action.FACTOR_REQUIRE: _edit_organization,
    Action.PERSON_ADD: _put_person,
    Action.PERSON_CHANGE: _put_person,
    Action.PERSON_REMOVE: _remove_person,
    Action.GROUP_MAP: _map_group,
    Action.GROUP_CHANGE: _map_group,
    Action.GROUP_UNMAP: _unmap_group,
    Action.TEAM_CREATE: _create_team,
    Action.TEAM_EDIT: _edit_team,
    Action.TEAM_DELETE: _delete_team,
    Action.TEAM_MEMBER_ADD: _change_team_member,
    Action.TEAM_MEMBER_CHANGE: _change_team_member,
    Action.TEAM_MEMBER_REMOVE: _change_team_member,
    Action.VERSION_CREATE: _create_version,
    Action.VERSION_DELETE: _delete_version,
}
