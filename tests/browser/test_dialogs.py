"""Short forms in a dialog over the page: the page stays, the form says what is wrong, and focus goes back."""

import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.urls import reverse
from playwright.sync_api import expect

from registry_app.choices import OrganizationRole
from tests.browser.page_checks import PHONE, axe_violations, sideways
from tests.client import at


@pytest.fixture
def access(page, sign_in, rob, golden, mel):
    """Rob's page of who has access to Golden, with a mark that a full load would wipe away."""
    sign_in(rob)
    page.goto(at("registry_members:index", golden))
    page.evaluate("window.same = true")
    return page


def _open(page):
    link = page.get_by_role("link", name="Add access")
    link.click()
    expect(page.get_by_role("dialog", name="Add access to Golden Datasets")).to_be_visible()
    return link


@pytest.mark.parametrize(
    "page", [{}, {"viewport": PHONE, "color_scheme": "dark"}], indirect=True, ids=["desk", "phone"]
)
def test_a_mistake_is_shown_in_the_dialog_and_what_was_typed_stays(access, golden, mel, forgiven):
    forgiven.append("status of 422")
    _open(access)
    address, before = access.url, access.title()
    holders = access.get_by_label("People, teams or service accounts")
    expect(holders).to_be_focused()
    holders.fill("mell")
    access.get_by_role("button", name="Add access").click()
    expect(access.locator("dialog #errors")).to_be_focused()
    expect(holders).to_have_value("mell")
    access.evaluate(AXE_SCRIPT)
    assert axe_violations(access) + sideways(access) == []
    assert (access.url, access.title(), access.evaluate("window.same")) == (address, before, True)

    holders.fill("mel")
    access.get_by_role("button", name="Add access").click()
    expect(access.locator("main .notice.good")).to_be_visible()
    expect(access.get_by_role("row", name=re.compile("^mel"))).to_contain_text("Member")
    expect(access.get_by_role("link", name="Add access")).to_be_focused()
    assert access.url == address


@pytest.mark.parametrize("way", ["Escape", "Close", "Cancel"])
def test_whoever_leaves_the_dialog_is_where_they_were(access, way):
    link = _open(access)
    if way == "Escape":
        access.keyboard.press("Escape")
    else:
        access.get_by_role("link" if way == "Cancel" else "button", name=way).click()
    expect(access.get_by_role("dialog")).to_have_count(0)
    expect(link).to_be_focused()
    assert access.evaluate("window.same")


def test_the_list_below_keeps_its_place(page, sign_in, ada, acme, rob):
    sign_in(ada)
    page.goto(f"{reverse('members:index', args=[acme.slug])}?q=rob")
    page.get_by_role("link", name="Change role of rob").click()
    page.get_by_role("radio", name="Admin").check()
    page.get_by_role("button", name="Save role").click()
    expect(page.locator("main .notice.good")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=rob$"))
    assert acme.memberships.get(user=rob).role == OrganizationRole.ADMIN


def test_an_ended_session_leads_to_the_whole_sign_in_page(access):
    _open(access)
    access.context.clear_cookies(name="session")
    access.get_by_label("People, teams or service accounts").fill("mel")
    access.get_by_role("button", name="Add access").click()
    expect(access.locator("[name=password]")).to_be_visible()
    expect(access.get_by_role("dialog")).to_have_count(0)


def test_what_a_role_no_longer_allows_is_said_in_the_dialog(access, golden, rob, forgiven):
    forgiven.append("status of 403")
    _open(access)
    golden.members.filter(user=rob).delete()
    access.get_by_label("People, teams or service accounts").fill("mel")
    access.get_by_role("button", name="Add access").click()
    expect(access.get_by_role("dialog")).to_contain_text("Admin")
    expect(access.get_by_role("button", name="Add access")).to_have_count(0)


def test_a_form_that_could_not_be_sent_stays_as_it_is(access, forgiven):
    forgiven.extend(["ERR_FAILED", "htmx:"])
    _open(access)
    access.route("**/access/add/", lambda route: route.abort())
    holders = access.get_by_label("People, teams or service accounts")
    holders.fill("mel")
    access.get_by_role("button", name="Add access").click()
    expect(access.locator("dialog #failed")).to_be_visible()
    expect(holders).to_have_value("mel")


def test_names_are_offered_while_one_types(access, mel, vision):
    _open(access)
    field = access.get_by_label("People, teams or service accounts")
    offered = access.locator("dialog .offers button")
    field.press_sequentially("rob, vis")
    offered.get_by_text("Vision").click()
    expect(field).to_have_value("rob, Vision\n")
    expect(field).to_be_focused()
    field.fill("me\nVision")
    field.press("ArrowUp")
    field.press("End")
    field.press("l")
    field.press("Backspace")
    expect(offered).to_have_text([re.compile("mel")])
    access.evaluate(AXE_SCRIPT)
    assert axe_violations(access) + sideways(access) == []
    field.press("ArrowDown")
    access.keyboard.press("Enter")
    expect(field).to_have_value("mel\nVision")
    for key in ("Control+Home", "Delete", "Delete", "Delete"):
        field.press(key)
    expect(offered.get_by_text("rob")).to_be_visible()
    field.press("Control+End")
    expect(offered).to_have_count(0)  # they were for the other line
    field.press("Control+Home")
    field.press("x")
    field.press("Backspace")
    offered.get_by_text("mel").click()
    expect(field).to_have_value("mel\nVision")
    field.press("Backspace")
    expect(offered).to_have_text([re.compile("mel")])
    field.press("Escape")
    field.press("l")
    expect(access.get_by_role("dialog")).to_be_visible()
    access.get_by_role("button", name="Add access").click()
    expect(access.get_by_role("row", name=re.compile("^Vision"))).to_contain_text("Member")
