"""The types that registries accept, to offer and to name them."""

from django.db.models import QuerySet

from ..models import AcceptedType, OrganizationMembership

READ_FROM = 200  # registries whose types are read to offer or to name them
NAMED = 12  # types that the form of a new registry names


def types_seen(membership: OrganizationMembership) -> QuerySet[AcceptedType]:
    """What the first READ_FROM registries accept that the person sees."""
    seen = membership.registries().order_by("name_key")[:READ_FROM].values("pk")
    return AcceptedType.objects.filter(registry__in=seen).order_by()


def types_elsewhere(membership: OrganizationMembership) -> list[str]:
    """Names of types that are in use, so that a new registry doesn't call the same thing otherwise."""
    names = types_seen(membership).values_list("name", flat=True)
    return list(names.distinct().order_by("name")[:NAMED])
