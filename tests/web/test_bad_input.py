"""Bad input through every form and address: a clear error, nothing changed, nothing leaked, and no 5xx."""

import threading
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from registry_app import rules
from registry_app.choices import OrganizationRole
from registry_app.models import Actor, AuditEvent, Registry
from registry_app.models.change import digest_of, etag_of
from tests.assertions import undone
from tests.client import (
    Page,
    at,
    browser,
    codes,
    crawl,
    logging,
    nothing_changes,
    nothing_happens,
    refused,
    registries_of,
    state,
)
from tests.factories import make_member, make_registry
from tests.web.bad_input import HOSTILE, MILLION, SCRIPT, shown_harmless

NUL = {"nul": "null_characters_not_allowed"}
REASON = dict.fromkeys(["million", "marks", "nul", "bidi"], "reason_invalid")
# What each field answers to hostile text: one code, and exceptions by the name of the text (None: it may be).
FIELDS = {
    ("create", "name"): ("name_invalid", {}),
    ("create", "description"): (None, dict.fromkeys(["million", "marks", "nul", "bidi"], "description_invalid")),
    ("create", "visibility"): ("invalid_choice", {}),
    ("create", "accepts_all_types"): ("invalid_choice", {}),
    ("create", "types"): ("type_invalid", {}),
    ("settings", "name"): ("name_invalid", {}),
    ("settings", "description"): (None, dict.fromkeys(["million", "marks", "nul", "bidi"], "description_invalid")),
    ("settings", "etag"): ("edit_conflict", {}),
    ("restrict", "confirmation"): ("confirmation_differs", {}),
    ("restrict", "reason"): (None, REASON),
    ("restrict", "etag"): ("stale_preview", {}),
    ("delete", "confirmation"): ("confirmation_differs", {}),
    ("delete", "reason"): (None, REASON),
    ("delete", "etag"): ("stale_preview", {}),
    ("add", "types"): ("type_invalid", {}),
    ("add", "reason"): (None, REASON),
    ("add", "etag"): ("edit_conflict", {}),
    ("remove", "types"): (None, {**NUL, "million": "max_length", "marks": "max_length"}),
    ("remove", "etag"): ("edit_conflict", {}),
    ("accept", "etag"): ("edit_conflict", {}),
}
FORM = "application/x-www-form-urlencoded"
FORMS = ("create", "settings", "restrict", "delete", "add", "remove", "accept")


@pytest.mark.parametrize("name", FORMS)
def test_each_form_is_good_before_it_is_made_bad(ada, registry_form, name):
    """Else what follows would prove nothing."""
    before = state()
    assert browser(ada).post(registry_form(name).address, registry_form(name).data).status_code == 302
    assert state() != before


# Text.


@pytest.mark.parametrize("name, field", FIELDS)
def test_hostile_text_is_refused_or_shown_as_text(acme, ada, registry_form, name, field):
    client, sent, (usual, others) = browser(ada), registry_form(name), FIELDS[name, field]
    for text, hostile in HOSTILE.items():
        data = {**sent.data, field: hostile}
        if code := others.get(text, usual):
            shown_harmless(refused(client, sent.address, data, code, 409 if field == "etag" else 422))
            continue
        with undone():
            response = client.post(sent.address, data)
            assert (response.status_code, response.cookies.get("session")) == (302, None)
            for address in (response.url, acme.get_absolute_url(), reverse("audit:index", args=[acme.slug])):
                shown_harmless(client.get(address))


def test_names_that_look_like_markup_are_text_on_every_page(acme, ada, rob):
    registry = make_registry(acme, ada, "<img src=x onerror=alert(1)> & {{ 7 }}", description=SCRIPT)
    registry.edit(
        Actor(ada), name="\"'><img src=x onerror=alert(2)>", description=f"{SCRIPT}\n\n[x](javascript:alert(1))"
    )
    refused(
        browser(ada),
        at("registries:delete", registry),
        {"confirmation": SCRIPT, "etag": etag_of(registry, (0, 0, 0, 0)), "reason": SCRIPT},
        "confirmation_differs",
    )
    pages = [page for page in crawl(browser(ada), "/").values() if page["Content-Type"].startswith("text/html")]
    assert any("onerror" in page.text for page in pages)
    for page in pages:
        shown_harmless(page)
        assert not [link for link in Page(page).links if link.startswith("javascript:")]


