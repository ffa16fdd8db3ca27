"""How the demo's people register versions of real files, with true digests and sizes, and publish them."""

from io import StringIO

from django.core.management.base import OutputWrapper

from registry_app.importers.digests import hash_path
from registry_app.models import Collection, VersionData, register

from .named import actor, collection, registry, team, version


def create(username, path, type_name, card, tags):
    """Make the collection at registry/name."""
    place, name = path.split("/")
    made = Collection(registry=registry(place), name=name, type=type_name, description=card)
    made.create(actor(username), tags)


def publish(username, owner, path, artifact, made, **lineage):
    """Register the file `made` for the team `owner` as the next version of `artifact`, and link it."""
    by, target = actor(username), collection(path)
    data = VersionData(uri=made.path.as_uri(), metadata=made.metadata, **_hashed(made), **_lineage(**lineage))
    target.link(by, register(team(owner), by, owner.lower(), artifact, target.type, data)[0])


def link(username, path, artifact, number, reason):
    """Link a version that is registered already."""
    collection(path).link(actor(username), version(artifact, number), reason=reason)


def set_alias(username, path, number, alias, reason):
    """Let the alias name version `number` of the collection."""
    link_of(path, number).change_aliases(actor(username), [alias], reason=reason)


def set_tags(username, path, number, tags):
    """Let version `number` of the collection have just these tags."""
    link_of(path, number).set_tags(actor(username), tags)


def link_of(path, number):
    """The link of this number in the collection."""
    return collection(path).links.get(number=number)


def _hashed(made):
    return hash_path(str(made.path), OutputWrapper(StringIO()))._asdict()


def _lineage(run="", made_from=()):
    url = f"https://runs.example.com/{run}" if run else ""
    return {"run": run, "run_url": url, "made_from": tuple(version(*each) for each in made_from)}
