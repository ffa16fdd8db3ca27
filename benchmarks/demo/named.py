"""The demo's things by their names, as its steps speak of them."""

from registry_app.models import Actor, Collection, Organization, Registry, Team, User, Version


def example() -> Organization:
    """The organization that the demo tells of."""
    return Organization.objects.get(slug="example-org")


def person(username: str) -> User:
    """This person or service account."""
    return User.objects.get(username=username)


def actor(username: str) -> Actor:
    """This person, acting."""
    return Actor(person(username))


def team(name: str) -> Team:
    """The team of this name."""
    return example().teams.get(name=name)


def registry(name: str) -> Registry:
    """The registry that has this name then."""
    return example().registries.get(name=name)


def collection(path: str) -> Collection:
    """The collection at registry/name."""
    place, name = path.split("/")
    return Collection.objects.select_related("registry__organization").get(registry=registry(place), name=name)


def version(artifact: str, number: int) -> Version:
    """This version of the artifact of this name."""
    return Version.objects.get(artifact__name=artifact, number=number)
