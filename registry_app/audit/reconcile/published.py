"""Versions, and what collections publish of them: what the log expects, and what there is."""

from typing import Any

from ...models import Alias, Artifact, Collection, Link, Tag, Version
from .kind import Actual, Expected, Kind, fields_of


class Versions(Kind):
    """Every version of an artifact: where it is, what never changes of it, and what it was made from."""

    def expected(self) -> Expected:
        versions = self.state.versions
        return {
            pk: version.fields and {**version.fields, "made_from": sorted(set(version.made_from) & versions.keys())}
            for pk, version in versions.items()
        }

    def actual(self) -> Actual:
        sources: dict[int, list] = {}
        for made, source in Version.made_from.through.objects.values_list("from_version", "to_version").iterator():
            sources.setdefault(made, []).append(source)
        columns = ("digest", "uri", "number", "artifact__type", "artifact__team", "artifact__project", "artifact__name")
        for pk, *values in Version.objects.order_by("pk").values_list("pk", *columns).iterator():
            digest, uri, number, type_name, team, project, name = values
            yield (
                pk,
                {
                    "digest": digest,
                    "uri": uri,
                    "type": type_name,
                    "team": team,
                    "path": f"{project}/{name}:v{number}",
                    "made_from": sorted(sources.get(pk, ())),
                },
            )

    def label(self, key: Any) -> str:
        return f"The {self.version(key)}"


class Artifacts(Kind):
    """Every artifact: it is there as long as it has a version."""

    def expected(self) -> Expected:
        return {}

    def actual(self) -> Actual:
        for artifact in Artifact.objects.filter(versions=None).select_related("team").order_by("pk").iterator():
            yield str(artifact), {}

    def label(self, key: Any) -> str:
        return f"The artifact {key}, which has no version,"


class Collections(Kind):
    """Every collection: where it is, its name, type and card."""

    def expected(self) -> Expected:
        return {
            pk: _fields(registry_id, collection)
            for registry_id, registry in self.state.registries()
            for pk, collection in registry.collections.items()
        }

    def actual(self) -> Actual:
        return fields_of(Collection, "registry_id", "name", "type", "description")

    def label(self, key: Any) -> str:
        return self.collection(key)


def _fields(registry_id, then):
    """The fields of a CollectionSnapshot; None where no entry told of its creation."""
    fields = {field: getattr(then, field) for field in ("name", "type", "description")}
    return {"registry_id": registry_id, **fields} if then.name else None


class Links(Kind):
    """Every version that a collection publishes, by its number there."""

    def expected(self) -> Expected:
        return {
            (pk, label): {"version": version["id"]}
            for pk, collection in self.state.collections()
            for label, version in collection.links.items()
        }

    def actual(self) -> Actual:
        fields = ("collection_id", "number", "version_id")
        for pk, number, version in Link.objects.order_by("pk").values_list(*fields).iterator():
            yield (pk, f"v{number}"), {"version": version}

    def label(self, key: Any) -> str:
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

    def label(self, key: Any) -> str:
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

    def label(self, key: Any) -> str:
        pk, label, tag = key
        return f"The tag {tag} of {f'link {label} of ' if label else ''}{self.collection(pk)}"


KINDS = (Versions, Artifacts, Collections, Links, Aliases, Tags)
