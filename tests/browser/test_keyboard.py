"""Every page without a mouse: one comes everywhere, sees where one is, and gets back."""

import re
from itertools import pairwise

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.page_checks import PHONE
from tests.client import registries_of
from tests.factories import make_collection

# Numbers everything that Tab stops at, in the order of the document; of radio buttons just the one that is chosen.
STOPS = """() => {
    const isSpare = stop => stop.type === 'radio' && !stop.checked
    return [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
        .filter(stop => stop.type !== 'hidden' && stop.tabIndex >= 0 && stop.checkVisibility() && !isSpare(stop))
        .map((stop, place) => { stop.dataset.place = place; return place })
}"""
WHERE = """() => {
    const stop = document.activeElement, box = stop.getBoundingClientRect(), style = getComputedStyle(stop)
    return {
        place: stop === document.body ? null : Number(stop.dataset.place), inMain: !!stop.closest('main'),
        ring: style.outlineStyle === 'solid' ? parseFloat(style.outlineWidth) : 0,
        shown: box.top >= -1 && box.bottom <= innerHeight + 1, top: box.top + scrollY, left: box.left,
        right: box.right, html: stop.outerHTML.slice(0, 120),
    }
}"""
PAGES = ("registries/", "registries/new/", "registry/Golden%20Datasets/settings/", "audit/")


@pytest.mark.parametrize("address", PAGES)
def test_tab_follows_reading_and_shows_where_it_is(page, sign_in, ada, acme, golden, vault, address):
    sign_in(ada)
    page.goto(f"/orgs/{acme.slug}/{address}")
    places = page.evaluate(STOPS)
    stops = _stops(page, 3 * len(places))
    assert [stop["place"] for stop in stops] == places
    assert [stop["html"] for stop in stops if stop["ring"] < 2 or not stop["shown"]] == []
    inside = [stop for stop in stops if stop["inMain"]]
    backwards = [b["html"] for a, b in pairwise(inside) if _leads_back(a, b)]
    assert backwards == []


def _stops(page, presses):
    """Where Tab stops, until it is round; several stops inside of one field (a date's parts) count as one."""
    stops = []
    for _ in range(presses):
        page.keyboard.press("Tab")
        stop = page.evaluate(WHERE)
        if stops and stop["place"] in {None, stops[0]["place"]}:
            break
        if not stops or stop["place"] != stops[-1]["place"]:
            stops.append(stop)
    return stops


def _leads_back(one, other):
    """Whether `other` stands before `one` in reading: above it, and not in a column to the right."""
    return other["top"] < one["top"] - 8 and other["left"] < one["right"]


def test_skip_link_comes_first_and_leads_to_the_content(page, sign_in, ada, acme):
    sign_in(ada)
    page.goto(registries_of(acme))
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("main :focus")).to_have_count(1)


def test_escape_closes_the_drawer_and_focus_returns(page, sign_in, ada, acme):
    sign_in(ada)
    page.set_viewport_size(PHONE)
    page.goto(registries_of(acme))
    opener = page.get_by_role("button", name="Menu", exact=True)
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#nav")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#nav :focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#nav")).to_be_hidden()
    expect(opener).to_be_focused()


def test_escape_closes_the_menu_and_focus_returns(page, sign_in, ada, acme):
    sign_in(ada)
    page.goto(registries_of(acme))
    page.locator(".who").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#me")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#me :focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#me")).to_be_hidden()
    expect(page.locator(".who")).to_be_focused()


def test_summary_of_errors_has_focus_and_leads_to_the_fields(page, sign_in, ada, acme):
    sign_in(ada)
    page.goto(reverse("registries:create", args=[acme.slug]))
    page.get_by_label("Only these types").check()
    page.locator("[name=name]").press("Enter")
    summary = page.locator("#errors")
    expect(summary).to_be_focused()
    links = summary.get_by_role("link").all()
    for link, field in zip(links, ["name", "types"], strict=True):
        link.press("Enter")
        expect(page.locator(f"[name={field}]")).to_be_focused()
        error = link.inner_text().partition(": ")[2]  # after the field's label
        expect(page.locator(f"[name={field}]")).to_have_accessible_description(re.compile(re.escape(error)))


def test_refused_type_is_told_and_leads_to_its_field(page, sign_in, ada, acme, golden):
    sign_in(ada)
    page.goto(reverse("registries:settings", args=[acme.slug, golden.name]))
    page.get_by_label("Add a type").fill("no/such")
    page.keyboard.press("Enter")
    expect(page.locator("#errors")).to_be_focused()
    assert page.title().startswith("Error:")
    page.locator("#errors").get_by_role("link").press("Enter")
    expect(page.get_by_label("Add a type")).to_be_focused()


def test_refused_list_is_told_and_leads_to_its_field(page, sign_in, ada, acme, vault):
    sign_in(ada)
    page.goto(reverse("registries:settings", args=[acme.slug, vault.name]))
    page.get_by_text("Accept only some types").press("Enter")
    page.locator("[name=types]").press("Enter")
    expect(page.locator("#errors")).to_be_focused()
    assert page.title().startswith("Error:")
    page.locator("#errors").get_by_role("link").press("Enter")
    expect(page.locator("[name=types]")).to_be_focused()


def test_a_row_leads_where_its_one_link_leads_and_other_links_in_it_lead_elsewhere(page, sign_in, mel, acme, golden):
    make_collection(golden, "Churn", type="dataset", tags=["daily"])
    sign_in(mel)
    page.goto(registries_of(acme))
    row = page.get_by_role("row", name="Golden Datasets")
    expect(row.get_by_role("link")).to_have_count(1)
    row.get_by_role("cell", name="Viewer").click(force=True)
    expect(page).to_have_url(re.compile(r"/registry/Golden%20Datasets/$"))
    page.get_by_role("link", name="daily").click()
    expect(page).to_have_url(re.compile(r"/registry/Golden%20Datasets/\?tag=daily$"))
    page.get_by_role("row", name="Churn").get_by_role("cell", name="dataset").click(force=True)
    expect(page).to_have_url(re.compile(r"/registry/Golden%20Datasets/collection/Churn/$"))
