"""What filters offer to choose from: what the reader sees in the list, and nothing of what is hidden."""

import pytest
from django.urls import reverse

from registry_app.choices import Role
from tests.client import at, browser
from tests.factories import give_role, make_collection, make_registry

pytestmark = pytest.mark.django_db


def offered(user, address, name, **query):
    """(the page, the values that its filter `name` offers, in their order)"""
    page = browser(user).get(address, query)
    assert page.status_code == 200
    field = page.context["filters"].fields[name]
    return page, [value for value, _ in getattr(field, "options", None) or field.widget.choices]


@pytest.fixture
def registries(acme):
    """The address of the list."""
    return reverse("registries:index", args=[acme.slug])


def test_section_3_types_to_choose_are_of_registries_that_the_reader_sees(registries, acme, ada, mel, golden, vault):
    make_registry(acme, ada, "Payroll", restricted=True, types=["wages"])
    seen = ["", "dataset", "eval-suite", "model"]
    assert offered(mel, registries, "type")[1] == seen
    assert offered(ada, registries, "type")[1] == [*seen, "wages"]
    give_role(acme.registries.get(name="Payroll"), mel, Role.VIEWER)
    assert offered(mel, registries, "type")[1] == [*seen, "wages"]


@pytest.mark.parametrize("query", [{}, {"type": "model"}, {"q": "nothing"}, {"sort": "-updated"}])
def test_a_filter_that_is_set_leaves_all_to_choose(registries, ada, golden, query):
    assert {"dataset", "eval-suite", "model"} <= set(offered(ada, registries, "type", **query)[1])


def test_a_type_that_is_not_offered_works_typed_by_hand(registries, acme, mel, ada):
    make_registry(acme, ada, "Payroll", restricted=True, types=["wages"])
    for wanted in ("wages", "never-heard", "<i x>"):
        page, values = offered(mel, registries, "type", type=wanted)
        assert (page.context["rows"], values[:2]) == ([], ["", wanted])
        assert "<i x>" not in page.text


def test_many_types_are_suggested_instead(registries, acme, ada):
    types = [f"kind-{number:02}-{'x' * number}" for number in range(40)]
    make_registry(acme, ada, "Wide", types=types)
    page, values = offered(ada, registries, "type")
    assert set(types) < set(values)
    assert '<datalist id="id_type_options">' in page.text and 'list="id_type_options"' in page.text
    assert [row["name"] for row in offered(ada, registries, "type", type=types[7])[0].context["rows"]] == ["Wide"]


def test_types_and_tags_of_a_registrys_collections_are_offered(ada, golden, vault):
    make_collection(golden, "One", type="dataset", tags=["daily", "eu"])
    make_collection(golden, "Other", type="dataset", tags=["daily"])
    make_collection(golden, "Third", type="eval-suite")
    make_collection(vault, "Secret", type="model", tags=["hidden"])
    page, types = offered(ada, at("registries:detail", golden), "type")
    assert types == ["", "dataset", "eval-suite"]
    assert "dataset (2)" in page.text and "eval-suite (1)" in page.text
    assert offered(ada, at("registries:detail", golden), "tag", type="eval-suite")[1] == ["", "daily", "eu"]
    page, tags = offered(ada, at("registries:detail", golden), "tag", tag="hidden")
    assert (page.context["rows"], tags) == ([], ["", "hidden", "daily", "eu"])
