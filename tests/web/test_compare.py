"""Versions of a collection side by side."""

import codecs
import csv
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.client import Page, browser, codes, of
from tests.factories import COMMAND_LINE, make_collection, make_link, make_version, protect


def compared(page):
    """{heading: {name: [(text of each version, whether it differs from the base)]}} of a comparison."""
    return {
        group.title: {row.name: [(cell.text, cell.differs) for cell in row.cells] for row in rows}
        for group, rows, _ in page.context["groups"]
    }


def deltas(page, name):
    """[(difference, per cent)] of each version in the row of a metric."""
    rows = {row.name: row for _, rows, _ in page.context["groups"] for row in rows}
    return [(cell.delta, cell.share) for cell in rows[name].cells]


@pytest.fixture
def measured(churn, vision):
    """Four versions of Churn with metrics; v1 is in production, v3 states no loss."""
    facts = [
        {"auc": 0.8, "loss": 0.4, "rows": 10, "config": {"lr": 0.1}},
        {"auc": 0.9, "loss": 0.3, "rows": 10, "config": {"lr": 0.1}},
        {"auc": 0.9, "loss": 0.2, "rows": 10, "config": {"lr": 0.2}},
        {"auc": 0.85, "rows": 10},
    ]
    links = [make_link(churn, make_version(vision, metadata=each)) for each in facts]
    links[1].change_aliases(COMMAND_LINE, ["production"])
    protect(churn.registry, "production")
    return churn


def test_versions_differ_from_the_base_which_is_production(measured, mel):
    page = browser(mel).get(of("links:compare", measured) + "?v=0&v=1&v=3")
    found = compared(page)
    assert page.context["base"] == 1
    assert found["Metrics"] == {
        "auc": [("0.80", True), ("0.90", False), ("0.85", True)],
        "loss": [("0.4", True), ("0.3", False), (None, True)],
    }
    assert deltas(page, "auc") == [("−0.10", "−11.1\u00a0%"), ("", ""), ("−0.05", "−5.6\u00a0%")]
    assert found["Config"] == {
        "rows": [("10", False)] * 3,
        "config.lr": [("0.1", False), ("0.1", False), (None, True)],
    }
    assert found["Origin"]["Aliases"] == [(None, True), ("production", False), ("latest", True)]
    assert found["Files"]["Size"] == [("1.0\u00a0kB", False)] * 3


def test_another_base_is_one_click_away(measured, mel):
    client, address = browser(mel), of("links:compare", measured)
    links = Page(client.get(f"{address}?v=0&v=1&v=3")).links
    assert "?v=0&v=1&v=3&base=3" in links
    page = client.get(f"{address}?v=0&v=1&v=3&base=3")
    assert (page.context["base"], deltas(page, "auc")[0]) == (3, ("−0.05", "−5.9\u00a0%"))
    assert compared(page)["Metrics"]["loss"] == [("0.4", True), ("0.3", True), (None, False)]


def test_the_chosen_base_stays_until_it_is_removed_itself(measured, mel):
    page = browser(mel).get(of("links:compare", measured) + "?v=0&v=1&v=3&base=3")
    assert {"?v=1&v=3&base=3", "?v=0&v=3&base=3", "?v=0&v=1"} <= set(Page(page).links)


def test_without_a_protected_alias_the_first_is_the_base(two_links, mel):
    page = browser(mel).get(of("links:compare", two_links[0].collection) + "?v=1&v=0")
    assert [head["is_base"] for head in page.context["heads"]] == [True, False]


def test_only_differences_are_shown_where_asked_for(measured, mel):
    client, address = browser(mel), of("links:compare", measured)
    found = compared(client.get(f"{address}?v=1&v=2&only=on"))
    assert set(found) == {"Metrics", "Config", "Files", "Origin"}
    assert found["Config"] == {"config.lr": [("0.1", False), ("0.2", True)]}
    assert "auc" not in found["Metrics"]


def test_metadata_that_is_there_is_told_from_what_is_not(churn, vision, mel):
    deep = {"a.b": 1, "a": {"b": 2}, "": 1}
    one = make_version(vision, metadata={"none": None, "flag": True, "text": "1", "same": None, **deep})
    other = make_version(vision, metadata={"flag": 1, "text": 1, "same": None, **deep, "a.b": 9, "": 2})
    make_link(churn, one), make_link(churn, other)
    found = compared(browser(mel).get(of("links:compare", churn) + "?v=v0&v=v1"))
    assert found["Config"] == {
        "none": [("null", False), (None, True)],
        "flag": [("true", False), ("1", True)],
        "text": [("1", False), ("1", True)],
        "same": [("null", False), ("null", False)],
        "a.b": [("2", False), ("2", False)],
    }
    assert found["Metrics"] == {'"a.b"': [("1", False), ("9", True)], '""': [("1", False), ("2", True)]}


@pytest.mark.parametrize("query", ["?v=good&v=latest", "?v=0&v=v1", "?v=v0&v=production", "?v=0&v=v0&v=&v=1"])
def test_versions_are_compared_by_what_they_are_called(two_links, mel, query):
    page = browser(mel).get(of("links:compare", two_links[0].collection) + query)
    assert (page.status_code, [head["link"] for head in page.context["heads"]]) == (200, [*two_links])


