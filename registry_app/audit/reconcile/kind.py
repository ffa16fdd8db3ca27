"""One kind of thing: as the log expects it, and as the rows have it."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from django.db.models import Model

from ...models import Collection, Organization, Registry, Team, User, Version
from .state import State

Expected = dict[Any, dict | None]
Actual = Iterable[tuple[Any, dict]]


def fields_of(model: type[Model], *fields: str) -> Actual:
    """These fields of each row of `model`, by its id."""
    for row in model._default_manager.order_by("pk").values("pk", *fields).iterator():
        yield row.pop("pk"), row


class Kind:
    """What `state` expects of one kind of thing, and what the database has of it: {key: fields} and pairs of the same.

    Fields are {field: value}; None where entries speak of the thing, but none of its creation. A field that no entry
    told isn't judged. `source` is what tells the expected.
    """

    source = "the audit log"

    def __init__(self, state: State) -> None:
        self.state = state

    def expected(self) -> Expected:
        """By the log."""
        raise NotImplementedError

    def actual(self) -> Actual:
        """By the rows."""
        raise NotImplementedError

    def label(self, key: Any) -> str:
        """The words that begin a sentence about the thing of this key."""
        raise NotImplementedError

    def find_drift(self) -> Iterator[str]:
        """A sentence for each thing that only one of both has, and for each field in which they differ."""
        expected = self.expected()
        for key, fields in self.actual():
            wanted = expected.pop(key, None)
            if wanted is None:
                yield f"{self._named(key)} is not in {self.source}."
                continue
            for field, value in fields.items():
                if field in wanted and wanted[field] != value:
                    yield f"{self._named(key)}: {field} is not what {self.source} says."
        for key in expected:
            yield f"{self._named(key)} is in {self.source}, but gone."

    def _named(self, key: Any) -> str:
        label = self.label(key)
        return label[0].upper() + label[1:]

    # How sentences name things: as the log knows them, else as their rows do.

    def organization(self, pk: int) -> str:
        """An organization, by number and name."""
        return f"organization {pk} ({self._organizations.get(pk)})"

    def registry(self, pk: int) -> str:
        """A registry, by number and name."""
        return f"registry {pk} ({self._registries.get(pk)})"

    def collection(self, pk: int) -> str:
        """A collection, by number and name."""
        return f"collection {pk} ({self._collections.get(pk)})"

    def user(self, pk: int) -> str:
        """An account, by number and name."""
        return f"{pk} ({self._users.get(pk)})"

    def team(self, pk: int) -> str:
        """A team, by number and name."""
        return f"team {pk} ({self._teams.get(pk)})"

    def version(self, pk: int) -> str:
        """A version, by number and path."""
        found = Version.objects.select_related("artifact__team").filter(pk=pk).first()
        known = self.state.versions.get(pk)
        return f"version {pk} ({found or (known and known.fields and known.fields['path'])})"

    @cached_property
    def _organizations(self) -> dict[int, str]:
        told = {pk: each.fields["name"] for pk, each in self.state.organizations.items() if each.fields}
        return dict(Organization.objects.values_list("pk", "name")) | told

    @cached_property
    def _registries(self) -> dict[int, str]:
        told = {pk: registry.name for pk, registry in self.state.registries() if registry.name}
        return dict(Registry.objects.values_list("pk", "name")) | told

    @cached_property
    def _collections(self) -> dict[int, str]:
        told = {pk: collection.name for pk, collection in self.state.collections() if collection.name}
        return dict(Collection.objects.values_list("pk", "name")) | told

    @cached_property
    def _users(self) -> dict[int, str]:
        told = {pk: fields["username"] for pk, fields in self.state.accounts.items() if fields}
        return dict(User.objects.values_list("pk", "username")) | told

    @cached_property
    def _teams(self) -> dict[int, str]:
        teams = [pair for each in self.state.organizations.values() for pair in each.teams.items()]
        return dict(Team.objects.values_list("pk", "name")) | {pk: t.fields["name"] for pk, t in teams if t.fields}
