"""The rows that addresses name, by compiled queries. permissions.py asks for them, and checks who may know of them."""

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ..database.compiled import Compiled
from .access_request import AccessRequest
from .alias_request import AliasRequest
from .collection import Collection
from .link import Link
from .organization_membership import OrganizationMembership
from .registry import Registry
from .registry_member import RegistryMember
from .user import User


@Compiled
def users(user: int) -> QuerySet[User]:
    """The account of this id."""
    return User.objects.filter(pk=user)


@Compiled
def slugs(user: int) -> QuerySet:
    """The slugs of the organizations that `user` is in, in the order of their names."""
    return OrganizationMembership.objects.filter(user=user).values_list("organization__slug", flat=True)


@Compiled
def memberships(user: int, slug: str) -> QuerySet[OrganizationMembership]:
    """The membership of `user` in the organization `slug`, with `waiting`, and whether they are `elsewhere` too."""
    waiting = _waiting(AccessRequest, user) + _waiting(AliasRequest, user)
    mine = OrganizationMembership.objects.order_by().filter(user=user)
    elsewhere = mine.exclude(organization=OuterRef("organization"))
    memberships = mine.filter(organization__slug=slug)
    memberships = memberships.annotate(waiting=waiting, elsewhere=Exists(elsewhere))
    return memberships.select_related("organization")


def _waiting(model: type[AccessRequest | AliasRequest], user: int) -> Coalesce:
    """The number of open requests of this kind that `user` may answer in the organization of the outer query."""
    # `+ 0`, in the condition and in the grouping, keeps SQLite from walking the index of all registries.
    requests = model.objects.open().answerable(user).annotate(place=F("registry__organization") + 0)
    requests = requests.filter(place=OuterRef("organization")).order_by()
    count = requests.values("place").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(count), 0)


@Compiled
def registries(membership: OrganizationMembership, name_key: str) -> QuerySet[Registry]:
    """The registry of this name that the membership's person can see."""
    registries = membership.registries().select_related("created_by").with_given_role(membership.user_id)
    return registries.filter(name_key=name_key).order_by()


@Compiled
def collections(membership: OrganizationMembership, registry: str, name_key: str) -> QuerySet[Collection]:
    """The collection of this name in the registry of this name that the membership's person can see."""
    place = {"registry__in": _named(membership, registry), "name_key": name_key}
    given = RegistryMember.objects.highest(membership.user_id, OuterRef("registry"))
    collections = Collection.objects.select_related("registry", "created_by").filter(**place).order_by()
    return collections.annotate(given_role=given)


@Compiled
def links(membership: OrganizationMembership, registry: str, name_key: str, number: int) -> QuerySet[Link]:
    """The link of this number in the collection of this name in such a registry."""
    related = ("collection__registry", "version__artifact__team", "version__created_by", "linked_by")
    place = {"collection__registry__in": _named(membership, registry), "collection__name_key": name_key}
    given = RegistryMember.objects.highest(membership.user_id, OuterRef("collection__registry"))
    links = Link.objects.with_latest().select_related(*related).filter(**place, number=number).order_by()
    return links.annotate(given_role=given)


def _named(membership, name_key):
    return membership.registries().filter(name_key=name_key).order_by().values("pk")
