"""What htmx shortens: lists filter in place, the address follows, and nobody is left behind."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from registry_app import rules
from registry_app.choices import Visibility
from tests.client import registries_of
from tests.factories import make_registry


@pytest.fixture
def listed(page, sign_in, ada, acme, golden, vault):
    """Ada's page of registries, Golden and Vault in the table, with a mark that any full load would wipe away."""
    sign_in(ada)
    page.goto(registries_of(acme))
    page.evaluate("window.same = true")
    return page


def _rows(page):
    return page.get_by_role("table").get_by_role("rowheader").get_by_role("link")


def _is_the_same_page(page):
    return page.evaluate("window.same === true")


def test_typing_filters_in_place_and_replaces_the_address(listed):
    before = listed.evaluate("history.length")
    listed.locator("main [name=q]").press_sequentially("gold", delay=20)
    expect(_rows(listed)).to_have_text(["Golden Datasets"])
    expect(listed).to_have_url(re.compile("q=gold"))
    expect(listed.locator("main [name=q]")).to_be_focused()
    assert listed.evaluate("history.length") == before
    assert _is_the_same_page(listed)


def test_choosing_pushes_an_entry_and_back_steps_back(listed):
    listed.locator("[name=visibility]").select_option(Visibility.RESTRICTED)
    expect(_rows(listed)).to_have_text(["Vault"])
    expect(listed).to_have_url(re.compile("visibility=restricted"))
    assert _is_the_same_page(listed)
    listed.go_back()
    expect(_rows(listed)).to_have_text(["Golden Datasets", "Vault"])
    expect(listed).not_to_have_url(re.compile("visibility"))
    expect(listed.locator("[name=visibility]")).to_have_value("")
    expect(listed.locator("main")).to_have_count(1)
    listed.go_forward()
    expect(_rows(listed)).to_have_text(["Vault"])
    expect(listed.locator("[name=visibility]")).to_have_value(Visibility.RESTRICTED)


def test_reload_keeps_the_filters(listed):
    listed.locator("main [name=q]").press_sequentially("vault")
    expect(_rows(listed)).to_have_text(["Vault"])
    expect(listed).to_have_url(re.compile("q=vault"))
    listed.reload()
    expect(_rows(listed)).to_have_text(["Vault"])
    expect(listed.locator("main [name=q]")).to_have_value("vault")


def test_filters_work_together(listed, acme, ada):
    make_registry(acme, ada, "Gold Standard", types=["dataset"])
    listed.locator("main [name=q]").press_sequentially("gold")
    expect(_rows(listed)).to_have_text(["Gold Standard", "Golden Datasets"])
    listed.locator("[name=type]").select_option("eval-suite")
    expect(_rows(listed)).to_have_text(["Golden Datasets"])
    expect(listed).to_have_url(re.compile("q=gold.*type=eval-suite"))
    assert _is_the_same_page(listed)


def test_count_is_announced_by_a_region_that_stays(listed):
    status = listed.locator("main [role=status].sr")
    status.evaluate("region => region.stays = true")
    before = status.inner_text()
    listed.locator("main [name=q]").press_sequentially("gold")
    expect(_rows(listed)).to_have_count(1)
    expect(status).not_to_have_text(before)
    assert status.evaluate("region => region.stays")


def test_log_filters_in_place(page, sign_in, ada, acme, golden):
    sign_in(ada)
    page.goto(reverse("audit:index", args=[acme.slug]))
    page.evaluate("window.same = true")
    page.locator("[name=action]").select_option("registry.member.add")
    expect(page.locator(".log > li")).to_have_count(1)
    expect(page).to_have_url(re.compile("action=registry.member.add"))
    assert _is_the_same_page(page)
    page.go_back()
    expect(page.locator(".log > li")).not_to_have_count(1)


def test_ended_session_leads_to_the_whole_login_page(listed):
    listed.context.clear_cookies()
    listed.locator("main [name=q]").press_sequentially("gold")
    listed.wait_for_url(lambda address: reverse("account_login") in address)
    expect(listed.locator("main")).to_have_count(1)
    expect(listed.locator("[name=password]")).to_be_visible()


def test_list_that_could_not_be_loaded_stays_and_says_so(listed, monkeypatch, forgiven):
    forgiven.extend(["status of 500", "Error Code 500"])
    monkeypatch.setattr(rules, "folded_name", lambda text: 1 / 0)
    listed.locator("main [name=q]").press_sequentially("gold")
    expect(listed.locator("#failed")).to_be_visible()
    expect(_rows(listed)).to_have_text(["Golden Datasets", "Vault"])


@pytest.mark.parametrize(
    ("name", "says"),
    [("golden  datasets", rules.NAME_TAKEN.reason), ("a/b", rules.NAME_INVALID.reason), ("New", "New")],
)
def test_name_is_checked_before_it_is_sent(page, sign_in, ada, acme, golden, name, says):
    sign_in(ada)
    page.goto(reverse("registries:create", args=[acme.slug]))
    status = page.locator("form [role=status]")
    status.evaluate("region => region.stays = true")
    page.locator("[name=name]").fill(name)
    page.locator("[name=name]").press("Tab")
    expect(status).to_contain_text(says)
    assert status.evaluate("region => region.stays")
