"""The hits of a search in one list, as the page of search shows them."""

from functools import cached_property
from typing import Any

from django.urls import reverse

from ..choices import Hit
from ..forms import SearchForm
from ..models import OrganizationMembership
from ..search.results import SearchResults
from .base import capped
from .hit_choices import choices
from .hits import shown

COUNTED = 100  # hits that can be read, and are counted, at most
SIZE = 10  # hits a page


class SearchListing:
    """A page of the hits of what `form` asks for, among what the membership's person can see.

    A page number beyond the last page shows the last. The text of the form can be read; its selects offer what was
    found.
    """

    def __init__(self, membership: OrganizationMembership, form: SearchForm) -> None:
        self.membership, self.form, self.wanted = membership, form, form.search
        self.kind, self.newest = form.cleaned_data["kind"], bool(form.cleaned_data["sort"])
        self.results = SearchResults(self.wanted, membership, newest=self.newest)
        self.page = max(1, min(form.cleaned_data["page"] or 1, -(-len(self._hits) // SIZE)))

    @property
    def context(self) -> dict[str, Any]:
        """The context of the templates: `hits`, their `count` as text, `kinds`, `words`, and what page it is.

        The selects of the form get their choices.
        """
        start, count = (self.page - 1) * SIZE, len(self._hits)
        self.form.offer(choices(self._listed, COUNTED))
        return {
            "hits": shown(self.membership, self.wanted, self._hits[start : start + SIZE]),
            "count": capped(self._counts[self.kind], COUNTED),
            "kinds": self._kinds,
            "words": self.wanted.words,
            "first": start + 1,
            "last": min(start + SIZE, count),
            "previous": self.page - 1,
            "next": self.page + 1 if start + SIZE < count else None,
            "has_more": self._counts[self.kind] > COUNTED,
        }

    @property
    def is_found(self) -> bool:
        """Whether there is any hit, of whatever kind."""
        return any(self._found.values())

    @property
    def meant(self) -> list[dict[str, str]]:
        """The names that may have been meant, as dicts with an address each."""
        meant, slug = self.results.names_meant(), self.membership.organization.slug
        for row in meant:
            names = [slug, row["registry_name"]]
            if "collection_name" in row:
                row["address"] = reverse("collections:detail", args=[*names, row["collection_name"]])
            else:
                row["address"] = reverse("registries:detail", args=names)
        return meant

    @cached_property
    def _found(self):
        """{kind: its first hits as RankedHit, and one more where there are more}"""
        return self.results.first(COUNTED + 1)

    @property
    def _listed(self):
        """{kind: its hits} of the kinds that are listed."""
        return {kind: self._found[kind] for kind in Hit if self.kind in ("", kind)}

    @cached_property
    def _hits(self):
        """(kind, id) of all hits that can be read, in order."""
        hits = [(kind, hit) for kind, found in self._listed.items() for hit in found]
        if self.newest:
            hits.sort(key=lambda each: each[1].moment, reverse=True)
        else:
            hits.sort(key=lambda each: each[1].rank)
        return [(kind, hit.pk) for kind, hit in hits[:COUNTED]]

    @property
    def _counts(self):
        """{kind: the number of its hits; "": that of all}, each above COUNTED where there are more."""
        counts = {kind: len(hits) for kind, hits in self._found.items()}
        return {"": sum(counts.values()), **counts}

    @property
    def _kinds(self):
        """The kinds that have hits, and the one asked for: dicts of `value`, `label`, `count` and `is_current`."""
        named = {"": "All", **dict(Hit.choices)}
        return [
            {"value": kind, "label": name, "count": capped(count, COUNTED), "is_current": kind == self.kind}
            for kind, name in named.items()
            if (count := self._counts[kind]) or kind == self.kind
        ]
