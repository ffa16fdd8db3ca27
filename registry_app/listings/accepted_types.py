"""The list of the types that a registry accepts."""

from django.db.models import Exists, OuterRef, QuerySet

from .. import rules
from ..database.compiled import Compiled
from ..models import AcceptedType, Collection, OrganizationMembership, Registry

READ_FROM = 200  # registries whose types are read to offer or to name them
NAMED = 12  # types that the form of a new registry names


class AcceptedTypeListing:
    """The types that `registry` accepts."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    @property
    def rows(self) -> list[AcceptedType]:
        """The types; `used` says whether a collection has this type."""
        return _types(self.registry.pk)

    @property
    def removals(self) -> list[tuple[AcceptedType, rules.Refusal | None]]:
        """(type, why it can't be removed or None) for each type (rules 4, 7 and 11)."""
        types = self.rows
        return [(each, self._refuse_removal(each, others=len(types) - 1)) for each in types]

    def _refuse_removal(self, accepted, *, others):
        return rules.refuse_type_removal(self.registry.kind, accepted.name, in_use=accepted.used, others=others)


def types_seen(membership: OrganizationMembership) -> QuerySet[AcceptedType]:
    """What the first READ_FROM registries accept that the person sees."""
    seen = membership.registries().order_by("name_key")[:READ_FROM].values("pk")
    return AcceptedType.objects.filter(registry__in=seen).order_by()


def types_elsewhere(membership: OrganizationMembership) -> list[str]:
    """Names of types that are in use, so that a new registry doesn't call the same thing otherwise."""
    names = types_seen(membership).values_list("name", flat=True)
    return list(names.distinct().order_by("name")[:NAMED])


@Compiled
def _types(registry: int) -> QuerySet[AcceptedType]:
    used = Collection.objects.filter(registry=OuterRef("registry"), type=OuterRef("name"))
    types = AcceptedType.objects.filter(registry=registry).select_related("added_by")
    return types.annotate(used=Exists(used)).order_by("-preconfigured", "name")
