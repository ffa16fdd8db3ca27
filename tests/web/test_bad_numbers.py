"""Numbers and dates that make no sense, in every field and every parameter that takes some: an answer, never a 5xx."""

from urllib.parse import urlencode

import pytest
from django import forms as django_forms
from django.urls import reverse

from registry_app import forms
from registry_app.forms.base import ActionForm, FilterForm
from registry_app.models.change import digest_of
from tests.assertions import undone
from tests.client import at, browser, codes, nothing_changes
from tests.web.bad_input import FORMS_OF_PEOPLE, filled
from tests.web.endpoints import address_of

pytestmark = pytest.mark.django_db
VALUES = [
    "9999-12-31",
    "0001-01-01",
    "0000-00-00",
    "99999-01-01",
    "2026-02-30",
    "٢٠٢٦-٠١-٠١",
    "99999",
    "1e400",
    "NaN",
    "-Infinity",
    "-1",
    "0",
    "1.5",
    "1_000",
    "٣",
    str(2**31),
    str(2**63),
    "9" * 5000,
    "",
    " ",
    "\0",
    "x",
]
ODD = [
    "9999-12-31",
    "0001-01-01",
    "1e400",
    "-1",
    "٣",
    str(2**63),
    "\0",
    ["1", "2"],
]  # the oddest, where there is much to try
COUNTED = {"before", "after", "since", "until", "on", "one", "other"}  # parameters that say numbers, days or cursors
NUMBERS = (django_forms.IntegerField, django_forms.DateField, django_forms.DateTimeField)
SHELF = {"name": "Shelf", "tags": "", "description": "", "etag": digest_of(1)}


def subclasses(kind):
    """All classes below `kind` that are forms of this app."""
    for each in kind.__subclasses__():
        yield from subclasses(each)
        if each.__module__.startswith("registry_app.forms"):
            yield each


# Fields of forms: {form: {field: (address, what is sent beside)}}.

FIELDS = {
    forms.AddAccessForm: ["ends_at"],
    forms.ChangeAccessForm: ["ends_at"],
    forms.VersionForm: ["size", "file_count"],
    forms.PublishForm: ["size", "file_count"],
    forms.RegistryPublishForm: ["size", "file_count"],
}
OF_PEOPLE = {
    forms.AddAccessForm: "registry_members:add",
    forms.ChangeAccessForm: "registry_members:change",
    forms.VersionForm: "artifacts:create",
    forms.PublishForm: "publishing:collection",
    forms.RegistryPublishForm: "publishing:registry",
}
# Numbers that are no field of their own: a choice, a row, a list, a path.
MORE = [
    ("tokens:index", "life", "{}"),
    ("organization_tokens:service", "life", "{}"),
    ("artifacts:create", "made_from", "Foundry/forecasts/churn:v{}"),
    ("artifacts:create", "metadata", '{{"a": {}}}'),
    ("imports:create", "text", '[{{"project": "p", "name": "n", "type": "model", "uri": "s3://b", "size": {}}}]'),
    ("imports:create", "text", "project,name,type,uri,digest,size\np,n,model,s3://b,etag:1,{}"),
    ("imports:create", "etag", "{}"),
]


def test_every_number_and_date_of_a_form_is_tried():
    there = {
        kind: [name for name, field in kind.base_fields.items() if isinstance(field, NUMBERS)]
        for kind in subclasses(ActionForm)
        if not issubclass(kind, FilterForm)
    }
    assert {kind: names for kind, names in there.items() if names and kind.__name__ != "RoleForm"} == FIELDS


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
def test_a_number_or_date_that_makes_no_sense_is_refused(world, kind):
    address, client = address_of(OF_PEOPLE[kind], world.golden), browser(world.ada)
    good = filled(client, OF_PEOPLE[kind], address)
    for field in FIELDS[kind]:
        for value in (*VALUES, ["1", "2"], ["9999-12-31", "0001-01-01"]):
            with undone():
                response = client.post(address, {**good, field: value})
                assert response.status_code in {302, 409, 422}, (field, value)
                assert response.status_code == 302 or codes(response), (field, value)


def test_the_last_day_of_the_calendar_is_the_last_day_of_no_role(world):
    """In some zone there is no moment after it, nor after the day before. The one before that is the last."""
    for name in ("registry_members:add", "registry_members:change"):
        with nothing_changes():
            address = address_of(name, world.golden)
            data = {**filled(browser(world.ada), name, address), "ends_at": "9999-12-31"}
            response = browser(world.ada).post(address, data)
        assert (response.status_code, codes(response)) == (422, {"invalid"})
        assert 'value="9999-12-31"' in response.text
    data = {**FORMS_OF_PEOPLE["registry_members:add"], "ends_at": "9999-12-29"}
    assert browser(world.ada).post(address_of("registry_members:add", world.golden), data).status_code == 302
    for page in (
        "registry_members:index",
        "registry_members:explain",
        "registry_members:who_can",
        "registries:activity",
    ):
        assert browser(world.ada).get(at(page, world.golden)).status_code == 200
    assert 'value="9999-12-29"' in browser(world.ada).get(address_of("registry_members:change", world.golden)).text


