"""The lists of the Django admin at addresses that no page gave out: an answer, and never a 5xx."""

from urllib.parse import quote

import pytest
from django.contrib import admin

from registry_app.models import AcceptedType, AuditEvent, Registry, RegistryMember, User
from tests.admin.contents import ADDABLE, CHANGEABLE, MODELS, fill
from tests.admin.pages import address, sent
from tests.assertions import undone
from tests.client import browser, nothing_changes
from tests.factories import make_organization, make_user

# What a column could be asked, but by no filter of any list.
FOREIGN = [
    "created_at__year=99999",
    "at__year=99999",
    "added_at__iso_year=0",
    "created_at__lt=0001-01-01T00:00:00%2B14:00",
    "created_at__gt=9999-12-31T23:59:59-14:00",
    "created_at__year__gt=-1",
    "created_at__range=1",
    "id__range=",
    "id__in=9999999999999999999999",
    "id__exact=",
    "id__exact=9999999999999999999999",
    "pk__lt=1e400",
    "name__regex=(",
    "name__iregex=(a%2B)%2B$",
    "metadata__contains={",
    "body__regex=(",
    "password__startswith=a",
    "user__password__startswith=a",
    "registry__description__contains=a",
    "=1",
    "__exact=1",
]
IGNORED = [
    "p=x",
    "p=-1",
    "p=1e400",
    f"p={9 * 10**40}",
    "p=٣",
    "o=99",
    "o=-99.-1.x",
    f"o={9 * 10**40}",
    "o=NaN",
    "o=٣.-٣",
    "all=x",
    "e=1",
    "q=%00",
    "q=a&q=b",
    f"q={'x' * 5000}",
    "_facets=1",
    "_popup=x",
    "_to_field=x",
]
VALUES = ["9" * 40, "1e400", "٣", "a\0b"]


@pytest.fixture(scope="module")
def filled(module_rows):
    """Something of everything; answers Root."""
    fill(make_organization("Acme ML", make_user("ada")), range(1))
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(filled, db):
    """A browser of Root's that shows a 500 as a page, where there is something of everything."""
    return browser(filled)


@pytest.mark.parametrize("model", MODELS)
def test_a_column_is_asked_nothing_but_what_the_filters_of_its_list_ask(staff, model):
    for query in FOREIGN:
        assert (query, staff.get(f"{address('changelist', model)}?{query}").status_code) == (query, 400)


@pytest.mark.parametrize("model", MODELS)
def test_pages_orders_and_searches_that_make_no_sense_are_answered(staff, model):
    for query in IGNORED:
        assert staff.get(f"{address('changelist', model)}?{query}").status_code in {200, 302, 400}, query


@pytest.mark.parametrize("model", MODELS)
def test_values_of_a_filter_that_make_no_sense_lead_to_the_whole_list(staff, model):
    for each in admin.site._registry[model].list_filter:
        name = getattr(each, "parameter_name", each)
        for parameter in (name, f"{name}__exact", f"{name}__isnull", f"{name}__id__exact"):
            for value in VALUES:
                response = staff.get(f"{address('changelist', model)}?{parameter}={quote(value)}")
                assert response.status_code in {200, 302}, (parameter, value)
                assert response.status_code == 200 or response.url.endswith("?e=1")


@pytest.mark.parametrize(
    "model, query, number",
    [
        (Registry, "kind__exact=core", 4),
        (Registry, "accepts_all_types__exact=0", 5),
        (RegistryMember, "role__exact=viewer", 1),
        (AcceptedType, "preconfigured__exact=1", 4),
        (User, "is_active__exact=1&is_staff__exact=1", 1),
        (AuditEvent, "outcome=refused", 0),
    ],
)
def test_the_filters_of_a_list_work(staff, model, query, number):
    response = staff.get(f"{address('changelist', model)}?{query}")
    assert (response.status_code, response.context["cl"].result_count) == (200, number)


def test_every_link_of_a_filter_leads_to_a_list(staff):
    for model in MODELS:
        page = staff.get(address("changelist", model))
        for spec in page.context["cl"].filter_specs:
            for choice in spec.choices(page.context["cl"]):
                assert staff.get(address("changelist", model) + choice["query_string"]).status_code == 200


ROWS = ["x", "-1", "1e400", "٣", str(2**63), "9" * 40, "a\0b", "", "1.0"]


@pytest.mark.parametrize("model", [AcceptedType, RegistryMember, User])
def test_an_action_on_rows_that_make_no_sense_is_refused(staff, model):
    for row in ROWS:
        for more in ({}, {"post": "yes"}, {"index": "9" * 40}, {"select_across": "1"}):
            data = {"action": "delete_selected", "_selected_action": [row, "1"], **more}
            with nothing_changes():
                assert staff.post(address("changelist", model), data).status_code in {200, 302, 400}, (row, more)


CHOSEN = {
    "organization",
    "registry",
    "collection",
    "version",
    "team",
    "user",
    "admin",
}  # rows that a form names by number
NUMBERS = [
    "-1",
    "1e400",
    "NaN",
    "٣",
    str(2**63),
    "9" * 40,
    "9999-12-31",
    "9999-12-31 23:59:59",
    "0001-01-01",
    "",
    "a\0b",
]


@pytest.mark.parametrize(
    "page, model",
    [
        *(("add", each) for each in MODELS if each in ADDABLE),
        *(("change", each) for each in MODELS if each in CHANGEABLE),
    ],
)
def test_numbers_and_dates_of_a_form_that_make_no_sense_are_refused(staff, page, model):
    url = address(page, model if page == "add" else model.objects.order_by("pk").last())
    good = sent(staff.get(url))
    tried = [name for name, value in good.items() if value.isdigit() or name in CHOSEN or "ends_at" in name]
    for name in tried:
        for number in NUMBERS:
            with undone():
                status = staff.post(url, {**good, name: number}).status_code
                assert status in {200, 302, 409, 422}, (name, number)
