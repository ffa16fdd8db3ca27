"""Pages of collections and the versions in them: rules 16, 18 to 27 as people meet them."""

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry_app.choices import Action
from registry_app.models import Actor, Collection, ContentCounts, Link, Registry, Version
from registry_app.models.change import etag_of
from tests.client import Page, at, browser, logging, names, nothing_changes, nothing_happens, of, refused, send
from tests.factories import COMMAND_LINE, make_collection, make_link, make_version, protect

# The list.


@pytest.fixture
def filled(release_registry, vision, rob):
    """Three collections on the shelf; the second has a protected alias."""
    alpha = make_collection(release_registry, "Alpha", tags=["nlp"], description="# Card\nFinds churn.")
    beta = make_collection(release_registry, "Beta", tags=["vision"])
    gamma = make_collection(release_registry, "Gamma", type="dataset")
    protect(release_registry, "production")
    make_link(alpha, make_version(vision), "candidate")
    make_link(beta, make_version(vision), "production").set_tags(COMMAND_LINE, ["reviewed"])
    return alpha, beta, gamma


@pytest.mark.parametrize(
    "query, expected",
    [
        ("", ["Beta", "Alpha", "Gamma"]),
        ("?sort=name", ["Alpha", "Beta", "Gamma"]),
        ("?sort=-name", ["Gamma", "Beta", "Alpha"]),
        ("?type=dataset", ["Gamma"]),
        ("?type=prompt", []),
        ("?tag=nlp", ["Alpha"]),
        ("?tag=reviewed", ["Beta"]),
        ("?q=FINDS", ["Alpha"]),
        ("?q=CHURN", ["Alpha"]),
        ("?q=product", ["Beta"]),
        ("?q=visio", ["Beta"]),
        ("?q=%25", []),
    ],
)
def test_the_list_is_narrowed_and_sorted(filled, mel, query, expected):
    response = browser(mel).get(at("registries:detail", filled[0].registry) + query)
    assert (response.status_code, names(response), response.context["count"]) == (200, expected, str(len(expected)))


@pytest.mark.parametrize("query", ["?sort=size", "?q=a&q=b", "?after=zz", "?type=a%00b"])
def test_an_address_that_nobody_gave_out_is_400(filled, mel, query):
    assert browser(mel).get(at("registries:detail", filled[0].registry) + query).status_code == 400


