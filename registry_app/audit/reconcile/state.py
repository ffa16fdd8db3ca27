"""What there is by the log: the things that entries speak of, by id."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..snapshots import CollectionSnapshot, RegistrySnapshot

Fields = dict[str, Any]


@dataclass
class Team:
    """A team of an organization, and who is in it {user id: what was given}. `fields` is None before its creation."""

    fields: Fields | None = None
    people: dict[int, Fields] = field(default_factory=dict)


@dataclass
class Version:
    """A version of an artifact, and what it was made from (ids)."""

    organization: int
    fields: Fields | None = None
    made_from: list[int] = field(default_factory=list)


@dataclass
class Token:
    """An API token that was issued."""

    name: str
    user: int
    fields: Fields
    is_revoked: bool = False


@dataclass
class Organization:
    """An organization: its settings (None before its creation), and what is in it."""

    fields: Fields | None = None
    people: dict[int, Fields] = field(default_factory=dict)
    group_mappings: dict[int, Fields] = field(default_factory=dict)
    teams: dict[int, Team] = field(default_factory=dict)
    registries: dict[int, RegistrySnapshot] = field(default_factory=dict)
    former_names: dict[str, int] = field(default_factory=dict)  # {key of the name: registry}


@dataclass
class State:
    """All that there is by the log. `accounts` are {id: fields}; None where no entry told of the creation."""

    accounts: dict[int, Fields | None] = field(default_factory=dict)
    organizations: dict[int, Organization] = field(default_factory=dict)
    tokens: dict[int, Token] = field(default_factory=dict)
    versions: dict[int, Version] = field(default_factory=dict)

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