@pytest.mark.parametrize(
    "query, found",
    [
        ("?v=v0&v=v9", {"version_unknown"}),
        ("?v=v0", {"too_few"}),
        ("?v=", {"too_few"}),
        ("?v=v0&v=good", {"too_few"}),
        ("?v=x&v=v0", {"version_unknown"}),
        (f"?v={'9' * 30}&v=v0", {"version_unknown"}),
        ("?v=9999999999&v=v0", {"version_unknown"}),
        (f"?v={'x' * 200}&v=v0", {"version_unknown"}),
        ("?v=0&v=1&base=9", {"version_unknown"}),
        ("?v=0&v=1&base=x%00", {"version_unknown", "null_characters_not_allowed"}),
        ("?v=0&v=1&format=xml", {"invalid_choice"}),
        (f"?{'&'.join(f'v={number}' for number in range(60))}", {"too_many"}),
    ],
)
def test_versions_that_are_not_there_are_not_compared(two_links, mel, query, found):
    page = browser(mel).get(of("links:compare", two_links[0].collection) + query)
    assert page.status_code == 422
    assert codes(page) and codes(page) <= found


def test_six_are_compared_and_seven_are_too_many(churn, vision, mel):
    for _ in range(7):
        make_link(churn, make_version(vision))
    client, address = browser(mel), of("links:compare", churn)
    six = "&".join(f"v={number}" for number in range(6))
    assert len(client.get(f"{address}?{six}").context["heads"]) == 6
    assert codes(client.get(f"{address}?{six}&v=6")) == {"too_many"}


def test_a_base_that_is_not_compared_is_refused(measured, mel):
    page = browser(mel).get(of("links:compare", measured) + "?v=0&v=1&base=2")
    assert (page.status_code, codes(page)) == (422, {"version_unknown"})


@pytest.mark.parametrize("query", ["", "?utm_source=mail", "?only=on"])
def test_the_form_to_compare_stands_at_an_address_of_its_own(two_links, mel, query):
    page = browser(mel).get(of("links:compare", two_links[0].collection) + query)
    assert (page.status_code, codes(page), "groups" in page.context) == (200, set(), False)


def test_no_link_of_a_comparison_leads_to_a_refusal(measured, mel):
    client, address = browser(mel), of("links:compare", measured)
    for query in ("?v=0&v=1", "?v=0&v=1&v=3&base=0&only=on"):
        links = [link for link in Page(client.get(address + query)).links if link.startswith("?")]
        assert links
        assert {client.get(address + link).status_code for link in links} == {200}


def test_the_same_is_a_csv_with_full_values(churn, vision, mel):
    for loss, note in ((-1e-300, "=1+1"), (0.123456789, "fine")):
        make_link(churn, make_version(vision, metadata={"loss": loss, "note": note, "list": [1]}))
    page = browser(mel).get(of("links:compare", churn) + "?v=0&v=1&format=csv")
    rows = {row[1]: row for row in csv.reader(StringIO(page.content.decode("utf-8-sig")))}
    assert page["Content-Type"].startswith("text/csv")
    assert page.content.startswith(codecs.BOM_UTF8)  # else a spreadsheet takes names for another encoding
    assert rows["loss"] == ["Metrics", "loss", "-1e-300", "0.123456789"]
    assert rows["note"] == ["Config", "note", "'=1+1", "fine"]
    assert rows["list"] == ["Config", "list", "[1]", "[1]"]


@pytest.mark.parametrize(
    "text, cell",
    [
        *[(start + "1+1", f"'{start}1+1") for start in "=+-@＝＋－＠"],
        ('=HYPERLINK("//x")', '\'=HYPERLINK("//x")'),
        *[(text, text) for text in ("größe, ångström", "模型;モデル", "نموذج", "модель", "a\tb", 'say "hi"', "🚀")],
    ],
)
def test_every_text_of_the_csv_opens_right_in_a_spreadsheet(churn, vision, mel, text, cell):
    for value in (text, "other"):
        make_link(churn, make_version(vision, metadata={text: value}))
    page = browser(mel).get(of("links:compare", churn) + "?v=0&v=1&format=csv")
    assert page.content.startswith(codecs.BOM_UTF8)
    assert ["Config", cell, cell, "other"] in list(csv.reader(StringIO(page.content.decode("utf-8-sig"), newline="")))


def test_a_version_with_much_metadata_shows_a_part_and_gives_all_as_csv(churn, vision, mel):
    for number in range(2):
        make_link(churn, make_version(vision, metadata={"deep": {f"k{key}": f"{number}" for key in range(400)}}))
    client, address = browser(mel), of("links:compare", churn) + "?v=0&v=1"
    shown = {group.title: (len(rows), left) for group, rows, left in client.get(address).context["groups"]}
    assert shown["Config"] == (300, 100)
    assert client.get(f"{address}&format=csv").text.count("deep.k") == 400


def test_section_3_inputs_name_what_one_may_know_of_only(vault, vision, churn, mel, acme, ada):
    hidden = make_version(vision, "own", type="dataset")
    make_link(churn, make_version(vision, made_from=(hidden,)))
    make_link(churn, make_version(vision))
    found = compared(browser(mel).get(of("links:compare", churn) + "?v=0&v=1"))
    assert found["Origin"]["Inputs"] == [("own:v0", False), (None, True)]


def test_six_versions_take_as_many_queries_as_two(churn, vision, mel):
    source = make_version(vision, "rows", type="dataset")
    for number in range(6):
        link = make_link(churn, make_version(vision, made_from=(source,), metadata={"auc": number}))
        link.set_tags(COMMAND_LINE, ["x"])
    client, address = browser(mel), of("links:compare", churn)
    client.get(f"{address}?v=0&v=1")
    counts = []
    for count in (2, 6):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{address}?{'&'.join(f'v={number}' for number in range(count))}")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_empty_collection_has_nothing_to_compare(release_registry, mel):
    page = browser(mel).get(of("links:compare", make_collection(release_registry, "Empty")))
    assert (page.status_code, page.context["choices"]) == (200, [])
