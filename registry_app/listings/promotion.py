"""What the form that promotes a version shows: the aliases to choose, and where each of them is now."""

from functools import cached_property
from typing import Any, NamedTuple

from .. import rules
from ..models import Link
from ..permissions import RegistryAccess
from .version_page import VersionPage

OTHERS = 6  # aliases of other versions to choose from; any other one is typed
NUMBERS = 3  # metrics of which the difference is said


class Choice(NamedTuple):
    """An alias to set, the number of the version that it names now (None: none), and what the metrics would do."""

    name: str
    is_protected: bool
    number: int | None
    differences: str


class Promotion:
    """The aliases that `link`, a version in a collection of the registry of `access`, may get."""

    def __init__(self, access: RegistryAccess, link: Link) -> None:
        self.link, self.page = link, VersionPage(access, link)
        self.labels = self.page.labels
        self.refusal = rules.refuse_protected(access.role, self.labels.declared, self.labels.declared)

    @cached_property
    def protected(self) -> list[str]:
        """The protected aliases that it hasn't: each way the collection writes one, or as it was declared."""
        written = self.labels.protected
        keys = {rules.name_key(name) for name in written}
        unwritten = (name for name in self.labels.declared if rules.name_key(name) not in keys)
        return sorted(name for name in [*written, *unwritten] if self.labels.numbers.get(name) != self.link.number)

    @cached_property
    def others(self) -> list[str]:
        """The other aliases of other versions."""
        numbers = self.labels.numbers
        return sorted(name for name in numbers.keys() - self.labels.protected if numbers[name] != self.link.number)

    @cached_property
    def choices(self) -> list[Choice]:
        """Those that the person may set: protected ones first, and the first of other versions."""
        protected = [] if self.refusal else sorted(self.protected, key=self._is_other)
        return [self._choice(name) for name in [*protected, *self.others[:OTHERS]]]

    @property
    def shown(self) -> dict[str, int | None]:
        """{alias to choose: the number of the version that it names, None without one}."""
        return {choice.name: choice.number for choice in self.choices}

    def _is_other(self, name):
        return not (self.labels.base and name == self.labels.base[0])

    def _choice(self, name):
        number = self.labels.numbers.get(name)
        told = [each for each in self.page.big if each.value.delta][:NUMBERS] if not self._is_other(name) else []
        differences = ", ".join(f"{each.metric.label} {each.value.delta}" for each in told)
        return Choice(name, name in self.protected, number, differences)

    @property
    def context(self) -> dict[str, Any]:
        """The context of the template; `locked` are the protected aliases that the person can't set."""
        return {
            "link": self.link,
            "locked": self.protected if self.refusal else [],
            "askable": self.page.askable,
        }
