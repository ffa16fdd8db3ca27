"""As it was: a registry or a collection at a moment, read off the audit log alone."""

from dataclasses import dataclass, field

from django.db.models import F, Q

from .. import rules
from ..choices import Action
from ..models.event import AuditEvent

# What ends roles in registries, or gives their holder another name, without speaking of any of them alone.
ENDING = (Action.TEAM_DELETE, Action.PERSON_REMOVE)
AFAR = (*ENDING, Action.TEAM_EDIT)


@dataclass
class CollectionSnapshot:
    """A collection as it was: `links` {label: source}, `aliases` {alias: label}, `link_tags` {label: tags}."""

    name: str = ""
    type: str = ""
    description: str = ""
    tags: list = field(default_factory=list)
    links: dict = field(default_factory=dict)
    aliases: dict = field(default_factory=dict)
    link_tags: dict = field(default_factory=dict)

    @property
    def latest(self):
        """The label of the newest version, or None."""
        return max(self.links, key=_number, default=None)

    @property
    def versions(self):
        """[(label, source, its aliases, its tags)], newest first."""
        return [
            (
                label,
                self.links[label],
                sorted(alias for alias, at in self.aliases.items() if at == label),
                self.link_tags.get(label, []),
            )
            for label in sorted(self.links, key=_number, reverse=True)
        ]

    def take(self, event):
        """Let one entry of the log happen."""
        after = {name: values[1] for name, values in event.changes.items()}
        if event.action in {Action.COLLECTION_CREATE, Action.COLLECTION_EDIT}:
            for name, value in after.items():
                setattr(self, name, value)
        elif event.action == Action.LINK:
            self.links |= after
        elif event.action in {Action.ALIAS_PUT, Action.ALIAS_TAKE}:
            _put(self.aliases, after)
        elif event.action == Action.LINK_TAG:
            self.link_tags[event.subject.rpartition(":")[2]] = after["tags"]
        elif event.action == Action.UNLINK:
            label = next(name for name in after if rules.number_called(name) is not None)
            self.links.pop(label, None)
            self.link_tags.pop(label, None)
            for name in after:
                if self.aliases.get(name) == label:
                    del self.aliases[name]


@dataclass
class RegistrySnapshot:
    """A registry as it was: `types` None where it took all, `members` {holder: role}, `collections` {id: …}."""

    name: str = ""
    description: str = ""
    visibility: str = ""
    types: list | None = None
    protected: list = field(default_factory=list)
    members: dict = field(default_factory=dict)
    collections: dict = field(default_factory=dict)

    def take(self, event):
        """Let one entry of the log happen."""
        after = {name: values[1] for name, values in event.changes.items()}
        if event.action in ENDING:
            holder = event.subject if event.action == Action.PERSON_REMOVE else f"team {event.subject}"
            self.members.pop(holder, None)
        elif event.action == Action.TEAM_EDIT:
            before, now = event.changes.get("name", (None, None))
            self._rename(f"team {before}", f"team {now}")
        elif event.action == Action.USER_EDIT:
            self._rename(*event.changes.get("username", (None, None)))
        elif event.action == Action.COLLECTION_DELETE:
            self.collections.pop(event.collection_id, None)
        elif event.collection_id:
            self.collections.setdefault(event.collection_id, CollectionSnapshot()).take(event)
        elif event.action in {Action.MEMBER_ADD, Action.MEMBER_CHANGE, Action.MEMBER_REMOVE}:
            _put(self.members, after)
        elif event.action in {Action.PROTECT, Action.UNPROTECT}:
            self.protected = after["protected aliases"]
        elif event.action.startswith("registry."):
            self._take_facts(after)

    def _rename(self, before, now):
        if before in self.members:
            self.members[now] = self.members.pop(before)

    def _take_facts(self, after):
        for name in ("name", "description", "visibility"):
            setattr(self, name, after.get(name, getattr(self, name)))
        if "admins" in after:  # who made it
            self.members[after["admins"]] = "admin"
        if after.get("accepts_all_types"):
            self.types = None
        elif "types" in after:
            self.types = after["types"]


def registry_as_of(registry, moment):
    """The RegistrySnapshot of `registry` at `moment`, or None before it was made."""
    afar = Q(registry_id=None, organization_id=registry.organization_id, action__in=AFAR)
    accounts = Q(organization_id=None, action=Action.USER_EDIT)
    return _replayed(RegistrySnapshot(), Q(registry_id=registry.pk) | afar | accounts, moment)


def protected_aliases_as_of(registry, moment):
    """The names of the aliases that were protected in `registry` at `moment`."""
    # By the index of actions, one by one: else SQLite would read all that was ever done in the registry.
    events = AuditEvent.objects.filter(organization_id=registry.organization_id, code="", at__lte=moment)
    events = events.alias(place=F("registry_id") + 0).filter(place=registry.pk)
    found = [events.filter(action=action).first() for action in (Action.PROTECT, Action.UNPROTECT)]
    last = max(filter(None, found), key=lambda event: event.seq, default=None)
    return last.changes["protected aliases"][1] if last else []


def collection_as_of(collection, moment):
    """The CollectionSnapshot of `collection` at `moment`, or None before it was made."""
    return _replayed(CollectionSnapshot(), Q(collection_id=collection.pk), moment)


def _replayed(then, which, moment):
    events = AuditEvent.objects.filter(which, code="", at__lte=moment).order_by("seq")
    events = events.only("action", "collection_id", "subject", "body")
    for event in events.iterator(chunk_size=1000):
        then.take(event)
    return then if then.name else None


def _number(label):
    return int(label.removeprefix("v"))


def _put(facts, after):
    """Let `facts` say what came `after`; what is None there is gone."""
    for name, value in after.items():
        if value is None:
            facts.pop(name, None)
        else:
            facts[name] = value
