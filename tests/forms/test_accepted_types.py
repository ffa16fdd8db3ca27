"""The forms about types: how a list of names is read."""

import pytest
from django.http import QueryDict

from registry_app.forms import AddTypesForm
from tests.assertions import codes_by_field


def adding(query):
    """The form that adds types, as a body sends it."""
    return AddTypesForm(QueryDict(f"{query}&etag=x"))


@pytest.mark.parametrize(
    "query, types",
    [
        ("types=model", ["model"]),
        ("types=model,dataset", ["model", "dataset"]),
        ("types=model&types=dataset", ["model", "dataset"]),
        ("types=b,a&types=a,+c+,,", ["b", "a", "c"]),
        ("types=Cafe%CC%81", ["Café"]),
        ("types=RAG+index+v1.2", ["RAG index v1.2"]),
        ("types=Model,model", ["Model", "model"]),
    ],
)
def test_rule_13_types_are_read_once_each_in_order(query, types):
    form = adding(query)
    assert form.is_valid()
    assert form.cleaned_data["types"] == types


@pytest.mark.parametrize(
    "query, code",
    [
        ("types=", "types_missing"),
        ("", "types_missing"),
        ("types=+,+,", "types_missing"),
        ("types=a/b", "type_invalid"),
        ("types=a&types=b%00", "type_invalid"),
        ("types=a++b", "type_invalid"),
        ("types=a%0Ab", "type_invalid"),
        ("types=" + "x" * 129, "type_invalid"),
        ("types=" + ",".join(f"t{number}" for number in range(501)), "types_too_many"),
        ("types=" + ",".join("/" for _ in range(501)), "type_invalid"),
    ],
    ids=lambda value: value[:30],
)
def test_what_is_no_list_of_types(query, code):
    assert codes_by_field(adding(query)) == {"types": [code]}


def test_five_hundred_types_are_taken():
    assert adding("types=" + ",".join(f"t{number}" for number in range(500))).is_valid()
