"""Search in a browser: what is typed is found in place, and Enter gives it an address to share."""

import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.page_checks import axe_violations, sideways, spilling
from tests.client import registries_of
from tests.factories import make_collection, make_link, make_version, protect


@pytest.fixture
def searching(page, sign_in, mel, acme, golden, models, vision):
    """Mel's page of search, with a mark that any full load would wipe away; Models has a collection `Churn`."""
    protect(models, "production")
    make_link(make_collection(models, "Churn", tags=["reviewed"]), make_version(vision), "production")
    page.add_init_script(AXE_SCRIPT)
    sign_in(mel)
    page.goto(registries_of(acme))
    page.get_by_label("Search everything").press("Enter")
    expect(page.locator("main [name=q]")).to_be_focused()
    page.evaluate("window.same = true")
    return page


def _hits(page):
    return page.locator(".hits h3").get_by_role("link")


def test_typing_finds_in_place_and_replaces_the_address(searching):
    before = searching.evaluate("history.length")
    searching.keyboard.type("prod", delay=20)
    expect(_hits(searching)).to_have_text(["Models / Churn", "Models / Churn v0"])
    expect(searching).to_have_url(re.compile(r"\?q=prod(&|$)"))
    expect(searching.locator("main [name=q]")).to_be_focused()
    expect(searching.get_by_role("status")).to_have_text("2 results")
    assert searching.evaluate("history.length") == before
    assert searching.evaluate("window.same")
    assert axe_violations(searching) + sideways(searching) + spilling(searching) == []


def test_enter_gives_an_address_to_share_and_back_leads_back(searching):
    before = searching.evaluate("history.length")
    searching.keyboard.type("golden")
    searching.keyboard.press("Enter")
    expect(_hits(searching)).to_have_text(["Golden Datasets"])
    expect(searching).to_have_url(re.compile(r"\?q=golden(&|$)"))
    assert searching.evaluate("history.length") == before + 1
    assert searching.evaluate("window.same")
    searching.reload()
    expect(_hits(searching)).to_have_text(["Golden Datasets"])
    expect(searching.locator("main [name=q]")).to_have_value("golden")
    searching.go_back()
    expect(_hits(searching)).to_have_count(0)
    expect(searching).to_have_url(re.compile(r"/search/(\?q=)?$"))


def test_what_can_not_be_read_is_told_while_typing_and_forgotten_when_mended(searching, forgiven):
    forgiven.append("status of 422")
    box, told = searching.locator("main [name=q]"), searching.get_by_role("status")
    told.evaluate("region => region.stays = true")
    searching.keyboard.type("churn type:")
    expect(told.locator(".error")).to_contain_text("registry:")
    expect(box).to_have_value("churn type:")
    expect(searching.locator("#failed")).to_be_hidden()
    assert axe_violations(searching) == []
    box.fill("churn type:model")
    expect(_hits(searching)).to_have_text(["Models / Churn", "Vision / forecasts / churn", "Models / Churn v0"])
    expect(told.locator(".error")).to_have_count(0)
    assert told.evaluate("region => region.stays")


def test_a_kind_narrows_in_place_and_slash_leads_to_the_search_of_the_navigation(searching):
    searching.keyboard.type("churn")
    expect(_hits(searching)).to_have_count(3)
    searching.get_by_role("link", name="Versions 1").press("Enter")
    expect(_hits(searching)).to_have_text(["Models / Churn v0"])
    expect(searching.get_by_role("link", name="Versions 1")).to_be_focused()
    expect(searching).to_have_url(re.compile(r"\?q=churn&kind=version$"))
    searching.get_by_label("Alias").select_option("production")
    expect(searching).to_have_url(re.compile(r"&alias=production&kind=version$"))
    expect(_hits(searching)).to_have_text(["Models / Churn v0"])
    searching.get_by_label("Type").focus()
    searching.get_by_label("Type").select_option("model (1)")
    expect(searching).to_have_url(re.compile(r"&type=model&alias=production&kind=version$"))
    expect(searching.get_by_label("Type")).to_be_focused()
    searching.get_by_role("link", name="All 2").click()
    expect(_hits(searching)).to_have_text(["Models / Churn", "Models / Churn v0"])
    expect(searching.get_by_label("Alias")).to_have_value("production")
    assert searching.evaluate("window.same")
    searching.get_by_role("heading", name="Search", exact=True).click()
    searching.keyboard.press("/")
    expect(searching.get_by_label("Search everything")).to_be_focused()
    assert axe_violations(searching) == []


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_scripts_the_form_finds_the_same(page, sign_in, mel, acme, golden):
    sign_in(mel)
    page.goto(reverse("search:index", args=[acme.slug]))
    page.locator("main [name=q]").fill("golden")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(_hits(page)).to_have_text(["Golden Datasets"])
    expect(page).to_have_url(re.compile(r"\?q=golden(&|$)"))
