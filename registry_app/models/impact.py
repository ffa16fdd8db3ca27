"""What previews count: the consequences that are shown first, and asked for again when they are confirmed (rule 18)."""

from typing import NamedTuple, Self


class PeopleCount(NamedTuple):
    """How many people, and how many service accounts."""

    people: int
    services: int

    def __str__(self) -> str:
        people = f"{self.people:,} {'person' if self.people == 1 else 'people'}"
        services = f"{self.services:,} service account{'' if self.services == 1 else 's'}"
        return f"{people} and {services}" if self.services else people

    @property
    def total(self) -> int:
        """How many both are."""
        return self.people + self.services


class RestrictionImpact(NamedTuple):
    """What restricting a registry would do: how many keep access, and how many lose it, service accounts included."""

    keeps: int
    loses: int

    @classmethod
    def of(cls, keeps: PeopleCount, loses: PeopleCount) -> Self:
        """As both sides are counted."""
        return cls(keeps.total, loses.total)

    @property
    def total(self) -> int:
        """How many see it before."""
        return self.keeps + self.loses


class ContentCounts(NamedTuple):
    """What registries or collections hold: how many of each."""

    collections: int
    links: int
    aliases: int
    tags: int
