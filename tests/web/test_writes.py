"""How many queries the most frequent writes take, with the lookups of the page and the entries of the log.

A number that grows is a row asked for twice: what a verb needs of a row it locks, it has from that row.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.choices import Role, Visibility
from tests.client import Page, at, browser, of
from tests.factories import make_link, make_token, make_user, make_version

pytestmark = pytest.mark.django_db
OF_TRANSACTIONS = ("BEGIN", "COMMIT", "RELEASE", "SAVEPOINT")


def queries(user, address, **data):
    """How many queries it takes to send the form at `address`, filled in with `data`. Its page was asked for before."""
    client = browser(user)
    form = Page(client.get(address)).form_to(address)
    with CaptureQueriesContext(connection) as asked:
        response = client.post(address, {**form.data, **data})
    assert response.status_code == 302
    return len([query for query in asked if not query["sql"].startswith(OF_TRANSACTIONS)])


def test_creating_a_registry(acme, mel):
    wanted = {"name": "Churn", "visibility": Visibility.ORGANIZATION, "accepts_all_types": "on"}
    assert queries(mel, reverse("registries:create", args=[acme.slug]), **wanted) == 12


def test_editing_a_registry(release_registry, mel):
    assert queries(mel, at("registries:settings", release_registry), description="Of this week.") == 10


def test_linking_a_version(churn, versions, mel):
    make_link(churn, versions[0])
    assert queries(mel, of("links:create", churn), version=versions[1].pk) == 19


@pytest.mark.parametrize("others", [0, 9])
def test_setting_an_alias(two_links, vision, mel, others):
    for number in range(others):
        make_link(two_links[0].collection, make_version(vision), f"other-{number}")
    assert queries(mel, of("links:edit", two_links[0].collection, 0), aliases="candidate") == 20


@pytest.mark.parametrize("people", [1, 3])
def test_adding_people_to_a_registry(golden, acme, ada, rob, people):
    names = [make_user(f"new{number}").memberships.create(organization=acme).user for number in range(people)]
    holders = "\n".join(user.username for user in names)
    assert queries(rob, at("registry_members:add", golden), holders=holders, role=Role.VIEWER) == 10 + 5 * people


def test_publishing_a_version(churn, vision, mel):
    make_link(churn, make_version(vision))
    wanted = {"uri": "s3://bucket/2", "digest": f"sha256:{'a' * 64}", "aliases": "candidate", "tags": "reviewed"}
    assert queries(mel, of("publishing:collection", churn), **wanted) == 48


def test_revoking_a_token(mel):
    token = make_token(mel)
    assert queries(mel, reverse("tokens:revoke", args=[token.pk])) == 8
