"""Lists as programs ask for them: without a request, and with the parameters of an address."""

import pytest
from django.core.exceptions import BadRequest
from django.http import QueryDict

from registry_app.listings.registries import RegistryListing
from registry_app.listings.tokens import OrganizationTokenListing
from tests.factories import make_registry, make_token


def listed(organization, user, query=""):
    return RegistryListing(organization.memberships.get(user=user), QueryDict(query))


def test_a_listing_gives_rows_page_count_and_filters(acme, ada, golden):
    make_registry(acme, ada, "Other")
    listing = listed(acme, ada, "q=golden")
    assert [row["name"] for row in listing.rows] == [golden.name]
    assert (listing.count, listing.page.after, listing.sort) == ("1", None, "name")
    assert [value for _, value in listing.filters.active] == ["golden"]


def test_section_3_a_listing_shows_what_its_person_can_see(acme, ada, mel, golden, vault):
    assert [[row["name"] for row in listed(acme, user).rows] for user in (ada, mel)] == [
        [golden.name, vault.name],
        [golden.name],
    ]


@pytest.mark.parametrize("query", ["sort=size", "visibility=secret", "sort=name&sort=-name"])
def test_a_wrong_parameter_is_a_bad_request(acme, ada, query):
    with pytest.raises(BadRequest):
        listed(acme, ada, query)


def test_a_wrong_cursor_is_a_bad_request_of_the_page(acme, ada):
    listing = listed(acme, ada, "after=nowhere")
    with pytest.raises(BadRequest):
        listing.page  # noqa: B018


def test_rows_may_be_objects(acme, ada, mel):
    tokens = [make_token(ada), make_token(mel)]
    assert OrganizationTokenListing(acme.memberships.get(user=ada), QueryDict()).rows == tokens
