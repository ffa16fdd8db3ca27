"""The hits of a search as they are shown: what each is called, where it is, and why it was found."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, IntegerField, Max, Q, Value
from django.urls import reverse

from .. import rules
from ..choices import Hit, Kind
from ..models import Alias, Artifact, Collection, Link, OrganizationMembership, ProtectedAlias, Registry, Tag
from ..search import found
from ..search.query import Search
from .sidebar import CORES

SENTENCE = 160  # characters of the first sentence of a card
LABELS_SHOWN = 6  # aliases, and tags, of a hit
ADDRESSES = {
    Hit.REGISTRY: "registries:detail",
    Hit.COLLECTION: "collections:detail",
    Hit.VERSION: "links:detail",
    Hit.ARTIFACT: "artifacts:detail",
}


def shown(membership: OrganizationMembership, wanted: Search, hits: Sequence[tuple[Hit, int]]) -> list[dict[str, Any]]:
    """`hits`, (kind, id) each, of the Search `wanted` as dicts, in their order.

    Dicts of `kind`, `path` (names of what it is in), `name`, `address`, `icon`, `text`, `why` (where the words were
    found, if not in the name), `aliases`, `tags`, and the facts of its kind. A kind takes as many queries for one hit
    as for ten.
    """
    read = {Hit.REGISTRY: _registries, Hit.COLLECTION: _collections, Hit.VERSION: _links, Hit.ARTIFACT: _artifacts}
    rows = {}
    for kind in Hit:
        for row in read[kind]([pk for hit, pk in hits if hit == kind]):
            steps = [membership.organization.slug, *row["steps"]]
            labels: dict[str, list] = {"aliases": [], "tags": []}
            rows[kind, row["pk"]] = {**labels, **row, "kind": kind, "address": reverse(ADDRESSES[kind], args=steps)}
    _add_labels(rows)
    for row in rows.values():
        _tell_why(row, wanted)
        _choose_labels(row, wanted)
    return [rows[hit] for hit in hits if hit in rows]  # one may have gone meanwhile


# The rows of each kind. `place` is what a word that is in the text was found in, `elsewhere` what any other was.


def _registries(ids):
    columns = ("pk", "name", "visibility", "description", "collection_count", "updated_at")
    for row in Registry.objects.filter(pk__in=ids).values(*columns, registry_name=F("name"), registry_kind=F("kind")):
        text = {"text": row["description"], "place": "the description", "elsewhere": ""}
        yield {**row, "icon": _icon(row), "path": [], "steps": [row["name"]], **text}


def _collections(ids):
    columns = ("pk", "name", "type", "description", "latest_number", "updated_at")
    for row in Collection.objects.filter(pk__in=ids).with_latest().values(*columns, **_registry_of("")):
        path = [row["registry_name"]]
        text = {"text": row["description"], "place": "the card", "elsewhere": "a tag of a version"}
        yield {**row, "icon": _icon(row), "path": path, "steps": [*path, row["name"]], **text}


def _links(ids):
    names = {"type": F("collection__type"), "within": F("collection__name"), "text": F("version__artifact__name")}
    columns, names = ("pk", "number", "latest", "linked_at"), names | _registry_of("collection__")
    for row in Link.objects.filter(pk__in=ids).with_latest().values(*columns, **names):
        path, steps = [row["registry_name"]], [row["registry_name"], row["within"], row["number"]]
        aliases = [{"name": rules.LATEST, "protected": False}] if row["latest"] else []
        named = {"name": f"{row['within']} v{row['number']}", "place": "", "elsewhere": ""}
        yield {**row, "icon": _icon(row), "path": path, "steps": steps, **named, "aliases": aliases}


def _artifacts(ids):
    rows = Artifact.objects.filter(pk__in=ids).values(
        "pk", "name", "type", "project", "updated_at", team_name=F("team__name"), newest=Max("versions__number")
    )
    for row in rows:
        path = [row["team_name"], row["project"]]
        text = {"text": "", "place": "", "elsewhere": ""}
        yield {**row, "icon": "layers", "path": path, "steps": [*path, row["name"]], **text}


def _registry_of(path):
    """The columns of the registry of a row; `path` is the lookup of its collection, "" for itself."""
    names = {"registry_pk": "", "registry_name": "__name", "registry_kind": "__kind", "visibility": "__visibility"}
    return {name: F(f"{path}registry{column}") for name, column in names.items()}


def _icon(row):
    return CORES[row["registry_name"]] if row["registry_kind"] == Kind.CORE else "box"


# Aliases and tags.


def _add_labels(rows):
    """Add the aliases and tags of collections, without the tags of their versions, and of versions.

    Dicts of `name`; of an alias `protected`, and where it is a collection's the `number` of the version.
    """
    collections, links = _of(rows, Hit.COLLECTION), _of(rows, Hit.VERSION)
    registries = {row["registry_pk"] for row in [*collections.values(), *links.values()]}
    protected = set(ProtectedAlias.objects.filter(registry__in=registries).values_list("registry", "name_key"))
    for kind, collection, link, name, number in _labels(collections, links):
        if kind == "tags":
            row = collections[collection] if link is None else links[link]
            row["tags"].append({"name": name})
            continue
        for row, more in ((collections.get(collection), {"number": number}), (links.get(link), {})):
            if row:
                is_protected = (row["registry_pk"], rules.name_key(name)) in protected
                row["aliases"].append({"name": name, "protected": is_protected, **more})


def _labels(collections, links):
    """("aliases" or "tags", collection's id, link's id, name, number of an alias's version), by name: one query."""
    of_links, place = Q(link__in=links), ("collection", "link", "name")
    aliases = Alias.objects.filter(Q(collection__in=collections) | of_links).order_by()
    tags = Tag.objects.filter(Q(collection__in=collections, link=None) | of_links).order_by()
    none = Value(None, IntegerField())
    named = tags.values_list(Value("tags"), *place, none)
    return aliases.values_list(Value("aliases"), *place, "link__number").union(named, all=True).order_by("name")


def _of(rows, kind):
    """{id: row} of those of `rows` that are of this kind."""
    return {pk: row for (hit, pk), row in rows.items() if hit == kind}


def _choose_labels(row, wanted):
    """Keep the first aliases and tags: those that the search is about, then protected ones."""
    asked = {value for operator, value in wanted.conditions if operator in {"alias", "tag"}}
    for kind in ("aliases", "tags"):
        labels = sorted(row[kind], key=lambda label: not label.get("protected"))
        labels.sort(key=lambda each: each["name"] not in asked and not _has_any(each["name"], wanted.words))
        row[kind], row[f"more_{kind}"] = labels[:LABELS_SHOWN], max(0, len(labels) - LABELS_SHOWN)


def _has_any(name, words):
    return any(found.in_name(name, word) for word in words)


# Why it was found.


def _tell_why(row, wanted):
    """Add `why`, and let `text` be what the list shows of it: the part with the words that are nowhere else."""
    places = {word: _place(row, word) for word in wanted.words}
    row["why"] = " and ".join(dict.fromkeys(filter(None, places.values())))
    if "description" in row:
        text, words = row.pop("description"), [word for word, place in places.items() if place == row["place"]]
        first = rules.first_sentence(text)[:SENTENCE]
        is_told = all(found.in_text(first, word) for word in words)
        row["text"] = first if is_told else found.passage(text, words)


def _place(row, word):
    """What the word was found in; "" for the name."""
    if found.in_name(row["name"], word):
        return ""
    if _named(row["aliases"], word):
        return "an alias"
    if _named(row["tags"], word):
        return "a tag"
    return row["place"] if found.in_text(row["text"], word) else row["elsewhere"]


def _named(labels, word):
    return any(found.in_name(label["name"], word) for label in labels)