@pytest.mark.parametrize("name", FORMS)
def test_hostile_field_names_are_refused(ada, registry_form, name):
    client, sent = browser(ada), registry_form(name)
    for field in (SCRIPT, "a\0b", "\u202e", "x" * 100_000, "__proto__", "name[]", "name\n", ""):
        body = urlencode({**sent.data, field: SCRIPT})
        shown_harmless(refused(client, sent.address, body, "unknown_field", content_type=FORM))


# Names that are one name.


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("name", ["create", "settings"])
def test_rule_14_another_spelling_of_a_name_is_the_same_name(acme, ada, mel, registry_form, name, hidden):
    make_registry(acme, ada, "Café", restricted=hidden)
    client = browser(mel if name == "create" else ada)
    for spelling in ("Cafe\u0301", "CAFÉ", "cafe\u0301", "Ｃafé", " Café ", "\tCafé\n", "Café\u00a0"):
        refused(client, registry_form(name).address, {**registry_form(name).data, "name": spelling}, "name_taken")


@pytest.mark.parametrize("name", ["create", "settings"])
def test_blanks_around_a_name_are_cut(acme, ada, registry_form, name):
    data = {**registry_form(name).data, "name": "\u3000 Silver\t\r\n", "description": " \r\n text \r\n "}
    assert browser(ada).post(registry_form(name).address, data).status_code == 302
    assert acme.registries.get(name="Silver").description == "text"


# Many.


@pytest.mark.parametrize("name", ["create", "add"])
def test_ten_thousand_types_are_too_many(ada, registry_form, name):
    types, sent = [f"type-{number}x" for number in range(10_000)], registry_form(name)
    refused(browser(ada), sent.address, {**sent.data, "types": ",".join(types)}, "types_too_many")
    refused(browser(ada), sent.address, {**sent.data, "types": types[:501]}, "types_too_many")
    with nothing_happens():
        assert browser(ada).post(sent.address, {**sent.data, "types": types}).status_code == 400
    assert browser(ada).post(sent.address, {**sent.data, "types": types[:500]}).status_code == 302


def test_ten_thousand_types_are_too_many_for_a_list(ada, vault):
    data = {"types": ",".join(f"type-{number}x" for number in range(10_000)), "etag": etag_of(vault)}
    refused(browser(ada), at("accepted_types:accept", vault), data, "types_too_many")


def test_ten_thousand_types_are_too_many_for_a_preview(ada, models):
    with nothing_happens():
        query = {"types": ",".join(f"type-{number}x" for number in range(10_000))}
        page = browser(ada).get(at("accepted_types:add", models), query)
    assert (page.status_code, codes(page)) == (422, {"types_too_many"})


@pytest.mark.parametrize("name", FORMS)
def test_a_body_without_end_is_refused(ada, registry_form, name):
    with nothing_happens():
        data = {**registry_form(name).data, "reason": "x" * 3 * MILLION}
        assert browser(ada).post(registry_form(name).address, data).status_code == 400


# Fields that the form doesn't show.

UNSHOWN = {
    "kind": "kind_stays",
    "organization": "organization_stays",
    "visibility": "unknown_field",
    "id": "unknown_field",
    "registry": "unknown_field",
    "created_by": "unknown_field",
    "name_key": "unknown_field",
    "preconfigured": "unknown_field",
    "accepts_all_types": "unknown_field",
    "types": "unknown_field",
    "name": "unknown_field",
    "description": "unknown_field",
    "confirmed": "unknown_field",
    "version": "unknown_field",
}


@pytest.mark.parametrize("name", FORMS)
def test_fields_that_the_form_does_not_show_are_refused(globex, ada, registry_form, name):
    client, sent = browser(ada), registry_form(name)
    values = {"kind": "core", "organization": globex.pk, "visibility": "restricted"}
    shown = {*sent.data, "confirmed", "types"} if name in {"create", "add", "accept"} else {*sent.data}
    expected = {**UNSHOWN, **({"kind": "core_is_given", "organization": "unknown_field"} if name == "create" else {})}
    for field in expected.keys() - shown:
        refused(client, sent.address, {**sent.data, field: values.get(field, globex.pk)}, expected[field])
    refused(client, sent.address, {**sent.data, "registry": globex.pk, "pk": globex.pk}, "unknown_field")


