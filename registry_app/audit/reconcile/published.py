"""Versions, and what collections publish of them: what the log expects, and what there is."""

from typing import Any

from ...models.artifact import Artifact, Version
from ...models.collection import Collection
from ...models.link import Alias, Link, Tag
from .kind import Actual, Expected, Kind

PATH = ("team__name", "project", "name")  # of an artifact


class Versions(Kind):
    """Every version of an artifact, by its path: what never changes of it, and what it was made from."""

    def expected(self) -> Expected:
        return {
            (pk, version.path): version.facts
            and {**version.facts, "made from": sorted(each.path for each in version.made_from if not each.is_gone)}
            for pk, organization in self.state.organizations.items()
            for version in organization.versions.here()
        }

    def actual(self) -> Actual:
        sources: dict[int, list] = {}
        paths = {pk: (organization, path) for pk, organization, path in _paths()}
        for made, source in Version.made_from.through.objects.values_list("from_version", "to_version").iterator():
            sources.setdefault(made, []).append(paths[source][1])
        fields = ("pk", "digest", "uri", "artifact__type")
        for pk, digest, uri, type_name in Version.objects.order_by("pk").values_list(*fields).iterator():
            facts = {"digest": digest, "uri": uri, "type": type_name, "made from": sorted(sources.get(pk, ()))}
            yield paths[pk], facts

    def called(self, key: Any) -> str:
        return f"The version {key[1]} of {self.organization(key[0])}"


def _paths():
    """(id, organization, path) of every version."""
    fields = ("pk", "artifact__team__organization_id", "number", *(f"artifact__{field}" for field in PATH))
    for pk, organization, number, *names in Version.objects.order_by("pk").values_list(*fields).iterator():
        yield pk, organization, f"{'/'.join(names)}:v{number}"


class Artifacts(Kind):
    """Every artifact: it is there as long as it has a version."""

    def expected(self) -> Expected:
        return {
            (pk, version.path.rpartition(":")[0]): {}
            for pk, organization in self.state.organizations.items()
            for version in organization.versions.here()
        }

    def actual(self) -> Actual:
        for pk, *names in Artifact.objects.order_by("pk").values_list("team__organization_id", *PATH).iterator():
            yield (pk, "/".join(names)), {}

    def called(self, key: Any) -> str:
        return f"The artifact {key[1]} of {self.organization(key[0])}"


class Collections(Kind):
    """Every collection: where it is, its name, type and card."""

    def expected(self) -> Expected:
        return {
            pk: _facts(registry_id, collection)
            for registry_id, registry in self.state.registries()
            for pk, collection in registry.collections.items()
        }

    def actual(self) -> Actual:
        fields = ("registry_id", "name", "type", "description")
        for pk, *values in Collection.objects.order_by("pk").values_list("pk", *fields).iterator():
            yield pk, dict(zip(fields, values, strict=True))

    def called(self, key: Any) -> str:
        return self.collection(key)


def _facts(registry_id, then):
    """The facts of a CollectionSnapshot; None where no entry told of its creation."""
    facts = {field: getattr(then, field) for field in ("name", "type", "description")}
    return {"registry_id": registry_id, **facts} if then.name else None


class Links(Kind):
    """Every version that a collection publishes, by its number there."""

    def expected(self) -> Expected:
        return {
            (pk, label): {"version": version.path}
            for pk, collection in self.state.collections()
            for label, version in collection.links.items()
        }

    def actual(self) -> Actual:
        paths = {pk: path for pk, _, path in _paths()}
        fields = ("collection_id", "number", "version_id")
        for pk, number, version in Link.objects.order_by("pk").values_list(*fields).iterator():
            yield (pk, f"v{number}"), {"version": paths[version]}

    def called(self, key: Any) -> str:
        return f"The link {key[1]} of {self.collection(key[0])}"


class Aliases(Kind):
    """Every alias that people gave to a link."""

    def expected(self) -> Expected:
        return {
            (pk, name): {"link": label}
            for pk, collection in self.state.collections()
            for name, label in collection.aliases.items()
        }

    def actual(self) -> Actual:
        fields = ("collection_id", "name", "link__collection_id", "link__number")
        for pk, name, place, number in Alias.objects.order_by("pk").values_list(*fields).iterator():
            yield (pk, name), {"link": f"v{number}" if place == pk else None}

    def called(self, key: Any) -> str:
        return f"The alias {key[1]} of {self.collection(key[0])}"


class Tags(Kind):
    """Every tag of a collection, or of a link in it."""

    def expected(self) -> Expected:
        return {
            (pk, label, tag): {}
            for pk, collection in self.state.collections()
            for label, tags in [("", collection.tags), *collection.link_tags.items()]
            for tag in tags
        }

    def actual(self) -> Actual:
        fields = ("collection_id", "name", "link__collection_id", "link__number")
        for pk, name, place, number in Tag.objects.order_by("pk").values_list(*fields).iterator():
            label = "" if place is None else f"v{number}" if place == pk else f"{place}/v{number}"
            yield (pk, label, name), {}

    def called(self, key: Any) -> str:
        pk, label, tag = key
        return f"The tag {tag} of {f'link {label} of ' if label else ''}{self.collection(pk)}"


KINDS = (Versions, Artifacts, Collections, Links, Aliases, Tags)
