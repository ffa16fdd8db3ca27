"""What stands beside a registry: the types that it accepts, its protected aliases, and how many people see it."""

from collections import Counter
from typing import NamedTuple

from django.db.models import Case, Count, Exists, OuterRef, QuerySet, Value, When

from .. import rules
from ..database.compiled import Compiled
from ..models import AcceptedType, AliasRequest, Collection, ProtectedAlias, Registry
from ..models.impact import PeopleCount

TYPE, PROTECTED, ASKED, COUNT = "type", "protected", "asked", "count"  # kinds of facts
PEOPLE = Case(When(user__is_service=True, then=Value("services")), default=Value("people"))
ALL_OTHER = Value(""), Value(False), Value(False), Value(0)  # fields of a Fact that only has a name


class Fact(NamedTuple):
    """A type, a protected alias, an alias that is asked for, or the number of `people` or `services`.

    Of a type: who added it, and whether a collection has it. The number is that of open requests for a protected alias.
    """

    kind: str
    name: str
    added_by: str | None = None
    preconfigured: bool = False
    used: bool = False
    number: int = 0


class RegistryFacts:
    """The Facts of `registry`, by one query."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._facts = [Fact(*row) for row in _facts(registry)]

    def _of(self, kind):
        return sorted((fact for fact in self._facts if fact.kind == kind), key=lambda fact: fact.name)

    @property
    def types(self) -> list[Fact]:
        """The types that it accepts, preconfigured ones first."""
        return sorted(self._of(TYPE), key=lambda fact: not fact.preconfigured)

    @property
    def removals(self) -> list[tuple[Fact, rules.Refusal | None]]:
        """(type, why it can't be removed or None) for each type (rules 4, 7 and 11)."""
        types = self.types
        return [(each, self._refuse_removal(each, others=len(types) - 1)) for each in types]

    def _refuse_removal(self, accepted, *, others):
        return rules.refuse_type_removal(self.registry.kind, accepted.name, in_use=accepted.used, others=others)

    @property
    def protected(self) -> list[Fact]:
        """The protected aliases, each with the number of open requests for it."""
        asked = Counter(rules.name_key(fact.name) for fact in self._of(ASKED))
        return [fact._replace(number=asked[rules.name_key(fact.name)]) for fact in self._of(PROTECTED)]

    @property
    def people(self) -> PeopleCount:
        """How many people and service accounts can see it."""
        return PeopleCount(**{"people": 0, "services": 0} | {fact.name: fact.number for fact in self._of(COUNT)})


@Compiled
def _facts(registry: Registry) -> QuerySet:
    used = Exists(Collection.objects.filter(registry=OuterRef("registry"), type=OuterRef("name")))
    types = AcceptedType.objects.filter(registry=registry).annotate(used=used).order_by()
    protected = ProtectedAlias.objects.filter(registry=registry).order_by()
    asked = AliasRequest.objects.filter(registry=registry, answered_at=None).order_by()
    people = registry.people().order_by().annotate(counted=PEOPLE).values("counted").annotate(number=Count("pk"))
    return types.values_list(Value(TYPE), "name", "added_by__username", "preconfigured", "used", Value(0)).union(
        protected.values_list(Value(PROTECTED), "name", *ALL_OTHER),
        asked.values_list(Value(ASKED), "alias", *ALL_OTHER),
        people.values_list(Value(COUNT), "counted", *ALL_OTHER[:3], "number"),
        all=True,
    )
