"""The table endpoint_matrix.txt: every address of the site, and what each person gets there."""

from pathlib import Path
from typing import NamedTuple

from django.urls import get_resolver, reverse

from registry_app.models import (
    AccessRequest,
    AliasRequest,
    ApiToken,
    GroupMapping,
    Invitation,
    RegistryMember,
    setup_token,
)
from tests.factories import make_invitation

REGISTRIES = ("golden", "vault", "models")
# The words of the table for status codes. A redirect is `in` where it leads to the sign-in page, else `to`.
WORDS = {200: "ok", 401: "key", 403: "no", 404: "--", 405: "m", 409: "stale", 422: "form"}
ALLAUTH = ("account", "mfa", "usersessions", "openid", "socialaccount")  # how the names of allauth's pages begin
# What some words in the column `of` stand for: the number or the secret of the newest row of that kind.
NEWEST = {
    "role": lambda registry: RegistryMember.objects.filter(registry=registry).latest("pk").pk,
    "asked": lambda registry: AliasRequest.objects.filter(registry=registry).latest("pk").pk,
    "request": lambda registry: AccessRequest.objects.filter(registry=registry).latest("pk").pk,
    "invitation": lambda registry: Invitation.objects.filter(organization=registry.organization).latest("pk").pk,
    "mapping": lambda registry: GroupMapping.objects.filter(organization=registry.organization).latest("pk").pk,
    "token": lambda registry: ApiToken.objects.latest("pk").pk,
    "setup-link": lambda registry: setup_token(),
    "invitation-link": lambda registry: make_invitation(registry.organization)[1],
}


def routes(resolver=None, namespace=""):
    """(name with its namespace, route) of every address, those of the Django admin included."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            yield f"{namespace}{pattern.name}", str(pattern.pattern)


IN_ORGANIZATION = {name for name, route in routes() if route.startswith("orgs/<slug:organization>/")}


class Line(NamedTuple):
    """What each person gets at one address of one object by these methods: {person: word}."""

    name: str
    of: str
    methods: list
    expected: dict

    @property
    def registry(self):
        """Which registry the line is about (golden, vault or models), or None."""
        first = self.of.partition("/")[0]
        return first if first in REGISTRIES else None

    def arguments(self, registry):
        """What the address names beside the organization: `registry`, and what is in it or in its organization."""
        words = [NEWEST[word](registry) if word in NEWEST else word for word in self.of.split("/") if word != "-"]
        return [registry.name, *words[1:]] if self.registry else words

    def address(self, registry):
        """The address, about `registry` or its organization where it is about one."""
        organization = [registry.organization.slug] if self.name in IN_ORGANIZATION else []
        return reverse(self.name, args=[*organization, *self.arguments(registry)])


def _read():
    """The lines of the table. A line that begins with `address` names the columns of those below it."""
    for text in (Path(__file__).parent / "endpoint_matrix.txt").read_text().splitlines():
        if not text or text.startswith("#"):
            continue
        name, of, methods, *words = text.split()
        if name == "address":
            people = words
        else:
            yield Line(name, of, methods.split(","), dict(zip(people, words, strict=True)))


LINES = list(_read())
NAMES = list(dict.fromkeys(line.name for line in LINES))
OF_REGISTRY = list(dict.fromkeys(line.name for line in LINES if line.registry))


def lines_of(name):
    """The lines about the address of this name."""
    return [line for line in LINES if line.name == name]


def address_of(name, registry):
    """The address of this name, as its first line says it, about `registry`."""
    return lines_of(name)[0].address(registry)


def takes(name, method):
    """Whether the address takes this method from anybody."""
    lines = [line for line in lines_of(name) if method in line.methods]
    return any(set(line.expected.values()) - {"in", "m"} for line in lines)
