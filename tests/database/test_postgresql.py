"""What the PostgreSQL backend does with compiled queries; SQLite is asked the same."""

import pytest
from django.db import connection
from django.db.models import F, Value
from django.test.utils import CaptureQueriesContext

from registry_app.database.compiled import Compiled
from registry_app.models import Link, Organization

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", [1, 2**31, 2**40 + 7, 2**62, -(2**40)])
def test_a_number_beyond_its_field_is_sent_as_it_is(acme, number):
    """A constant of the query: the driver would send the last 32 bits of it."""
    query = Compiled(
        lambda pk: Organization.objects.filter(pk=pk).values_list(Value(number), F("id") + number - F("id"))
    )
    assert query(acme.pk) == [(number, number)]


@pytest.mark.parametrize("beyond", [0, 2**32, -(2**32), 2**40])
def test_a_value_beyond_its_field_finds_nothing(two_links, beyond):
    query = Compiled(lambda number: Link.objects.filter(number__in=[number]).values_list("number", flat=True))
    assert query(two_links[1].number + beyond) == ([] if beyond else [two_links[1].number])


def prepared():
    """How many statements the server keeps for this connection; SQLite's are the driver's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements" if connection.vendor == "postgresql" else "SELECT 0"
        )
        return cursor.fetchone()[0]


def test_compiled_queries_alone_are_prepared(acme):
    query = Compiled(lambda pk: Organization.objects.filter(pk=pk).values_list("name", "slug", "created_at", "id"))
    before = prepared()
    for _ in range(9):
        assert [*Organization.objects.filter(pk=acme.pk).values_list("id", "name")] == [(acme.pk, acme.name)]
    assert prepared() == before
    for _ in range(9):
        assert len(query(acme.pk)) == 1
    assert prepared() - before == (1 if connection.vendor == "postgresql" else 0)


def test_a_list_of_ids_may_be_longer_than_parameters_may_be(acme):
    assert [*Organization.objects.filter(pk__in=range(acme.pk, acme.pk + 70_000))] == [acme]


def test_the_text_of_a_prepared_query_is_known(acme):
    query = Compiled(lambda pk: Organization.objects.filter(pk=pk).values_list("slug", "pk"))
    with CaptureQueriesContext(connection) as asked:
        for _ in range(9):
            query(acme.pk)
    assert {f"= {acme.pk}" in each["sql"] for each in asked} == {True}
