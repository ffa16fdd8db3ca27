"""Snapshots: a registry or a collection at a moment, read from the audit log alone."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from django.core.cache import cache
from django.db.models import F, Q

from ..choices import Action, Role, Target
from ..models import Collection, Registry
from ..models.event import AuditEvent

EVERY = 2000  # entries between two checkpoints; reading that many takes about a tenth of a second
MEMBER_ACTIONS = (Action.MEMBER_ADD, Action.MEMBER_CHANGE, Action.MEMBER_REMOVE)
# What ends or renames holders of roles in many registries at once: an entry names none of these registries as its own.
HOLDER_ACTIONS = (Action.TEAM_DELETE, Action.PERSON_REMOVE, Action.TEAM_EDIT)


class Entry(NamedTuple):
    """An entry of something that was done; `changes` is {field: [before, after]}, `related` {what: references}."""

    seq: int
    action: str
    organization_id: int
    registry_id: int | None
    collection_id: int | None
    target_id: int
    target_name: str
    changes: dict[str, list]
    related: dict[str, Any]

    @classmethod
    def read(cls, seq: int, body: str) -> Self:
        """The entry `seq` whose hashed text is `body`. LookupError, TypeError or ValueError where it is none."""
        content = json.loads(body)
        return cls(seq, *(content[name] for name in cls._fields[1:]))

    @property
    def after(self) -> dict[str, Any]:
        """{field: its value after the entry}"""
        return {name: values[1] for name, values in self.changes.items()}


class GivenRole(NamedTuple):
    """A role as it was given: to a holder of this name, until `ends_at` (ISO) or permanently."""

    holder: str
    role: str
    ends_at: str | None = None

    def __str__(self) -> str:
        label = Role(self.role).label.lower()
        return f"{label} until {self.ends_at[:16].replace('T', ' ')} UTC" if self.ends_at else label


@dataclass
class CollectionSnapshot:
    """A collection: `links` {label: reference of the version}, `aliases` {name: label}, `link_tags` {label: tags}."""

    name: str = ""
    type: str = ""
    description: str = ""
    tags: list = field(default_factory=list)
    key_metrics: list = field(default_factory=list)
    links: dict[str, dict] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    link_tags: dict[str, list] = field(default_factory=dict)

    @property
    def latest(self) -> str | None:
        """The label of the newest version, or None."""
        return max(self.links, key=_number, default=None)

    @property
    def versions(self) -> list[tuple[str, str, list, list]]:
        """[(label, path of the version, its aliases, its tags)], newest first."""
        return [
            (
                label,
                self.links[label]["name"],
                sorted(alias for alias, at in self.aliases.items() if at == label),
                self.link_tags.get(label, []),
            )
            for label in sorted(self.links, key=_number, reverse=True)
        ]

    def apply(self, entry: Entry) -> None:
        """Let one entry of the log happen."""
        label = entry.target_name.rpartition(":")[2]  # of an entry about a link
        if entry.action in {Action.COLLECTION_CREATE, Action.COLLECTION_EDIT}:
            for name, value in entry.after.items():
                setattr(self, name, value)
        elif entry.action == Action.LINK:
            self.links[label] = entry.related["version"]
        elif entry.action == Action.LINK_TAG:
            self.link_tags[label] = entry.after["tags"]
        elif entry.action == Action.UNLINK:
            self.links.pop(label, None)
            self.link_tags.pop(label, None)
            self.aliases = {name: at for name, at in self.aliases.items() if at != label}
        elif entry.action == Action.ALIAS_SET:
            self.aliases[entry.related["alias"]["name"]] = entry.after["link"]
        elif entry.action == Action.ALIAS_REMOVE:
            self.aliases.pop(entry.related["alias"]["name"], None)


@dataclass
class RegistrySnapshot:
    """A registry: `types` None where it took all, `roles` {(type, id) of the holder: …}, `collections` {id: …}."""

    name: str = ""
    description: str = ""
    visibility: str = ""
    types: list | None = None
    protected: list = field(default_factory=list)
    roles: dict[tuple[str, int], GivenRole] = field(default_factory=dict)
    collections: dict[int, CollectionSnapshot] = field(default_factory=dict)

    @property
    def members(self) -> dict[str, str]:
        """{name of the holder: role in words}"""
        return {
            f"team {given.holder}" if kind == Target.TEAM else given.holder: str(given)
            for (kind, _), given in self.roles.items()
        }

    def apply(self, entry: Entry) -> None:
        """Let one entry of the log happen."""
        if entry.action in HOLDER_ACTIONS or entry.action == Action.USER_EDIT:
            self._apply_to_holder(entry)
        elif entry.action == Action.COLLECTION_DELETE:
            self.collections.pop(entry.collection_id or 0, None)
        elif entry.collection_id:
            self.collections.setdefault(entry.collection_id, CollectionSnapshot()).apply(entry)
        elif entry.action in MEMBER_ACTIONS:
            self._give(entry.related["holder"], **entry.after)
        elif entry.action in {Action.PROTECT, Action.UNPROTECT}:
            self.protected = entry.after["protected_aliases"]
        elif entry.action.startswith("registry."):
            self._apply_fields(entry)

    def _apply_to_holder(self, entry: Entry) -> None:
        kind = Target.TEAM if entry.action in {Action.TEAM_DELETE, Action.TEAM_EDIT} else Target.USER
        holder = (str(kind), entry.target_id)
        if entry.action in {Action.TEAM_DELETE, Action.PERSON_REMOVE}:
            self.roles.pop(holder, None)
        elif holder in self.roles:
            after = entry.after
            name = after.get("name") or after.get("username") or self.roles[holder].holder
            self.roles[holder] = self.roles[holder]._replace(holder=name)

    def _give(self, holder: dict[str, Any], **fields: Any) -> None:
        """Let `holder` (a reference) have the `role` and `ends_at` of `fields`; without a role it has none any more."""
        key = (holder["type"], holder["id"])
        known = self.roles.pop(key, GivenRole(holder["name"], ""))
        given = known._replace(holder=holder["name"], **fields)
        if given.role:
            self.roles[key] = given

    def _apply_fields(self, entry: Entry) -> None:
        after = entry.after
        for name in ("name", "description", "visibility"):
            setattr(self, name, after.get(name, getattr(self, name)))
        if "admin" in entry.related:
            self._give(entry.related["admin"], role=str(Role.ADMIN))
        for holder in entry.related.get("kept", ()):
            self._give(holder, role=holder["role"], ends_at=None)
        if after.get("accepts_all_types"):
            self.types = None
        elif "types" in after:
            self.types = after["types"]


def registry_as_of(registry: Registry, moment: datetime) -> RegistrySnapshot | None:
    """The RegistrySnapshot of `registry` at `moment`, or None before it was created."""
    holders = Q(registry_id=None, organization_id=registry.organization_id, action__in=HOLDER_ACTIONS)
    renamed = Q(organization_id=None, action=Action.USER_EDIT)
    which = Q(registry_id=registry.pk) | holders | renamed
    return _replayed(RegistrySnapshot, f"snapshot-registry:{registry.pk}", which, moment)


def protected_aliases_as_of(registry: Registry, moment: datetime) -> list[str]:
    """The names of the aliases that were protected in `registry` at `moment`."""
    # `+ 0` makes SQLite use the index of actions, one by one; else it reads all that was ever done in the registry.
    events = AuditEvent.objects.filter(organization_id=registry.organization_id, code="", at__lte=moment)
    events = events.alias(in_registry=F("registry_id") + 0).filter(in_registry=registry.pk)
    found = [events.filter(action=action).first() for action in (Action.PROTECT, Action.UNPROTECT)]
    last = max(filter(None, found), key=lambda event: event.seq, default=None)
    return last.changes["protected_aliases"][1] if last else []


def collection_as_of(collection: Collection, moment: datetime) -> CollectionSnapshot | None:
    """The CollectionSnapshot of `collection` at `moment`, or None before it was created."""
    key = f"snapshot-collection:{collection.pk}"
    return _replayed(CollectionSnapshot, key, Q(collection_id=collection.pk), moment)


def _replayed(new: Callable[[], Any], key: str, which: Q, moment: datetime) -> Any:
    """The snapshot `new()` after the entries `which` until `moment`; None where no entry told of its creation.

    A long history is read once: every EVERY entries the cache keeps a checkpoint, because entries never change.
    """
    checkpoints = cache.get(key, [])  # [(seq, at)]
    reached = [seq for seq, at in checkpoints if at <= moment]
    start = max(reached, default=0)
    snapshot = cache.get(f"{key}:{start}") if start else None
    if snapshot is None:
        snapshot, start = new(), 0
    entries = AuditEvent.objects.filter(which, code="", at__lte=moment, seq__gt=start).order_by("seq")
    rows = entries.values_list("seq", "at", "body").iterator(chunk_size=1000)
    for number, (seq, at, body) in enumerate(rows, start=1):
        snapshot.apply(Entry.read(seq, body))
        if number % EVERY == 0:
            checkpoints = [*checkpoints, (seq, at)]
            cache.set_many({f"{key}:{seq}": snapshot, key: checkpoints}, timeout=None)
    return snapshot if snapshot.name else None


def _number(label: str) -> int:
    return int(label.removeprefix("v"))
