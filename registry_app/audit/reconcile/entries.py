"""How each entry of the log changes what there is; as_it_was.py says it of what a registry holds."""

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ... import rules
from ...choices import Action
from ...models.event import AuditEvent
from ...models.organization import NEW_ACCOUNT
from ..snapshots import RegistrySnapshot
from .state import Account, Organization, State, Team, Token

# What an organization is where the entry of its founding says nothing else.
NEW_ORGANIZATION = {"default_role": "viewer", "members_create": True, "requires_second_factor": False}
NEVER = "never"


class Entry(NamedTuple):
    """An entry of something that was done, as snapshots take it; `changes` is {name: [before, after]}."""

    seq: int
    action: str
    organization_id: int
    registry_id: int | None
    collection_id: int | None
    subject: str
    changes: dict

    @property
    def after(self) -> dict:
        """{name: what came after}"""
        return {name: values[1] for name, values in self.changes.items()}

    def told(self, name: str) -> str:
        """The value of `name`, before or after."""
        return next(value for value in self.changes[name] if value is not None)


def entries() -> Iterator[tuple[int, str]]:
    """(seq, sealed text) of what was done, oldest first."""
    done = AuditEvent.objects.filter(code="").order_by("seq")
    return done.values_list("seq", "body").iterator(chunk_size=5000)


def apply(state: State, seq: int, body: str) -> None:
    """Let an entry happen. Raises LookupError, TypeError, ValueError or AttributeError for what no verb wrote."""
    facts = json.loads(body)
    fields = (facts[name] for name in Entry._fields[1:])
    entry = Entry(seq, *fields)
    if entry.registry_id is not None:
        _in_registry(state, entry, entry.registry_id)
    elif change := CHANGES.get(entry.action):
        change(state, entry)


# Accounts and their tokens.


def _create_account(state: State, entry: Entry) -> None:
    service = {"is_service": entry.action == Action.SERVICE_CREATE}
    state.accounts.create(entry.subject, {**NEW_ACCOUNT, **service, **entry.after})


def _edit_account(state: State, entry: Entry) -> None:
    before, now = entry.changes.get("username", (entry.subject, None))
    account = state.accounts.find(before)
    if now is not None:
        state.accounts.rename(account, now)
    if account.facts is not None:
        account.facts |= entry.after
    if entry.after.get("is_active") is False:
        for token in [token for token in state.usable.values() if token.account is account]:
            state.revoke(token)


def _issue_token(state: State, entry: Entry) -> None:
    token = Token(state.accounts.find(entry.after["user"]), entry.subject, entry.after)
    state.tokens.append(token)
    state.usable[token.account, token.name] = token


def _revoke_token(state: State, entry: Entry) -> None:
    if token := state.usable.get((state.accounts.find(entry.after["user"]), entry.subject)):
        state.revoke(token)


# Organizations, who is in them, and their teams.


def _create_organization(state: State, entry: Entry) -> None:
    state.organization(entry.organization_id).facts = {**NEW_ORGANIZATION, "name": entry.subject}


def _edit_organization(state: State, entry: Entry) -> None:
    organization = state.organization(entry.organization_id)
    organization.facts = organization.facts and organization.facts | entry.after


def _put_person(state: State, entry: Entry) -> None:
    state.organization(entry.organization_id).people[state.accounts.find(entry.subject)] = entry.after["role"]


def _remove_person(state: State, entry: Entry) -> None:
    organization, account = state.organization(entry.organization_id), state.accounts.find(entry.subject)
    organization.people.pop(account, None)
    for team in organization.teams.here():
        team.people.pop(account, None)
    _take_roles(organization, account)


def _take_roles(organization: Organization, holder: Account | Team) -> None:
    for registry in organization.registries.values():
        registry.members.pop(holder, None)


def _create_team(state: State, entry: Entry) -> None:
    teams, facts = state.organization(entry.organization_id).teams, entry.after
    teams.create(facts["name"], {"description": facts["description"]})


def _edit_team(state: State, entry: Entry) -> None:
    teams = state.organization(entry.organization_id).teams
    before, now = entry.changes.get("name", (entry.subject, None))
    team = teams.find(before)
    if now is not None:
        teams.rename(team, now)
    if team.facts is not None:
        team.facts |= entry.after


def _delete_team(state: State, entry: Entry) -> None:
    organization = state.organization(entry.organization_id)
    team = organization.teams.find(entry.subject)
    team.is_gone = True
    _take_roles(organization, team)


def _change_team_member(state: State, entry: Entry) -> None:
    team = state.organization(entry.organization_id).teams.find(entry.subject)
    for name, role in entry.after.items():
        account = state.accounts.find(name)
        if role is None:
            team.people.pop(account, None)
        else:
            team.people[account] = role


# Versions.


def _path(entry: Entry) -> str:
    return entry.told("version") if "version" in entry.changes else entry.subject


def _create_version(state: State, entry: Entry) -> None:
    organization, facts = state.organization(entry.organization_id), entry.after
    version = organization.versions.create(organization.place(_path(entry)), facts)
    version.made_from = [organization.version(path) for path in facts.get("made from", ())]


def _delete_version(state: State, entry: Entry) -> None:
    state.organization(entry.organization_id).version(_path(entry)).is_gone = True


# Registries and what they hold.


def _in_registry(state: State, entry: Entry, pk: int) -> None:
    organization = state.organization(entry.organization_id)
    registry = organization.registries.setdefault(pk, RegistrySnapshot())
    registry.take(entry._replace(changes=_with_things(state, organization, entry)))
    _follow_name(organization, pk, entry)
    if entry.action == Action.DELETE:
        del organization.registries[pk]


def _with_things(state: State, organization: Organization, entry: Entry) -> dict:
    """The entry's changes, with things where it names them."""
    changes = entry.changes
    if entry.action in {Action.MEMBER_ADD, Action.MEMBER_CHANGE, Action.MEMBER_REMOVE}:
        return {_holder(state, organization, name): values for name, values in changes.items()}
    if entry.action == Action.LINK:
        return {label: [None, organization.version(path)] for label, (_, path) in changes.items()}
    if entry.action == Action.CREATE and "admins" in changes:
        return changes | {"admins": [None, state.accounts.find(entry.after["admins"])]}
    return changes


def _holder(state: State, organization: Organization, name: str) -> Account | Team:
    prefix, _, team = name.partition(" ")  # no username has a space
    return organization.teams.find(team) if prefix == "team" and team else state.accounts.find(name)


def _follow_name(organization: Organization, pk: int, entry: Entry) -> None:
    """Rule 15: a former name leads on until another registry takes it."""
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
    Action.TEAM_CREATE: _create_team,
    Action.TEAM_EDIT: _edit_team,
    Action.TEAM_DELETE: _delete_team,
    Action.TEAM_MEMBER_ADD: _change_team_member,
    Action.TEAM_MEMBER_CHANGE: _change_team_member,
    Action.TEAM_MEMBER_REMOVE: _change_team_member,
    Action.VERSION_CREATE: _create_version,
    Action.VERSION_DELETE: _delete_version,
}
