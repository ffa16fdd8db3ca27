"""The page of a collection: what its aliases point to, a metric as a chart, and the versions as a table."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry_app.choices import Role
from registry_app.listings.cursor import cursor_of
from registry_app.listings.links import KEYS
from registry_app.listings.series import NEWEST
from registry_app.models import Actor
from tests.client import Page, browser, logging, of, refused, send
from tests.factories import COMMAND_LINE, give_role, make_collection, make_link, make_version, protect


def fill(collection, team, facts):
    """A version for each of `facts`, its metadata, published in `collection`."""
    return [make_link(collection, make_version(team, metadata=each)) for each in facts]


def shown(page):
    """The numbers of the versions in the table, with an alias and others."""
    return [row["number"] for row in page.context["first_rows"]], [row["number"] for row in page.context["rows"]]


def values(page, column=0):
    """{number: (value, difference)} of a column of the table."""
    rows = [*page.context["first_rows"], *page.context["rows"]]
    return {row["number"]: (row["cells"][column].text, row["cells"][column].delta) for row in rows}


@pytest.fixture
def measured(churn, vision, rob):
    """Ten versions of Churn; production went from v2 to v5, staging is v7."""
    links = fill(churn, vision, [{"auc": 0.8 + number / 100, "loss": 10 - number} for number in range(10)])
    protect(churn.registry, "production")
    for number in (2, 5):
        links[number].change_aliases(Actor(rob), ["production"], reason=f"Gate {number}")
    links[7].change_aliases(COMMAND_LINE, ["staging"])
    return churn


def test_the_aliases_are_told_with_their_value_and_since_when(measured, mel):
    page = browser(mel).get(measured.get_absolute_url())
    found = {pointer.row["number"]: pointer for pointer in page.context["pointers"]}
    assert list(found) == [5, 7, 9]
    assert (found[5].value.text, found[5].value.delta, found[5].move.reason) == ("0.85", "", "Gate 5")
    assert (found[5].move.actor_name, found[7].value.delta, found[9].behind) == ("rob", "+0.02", 4)
    assert found[9].move is None


def test_a_metric_is_a_chart_with_its_aliases_marked(measured, mel):
    page = browser(mel).get(measured.get_absolute_url())
    chart = page.context["chart"]
    assert {label.names for label in chart.labels} == {"production", "staging", "latest"}
    assert (page.context["former"], len(chart.rings), chart.level is not None) == (["v2"], 1, True)
    assert "v5 (production) 0.85" in page.context["name"]
    assert "Lowest: v0, 0.80. Highest: v9, 0.89." in page.text
    assert Page(page).inline == []


def test_another_metric_is_a_link_and_becomes_the_column_with_differences(measured, mel):
    client, address = browser(mel), measured.get_absolute_url()
    assert "?metric=loss" in "".join(Page(client.get(address)).links)
    page = client.get(f"{address}?metric=loss")
    assert page.context["metric"].path == "loss"
    assert values(page, 1)[9] == ("1", "−4")
    assert values(page, 0)[9] == ("0.89", "")


def test_versions_with_an_alias_come_first_and_a_sort_dissolves_them(measured, mel):
    client, address = browser(mel), measured.get_absolute_url()
    assert shown(client.get(address)) == ([9, 7, 5], [8, 6, 4, 3, 2, 1, 0])
    assert shown(client.get(f"{address}?sort=-:number")) == ([], [*range(9, -1, -1)])
    assert shown(client.get(f"{address}?sort=:number")) == ([], [*range(10)])
    assert shown(client.get(f"{address}?sort=-auc")) == ([], [*range(9, -1, -1)])
    assert shown(client.get(f"{address}?sort=auc")) == ([], [*range(10)])
    assert shown(client.get(f"{address}?sort=-loss")) == ([], [*range(10)])


@pytest.mark.parametrize("newest", [NEWEST, 4])
def test_versions_are_found_by_what_is_known_of_them(churn, vision, rob, mel, monkeypatch, newest):
    """Among those that are read for the chart, and in a collection of which only the newest are."""
    give_role(churn.registry, rob, Role.MEMBER)
    for number in range(8):
        facts = {"metadata": {"auc": number}, "run": f"train-{number}"}
        make_link(churn, make_version(vision, **facts), by=Actor(rob if number % 2 else None, staff=True))
    churn.links.get(number=5).set_tags(COMMAND_LINE, ["reviewed"])
    monkeypatch.setattr("registry_app.listings.series.NEWEST", newest)
    address, last = churn.get_absolute_url(), churn.links.get(number=3).version
    client = browser(mel)

    def found(**query):
        page = client.get(address, query)
        if query.get("sort") != "-auc":  # a metric sorts the newest ones alone, of all
            assert page.context["range"].endswith(f" of {len(shown(page)[1])}")
        return shown(page)

    names = ("v3", "3", "TRAIN-3", last.digest, last.digest.removeprefix("sha256:"))
    assert [found(q=name) for name in names] == [([], [3])] * 5
    make_link(churn, make_version(vision, digest="etag:AbCdEf"), by=COMMAND_LINE).set_tags(COMMAND_LINE, ["odd"])
    assert found(q="etag:AbCdEf") == found(q="abcdef") == found(tag="odd") == ([], [8])
    assert found(q="rob") == found(by="Rob") == ([], [7, 5, 3, 1])
    assert found(by="rob", sort=":number") == ([], [1, 3, 5, 7])
    assert found(tag="reviewed", q="train") == ([], [5])
    assert found(by="rob", sort="-auc")[1] == [7, 5, 3, 1][: newest // 2]
    assert [found(**query) for query in ({"q": "nothing"}, {"tag": "none"}, {"by": "eve"})] == [([], [])] * 3
    part = client.get(address, {"by": "rob"}, headers={"HX-Request": "true", "HX-Target": "versions-results"})
    assert "<html" not in part.text and [row["number"] for row in part.context["rows"]] == [7, 5, 3, 1]


@pytest.mark.parametrize(
    "query", ["?sort=nothing", "?sort=-nothing", "?metric=nothing", "?metric=a%00b", "?metric=a&metric=b"]
)
def test_what_is_no_metric_is_400(measured, mel, query):
    assert browser(mel).get(measured.get_absolute_url() + query).status_code == 400


def test_a_version_without_a_value_comes_last_whatever_the_order(churn, vision, mel):
    fill(churn, vision, [{"auc": 0.8}, {}, {"auc": 0.9}, {"auc": "n/a"}])
    client, address = browser(mel), churn.get_absolute_url()
    assert shown(client.get(f"{address}?sort=auc"))[1] == [0, 2, 3, 1]
    assert shown(client.get(f"{address}?sort=-auc"))[1] == [2, 0, 3, 1]
    assert client.get(address).context["chart"] is None


@pytest.mark.parametrize(
    "facts, metric, has_chart",
    [
        ([], None, False),
        ([{"auc": 0.8}], None, False),
        ([{"auc": 0.8}] * 4, None, False),
        ([{"note": "x"}] * 4, None, False),
        ([{"auc": 0.8}, {"auc": 0.9}], "auc", False),
        ([{"auc": 0.8}, {"auc": 0.9}, {"auc": 0.7}], "auc", True),
        ([{"x": 1e308}, {"x": -1e308}, {"x": -0.0}, {"x": 1e-300}, {"x": 10**290}], "x", True),
        ([{"<b>": 1}, {"<b>": 2}, {"<b>": 3}], "<b>", True),
        ([{f"m{key}": number * key for key in range(100)} for number in range(3)], "m1", True),
    ],
)
def test_any_collection_has_a_page(churn, vision, mel, facts, metric, has_chart):
    fill(churn, vision, facts)
    page = browser(mel).get(churn.get_absolute_url())
    found = page.context["metric"]
    assert (page.status_code, found and found.path, page.context["chart"] is not None) == (200, metric, has_chart)
    assert ("&lt;b&gt; by version" in page.text) == (metric == "<b>")
    assert sum(map(len, shown(page))) == len(facts)


def test_61_versions_are_on_three_pages(churn, vision, mel):
    fill(churn, vision, [{"auc": number} for number in range(61)])[3].change_aliases(COMMAND_LINE, ["old"])
    client, address = browser(mel), churn.get_absolute_url()
    for query, first in (("", [60, 3]), ("sort=-auc", []), ("sort=:number", [])):
        found, ranges, cursor = [], [], ""
        while cursor is not None:
            page = client.get(f"{address}?{query}&{cursor}")
            pinned, rows = shown(page)
            found += [*pinned, *rows]
            ranges.append(page.context["range"])
            cursor = page.context["page"].after and f"after={page.context['page'].after}"
        assert sorted(found) == [*range(61)]
        assert found[: len(first)] == first
        assert ranges[0].startswith("1 to ") and ranges[-1].endswith("to 61 of 61")
        back = client.get(f"{address}?{query}&before={page.context['page'].before}")
        assert set(shown(back)[1]).isdisjoint(shown(page)[1])


@pytest.mark.parametrize("sort", ["", "-auc"])
@pytest.mark.parametrize("number", [2, 99])
def test_before_the_first_row_is_an_empty_page(churn, vision, mel, number, sort):
    """Version 2 is the first in the list; 99 is the number of none."""
    fill(churn, vision, [{"auc": number} for number in range(3)])
    cursor = cursor_of({"number": number}, KEYS)
    page = browser(mel).get(f"{churn.get_absolute_url()}?sort={sort}&before={cursor}")
    assert (page.status_code, page.context["page"].before) == (200, None)


def test_of_many_versions_the_newest_are_drawn_and_the_old_stay_reachable(churn, vision, mel, monkeypatch):
    monkeypatch.setattr("registry_app.listings.series.NEWEST", 10)
    assert NEWEST == 200
    links = fill(churn, vision, [{"auc": number} for number in range(40)])
    protect(churn.registry, "production")
    links[2].change_aliases(COMMAND_LINE, ["production"])
    client, address = browser(mel), churn.get_absolute_url()
    page = client.get(address)
    assert (page.context["stated_by"], page.context["is_newest_only"]) == (10, True)
    assert shown(page)[0] == [39, 2]
    assert values(page)[39] == ("39", "+37")
    assert page.context["pointers"][0].value.text == "2"
    assert shown(client.get(f"{address}?after={page.context['page'].after}"))[1][-1] == 0
    assert shown(client.get(f"{address}?sort=-auc"))[1] == [*range(39, 29, -1)]


def test_protected_versions_are_never_left_out_of_the_first_ones(churn, vision, mel):
    links = fill(churn, vision, [{"auc": number} for number in range(20)])
    protect(churn.registry, "production")
    for number, link in enumerate(links):
        link.change_aliases(COMMAND_LINE, [f"a{number}"])
    links[0].change_aliases(COMMAND_LINE, ["Production"])
    pinned, rows = shown(browser(mel).get(churn.get_absolute_url()))
    assert (pinned[-1], len(pinned), sorted(pinned + rows)) == (0, 12, [*range(20)])


# What one may do there.


@pytest.mark.parametrize("role", [Role.RESTRICTED_VIEWER, Role.VIEWER])
def test_viewers_are_offered_nothing_that_they_may_not_do(vault, vision, mel, role):
    give_role(vault, mel, role)
    collection = make_collection(vault)
    fill(collection, vision, [{"auc": 0.8}, {"auc": 0.9}, {"auc": 0.85}])
    client = browser(mel)
    page = Page(client.get(collection.get_absolute_url()))
    here = [link for link in page.links if link.startswith(collection.get_absolute_url())]
    assert {client.get(link).status_code for link in here} == {200}
    assert not [link for link in here if link.rstrip("/").endswith(("edit", "unlink", "delete", "settings", "link"))]


def test_rule_26_a_collection_that_can_not_be_deleted_says_so_and_offers_no_way(measured, mel, rob):
    delete = of("collections:delete", measured)
    for page in ("collections:detail", "collections:settings"):
        hers = browser(mel).get(of(page, measured))
        assert hers.context["locked"].code == "alias_protected"
        assert delete not in Page(hers).links
        assert delete in Page(browser(rob).get(of(page, measured))).links


def test_key_metrics_come_first_in_their_order(measured, mel):
    address = of("collections:settings", measured)
    with logging() as events:
        answer = send(browser(mel), address, **{"place:loss": "1", "better:loss": "lower", "place:auc": "2"})
    assert (answer.status_code, [event.changes for event in events]) == (
        302,
        [{"key_metrics": [[], ["loss, lower is better", "auc"]]}],
    )
    page = browser(mel).get(measured.get_absolute_url())
    assert [metric.path for metric, _ in page.context["columns"]] == ["loss", "auc"]
    assert page.context["metric"].better == "Lower is better"
    assert "Lower is better" in page.text
    send(browser(mel), address, **{"place:loss": "", "place:auc": "1"})
    assert [metric.path for metric, _ in browser(mel).get(measured.get_absolute_url()).context["columns"]] == ["auc"]


def test_a_key_metric_that_no_version_states_any_more_can_be_taken_back(measured, mel):
    measured.choose_metrics(COMMAND_LINE, [["gone", "higher"], ["auc", ""]])
    page = browser(mel).get(measured.get_absolute_url())
    assert [metric.path for metric, _ in page.context["columns"]] == ["auc"]
    send(browser(mel), of("collections:settings", measured), **{"place:gone": ""})
    measured.refresh_from_db()
    assert measured.key_metrics == [["auc", ""]]


@pytest.mark.parametrize(
    "data, code",
    [
        ({"place:auc": "9"}, "invalid_choice"),
        ({"better:auc": "best"}, "invalid_choice"),
        ({"place:nothing": "1"}, "unknown_field"),
    ],
)
def test_what_is_no_key_metric_is_refused(measured, mel, data, code):
    refused(browser(mel), of("collections:settings", measured), data, code)


def test_what_is_wrong_with_key_metrics_leads_to_its_field(measured, mel):
    address = of("collections:settings", measured)
    form = Page(browser(mel).get(address)).form_to(address)
    page = browser(mel).post(address, form.data | {"place:auc": "9"})
    (link,) = [link for link in Page(page).links if link.startswith("#") and link != "#main"]
    assert f'name="place:auc" aria-label="Column of auc" class="input" id="{link[1:]}"' in page.text


def test_the_card_has_a_page_and_its_beginning_stands_beside(release_registry, mel):
    card = "One line.\n\n# About\nFor *ranking*.\n\n## More\nHidden at first."
    collection = make_collection(release_registry, description=card)
    client = browser(mel)
    assert "<em>ranking</em>" in client.get(collection.get_absolute_url()).text
    assert "Hidden at first" not in client.get(collection.get_absolute_url()).text
    assert "Hidden at first" in client.get(of("collections:card", collection)).text


def test_the_reference_to_copy_is_the_alias_as_it_is(churn, vision, mel):
    protect(churn.registry, "A&B")
    fill(churn, vision, [{}])[0].change_aliases(COMMAND_LINE, ["A&B"])
    page = browser(mel).get(churn.get_absolute_url())
    assert page.context["base_name"] == "A&B"
    assert f'data-copy="{churn.path}:A&amp;B"' in page.text


def test_61_versions_with_100_metrics_take_as_many_queries_as_three(churn, vision, mel):
    client, address = browser(mel), churn.get_absolute_url()
    fill(churn, vision, [{"auc": number} for number in range(3)])[1].edit_labels(COMMAND_LINE, put=["good"], tags=["x"])
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    many = fill(churn, vision, [{f"m{key}": number * key for key in range(100)} for number in range(58)])
    many[9].edit_labels(COMMAND_LINE, put=["a", "b"], tags=["x", "y"])
    with CaptureQueriesContext(connection) as more:
        client.get(address)
    assert len(few) == len(more) <= 8


def test_the_page_is_the_same_without_compiled_queries(measured, mel, settings):
    client, address = browser(mel), measured.get_absolute_url()
    measured.links.get(number=3).set_tags(COMMAND_LINE, ["reviewed"])
    pages = []
    for compiled in (True, False):
        settings.COMPILED_QUERIES = compiled
        page = client.get(address)
        rows = [*page.context["first_rows"], *page.context["rows"]]
        pages.append((values(page), [(row["aliases"], row["tags"]) for row in rows], page.context["chart"]))
    assert pages[0] == pages[1]


def test_an_empty_collection_says_what_comes_first(churn, mel):
    client = browser(mel)
    page = client.get(churn.get_absolute_url())
    assert (page.context["count"], page.context["pointers"], page.context["chart"]) == ("0", [], None)
    assert f"{churn.path}:latest" not in page.text
    assert of("publishing:collection", churn) in Page(page).links
    assert of("links:create", churn) not in Page(page).links  # there is no version to link
    assert of("links:create", churn) not in Page(client.get(of("collections:card", churn))).links