def test_htmx_gets_the_table_alone(filled, mel):
    client, address = browser(mel), at("registries:detail", filled[0].registry)
    part = client.get(address, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "HX-Request" in part["Vary"]
    assert "Alpha" in part.text


def test_pages_follow_one_another(release_registry, mel):
    for number in range(60):
        make_collection(release_registry, f"C{number:02}")
    client, address, found = browser(mel), at("registries:detail", release_registry), []
    query = "?sort=name"
    while query:
        page = client.get(address + query)
        found += names(page)
        query = page.context["page"].after and f"?sort=name&after={page.context['page'].after}"
    assert found == [f"C{number:02}" for number in range(60)]


def test_a_long_list_takes_as_many_queries_as_a_short_one(release_registry, vision, mel):
    client, address = browser(mel), at("registries:detail", release_registry)
    for number in range(26):
        make_link(make_collection(release_registry, f"B{number}", tags=["x"]), make_version(vision), "good")
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(30):
        make_link(make_collection(release_registry, f"C{number}", tags=["x"]), make_version(vision), "good")
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(few) == len(many)


# Beginning, editing, ending.


def test_rule_20_a_member_makes_a_collection(release_registry, mel):
    address = at("collections:create", release_registry)
    with logging() as events:
        response = send(browser(mel), address, name="Churn", type="model", tags="b, a", description="Card")
    made = Collection.objects.get(registry=release_registry)
    assert response.status_code == 302
    assert response.url == made.get_absolute_url()
    assert (made.name, made.type, made.tag_names(), made.created_by) == ("Churn", "model", ["a", "b"], mel)
    assert [(event.action, event.collection_id) for event in events] == [(Action.COLLECTION_CREATE, made.pk)]


@pytest.mark.parametrize(
    "data, code",
    [
        ({"name": "", "type": "model"}, "name_invalid"),
        ({"name": "a/b", "type": "model"}, "name_invalid"),
        ({"name": "x" * 129, "type": "model"}, "name_invalid"),
        ({"name": "taken", "type": "model"}, "name_taken"),
        ({"name": "Good", "type": "prompt"}, "type_not_accepted"),
        ({"name": "Good", "type": ""}, "type_invalid"),
        ({"name": "Good", "type": "model", "tags": "a.b"}, "tag_invalid"),
        ({"name": "Good", "type": "model", "tags": ",".join(map(str, range(21)))}, "too_many"),
        ({"name": "Good", "type": "model", "description": "x" * 70_000}, "description_invalid"),
        ({"name": "Good", "type": "model", "next_number": "7"}, "unknown_field"),
    ],
)
def test_rule_20_what_may_not_be_is_said_beside_the_field(release_registry, mel, data, code):
    make_collection(release_registry, "Taken")
    page = refused(browser(mel), at("collections:create", release_registry), data, code)
    assert Page(page).form_to(at("collections:create", release_registry)).data["name"] == [data["name"]]


def test_a_collection_is_edited_by_its_form(churn, mel):
    response = send(browser(mel), of("collections:edit", churn), name="Churn 2", tags="new", description="*Card*")
    churn.refresh_from_db()
    assert (response.status_code, churn.name, churn.tag_names(), churn.version) == (302, "Churn 2", ["new"], 2)


def test_rule_19_a_stale_form_is_a_conflict_that_shows_both(churn, mel, rob):
    address = of("collections:edit", churn)
    stale = Page(browser(mel).get(address)).form_to(address).data
    send(browser(rob), address, description="His card")
    page = refused(browser(mel), address, {**stale, "description": "Her card"}, "edit_conflict", 409)
    assert "His card" in page.text
    assert "Her card" in page.text
    assert page.context["theirs"].actor_name == "rob"


def test_section_5_a_refused_rename_is_logged_under_the_collections_own_name(release_registry, churn, mel):
    make_collection(release_registry, "Other")
    with nothing_happens():
        page = send(browser(mel), of("collections:edit", churn), name="Other")
    assert page.status_code == 422


def test_section_5_an_attempt_without_the_role_names_the_collection(release_registry, churn, versions, mel):
    make_link(churn, versions[0])
    release_registry.members.all().delete()
    for address in (of("collections:edit", churn), of("links:unlink", churn, 0)):
        with logging() as events:
            assert browser(mel).post(address, {}).status_code == 403
        assert [(event.target_type, event.collection_id) for event in events] == [("collection", churn.pk)]


def test_rule_18_a_deletion_shows_what_goes_and_asks_for_the_name(churn, versions, mel):
    make_link(churn, versions[0], "good")
    client, address = browser(mel), of("collections:delete", churn)
    assert client.get(address).context["now"] == ContentCounts(1, 1, 1, 0)
    shown = Page(client.get(address)).form_to(address).data
    refused(client, address, {**shown, "confirmation": "churn"}, "confirmation_differs")
    make_link(churn, versions[1])
    refused(client, address, {**shown, "confirmation": "Churn"}, "stale_preview", 409)
    assert send(client, address, confirmation="Churn").status_code == 302
    assert not Collection.objects.exists()
    assert Version.objects.count() == 3


def test_rule_26_a_member_deletes_no_collection_with_a_protected_alias(release_registry, churn, versions, mel, rob):
    make_link(churn, versions[0], "production")
    protect(release_registry, "production")
    address = of("collections:delete", churn)
    page = browser(mel).get(address)
    assert page.context["refusal"].code == "alias_protected"
    assert not [form for form in Page(page).forms if form.action == address]
    refused(
        browser(mel), address, {"confirmation": "Churn", "etag": etag_of(churn, churn.holdings())}, "alias_protected"
    )
    assert send(browser(rob), address, confirmation="Churn").status_code == 302


# Protected aliases in the settings.


def test_rule_26_an_admin_protects_and_gives_up(release_registry, rob):
    client, address = browser(rob), at("protected_aliases:add", release_registry)
    assert client.post(address, {"alias": "production"}).status_code == 302
    assert release_registry.protected_names() == ["production"]
    assert client.post(at("protected_aliases:remove", release_registry), {"alias": "Production"}).status_code == 302
    assert release_registry.protected_names() == []
    with nothing_happens():
        again = client.post(at("protected_aliases:remove", release_registry), {"alias": "Production"})
    assert [message.level_tag for message in get_messages(again.wsgi_request)][-1] == "info"


@pytest.mark.parametrize("alias, code", [("", "alias_invalid"), ("latest", "alias_reserved"), ("a:b", "alias_invalid")])
def test_rule_26_what_is_no_alias_is_refused_in_the_settings(release_registry, rob, alias, code):
    client, address = browser(rob), at("protected_aliases:add", release_registry)
    with nothing_changes():
        page = client.post(address, {"alias": alias})
    assert page.status_code == 422
    assert [error.code for error in page.context["alias_form"].errors.as_data()["alias"]] == [code]


def test_another_spelling_leads_to_the_collection(two_links, mel):
    wrong = of("collections:detail", two_links[0].collection).replace("/Churn/", "/CHURN/")
    assert browser(mel).get(wrong).url == two_links[0].collection.get_absolute_url()


@pytest.mark.parametrize("name", ["%00", "a%00b", "Nobody", "%ED%A0%80"])
def test_a_collection_that_is_not_there_is_404(release_registry, mel, name):
    assert browser(mel).get(f"{release_registry.get_absolute_url()}collection/{name}/").status_code == 404


# Who moved it.


def test_who_moved_an_alias_is_one_click_from_it(two_links, rob, mel):
    first = two_links[0]
    first.change_aliases(Actor(rob), ["production"], reason="Rollback")
    client = browser(mel)
    address = f"{of('collections:activity', first.collection)}?alias=production"
    assert address in Page(client.get(of("collections:detail", first.collection))).links
    page = client.get(address)
    entries = [event for _, events in page.context["days"] for event in events]
    assert [(event.actor_name, event.changes) for event in entries] == [
        ("rob", {"link": ["v1", "v0"]}),
        ("command line", {"link": [None, "v1"]}),
    ]
    assert page.context["holder"] == first


def test_rule_16_deleting_a_registry_shows_what_goes(release_registry, two_links, rob):
    protect(release_registry, "production")
    client, address = browser(rob), at("registries:delete", release_registry)
    page = client.get(address)
    assert page.context["now"] == ContentCounts(1, 2, 2, 0)
    assert page.context["protected"] == ["production"]
    shown = Page(page).form_to(address).data
    two_links[0].unlink(COMMAND_LINE)
    refused(client, address, {**shown, "confirmation": "Release"}, "stale_preview", 409)
    assert send(client, address, confirmation="Release").status_code == 302
    assert not Registry.objects.filter(pk=release_registry.pk).exists()
    assert not Link.objects.exists()


def test_rule_11_a_type_in_use_is_locked_in_the_settings(release_registry, churn, rob):
    page = browser(rob).get(at("registries:settings", release_registry))
    assert {type_.name: refusal and refusal.code for type_, refusal in page.context["types"]} == {
        "dataset": None,
        "model": "type_in_use",
    }
    data = {"types": "model", "etag": etag_of(release_registry)}
    refused(browser(rob), at("accepted_types:remove", release_registry), data, "type_in_use")


def test_many_versions_take_as_many_queries_as_few(churn, vision, mel):
    client, address = browser(mel), of("collections:detail", churn)
    for _ in range(3):
        make_link(churn, make_version(vision), "good").set_tags(COMMAND_LINE, ["x"])
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(40):
        make_link(churn, make_version(vision), f"a{number}").set_tags(COMMAND_LINE, ["x"])
    with CaptureQueriesContext(connection) as many:
        page = client.get(address)
    assert len(few) == len(many)
    first = [row["number"] for row in page.context["first_rows"]]
    rows = [row["number"] for row in page.context["rows"]]
    older = client.get(f"{address}?after={page.context['page'].after}")
    assert (first, rows) == (list(range(42, 30, -1)), list(range(30, 5, -1)))
    assert [row["number"] for row in older.context["rows"]] == list(range(5, -1, -1))
