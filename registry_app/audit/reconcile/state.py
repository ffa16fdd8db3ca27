"""What there is by the log: the things that entries speak of, each found by the name that it had at the moment."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ..snapshots import CollectionSnapshot, RegistrySnapshot


@dataclass(eq=False)
class Named:
    """What entries call by its name. `facts` is None until an entry tells of its creation."""

    name: Any
    facts: dict | None = None
    is_gone: bool = False


@dataclass(eq=False)
class Account(Named):
    """An account, by username."""

    def __str__(self) -> str:
        return str(self.name)


@dataclass(eq=False)
class Team(Named):
    """A team of an organization, and who is in it as what."""

    people: dict[Account, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"team {self.name}"


@dataclass(eq=False)
class Version(Named):
    """A version of an artifact. Its name is (its team, the rest of its path), so that it follows the team's name."""

    made_from: list["Version"] = field(default_factory=list)

    @property
    def path(self) -> str:
        """What it is called as its team is called now."""
        team, rest = self.name
        return f"{team.name}/{rest}"


Thing = TypeVar("Thing", bound=Named)


class Names(Generic[Thing]):
    """Things of one kind by name. A former name still finds its thing, until another one takes it.

    Because the name in an entry may have been read just before it changed.
    """

    def __init__(self, kind: type[Thing]) -> None:
        self.kind = kind
        self.by_name: dict[Hashable, Thing] = {}
        self.all: list[Thing] = []

    def find(self, name: Hashable) -> Thing:
        """What `name` names; where no entry told of it yet, a thing without facts."""
        return self.by_name.get(name) or self._add(name)

    def create(self, name: Hashable, facts: dict) -> Thing:
        """A new thing. One that entries spoke of already, though none told of its creation, is the same."""
        known = self.by_name.get(name)
        thing = known if known and known.facts is None and not known.is_gone else self._add(name)
        thing.facts = facts
        return thing

    def rename(self, thing: Thing, name: Hashable) -> None:
        """`thing` is called `name` from now on; an entry may have called it so already."""
        known = self.by_name.get(name)
        if known and known is not thing and known.facts is None:
            self.all.remove(known)
        thing.name = name
        self.by_name[name] = thing

    def here(self) -> list[Thing]:
        """Those that are not gone."""
        return [thing for thing in self.all if not thing.is_gone]

    def _add(self, name: Hashable) -> Thing:
        thing = self.by_name[name] = self.kind(name)
        self.all.append(thing)
        return thing


@dataclass
class Organization:
    """An organization: its settings (None until an entry tells of its founding), and what is in it."""

    facts: dict | None = None
    people: dict[Account, str] = field(default_factory=dict)
    teams: Names[Team] = field(default_factory=lambda: Names(Team))
    versions: Names[Version] = field(default_factory=lambda: Names(Version))
    registries: dict[int, RegistrySnapshot] = field(default_factory=dict)
    former_names: dict[str, int] = field(default_factory=dict)  # {key of the name: registry}

    def place(self, path: str) -> tuple[Team, str]:
        """The name of the version at `path`."""
        team, _, rest = path.partition("/")
        return self.teams.find(team), rest

    def version(self, path: str) -> Version:
        """The version that is, or was, at `path`."""
        return self.versions.find(self.place(path))


@dataclass
class Token:
    """An API token that was issued."""

    account: Account
    name: str
    facts: dict
    is_revoked: bool = False


class State:
    """All that there is by the log."""

    def __init__(self) -> None:
        self.accounts = Names(Account)
        self.organizations: dict[int, Organization] = {}
        self.tokens: list[Token] = []
        self.usable: dict[tuple[Account, str], Token] = {}  # those not revoked, among which names are single

    def organization(self, pk: int) -> Organization:
        """The organization of this id."""
        return self.organizations.setdefault(pk, Organization())

    def registries(self) -> Iterator[tuple[int, RegistrySnapshot]]:
        """Each registry, with its id."""
        for organization in self.organizations.values():
            yield from organization.registries.items()

    def collections(self) -> Iterator[tuple[int, CollectionSnapshot]]:
        """Each collection, with its id."""
        for _, registry in self.registries():
            yield from registry.collections.items()

    def revoke(self, token: Token) -> None:
        """It works no more."""
        token.is_revoked = True
        self.usable.pop((token.account, token.name), None)
