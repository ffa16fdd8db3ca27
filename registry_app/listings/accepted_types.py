"""The list of the types that a registry accepts."""

from django.db.models import Exists, OuterRef, QuerySet

from .. import rules
from ..models import AcceptedType, Collection, Registry


class AcceptedTypeListing:
    """The types that `registry` accepts."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    @property
    def rows(self) -> QuerySet[AcceptedType]:
        """The types; `used` says whether a collection has this type."""
        used = Collection.objects.filter(registry=OuterRef("registry"), type=OuterRef("name"))
        return self.registry.types.annotate(used=Exists(used))

    @property
    def removals(self) -> list[tuple[AcceptedType, rules.Refusal | None]]:
        """(type, why it can't be removed or None) for each type (rules 4, 7 and 11)."""
        used, types = self.registry.types_in_use(), list(self.registry.types.select_related("added_by"))
        return [(each, self._refuse_removal(each, in_use=each.name in used, others=len(types) - 1)) for each in types]

    def _refuse_removal(self, accepted, *, in_use, others):
        return rules.refuse_type_removal(self.registry.kind, accepted.name, in_use=in_use, others=others)
