"""The first hits are the same ones, whether the newest links filled the page or all had to be gathered."""

import pytest

from registry_app.models import Link
from registry_app.search import results
from registry_app.search.query import parse_search
from registry_app.search.results import SearchResults
from tests.factories import COMMAND_LINE, make_collection, make_link, make_registry, make_version

QUERIES = [
    "amber",
    "basalt kept",
    "kept",
    "v0",
    "latest",
    "tag:kept",
    "alias:latest basalt",
    "type:model",
    "no such thing",
]


@pytest.fixture
def release_registry(acme, ada, vision):
    """Links to amber and basalt artifacts in turn, every second one tagged; in a hidden registry, too."""
    made = make_registry(acme, ada, "Shelf", types=["model"])
    vault = make_registry(acme, ada, "Vault", restricted=True, types=["model"])
    for number in range(24):
        collection = make_collection(vault if number % 4 == 3 else made, f"Collection {number}")
        for name in ("amber", "basalt"):
            link = make_link(collection, make_version(vision, f"{name}-{number}"))
        if number % 2:
            link.set_tags(COMMAND_LINE, ["kept"])
    return made


def sought(acme, person, query):
    """The SearchResults of `query` for `person`."""
    wanted, refusal = parse_search(query)
    assert refusal is None
    return SearchResults(wanted, acme.memberships.get(user=person))


def test_section_3_links_are_the_newest_that_one_sees_however_they_were_found(
    acme, ada, mel, release_registry, monkeypatch, subtests
):
    def links(query):
        return {user: [link.pk for link in sought(acme, user, query).links(5)] for user in (ada, mel)}

    for query in QUERIES:
        with subtests.test(query):
            monkeypatch.setattr(results, "WINDOWS", ())
            gathered = links(query)
            for windows in ((1,), (12, 30), (40,)):
                monkeypatch.setattr(results, "WINDOWS", windows)
                assert links(query) == gathered
            hits = {user: list(Link.objects.filter(pk__in=pks)) for user, pks in gathered.items()}
            assert all((query == "no such thing") != bool(found) for found in hits.values())
            assert "Vault" not in {link.collection.registry.name for link in hits[mel]}


def test_common_words_are_not_gathered(acme, mel, release_registry, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(results, "WINDOWS", (40,))
    words = sought(acme, mel, "basalt")
    assert words.links(5).count() == 5
    narrow = str(words.links(5).query)
    assert "artifact" not in narrow  # chosen already, by their ids
    assert "artifact" in str(words.links(50).query)
