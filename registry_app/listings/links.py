"""The list of the links in a collection."""

from typing import Any

from django.db.models import QuerySet, Value
from django.http import QueryDict

from .. import rules
from ..models import Collection, Link, Registry
from ..permissions import RegistryAccess
from .base import Listing
from .collections import mark_protected


class LinkListing(Listing):
    """The links in `collection`, a collection of the registry of `access`: the newest first."""

    sorts = {"": (["number"], True)}

    def __init__(self, access: RegistryAccess, collection: Collection, params: QueryDict) -> None:
        self.registry, self.collection = access.registry, collection
        super().__init__(access.membership, params)

    @property
    def of(self) -> tuple:
        """The collection."""
        return (self.collection.pk,)

    @staticmethod
    def query(collection: int) -> QuerySet:
        """The links."""
        links = Link.objects.filter(collection=collection).select_related("version", "linked_by")
        return links.prefetch_related("aliases", "tags")

    def prepare(self, rows: list) -> list:
        """(link, [(alias, whether it is protected)], whether any alias is) of each link."""
        for link in rows:
            link.collection = self.collection
        protected = self.registry.protected_names()
        marked = [(link, mark_protected([alias.name for alias in link.aliases.all()], protected)) for link in rows]
        return [(link, aliases, any(is_protected for _, is_protected in aliases)) for link, aliases in marked]

    @property
    def context(self) -> dict[str, Any]:
        """The context of the list's templates; `newest` are the two links that can be compared."""
        links = self.collection.links
        return {**super().context, "count": links.count(), "newest": list(links.order_by("-number")[:2])}


def labels_of(registry: Registry, link: Link) -> dict[str, Any]:
    """The plain aliases of `link` (a row of `with_latest`), its protected ones, and its tags: one query."""
    found: dict[str, list[str]] = {"alias": [], "tag": [], "protected": []}
    rows = [
        each.order_by().values_list("name", Value(kind))
        for kind, each in (("alias", link.aliases), ("tag", link.tags), ("protected", registry.protected_aliases))
    ]
    for name, kind in rows[0].union(*rows[1:], all=True):
        found[kind].append(name)
    protected = rules.protected_among(found["alias"], found["protected"])
    return {
        "aliases": sorted(set(found["alias"]) - set(protected)),
        "protected": protected,
        "tags": sorted(found["tag"]),
        "is_latest": link.latest,  # type: ignore[attr-defined]
    }
