"""Pages of the versions in a collection: linking, aliases and tags, unlinking, and what one sees of one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry_app.choices import Action, Role
from registry_app.models import Actor, AuditEvent, Version
from tests.client import Page, browser, logging, nothing_happens, of, refused, send
from tests.factories import (
    COMMAND_LINE,
    give_role,
    make_collection,
    make_link,
    make_registry,
    make_team,
    make_version,
    protect,
)

# Linking.


def test_rules_21_to_24_a_member_links_a_version_of_her_team(churn, versions, mel):
    address = of("links:create", churn)
    page = browser(mel).get(address)
    assert [version.pk for version in page.context["found"]] == [version.pk for version in reversed(versions)]
    response = send(browser(mel), address, version=versions[0].pk, aliases="candidate, tried", reason="Passed")
    link = churn.links.get()
    assert response.status_code == 302
    assert (link.version, link.number, link.alias_names()) == (versions[0], 0, ["candidate", "tried"])
    assert (link.linked_by, AuditEvent.objects.filter(action=Action.LINK).get().reason) == (mel, "Passed")


def test_what_is_linked_already_is_left_out(churn, versions, mel):
    make_link(churn, versions[1])
    page = browser(mel).get(of("links:create", churn))
    assert page.context["found"] == [versions[2], versions[0]]
    assert page.context["linked"] == "1"


def test_where_nothing_can_be_linked_the_page_leads_to_publishing(churn, mel):
    address = of("links:create", churn)
    page = Page(browser(mel).get(address))
    assert of("publishing:collection", churn) in page.links
    assert page.form_to(address).data.keys() == {"csrfmiddlewaretoken"}


def test_rule_21_other_types_are_named_but_not_offered(churn, vision, mel):
    make_version(vision, "rows", type="dataset")
    page = browser(mel).get(of("links:create", churn))
    assert page.context["found"] == []
    assert page.context["others"] == ["dataset"]


def test_rule_21_another_type_is_refused_however_it_is_sent(churn, vision, mel):
    data = make_version(vision, "rows", type="dataset")
    refused(browser(mel), of("links:create", churn), {"version": data.pk}, "type_not_accepted")


def test_rule_22_a_version_that_one_may_not_use_looks_like_none(churn, acme, ada, mel, globex):
    closed = make_version(make_team(acme, "Closed", leads=[ada]), "secret")
    strange = make_version(make_team(globex, "Theirs"), "strange")
    client, address = browser(mel), of("links:create", churn)
    pages = [refused(client, address, {"version": pk}, "invalid_choice") for pk in (closed.pk, strange.pk, 10**6)]
    assert len({page.text.count("secret") + page.text.count("strange") for page in pages}) == 1
    assert "secret" not in client.get(f"{address}?q=secret").text.replace('value="secret"', "")


@pytest.mark.parametrize("source", ["", "x", "-1", "9" * 30, "1\x00"])
def test_what_is_no_version_is_refused(churn, mel, source):
    page = browser(mel).post(of("links:create", churn), {"version": source})
    assert page.status_code == 422


def test_rule_23_linking_again_moves_the_aliases_only(churn, versions, mel):
    make_link(churn, versions[0])
    send(browser(mel), of("links:create", churn), version=versions[0].pk, aliases="good")
    assert [(link.number, link.alias_names()) for link in churn.links.all()] == [(0, ["good"])]


def test_rule_26_a_member_gives_no_protected_alias_while_linking(release_registry, churn, versions, mel):
    protect(release_registry, "production")
    data = {"version": versions[0].pk, "aliases": "production"}
    page = refused(browser(mel), of("links:create", churn), data, "alias_protected")
    assert page.context["form"]["aliases"].value() == "production"


# Aliases and tags.


def test_rule_25_an_alias_moves_to_where_it_is_put(two_links, mel):
    first, second = two_links
    with logging() as events:
        send(browser(mel), of("links:edit", second.collection, 1), aliases="good", tags="x y, z")
    assert (first.alias_names(), second.alias_names()) == ([], ["good", "production"])
    assert second.tag_names() == ["x y", "z"]
    assert [event.changes for event in events] == [{"link": ["v0", "v1"]}, {"tags": [[], ["x y", "z"]]}]


def test_an_unticked_alias_is_taken(two_links, mel):
    address = of("links:edit", two_links[0].collection, 0)
    data = Page(browser(mel).get(address)).form_to(address).data
    del data["keep"]
    assert browser(mel).post(address, data).status_code == 302
    assert two_links[0].alias_names() == []


def test_rule_26_a_protected_alias_is_refused_for_a_member_and_moves_for_an_admin(
    release_registry, two_links, mel, rob
):
    protect(release_registry, "production")
    first, second = two_links
    address = of("links:edit", first.collection, 0)
    data = Page(browser(mel).get(address)).form_to(address).data
    refused(browser(mel), address, {**data, "aliases": "production"}, "alias_protected")
    kept = of("links:edit", first.collection, 1)
    shown = Page(browser(mel).get(kept)).form_to(kept).data
    assert shown["keep"] == ["production"]  # hers to see, not to untick
    refused(browser(mel), kept, {name: value for name, value in shown.items() if name != "keep"}, "alias_protected")
    assert send(browser(mel), kept, tags="fine").status_code == 302
    assert send(browser(rob), address, aliases="production").status_code == 302
    assert (first.alias_names(), second.alias_names()) == (["good", "production"], [])


@pytest.mark.parametrize(
    "aliases, code", [("latest", "alias_reserved"), ("v7", "alias_reserved"), ("a/b", "alias_invalid")]
)
def test_rule_24_the_systems_aliases_are_refused(two_links, mel, aliases, code):
    address = of("links:edit", two_links[0].collection, 0)
    data = Page(browser(mel).get(address)).form_to(address).data
    refused(browser(mel), address, {**data, "aliases": aliases}, code)


def test_rule_19_aliases_that_moved_on_are_a_conflict(two_links, mel, rob):
    address = of("links:edit", two_links[0].collection, 0)
    stale = Page(browser(mel).get(address)).form_to(address).data
    two_links[0].change_aliases(Actor(rob), take=["good"])
    page = refused(browser(mel), address, {**stale, "aliases": "mine"}, "edit_conflict", 409)
    assert page.context["theirs"].actor_name == "rob"


def test_rule_19_saving_again_after_a_conflict_takes_off_nothing_that_came_meanwhile(two_links, mel, rob):
    address = of("links:edit", two_links[0].collection, 0)
    stale = Page(browser(mel).get(address)).form_to(address).data
    two_links[0].change_aliases(Actor(rob), put=["other"])
    page = refused(browser(mel), address, {**stale, "aliases": "mine"}, "edit_conflict", 409)
    again = Page(page).form_to(address).data
    assert browser(mel).post(address, again).status_code == 302
    assert two_links[0].alias_names() == ["good", "mine", "other"]


def test_rule_25_an_alias_of_another_version_is_ticked_to_move_it(two_links, mel):
    address = of("links:edit", two_links[0].collection, 0)
    assert send(browser(mel), address, move="production").status_code == 302
    assert (two_links[0].alias_names(), two_links[1].alias_names()) == (["good", "production"], [])


def test_rule_19_an_alias_that_is_gone_can_not_be_moved(two_links, mel, rob):
    address = of("links:edit", two_links[0].collection, 0)
    stale = Page(browser(mel).get(address)).form_to(address).data
    two_links[1].change_aliases(Actor(rob), take=["production"])
    refused(browser(mel), address, {**stale, "move": "production"}, "edit_conflict", 409)


def test_rule_26_an_alias_that_is_protected_meanwhile_comes_back_ticked(release_registry, two_links, mel):
    address = of("links:edit", two_links[0].collection, 0)
    data = Page(browser(mel).get(address)).form_to(address).data
    assert data.pop("keep") == ["good"]
    protect(release_registry, "good")
    again = Page(refused(browser(mel), address, {**data, "tags": "mine"}, "alias_protected")).form_to(address).data
    assert browser(mel).post(address, again).status_code == 302
    assert (two_links[0].alias_names(), two_links[0].tag_names()) == (["good"], ["mine"])


def test_rule_26_a_protected_alias_of_another_version_is_shown_to_a_member_and_can_not_be_moved(
    release_registry, two_links, mel
):
    protect(release_registry, "production")
    address = of("links:edit", two_links[0].collection, 0)
    page = browser(mel).get(address)
    assert [alias.name for alias in page.context["locked"]] == ["production"]
    data = Page(page).form_to(address).data
    assert "move" not in data
    refused(browser(mel), address, {**data, "move": "production"}, "alias_protected")


# Unlinking.


def test_rule_27_unlinking_is_shown_first_and_leaves_the_source(two_links, mel):
    address = of("links:unlink", two_links[0].collection, 0)
    with nothing_happens():
        page = browser(mel).get(address)
    assert "good" in page.text
    assert send(browser(mel), address, reason="Wrong one").status_code == 302
    assert [link.number for link in two_links[0].collection.links.all()] == [1]
    assert Version.objects.count() == 3


def test_rule_26_a_member_unlinks_no_protected_version(release_registry, two_links, mel, rob):
    protect(release_registry, "production")
    address = of("links:unlink", two_links[1].collection, 1)
    assert not [form for form in Page(browser(mel).get(address)).forms if form.action == address]
    refused(browser(mel), address, {}, "alias_protected")
    assert send(browser(rob), address).status_code == 302


def test_two_who_unlink_at_once_get_a_404_not_a_fault(two_links, mel):
    address = of("links:unlink", two_links[0].collection, 0)
    send(browser(mel), address)
    assert browser(mel).post(address, {}).status_code == 404


# What one sees of a version.


def test_section_3_restricted_viewers_see_no_address(vault, vision, mel):
    give_role(vault, mel, Role.RESTRICTED_VIEWER)
    collection = make_collection(vault)
    make_link(collection, make_version(vision, uri="s3://hidden-bucket/x", metadata={"auc": 0.9}))
    make_link(collection, make_version(vision, uri="s3://hidden-bucket/y"))
    pages = [of("links:detail", collection, 0), of("links:compare", collection) + "?v=0&v=1"]
    for address in pages:
        page = browser(mel).get(address)
        assert page.status_code == 200
        assert "hidden-bucket" not in page.text
    vault.members.get(user=mel).delete_by(COMMAND_LINE)
    give_role(vault, mel, Role.VIEWER)
    assert all("hidden-bucket" in browser(mel).get(address).text for address in pages)


def test_section_3_restricted_viewers_get_no_code(vault, vision, mel):
    give_role(vault, mel, Role.RESTRICTED_VIEWER)
    collection = make_collection(vault)
    make_link(collection, make_version(vision))
    assert f"{collection.path}:latest" not in browser(mel).get(collection.get_absolute_url()).text
    vault.members.get(user=mel).delete_by(COMMAND_LINE)
    give_role(vault, mel, Role.VIEWER)
    assert f"{collection.path}:latest" in browser(mel).get(collection.get_absolute_url()).text


@pytest.mark.parametrize(
    "uri, command",
    [
        ("s3://[bucket/x", "aws s3 cp --recursive 's3://[bucket/x' ."),
        ("s3://a\u2100b/x", "aws s3 cp --recursive 's3://a\u2100b/x' ."),
        ("hf://org/name", "hf download org/name"),
        ("file:///data/my%20model", "cp -r '/data/my model' ."),
        ("file:///it's", "cp -r '/it'\"'\"'s' ."),
        ("file:--target-directory=/tmp", None),
        ("strange:thing", None),
    ],
)
def test_how_it_is_fetched_is_offered_for_addresses_that_a_command_takes(churn, vision, mel, uri, command):
    link = make_link(churn, make_version(vision, uri=uri))
    page = browser(mel).get(link.get_absolute_url())
    assert (page.status_code, page.context["fetch"]) == (200, command)


def test_section_3_where_else_it_is_linked_names_no_hidden_registry(acme, ada, churn, versions, mel):
    hidden = make_collection(make_registry(acme, ada, "Hidden shelf", restricted=True), "Secret")
    make_link(hidden, versions[0])
    make_link(churn, versions[0])
    assert "Hidden" not in browser(mel).get(of("links:detail", churn, 0)).text
    assert "Hidden shelf" in browser(ada).get(of("links:detail", churn, 0)).text


def test_lineage_shows_what_one_may_know_of_only(acme, ada, vision, churn, mel):
    closed = make_version(make_team(acme, "Closed", leads=[ada]), "closed-rows", type="dataset")
    own = make_version(vision, "own-rows", type="dataset")
    version = make_version(vision, made_from=(closed, own), run="train-7", run_url="https://runs.example.com/7")
    make_link(churn, version)
    make_version(vision, "report", type="report", made_from=(version,))
    hers = browser(mel).get(of("links:detail", churn, 0))
    labels = {node.label for node in hers.context["drawing"].nodes}
    assert labels == {"own-rows:v0", "train-7", "v0", "report:v0"}
    assert "closed-rows" not in hers.text
    assert "closed-rows" in browser(ada).get(of("links:detail", churn, 0)).text
    assert len(hers.context["drawing"].lines) == 3


def test_section_3_lineage_ends_where_something_is_hidden(acme, ada, vision, churn, mel):
    closed = make_team(acme, "Closed", leads=[ada])
    raw = make_version(vision, "raw", type="dataset")
    middle = make_version(closed, "middle", type="dataset", made_from=(raw,))
    top = make_version(vision, "top", made_from=(middle,))
    make_link(churn, top)
    assert browser(mel).get(of("links:detail", churn, 0)).context["drawing"] is None
    nodes = browser(ada).get(of("links:detail", churn, 0)).context["drawing"].nodes
    assert {node.label for node in nodes} == {"raw:v0", "middle:v0", "v0"}


def test_section_3_what_is_hidden_takes_nobodys_place_in_the_lineage(acme, ada, vision, churn, mel):
    closed = make_team(acme, "Closed", leads=[ada])
    top = make_version(vision, "top")
    make_version(vision, "seen", made_from=(top,))
    for number in range(40):
        make_version(closed, f"hidden-{number}", made_from=(top,))
    make_link(churn, top)
    nodes = browser(mel).get(of("links:detail", churn, 0)).context["drawing"].nodes
    assert {node.label for node in nodes} == {"seen:v0", "v0"}


def test_a_version_without_lineage_draws_none(two_links, mel):
    assert browser(mel).get(of("links:detail", two_links[0].collection, 0)).context["drawing"] is None


@pytest.mark.parametrize("number", [2, 2**31, 10**30])
def test_a_number_that_no_version_has_is_404(two_links, mel, number):
    assert browser(mel).get(of("links:detail", two_links[0].collection, number)).status_code == 404


# Numbers, neighbours and history.


@pytest.fixture
def measured(churn, vision, rob):
    """Five versions of Churn with metrics; v2 is in production, which is protected."""
    facts = [{"auc": 0.8 + number / 100, "loss": 1 / (number + 1), "rows": 10} for number in range(5)]
    links = [make_link(churn, make_version(vision, metadata=each, size=1000 + len(each))) for each in facts]
    protect(churn.registry, "production")
    links[2].change_aliases(Actor(rob), ["production"])
    return links


def test_a_version_shows_its_numbers_with_the_difference_to_production(measured, mel):
    page = browser(mel).get(measured[4].get_absolute_url())
    big = {number.metric.path: number for number in page.context["big"]}
    assert {path: (each.value.text, each.value.delta, each.value.share) for path, each in big.items()} == {
        "auc": ("0.84", "+0.02", "+2.4\u00a0%"),
        "loss": ("0.200", "−0.133", "−40.0\u00a0%"),
    }
    assert (big["auc"].spark["here"], page.context["behind"], page.context["is_base"]) == ((117.0, 3.0), 2, False)
    production = browser(mel).get(measured[2].get_absolute_url())
    assert [number.value.delta for number in production.context["big"]] == ["", ""]
    assert (production.context["is_base"], production.context["base"]) == (True, None)


def test_the_versions_before_and_after_are_one_click_away(measured, mel, monkeypatch):
    measured[3].unlink(COMMAND_LINE)
    client = browser(mel)

    def around(number):
        found = client.get(of("links:detail", measured[0].collection, number)).context["neighbours"]
        return found["previous"], found["next"]

    wanted = {0: (None, 1), 1: (0, 2), 2: (1, 4), 4: (2, None)}
    assert {number: around(number) for number in wanted} == wanted
    monkeypatch.setattr("registry_app.listings.series.NEWEST", 2)
    assert {number: around(number) for number in wanted} == wanted


def test_who_may_move_the_protected_alias_is_said(measured, mel, rob):
    address = measured[4].get_absolute_url()
    hers, his = browser(mel).get(address), browser(rob).get(address)
    assert (hers.context["locked"].code, his.context["locked"]) == ("alias_protected", None)
    button = f'<a class="btn primary" href="{of("links:promote", measured[4].collection, 4)}"'
    assert button in his.text
    assert button not in hers.text


def test_rule_26_promoting_sets_one_alias_and_says_why_where_it_is_protected(measured, mel, rob):
    measured[0].change_aliases(Actor(mel), put=["staging"])
    collection, address = measured[4].collection, of("links:promote", measured[4].collection, 4)
    assert address in Page(browser(mel).get(measured[4].get_absolute_url())).links

    def shown(user):
        page = browser(user).get(address)
        choices = [(choice.name, choice.is_protected, choice.number) for choice, _ in page.context["choices"]]
        return choices, page.context["locked"], Page(page).form_to(address).data

    (staging, *_), locked, hers = shown(mel)
    assert (staging, locked, hers["alias"]) == (("staging", False, 0), ["production"], ["staging"])
    asked = {**hers, "alias": "", "other": "production", "reason": "Mine"}
    refused(browser(mel), address, asked, "alias_protected")
    choices, locked, his = shown(rob)
    assert (choices[:2], locked) == ([("production", True, 2), staging], [])
    refused(browser(rob), address, {**his, "alias": "production"}, "required")
    refused(browser(rob), address, {**his, "alias": "", "other": "Production "}, "required")
    refused(browser(rob), address, {**his, "alias": ""}, "required")
    refused(browser(rob), address, {**his, "alias": "v4"}, "alias_reserved")
    with logging() as events:
        assert browser(rob).post(address, {**his, "alias": "production", "reason": "Gate passed"}).status_code == 302
    assert [(event.changes, event.reason) for event in events] == [({"link": ["v2", "v4"]}, "Gate passed")]
    assert browser(mel).post(address, hers).status_code == 302  # it said nothing of where production was
    assert browser(mel).post(address, {**shown(mel)[2], "alias": "", "other": "tried"}).status_code == 302
    assert collection.links.get(number=4).alias_names() == ["production", "staging", "tried"]


def test_rules_18_and_26_a_choice_that_is_past_is_kept_and_told_why(measured, mel, rob):
    collection, address = measured[4].collection, of("links:promote", measured[4].collection, 4)
    measured[0].change_aliases(Actor(mel), put=[f"b{number}" for number in range(6)])

    def sent(page, **changed):
        return {**Page(page).form_to(address).data, **changed}

    form = browser(mel).get(address)
    measured[1].change_aliases(Actor(mel), put=["a0"])  # b5 is not among the first ones any more
    conflict = refused(browser(mel), address, sent(form, alias="b5"), "stale_preview", 409)
    assert (sent(conflict)["alias"], sent(conflict)["other"]) == ([""], ["b5"])
    measured[1].change_aliases(Actor(mel), put=["z0"])  # it shows nothing of this one
    assert browser(mel).post(address, sent(conflict)).status_code == 302
    assert collection.links.get(number=4).alias_names() == ["b5"]

    form = browser(mel).get(address)
    measured[4].change_aliases(Actor(mel), put=["a0"])
    conflict = refused(browser(mel), address, sent(form, alias="a0"), "stale_preview", 409)
    assert "alias" not in sent(conflict)
    assert sent(conflict)["etag"] == sent(browser(mel).get(address))["etag"] != sent(form)["etag"]

    form = browser(mel).get(address)
    protect(collection.registry, "b0")
    for alias in ("b0", "production", "B0"):
        page = refused(browser(mel), address, sent(form, alias=alias), "alias_protected")
        assert rob in [admin.user for admin in page.context["admins"]]
        assert "Admins who can help" in page.text


def test_rule_26_each_way_to_write_a_protected_alias_needs_a_reason(measured, rob):
    measured[0].change_aliases(Actor(rob), put=["Production"])
    address = of("links:promote", measured[4].collection, 4)
    page = browser(rob).get(address)
    choices = [(choice.name, choice.is_protected, choice.number) for choice, _ in page.context["choices"]]
    assert choices == [("Production", True, 0), ("production", True, 2)]
    data = Page(page).form_to(address).data
    for sent in ({"alias": "Production"}, {"alias": "production"}, {"alias": "", "other": "PRODUCTION"}):
        refused(browser(rob), address, {**data, **sent}, "required")


def test_the_history_of_a_version_is_its_own(measured, mel, rob):
    measured[4].change_aliases(Actor(rob), ["production"], reason="Gate passed")
    edit = of("links:edit", measured[4].collection, 4)
    data = Page(browser(mel).get(edit)).form_to(edit).data
    refused(browser(mel), edit, {**data, "keep": []}, "alias_protected")
    history = browser(mel).get(measured[4].get_absolute_url()).context["history"]
    assert [(each.event.actor_name, each.did, each.name, each.rest) for each in history] == [
        ("mel", "tried to change it", "", ""),
        ("rob", "moved", "production", "from v2 to v4"),
        ("command line", "linked this version", "", ""),
    ]
    others = browser(mel).get(measured[0].get_absolute_url()).context["history"]
    assert [each.did for each in others] == ["linked this version"]


@pytest.mark.parametrize("files, size, text", [(0, 0, "Unknown"), (1, 0, "0 bytes"), (2, 420_059_000, "420.1\u00a0MB")])
def test_a_size_that_is_not_known_is_not_zero(churn, vision, mel, files, size, text):
    link = make_link(churn, make_version(vision, file_count=files, size=size))
    assert text in browser(mel).get(link.get_absolute_url()).text
    make_version(vision, file_count=files, size=size)
    assert text in browser(mel).get(of("links:create", churn)).text


def test_what_is_not_drawn_of_a_lineage_is_said_and_listed(churn, vision, mel):
    top = make_version(vision, "top")
    for number in range(30):
        make_version(vision, f"report-{number:02}", type="report", made_from=(top,))
    make_link(churn, top)
    client, address = browser(mel), of("links:lineage", churn, 0)
    page = client.get(of("links:detail", churn, 0))
    assert page.context["drawing"].totals == {"outputs": "30"}
    assert f"{address}?side=outputs" in Page(page).links
    first = client.get(address)
    rest = client.get(f"{address}?after={first.context['page'].after}")
    labels = [node.label for each in (first, rest) for node in each.context["rows"]]
    assert labels == [f"report-{number:02}:v0" for number in range(29, -1, -1)]
    assert [total for _, _, total in first.context["sides"]] == ["0", "30"]
    assert client.get(f"{address}?side=inputs").context["rows"] == []


def test_section_3_a_listed_lineage_names_and_counts_what_one_may_know_of_only(acme, ada, vision, churn, mel):
    closed = make_team(acme, "Closed", leads=[ada])
    top = make_version(vision, "top")
    make_version(vision, "seen", made_from=(top,))
    for number in range(9):
        make_version(closed, f"hidden-{number}", made_from=(top,))
    make_link(churn, top)
    page = browser(mel).get(of("links:lineage", churn, 0))
    assert ([node.label for node in page.context["rows"]], page.context["sides"][1][2]) == (["seen:v0"], "1")
    assert browser(ada).get(of("links:lineage", churn, 0)).context["sides"][1][2] == "10"


def test_a_version_among_many_takes_as_many_queries_as_among_few(measured, vision, mel):
    client, address = browser(mel), measured[2].get_absolute_url()
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(30):
        make_link(measured[0].collection, make_version(vision, metadata={"auc": number}), f"a{number}")
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(few) == len(many) <= 8
