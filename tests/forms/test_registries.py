"""The forms about registries: what they take, and that they ask the model about what they don't show."""

import pytest

from registry_app.choices import Kind, Visibility
from registry_app.forms import CreateForm, DeleteForm, DetailsForm
from registry_app.models import Registry
from registry_app.models.change import etag_of
from tests.assertions import codes_by_field

GOOD = {"name": "Silver", "description": "", "visibility": "organization", "accepts_all_types": "", "types": "model"}


def creating(organization, **data):
    """The form of a new registry, filled in well but for `data`."""
    return CreateForm({**GOOD, **data}, instance=Registry(organization=organization, kind=Kind.CUSTOM))


def test_rule_7_what_a_new_registry_is_made_of(acme):
    form = creating(acme, name="  Cafe\u0301 ", description=" a\r\nb ", types="b, a,b")
    assert form.is_valid()
    assert form.cleaned_data == {
        "name": "Café",
        "description": "a\nb",
        "visibility": "organization",
        "accepts_all_types": False,
        "types": ["b", "a"],
        "confirmed": False,
    }
    assert form.instance.name_key == "café"


@pytest.mark.parametrize("types", ["", "model", "a/b"])
def test_rule_7_all_types_need_no_list(acme, types):
    form = creating(acme, accepts_all_types="on", types=types)
    assert form.is_valid()
    assert form.cleaned_data["accepts_all_types"] is True


@pytest.mark.parametrize(
    "data, expected",
    [
        ({"types": ""}, {"types": ["types_missing"]}),
        ({"types": "a/b"}, {"types": ["type_invalid"]}),
        ({"visibility": ""}, {"visibility": ["required"]}),
        ({"name": ""}, {"name": ["name_invalid"]}),
        ({"name": "a/b"}, {"name": ["name_invalid"]}),
        ({"name": "models"}, {"name": ["name_taken"]}),
        ({"name": "VAULT"}, {"name": ["name_taken"]}),
        ({"description": "a\0b"}, {"description": ["description_invalid"]}),
        (
            {"name": "", "types": "", "visibility": ""},
            {"name": ["name_invalid"], "types": ["types_missing"], "visibility": ["required"]},
        ),
    ],
    ids=str,
)
def test_rules_7_and_14_what_is_wrong_is_told_all_at_once(acme, vault, data, expected):
    assert codes_by_field(creating(acme, **data)) == expected


def test_rule_14_a_name_is_asked_for_in_its_organization_alone(acme, globex, golden):
    assert codes_by_field(creating(acme, name="golden datasets")) == {"name": ["name_taken"]}
    assert creating(globex, name="golden datasets").is_valid()


def test_a_form_asks_about_constraints_on_what_it_does_not_show(models):
    """Django would skip a constraint that names a field without a form field, and the database would answer instead."""
    models.visibility = Visibility.RESTRICTED
    form = DetailsForm({"name": "Models", "description": models.description, "etag": etag_of(models)}, instance=models)
    assert codes_by_field(form) == {"__all__": ["core_is_shared"]}


@pytest.mark.parametrize(
    "typed, right",
    [
        ("Golden Datasets", True),
        (" Golden Datasets\n", True),
        ("golden datasets", False),
        ("Golden  Datasets", False),
        ("Golden", False),
        ("", False),
    ],
)
def test_rule_16_the_name_is_typed_to_the_letter(golden, typed, right):
    form = DeleteForm({"confirmation": typed, "etag": etag_of(golden, (0, 0, 0, 0))}, registry=golden, name=golden.name)
    assert codes_by_field(form) == ({} if right else {"confirmation": ["confirmation_differs"]})
