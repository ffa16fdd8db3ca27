"""The second job in a real browser: somebody is invited, joins, and is put into a team that gives a role."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from registry_app.choices import Role
from registry_app.models import User
from tests.browser.page_checks import SCRIPTS
from tests.client import registries_of
from tests.factories import PASSWORD, give_team_role


def _send(page, name):
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("page", [{}, {"java_script_enabled": False}], indirect=True, ids=["script", "no script"])
def test_invited_joins_and_sees_what_a_team_gives(page, sign_in, ada, acme, vault):
    sign_in(ada)
    page.goto(acme.get_absolute_url())
    page.get_by_role("link", name="Members and teams").click()
    page.get_by_role("link", name="New team").first.click()
    page.locator("[name=name]").fill("Vision")
    _send(page, "Create team")
    expect(page.get_by_role("status")).to_be_visible()
    give_team_role(vault, acme.teams.get(), Role.VIEWER)

    page.goto(reverse("invitations:create", args=[acme.slug]))
    page.locator("[name=email]").fill("nora@example.com")
    _send(page, "Create invitations")
    link = page.locator("#secret").inner_text()

    page.context.clear_cookies()
    page.goto(link)
    page.locator("[name=username]").fill("nora")
    expect(page.locator("[name=email]")).to_have_value("nora@example.com")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password_again]").fill(PASSWORD)
    _send(page, "Create account and join")
    expect(page).to_have_url(re.compile(acme.get_absolute_url()))
    expect(page.get_by_role("link", name="Vault")).to_have_count(0)

    page.context.clear_cookies()
    sign_in(ada)
    page.goto(reverse("teams:detail", args=[acme.slug, "Vision"]))
    page.locator("[name=people]").fill("nora@example.com")
    _send(page, "Add to team")
    expect(page.get_by_role("table").get_by_role("rowheader")).to_have_text([re.compile("nora")])

    page.context.clear_cookies()
    sign_in(User.objects.get(username="nora"))
    page.goto(registries_of(acme))
    expect(page.get_by_role("table").get_by_role("link", name="Vault")).to_be_visible()


@pytest.mark.parametrize("page", SCRIPTS, indirect=True)
def test_an_invitation_leads_into_a_team(page, sign_in, ada, acme, sam, vision):
    sign_in(ada)
    page.goto(reverse("members:index", args=[acme.slug]))
    page.get_by_role("link", name="Invite people").click()
    page.locator("[name=teams]").fill("Vision")
    _send(page, "Create invitations")
    link = page.locator("#secret").inner_text()
    sign_in(sam)
    page.goto(link)
    _send(page, "Join Acme ML as sam")
    expect(page.get_by_role("status").filter(has_text="Vision")).to_be_visible()
    assert vision.memberships.filter(user=sam).exists()


def test_people_filter_in_place(page, sign_in, ada, acme, mel, rob, vision):
    sign_in(ada)
    page.goto(reverse("members:index", args=[acme.slug]))
    page.evaluate("window.same = true")
    rows = page.get_by_role("table", name="People and service accounts").get_by_role("rowheader")
    expect(rows).to_have_count(3)
    page.locator("[name=team]").fill("Vision")
    page.locator("[name=team]").press("Enter")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile("team=Vision"))
    page.locator("main [name=q]").fill("rob")
    page.locator("main [name=q]").press("Enter")
    expect(rows).to_have_count(1)
    assert page.evaluate("window.same === true")


def test_the_answer_to_an_invitation_is_where_focus_goes(page, sign_in, ada, acme):
    sign_in(ada)
    page.goto(reverse("invitations:create", args=[acme.slug]))
    _send(page, "Create invitations")
    expect(page.locator("#once")).to_be_focused()
