"""Search: one box over the registries that somebody sees, and all that is in them."""

from urllib.parse import urlencode

from django.db.models import F, Q
from django.db.models.functions import Left
from django.urls import reverse
from django.views.decorators.http import require_safe

from .. import rules
from ..choices import Visibility
from ..forms import SearchForm
from ..models import AcceptedType, Alias, Collection, ProtectedAlias
from ..permissions import get_organization
from ..search.query import OPERATORS, Search
from ..search.results import SearchResults
from .rendering import render_page

SHOWN = 10  # hits of each group
MARKS_SHOWN = 6  # types, and aliases, of a hit
CARD_READ = 1000  # characters of a card, of which a hit shows the first line
ADDRESSES = ("registries:index", "registries:detail", "collections:detail", "links:detail")


@require_safe
def index(request, organization):
    """What is found of registries, collections, versions, aliases and tags, the first few of each."""
    membership = get_organization(request.user, organization)
    form = SearchForm(request.GET)
    form.refuse_repeated()
    wanted = form.cleaned_data["q"] if form.is_valid() else Search()
    context = {"form": form, "section": "search", "asked": any(wanted), "operators": OPERATORS}
    if any(wanted):
        finding = SearchResults(wanted, membership.registries())
        context["groups"] = _groups(finding, _addresses(organization))
        if not context["groups"] and not wanted.conditions:
            context["meant"] = _meant(finding, _addresses(organization))
    return render_page(
        request, "search/index.html", membership, context, part="search/_results.html", status=form.status
    )


def _groups(finding, address):
    """The groups in which something is found, as the template shows them."""
    groups = {
        "Registries": _registries(finding.registries()),
        "Collections": _collections(finding.collections()),
        "Versions": _links(finding.links(SHOWN + 1)),
        "Aliases": _marks(finding.aliases(SHOWN + 1), "alias"),
        "Tags": _marks(finding.tags(SHOWN + 1), "tag"),
    }
    more = {name for name, rows in groups.items() if len(rows) > SHOWN}
    groups = {name: rows[:SHOWN] for name, rows in groups.items()}
    _add_types(groups["Registries"])
    _add_aliases(groups)
    for row in (row for rows in groups.values() for row in rows):
        _add_addresses(row, address)
    return [
        {"name": name, "rows": rows, "more": name in more, "all": _list_of_all(name, finding.wanted, rows, address())}
        for name, rows in groups.items()
        if rows
    ]


# The rows of each group, as dicts: their own columns, and where they are.


def _place(path):
    """Where a row is, whose collection (or itself) is at `path`."""
    return {
        "registry_pk": F(f"{path}registry"),
        "registry_name": F(f"{path}registry__name"),
        "visible_to": F(f"{path}registry__visibility"),
        "type_name": F(f"{path}type"),
        "collection_name": F(f"{path}name"),
    }


def _first(found):
    """The first of `found`, and one more where there are more; chosen by their ids, to read no card but theirs."""
    chosen = found.values("pk")[: SHOWN + 1]
    return found.model.objects.filter(pk__in=chosen).order_by(*found.query.order_by)


def _registries(found):
    rows = _first(found).values(
        "id", "accepts_all_types", registry_name=F("name"), visible_to=F("visibility"), text=Left("description", 160)
    )
    return [{**row, "label": row["registry_name"], "summary": row["text"].partition("\n")[0]} for row in rows]


def _collections(found):
    rows = _first(found).values("id", card=Left("description", CARD_READ), **_place(""))
    return [
        {
            **row,
            "label": row["collection_name"],
            "summary": Collection(description=row["card"]).summary[:160],
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


def _marks(found, kind):
    """Aliases or tags; `number` is that of the link that carries it, or None."""
    rows = _first(found).values("id", "name", number=F("link__number"), **_place("collection__"))
    return [{**row, "kind": kind, "types": [row["type_name"]]} for row in rows]


# What they carry.


def _add_types(rows):
    """The types that these registries take."""
    ids = [row["id"] for row in rows]
    names: dict[int, list] = {}
    for pk, name in AcceptedType.objects.filter(registry__in=ids).order_by("name").values_list("registry", "name"):
        names.setdefault(pk, []).append(name)
    for row in rows:
        types = ["All types"] if row["accepts_all_types"] else names.get(row["id"], [])
        row["types"], row["more_types"] = types[:MARKS_SHOWN], max(0, len(types) - MARKS_SHOWN)


def _add_aliases(groups):
    """The aliases of these collections and versions, protected ones first, and which of the aliases are protected."""
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
        marks = sorted(row["aliases"], key=lambda mark: not mark[0])
        row["aliases"], row["more_aliases"] = marks[:MARKS_SHOWN], max(0, len(marks) - MARKS_SHOWN)


# Where they lead.


def _addresses(organization):
    """A function from the names of a registry, a collection in it and a version's number, or none, to an address."""
    return lambda *names: reverse(ADDRESSES[len(names)], args=[organization, *names])


def _add_addresses(row, address):
    """The row's own address, those of what it lies in, and whether that is restricted."""
    row["restricted"] = row["visible_to"] == Visibility.RESTRICTED
    names = [row["registry_name"], row.get("collection_name"), row.get("number")]
    steps = [name for name in names if name is not None]
    row["address"] = address(*steps)
    row["registry_address"] = address(steps[0])
    if len(steps) > 1:
        row["collection_address"] = address(*steps[:2])


def _list_of_all(name, wanted, rows, index):
    """The address of the list page that shows all of the group `name`, or None where no list narrows like that."""
    if name == "Registries":
        start, query = index, _filters(wanted, "type")
    else:
        start, query = rows[0]["registry_address"], _filters(wanted, "type", "tag", "registry")
    in_registry = bool(query) and bool(query.pop("registry", None))
    fits = query is not None and name == ("Collections" if in_registry else "Registries")
    return f"{start}?{urlencode(query)}" if fits else None


def _filters(wanted, *known):
    """What a list with the filters `known` is asked for to show the same, or None where it can't."""
    filters = dict(wanted.conditions)
    same = len(wanted.words) <= 1 and len(filters) == len(wanted.conditions) and filters.keys() <= set(known)
    return {"q": wanted.text, **filters} if same else None


def _meant(finding, address):
    """What may have been meant: dicts with an address each."""
    meant = finding.names_meant()
    for row in meant:
        row["address"] = address(*filter(None, (row["registry_name"], row.get("collection_name"))))
    return meant