@pytest.mark.parametrize(
    "registry, page, data, code",
    [
        ("models", "registries:settings", {"visibility": "restricted"}, "core_is_shared"),
        ("models", "registries:settings", {"accepts_all_types": "on"}, "core_type_stays"),
        ("models", "registries:settings", {"kind": "custom"}, "kind_stays"),
        (
            "models",
            "accepted_types:add",
            {"accepts_all_types": "on", "types": "x", "confirmed": "on"},
            "core_type_stays",
        ),
        (
            "models",
            "accepted_types:add",
            {"visibility": "restricted", "types": "x", "confirmed": "on"},
            "core_is_shared",
        ),
        ("models", "accepted_types:add", {"preconfigured": "on", "types": "x", "confirmed": "on"}, "unknown_field"),
        ("vault", "registries:settings", {"visibility": "organization"}, "restricted_stays"),
        (
            "vault",
            "registries:delete",
            {"visibility": "organization", "confirmation": "Vault"},
            "restricted_stays",
        ),
        ("vault", "accepted_types:accept", {"visibility": "organization", "types": "model"}, "restricted_stays"),
    ],
)
def test_rules_2_4_6_and_9_no_field_brings_in_what_a_rule_refuses(ada, registry, page, data, code, request):
    registry = request.getfixturevalue(registry)
    if page == "registries:settings":
        data = {"name": registry.name, "description": registry.description, **data}
    counted = [(0, 0, 0, 0)] if page == "registries:delete" else []
    refused(browser(ada), at(page, registry), {**data, "etag": etag_of(registry, *counted)}, code)


@pytest.mark.parametrize(
    "name, code",
    [
        ("settings", "edit_conflict"),
        ("restrict", "stale_preview"),
        ("delete", "stale_preview"),
        ("add", "edit_conflict"),
        ("remove", "edit_conflict"),
        ("accept", "edit_conflict"),
    ],
)
def test_rules_18_and_19_the_version_of_another_row_is_a_conflict(ada, vault, registry_form, name, code):
    vault.edit(Actor(ada), name="Vault", description="Changed")
    refused(browser(ada), registry_form(name).address, {**registry_form(name).data, "etag": etag_of(vault)}, code, 409)


# The same form twice, and forms that are none.

