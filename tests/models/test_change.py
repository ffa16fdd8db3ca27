"""What verbs share: the rows that they lock."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from registry_app.models import Collection, Link, Organization
from registry_app.models.change import Gone, current_row, locked

pytestmark = pytest.mark.django_db
LOCKS_ROWS = connection.vendor == "postgresql"  # SQLite has one lock, which a write begins with


def test_a_row_is_locked_as_it_is_stored(churn, settings):
    place = {"registry": churn.registry_id, "pk": churn.pk}
    Collection.objects.filter(pk=churn.pk).update(description="Newer.")
    for compiled in (False, True, True):
        settings.COMPILED_QUERIES = compiled
        with CaptureQueriesContext(connection) as queries:
            row = locked(Collection, **place)
        assert (row, row.description) == (churn, "Newer.")
        (query,) = queries
        assert query["sql"].startswith("SELECT") and query["sql"].endswith(" FOR UPDATE") == LOCKS_ROWS


def test_a_row_is_read_with_what_belongs_to_it(two_links, django_assert_num_queries):
    with django_assert_num_queries(1):
        link = current_row(Link, "version__artifact__team", pk=two_links[0].pk)
        assert str(link.version) == "Vision/forecasts/churn:v0"


def test_a_row_that_was_deleted_or_is_elsewhere_is_gone(churn, release_registry):
    with pytest.raises(Gone):
        locked(Organization, pk=release_registry.organization_id + 1000)
    with pytest.raises(Gone):
        locked(Collection, registry=churn.registry_id + 1000, pk=churn.pk)


def test_a_lock_without_a_transaction_is_refused(acme, monkeypatch):
    monkeypatch.setattr(transaction.get_connection(), "in_atomic_block", False)
    with pytest.raises(transaction.TransactionManagementError):
        locked(Organization, pk=acme.pk)
