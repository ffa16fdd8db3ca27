"""What the text of a search names, as the page of search shows it or leads to it."""

from functools import cached_property
from typing import Any

from django.urls import reverse

from ..models import OrganizationMembership
from ..search.references import read_reference
from ..search.targets import Targets

SHOWN = 10  # targets


class ReferenceListing:
    """The first versions and collections that `text` names, as far as the membership's person may see them."""

    def __init__(self, membership: OrganizationMembership, text: str) -> None:
        self.organization = membership.organization.slug
        self.reference = read_reference(text)
        self.targets = Targets(self.reference, membership)

    @property
    def is_word(self) -> bool:
        """Whether the text may as well be a word to search for."""
        return self.reference.is_word

    @property
    def only(self) -> dict[str, Any] | None:
        """The one row, or None where there is none or where there are several."""
        return self._found[0] if len(self._found) == 1 else None

    @property
    def context(self) -> dict[str, Any]:
        """The context of the templates: `targets`, dicts of `kind`, `label`, `where`, `type` and `address`."""
        return {"targets": self._found[:SHOWN], "more_targets": len(self._found) > SHOWN}

    @cached_property
    def _found(self):
        """The rows, and one more where there are more."""
        return [*self._links(), *self._collections(), *self._versions()][: SHOWN + 1]

    def _links(self):
        found = self.targets.links.select_related("collection__registry")[: SHOWN + 1]
        for link in found:
            names = [link.collection.registry.name, link.collection.name]
            address = reverse("links:detail", args=[self.organization, *names, link.number])
            label = f"{link.collection.name}:{link.label}"
            yield _row("version", label, link.collection.registry.name, link.collection.type, address)

    def _collections(self):
        for found in self.targets.collections.select_related("registry").defer("description")[: SHOWN + 1]:
            address = reverse("collections:detail", args=[self.organization, found.registry.name, found.name])
            yield _row("collection", found.name, found.registry.name, found.type, address)

    def _versions(self):
        for version in self.targets.versions.select_related("artifact__team").defer("metadata")[: SHOWN + 1]:
            artifact = version.artifact
            names = [artifact.team.name, artifact.project, artifact.name, version.number]
            address = reverse("versions:detail", args=[self.organization, *names])
            yield _row(
                "source version", version.called, f"{artifact.team.name}/{artifact.project}", artifact.type, address
            )


def _row(kind, label, where, type_name, address):
    return {"kind": kind, "label": label, "where": where, "type": type_name, "address": address}
