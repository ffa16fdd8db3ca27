"""Numbers that no field holds, which PostgreSQL's driver would cut; SQLite is asked the same."""

import pytest
from django.db.models import F, Value

from registry_app.models import Link, Organization

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("beyond", [2**32, -(2**32), 2**40])
def test_a_number_beyond_its_field_is_not_taken_for_another(two_links, beyond):
    number = two_links[1].number
    numbers = Link.objects.filter(number__in=[number + beyond]).values_list("number", flat=True)
    assert [*Link.objects.filter(number__in=[number])] != []
    assert [*numbers] == []


@pytest.mark.parametrize("number", [1, 2**31, 2**40 + 7, 2**62, -(2**40)])
def test_a_large_number_is_reckoned_with_as_it_is(acme, number):
    rows = Organization.objects.filter(pk=acme.pk)
    assert [*rows.values_list(Value(number), F("id") + number - F("id"))] == [(number, number)]