@pytest.mark.parametrize("name, field, pattern", MORE)
def test_a_number_within_text_that_makes_no_sense_is_refused(world, name, field, pattern):
    client, address = browser(world.ada), address_of(name, world.golden)
    for value in VALUES:
        with undone():
            response = client.post(address, {**FORMS_OF_PEOPLE[name], field: pattern.format(value)})
            assert response.status_code in {200, 302, 409, 422}, value


# Parameters of lists: {form: the addresses that read it}.

LISTS = {
    forms.RegistryFilter: ["registries:index"],
    forms.AliasFilter: ["aliases:index", "organizations:detail"],
    forms.CollectionFilter: ["registries:detail"],
    forms.ActivityFilter: ["registries:activity"],
    forms.AuditFilter: ["audit:index", "audit:export"],
    forms.HistoryFilter: ["collections:activity"],
    forms.DayForm: ["snapshots:registry", "snapshots:collection"],
    forms.CompareForm: ["links:compare"],
    forms.LinkFilter: ["collections:detail"],
    forms.LineageFilter: ["links:lineage"],
    forms.PeopleFilter: ["members:index"],
    forms.NamesTyped: ["members:suggestions"],
    forms.TeamFilter: ["teams:index"],
    forms.ArtifactFilter: ["artifacts:index", "artifacts:organization"],
    forms.VersionFilter: ["links:create"],
    forms.SearchForm: ["search:index"],
    forms.CursorForm: [
        *("registry_members:index", "artifacts:detail", "members:detail", "invitations:create"),
        *("organization_tokens:index", "teams:detail", "group_mappings:index"),
    ],
}
OTHER_PARAMETERS = {
    "registry_members:explain": ["person"],
    "registry_members:who_can": ["role"],
    "accepted_types:add": ["types"],
    "registries:name": ["name"],
    "access_requests:create": ["role"],
}


def test_every_list_is_tried():
    assert set(subclasses(FilterForm)) == LISTS.keys()


@pytest.mark.parametrize(
    "page, parameters",
    [
        *((page, [*kind.base_fields]) for kind, pages in LISTS.items() for page in pages),
        *OTHER_PARAMETERS.items(),
    ],
)
def test_a_parameter_that_makes_no_sense_is_answered(world, page, parameters):
    client, address = browser(world.ada), address_of(page, world.golden)
    with nothing_changes():
        for parameter in (*parameters, "page"):
            for value in ODD if parameter in COUNTED else ODD[::3]:
                response = client.get(f"{address}?{urlencode({parameter: value}, doseq=True)}")
                if response.streaming:
                    b"".join(response)
                assert response.status_code in {200, 400, 422}, (parameter, value)


@pytest.mark.parametrize("page", [page for pages in LISTS.values() for page in pages])
def test_a_foreign_parameter_is_ignored(world, page):
    client, address = browser(world.ada), address_of(page, world.golden)
    with nothing_changes():
        for query in ("utm_source=mail&utm_source=chat", "fbclid=1", "ref=x", "%FF=1", "Q=a", "q[]=a", "="):
            assert (query, client.get(f"{address}?{query}").status_code) == (query, 200)


@pytest.mark.parametrize(
    "page, query, name, words",
    [
        ("registries:index", "sort=size", "sort", "Sort"),
        ("registries:index", "role=boss", "role", "Your role"),
        ("registries:index", "visibility=all", "visibility", "Visibility"),
        ("registries:index", "q=a&q=b", "q", "Search"),
        ("audit:index", "since=soon", "since", "From"),
        ("audit:index", "action=explode", "action", "Action"),
        ("audit:index", "before=x", "before", "Before"),
    ],
)
def test_a_wrong_parameter_of_the_list_is_named_in_words(world, page, query, name, words):
    response = browser(world.ada).get(f"{address_of(page, world.golden)}?{query}&utm_source=mail")
    assert response.status_code == 400
    assert f"“{words}” ({name})" in response.text


def test_a_day_that_makes_no_sense_is_answered_by_search(world):
    client, address = browser(world.ada), reverse("search:index", args=[world.acme.slug])
    for value in VALUES:
        for sign in ("", ">", "<="):
            assert client.get(address, {"q": f"created:{sign}{value}"}).status_code in {200, 422}


# Numbers in addresses.

NUMBERED = [
    *(
        "registry_members:change",
        "registry_members:remove",
        "access_requests:answer",
        "links:detail",
        "links:lineage",
        "links:promote",
        "links:edit",
        "links:unlink",
    ),
    *("group_mappings:change", "group_mappings:remove"),
    *("versions:detail", "versions:delete", "invitations:revoke", "organization_tokens:revoke", "tokens:revoke"),
    *("invitations:detail", "organization_tokens:detail", "tokens:detail"),
    "sessions:end",
]


@pytest.mark.parametrize("name", NUMBERED)
def test_a_number_in_an_address_that_nothing_has_leads_nowhere(world, name):
    address = address_of(name, world.golden)
    client, parts = browser(world.ada), address.strip("/").split("/")
    place = max(index for index, part in enumerate(parts) if part.lstrip("v").isdigit())
    letter = "v" if parts[place].startswith("v") else ""
    with nothing_changes():
        for wrong in (2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**40, "9" * 4000, "٣", "-1", "1e3"):
            parts[place] = f"{letter}{wrong}"
            for method in (client.get, client.post):
                assert method(f"/{'/'.join(parts)}/").status_code in {302, 404, 405, 422}, (wrong, method)