AGAIN = {
    "create": (422, {"name_taken"}),
    "restrict": (409, {"stale_preview"}),
    "delete": (404, set()),
    "settings": (409, {"edit_conflict"}),
    "add": (409, {"edit_conflict"}),
    "remove": (409, {"edit_conflict"}),
    "accept": (409, {"edit_conflict"}),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_same_form_sent_twice_is_done_once(ada, registry_form, name):
    sent = registry_form(name)
    if name == "settings":
        sent.data |= {"name": "Golden Datasets", "description": "Once"}
    assert browser(ada).post(sent.address, sent.data).status_code == 302
    with nothing_changes():
        again = browser(ada).post(sent.address, sent.data)
    assert (again.status_code, codes(again)) == AGAIN[name]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", FORMS)
def test_the_same_form_sent_twice_at_once_is_done_once(ada, registry_form, name):
    sent = registry_form(name)
    if name == "settings":
        sent.data |= {"name": "Golden Datasets", "description": "Once"}
    together, answers = threading.Barrier(2), []
    clients = [browser(ada), browser(ada)]

    def send(client):
        together.wait()
        try:
            response = client.post(sent.address, sent.data)
            # A redirect shows no form; its client heard of the one that the other thread showed.
            answers.append((response.status_code, set() if response.status_code == 302 else codes(response)))
        finally:
            connection.close()

    with logging() as events:
        threads = [threading.Thread(target=send, args=[client]) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers, key=str) == [(302, set()), AGAIN[name]]
    assert [event.code for event in events if not event.refused] == [""]


@pytest.mark.parametrize("name", FORMS)
def test_a_form_with_nothing_in_it_is_refused(ada, registry_form, name):
    with nothing_changes():
        response = browser(ada).post(registry_form(name).address)
    assert response.status_code in {409, 422}
    assert codes(response)


@pytest.mark.parametrize("name", ["create", "settings", "restrict", "delete", "add"])
def test_an_address_is_no_form(ada, registry_form, name):
    with nothing_happens():
        assert browser(ada).get(registry_form(name).address, registry_form(name).data).status_code == 200


@pytest.mark.parametrize("name", ["remove", "accept"])
def test_an_address_that_takes_forms_shows_nothing(ada, registry_form, name):
    with nothing_happens():
        assert browser(ada).get(registry_form(name).address, registry_form(name).data).status_code == 405


@pytest.mark.parametrize("page", ["registries:index", "registries:name", "audit:index", "audit:export"])
def test_an_address_that_shows_takes_no_forms(acme, ada, page):
    with nothing_happens():
        assert browser(ada).post(reverse(page, args=[acme.slug]), {"name": "x"}).status_code == 405


BODIES = {
    "broken name": (b"name=%ff&visibility=organization&accepts_all_types=on", FORM, 422, "name_invalid"),
    "half a pair": (b"name=%ed%a0%80&visibility=organization&accepts_all_types=on", FORM, 422, "name_invalid"),
    "overlong": (b"name=%c0%af&visibility=organization&accepts_all_types=on", FORM, 422, "name_invalid"),
    "broken field": (b"%ff=1&name=x&visibility=organization&accepts_all_types=on", FORM, 422, "unknown_field"),
    "another charset": ("name=x".encode("utf-16"), f"{FORM}; charset=utf-16", 400, None),
    "unheard-of charset": (b"name=%ff", f"{FORM}; charset=klingon", 422, "name_invalid"),
    "no boundary": (b"name=x", "multipart/form-data", 400, None),
    "half a part": (
        b'--x\r\nContent-Disposition: form-data; name="name"',
        "multipart/form-data; boundary=x",
        422,
        None,
    ),
    "json": (b'{"name": "x"}', "application/json", 422, None),
    "nothing": (b"", "text/plain", 422, None),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_no_form_makes_nothing(ada, registry_form, body):
    content, kind, status, code = BODIES[body]
    with nothing_changes(), logging() as events:
        response = browser(ada).generic("POST", registry_form("create").address, content, content_type=kind)
    assert response.status_code == status
    if code:
        assert code in codes(response)
        assert {event.code for event in events} >= ({code} if rules.forbids(code) else set())


# Addresses.

PLACES = [
    "..",
    ".",
    "%2e%2e",
    "%2e%2e%2f",
    "..%2f..%2fetc%2fpasswd",
    "Golden%2FDatasets",
    "Golden%252FDatasets",
    "Golden%20Datasets%00",
    "%00",
    "Golden%FF",
    "%ED%A0%80",
    "%C0%AF",
    "Golden%E2%80%8BDatasets",
    "%E2%80%AEGolden%20Datasets",
    "Golden%20Datasets%0D%0ASet-Cookie:%20session=x",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "%27;%20DROP%20TABLE%20registry_app_registry;--",
    "wandb-registry-model",
    "x" * 10_000,
    "%CC%80%CC%96" * 2_000,
    "1",
    "-1",
    "9" * 30,
]


def test_an_address_of_nothing_leads_nowhere(acme, globex, ada, sam, golden):
    make_registry(globex, sam, "Foreign")
    client, answers = browser(ada), {}
    data = {"name": "x", "etag": digest_of(1), "types": "x", "confirmation": "x"}
    with nothing_happens():
        for place in (*PLACES, str(golden.pk), "Foreign"):
            cache.clear()  # so many refused posts of one person reach the limit
            base = f"/orgs/{acme.slug}/registry/{place}/"
            for tail in ("", "settings/", "restrict/", "delete/", "activity/", "types/add/"):
                response = client.get(base + tail)
                answers[f"GET {base[:60]}{tail}"] = response.status_code
                shown_harmless(response)
            for tail in ("settings/", "restrict/", "delete/", "types/add/", "types/remove/", "types/accept/"):
                answers[f"POST {base[:60]}{tail}"] = client.post(base + tail, data).status_code
    assert {address: status for address, status in answers.items() if status != 404} == {}


def test_an_organization_that_is_not_hers_leads_nowhere(acme, globex, ada, golden):
    places = [
        "globex",
        "GLOBEX",
        "ACME-ML",
        str(acme.pk),
        str(globex.pk),
        "%00",
        "..",
        "%FF",
        "é",
        "x" * 10_000,
        "acme-ml%00",
        "acme-ml%20",
        "acme-ml%252Faudit",
    ]
    client, answers = browser(ada), {}
    with nothing_happens():
        for place in places:
            for tail in (
                "",
                "registries/",
                "registries/new/",
                "registries/name/",
                "audit/",
                "audit/export.csv",
                "registry/Models/",
                "registry/Golden%20Datasets/settings/",
            ):
                answers[f"GET {place[:30]} {tail}"] = client.get(f"/orgs/{place}/{tail}").status_code
            for tail in ("registries/new/", "registry/Models/types/add/", "registry/Golden%20Datasets/delete/"):
                answers[f"POST {place[:30]} {tail}"] = client.post(f"/orgs/{place}/{tail}", {"name": "x"}).status_code
    assert {address: status for address, status in answers.items() if status != 404} == {}


def test_a_registry_is_reached_by_its_own_organization_alone(acme, globex, ada, golden):
    make_member(globex, ada, OrganizationRole.ADMIN)
    client = browser(ada)
    with nothing_happens():
        for page in ("registries:detail", "registries:settings", "registries:activity", "accepted_types:add"):
            assert client.get(reverse(page, args=[globex.slug, golden.name])).status_code == 404
        for page in (
            "registries:settings",
            "registries:delete",
            "registries:restrict",
            "accepted_types:add",
            "accepted_types:remove",
        ):
            address = reverse(page, args=[globex.slug, golden.name])
            assert (
                client.post(address, {"confirmation": golden.name, "etag": digest_of(1), "types": "x"}).status_code
                == 404
            )


def test_adding_a_type_to_one_core_registry_adds_none_to_its_namesake(acme, globex, ada):
    make_member(globex, ada, OrganizationRole.ADMIN)
    data = {"types": "adapter", "etag": etag_of(globex.registries.get(name="Models")), "confirmed": "on"}
    address = reverse("accepted_types:add", args=[globex.slug, "Models"])
    assert browser(ada).post(address, data).status_code == 302
    with_it = Registry.objects.filter(name="Models", types__name="adapter")
    assert [registry.organization for registry in with_it] == [globex]


# Queries.


QUERIES = [
    "q=a&q=b",
    "sort=name&sort=name",
    "sort=drop",
    "sort=organization__name",
    "visibility=secret",
    "visibility=%FF",
    "role=owner",
    "q=a%00b",
    "type=a%00b",
    "before=&after=&q=&q=",
]


def test_a_list_at_an_address_that_no_page_gave_out(acme, ada, golden):
    client, answers = browser(ada), {}
    with nothing_happens():
        for query in (*QUERIES, f"q={'x' * 201}", f"type={'x' * 129}"):
            for headers in ({}, {"HX-Request": "true"}):
                response = client.get(f"{registries_of(acme)}?{query}", headers=headers)
                answers[query, *headers] = response.status_code
    assert {query: status for query, status in answers.items() if status != 400} == {}


def test_a_search_finds_what_it_says_and_nothing_else(acme, mel, golden, vault):
    client = browser(mel)
    with nothing_happens():
        for q in ("%ff", "%ed%a0%80", "%25", "_", "%5c", "%27%20OR%201=1--", "*", '"', "(", "%E2%80%AE"):
            response = client.get(f"{registries_of(acme)}?q={q}")
            assert (q, response.status_code, response.context["rows"]) == (q, 200, [])


def test_a_page_without_filters_heeds_none(ada, golden, vault):
    client = browser(ada)
    with nothing_happens():
        for page in ("settings", "restrict", "delete"):
            for query in ("x=1&x=2", "version=7", "%FF=%00", "page=x", "name=Vault&confirmation=Vault"):
                response = client.get(f"{at(f'registries:{page}', golden)}?{query}")
                assert (page, query, response.status_code) == (page, query, 200)
                assert response.context["registry"] == golden
                assert codes(response) == set()


def test_nothing_of_all_this_is_told_to_those_who_may_not_know(acme, ada, mel, golden, vault):
    """Refusals about Vault stand in the log of those who see it, and of nobody else."""
    forged = {"name": "Vault", "etag": etag_of(vault), "kind": SCRIPT}
    refused(browser(ada), at("registries:settings", vault), forged, "kind_stays")
    assert AuditEvent.objects.filter(registry_id=vault.pk).exclude(code="").count() == 1
    assert "Vault" not in browser(mel).get(reverse("audit:index", args=[acme.slug])).text
