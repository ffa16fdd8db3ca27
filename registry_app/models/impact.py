"""What previews count: the consequences that are shown first, and asked for again when they are confirmed (rule 18)."""

from typing import NamedTuple


class Restriction(NamedTuple):
    """What restricting a registry would do: how many people keep access, and how many lose it."""

    keeps: int
    loses: int

    @property
    def total(self) -> int:
        """How many people see it before."""
        return self.keeps + self.loses


class ContentCounts(NamedTuple):
    """What registries or collections hold: how many of each."""

    collections: int
    links: int
    aliases: int
    tags: int
