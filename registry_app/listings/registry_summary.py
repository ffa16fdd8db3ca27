"""What stands beside a registry: the types that it accepts, its protected aliases, and how many people see it."""

from collections import Counter
from typing import NamedTuple

from django.db.models import Case, Count, Exists, OuterRef, QuerySet, Value, When

from .. import rules
from ..database.compiled import Compiled
from ..models import AcceptedType, AliasRequest, Collection, ProtectedAlias, Registry
from ..models.impact import PeopleCount

TYPE, PROTECTED, ASKED, COUNT = "type", "protected", "asked", "count"  # kinds of rows
PEOPLE = Case(When(user__is_service=True, then=Value("services")), default=Value("people"))
ALL_OTHER = Value(""), Value(False), Value(False), Value(0)  # fields of a SummaryRow that only has a name


class SummaryRow(NamedTuple):
    """A type, a protected alias, an alias that is asked for, or how many `people` or `services` see the registry.

    Of a type: who added it, and whether a collection has it. The total is that of open requests for a protected alias.
    """

    kind: str
    name: str
    added_by: str | None = None
    preconfigured: bool = False
    used: bool = False
    total: int = 0


class RegistrySummary:
    """The SummaryRows of `registry`, by one query."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._rows = [SummaryRow(*row) for row in _rows(registry)]

    def _of(self, kind):
        return sorted((row for row in self._rows if row.kind == kind), key=lambda row: row.name)

    @property
    def types(self) -> list[SummaryRow]:
        """The types that it accepts, preconfigured ones first."""
        return sorted(self._of(TYPE), key=lambda row: not row.preconfigured)

    @property
    def removals(self) -> list[tuple[SummaryRow, rules.Refusal | None]]:
        """(type, why it can't be removed or None) for each type (rules 4, 7 and 11)."""
        types = self.types
        return [(each, self._refuse_removal(each, others=len(types) - 1)) for each in types]

    def _refuse_removal(self, accepted, *, others):
        return rules.refuse_type_removal(self.registry.kind, accepted.name, in_use=accepted.used, others=others)

    @property
    def protected(self) -> list[SummaryRow]:
        """The protected aliases, each with the number of open requests for it."""
        asked = Counter(rules.name_key(row.name) for row in self._of(ASKED))
        return [row._replace(total=asked[rules.name_key(row.name)]) for row in self._of(PROTECTED)]

    @property
    def people(self) -> PeopleCount:
        """How many people and service accounts can see it."""
        return PeopleCount(**{"people": 0, "services": 0} | {row.name: row.total for row in self._of(COUNT)})


@Compiled
def _rows(registry: Registry) -> QuerySet:
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
