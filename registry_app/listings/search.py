"""The hits of a search in groups, as the page of search shows them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q
from django.db.models.functions import Left
from django.urls import reverse

from .. import rules
from ..choices import Visibility
from ..models import AcceptedType, Alias, OrganizationMembership, ProtectedAlias
from ..search.query import Search
from ..search.results import SearchResults

SHOWN = 10  # hits of each group
LABELS_SHOWN = 6  # types, and aliases, of a hit
ADDRESSES = ("registries:index", "registries:detail", "collections:detail", "links:detail")


class SearchListing:
    """The first hits of `wanted` in the registries that the membership's person can see, in groups."""

    def __init__(self, membership: OrganizationMembership, wanted: Search) -> None:
        self.wanted, self.results = wanted, SearchResults(wanted, membership.registries())
        self.address = _addresses(membership.organization.slug)

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The groups that have hits: dicts of `name`, `rows`, `more` (are there more hits?) and `all` (an address)."""
        groups = self._found()
        more = {name for name, rows in groups.items() if len(rows) > SHOWN}
        groups = {name: rows[:SHOWN] for name, rows in groups.items()}
        _add_types(groups["Registries"])
        _add_aliases(groups)
        for row in (row for rows in groups.values() for row in rows):
            _add_addresses(row, self.address)
        return [
            {"name": name, "rows": rows, "more": name in more, "all": self._list_of_all(name, rows)}
            for name, rows in groups.items()
            if rows
        ]

    @property
    def meant(self) -> list[dict[str, str]]:
        """The names that may have been meant, as dicts with an address each."""
        meant = self.results.names_meant()
        for row in meant:
            row["address"] = self.address(*filter(None, (row["registry_name"], row.get("collection_name"))))
        return meant

    def _found(self) -> dict[str, list[dict[str, Any]]]:
        """{name of a group: its first SHOWN rows, and one more where there are more}."""
        results = self.results
        return {
            "Registries": _registries(results.registries()),
            "Collections": _collections(results.collections()),
            "Versions": _links(results.links(SHOWN + 1)),
            "Aliases": _labels(results.aliases(SHOWN + 1), "alias"),
            "Tags": _labels(results.tags(SHOWN + 1), "tag"),
        }

    def _list_of_all(self, name, rows):
        """The address of the list that shows the whole group `name`, or None where no list has such filters."""
        if name == "Registries":
            start, query = self.address(), _filters(self.wanted, "type")
        else:
            start, query = rows[0]["registry_address"], _filters(self.wanted, "type", "tag", "registry")
        in_registry = bool(query) and bool(query.pop("registry", None))
        fits = query is not None and name == ("Collections" if in_registry else "Registries")
        return f"{start}?{urlencode(query)}" if fits else None


# The rows of each group, as dicts: their own columns, and those of their collection and registry.


def _place(path):
    """The columns of a row's collection and registry; `path` is the lookup of the collection, "" for itself."""
    return {
        "registry_pk": F(f"{path}registry"),
        "registry_name": F(f"{path}registry__name"),
        "visible_to": F(f"{path}registry__visibility"),
        "type_name": F(f"{path}type"),
        "collection_name": F(f"{path}name"),
    }


def _first(found):
    """The first SHOWN rows of `found`, and one more. They are chosen by id, so that no other row's card is read."""
    chosen = found.values("pk")[: SHOWN + 1]
    return found.model.objects.filter(pk__in=chosen).order_by(*found.query.order_by)


def _registries(found):
    text = Left("description", rules.CARD_READ)
    columns = {"registry_name": F("name"), "visible_to": F("visibility"), "text": text}
    rows = _first(found).values("id", "accepts_all_types", **columns)
    return [{**row, "label": row["registry_name"], "summary": rules.first_sentence(row["text"])[:160]} for row in rows]


def _collections(found):
    rows = _first(found).values("id", card=Left("description", rules.CARD_READ), **_place(""))
    return [
        {
            **row,
            "label": row["collection_name"],
            "summary": rules.first_sentence(row["card"])[:160],
            "types": [row["type_name"]],
        }
        for row in rows
    ]


def _links(found):
    rows = (
        _first(found)
        .with_latest()
        .values("id", "number", "latest", summary=F("version__artifact__name"), **_place("collection__"))
    )
    return [{**row, "label": f"{row['collection_name']}:v{row['number']}", "types": [row["type_name"]]} for row in rows]


def _labels(found, kind):
    """Aliases or tags; `number` is that of their link, or None."""
    rows = _first(found).values("id", "name", number=F("link__number"), **_place("collection__"))
    return [{**row, "kind": kind, "types": [row["type_name"]]} for row in rows]


# Types and aliases of rows.


def _add_types(rows):
    """Add the types that these registries accept."""
    ids = [row["id"] for row in rows]
    names: dict[int, list] = {}
    for pk, name in AcceptedType.objects.filter(registry__in=ids).order_by("name").values_list("registry", "name"):
        names.setdefault(pk, []).append(name)
    for row in rows:
        types = ["All types"] if row["accepts_all_types"] else names.get(row["id"], [])
        row["types"], row["more_types"] = types[:LABELS_SHOWN], max(0, len(types) - LABELS_SHOWN)


def _add_aliases(groups):
    """Add the aliases of collections and versions, protected ones first, and whether an alias is protected."""
    collections, links = ({row["id"]: row for row in groups[name]} for name in ("Collections", "Versions"))
    placed = [row for name, rows in groups.items() if name != "Registries" for row in rows]
    protected = set(
        ProtectedAlias.objects.filter(registry__in={row["registry_pk"] for row in placed}).values_list(
            "registry", "name_key"
        )
    )
    for row in placed:
        row["protected"] = (row["registry_pk"], rules.name_key(row.get("name", ""))) in protected
        row["aliases"] = [(False, rules.LATEST)] if row.get("latest") else []
    aliases = Alias.objects.filter(Q(collection__in=collections) | Q(link__in=links))
    for collection, link, name in aliases.order_by("name").values_list("collection", "link", "name"):
        for row in filter(None, (collections.get(collection), links.get(link))):
            row["aliases"].append(((row["registry_pk"], rules.name_key(name)) in protected, name))
    for row in placed:
        marked = sorted(row["aliases"], key=lambda alias: not alias[0])
        row["aliases"], row["more_aliases"] = marked[:LABELS_SHOWN], max(0, len(marked) - LABELS_SHOWN)


# Addresses of rows.


def _addresses(organization: str) -> Callable[..., str]:
    """A function that takes no name, or those of a registry, its collection and a version's number, to an address."""
    return lambda *names: reverse(ADDRESSES[len(names)], args=[organization, *names])


def _add_addresses(row, address):
    """Add the addresses of the row, its collection and its registry, and whether the registry is restricted."""
    row["restricted"] = row["visible_to"] == Visibility.RESTRICTED
    names = [row["registry_name"], row.get("collection_name"), row.get("number")]
    steps = [name for name in names if name is not None]
    row["address"] = address(*steps)
    row["registry_address"] = address(steps[0])
    if len(steps) > 1:
        row["collection_address"] = address(*steps[:2])


def _filters(wanted, *known):
    """The parameters of a list with the filters `known` that shows the same, or None if it can't."""
    filters = dict(wanted.conditions)
    same = len(wanted.words) <= 1 and len(filters) == len(wanted.conditions) and filters.keys() <= set(known)
    return {"q": wanted.text, **filters} if same else None
