"""Giving, explaining, asking and granting, as people do it: with scripts and without."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from registry_app.choices import Role
from registry_app.models import Actor, Team, TeamMembership
from tests.browser.page_checks import SCRIPTS
from tests.client import registries_of
from tests.factories import COMMAND_LINE


@pytest.fixture
def vision(acme, mel):
    """A team with Mel in it."""
    team = Team(organization=acme, name="Vision")
    team.create(COMMAND_LINE)
    TeamMembership(team=team, user=mel).save_by(COMMAND_LINE)
    return team


def _at(page, registry):
    return reverse(page, args=[registry.organization.slug, registry.name])


@pytest.mark.parametrize("page", SCRIPTS, indirect=True)
def test_a_role_is_given_explained_and_taken(page, sign_in, rob, mel, golden, vision, forgiven):
    forgiven.append("status of 422")
    sign_in(rob)
    page.goto(golden.get_absolute_url())
    page.get_by_role("link", name=re.compile(r"^Access")).click()
    page.get_by_role("link", name="Add access").click()
    page.get_by_label("People, teams or service accounts").fill("vision, nobody-here")
    page.get_by_role("radio", name="Admin", exact=True).check()
    page.get_by_role("button", name="Add access").click()
    expect(page.locator("#errors")).to_contain_text("nobody-here")  # and what was typed is still there
    expect(page.get_by_label("People, teams or service accounts")).to_have_value("vision, nobody-here")
    expect(page.get_by_role("radio", name="Admin", exact=True)).to_be_checked()
    page.get_by_label("People, teams or service accounts").fill("vision")
    page.get_by_role("button", name="Add access").click()
    expect(page.get_by_role("row", name="Vision")).to_contain_text("Admin")
    assert golden.role_of(Actor(mel)) == Role.ADMIN

    page.get_by_role("link", name="Explain access").click()
    page.get_by_label("Username").fill("mel")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("heading", name="mel has the Admin role")).to_be_visible()
    expect(page.get_by_role("row", name="Through Vision")).to_contain_text("Effective")

    page.get_by_role("link", name=re.compile(r"^Access")).click()
    page.get_by_role("link", name="Remove Vision").click()
    page.get_by_role("button", name="Remove Vision").click()
    expect(page.get_by_role("row", name="Vision")).to_have_count(0)
    assert golden.role_of(Actor(mel)) == Role.VIEWER


@pytest.mark.parametrize("page", SCRIPTS, indirect=True)
def test_a_role_is_asked_for_and_granted(page, sign_in, rob, mel, golden):
    sign_in(mel)
    page.goto(_at("registries:delete", golden))
    page.get_by_role("link", name="Request the role").click()
    expect(page.get_by_role("radio", name="Admin", exact=True)).to_be_checked()
    page.get_by_role("radio", name="Member", exact=True).check()
    page.get_by_label("Reason").fill("I curate it.")
    page.get_by_role("button", name="Send request").click()
    expect(page.get_by_text("Your request is open")).to_be_visible()

    sign_in(rob)
    page.goto(registries_of(golden.organization))
    page.get_by_role("link", name="Requests 1").click()
    page.get_by_role("link", name="Review the request of mel").click()
    page.get_by_label("Note").fill("Welcome.")
    page.get_by_role("button", name="Grant Member").click()
    expect(page.get_by_role("row", name="mel")).to_contain_text("Member")
    assert golden.role_of(Actor(mel)) == Role.MEMBER

    sign_in(mel)
    page.goto(_at("access_requests:create", golden))
    expect(page.get_by_text("Welcome.")).to_be_visible()
