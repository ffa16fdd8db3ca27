"""The list of registries under words, wherever in its order those are that have them."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from registry_app.listings import registries
from registry_app.listings.registries import RegistryListing
from tests.client import many
from tests.factories import make_registry

pytestmark = pytest.mark.django_db


def page(organization, user, query):
    membership = organization.memberships.select_related("user", "organization").get(user=user)
    return RegistryListing(membership, QueryDict(query)).page


def walk(organization, user, query):
    """The names on the pages of the list, to its end and back."""
    pages = [page(organization, user, query)]
    while after := pages[-1].after:
        pages.append(page(organization, user, f"{query}&after={after}"))
    back = [pages[-1]]
    while before := back[-1].before:
        back.append(page(organization, user, f"{query}&before={before}"))
    to_the_end = [row["name"] for each in pages for row in each.rows]
    assert [row["name"] for each in reversed(back) for row in each.rows] == to_the_end
    return to_the_end


@pytest.mark.parametrize("near", [5, 26, 40, 500])
@pytest.mark.parametrize("words", ["shelf", "shelf 01", "shelf 001", "no such shelf"])
def test_words_are_found_in_order_wherever_they_are(monkeypatch, acme, ada, near, words):
    monkeypatch.setattr(registries, "NEAR", near)
    many(acme, 130)
    for sort, order in [("name", "name_key"), ("-name", "-name_key"), ("-updated", "-updated_at")]:
        names = acme.registries.custom().order_by(order).values_list("name", flat=True)
        found = walk(acme, ada, f"q={words}&sort={sort}")
        assert found == [name for name in names if words in name.lower()]
        assert len(found) == {"shelf": 130, "shelf 01": 30, "shelf 001": 10}.get(words, 0)


@pytest.mark.parametrize(("words", "expected"), [("shelf", 1), ("shelf 01", 2)])
def test_one_query_finds_words_that_most_have_whatever_is_hidden(monkeypatch, acme, ada, mel, words, expected):
    """On SQLite two find any: the index tells first whether the words are rare."""
    expected = expected if connection.vendor == "postgresql" else 2
    monkeypatch.setattr(registries, "NEAR", 30)
    many(acme, 130)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            page(acme, mel, f"q={words}")
        return len(queries) - 1  # without that of the membership

    assert asked() == expected
    for number in range(10):
        make_registry(acme, ada, f"Hidden {number}", restricted=True)
    assert asked() == expected
