"""What holds for everybody in an organization: the settings page, and what each setting does."""

import pytest
from django.urls import reverse

from registry_app.choices import Action, Role
from registry_app.models import Actor
from registry_app.models.change import etag_of
from tests.client import Page, at, browser, logging, nothing_changes, nothing_happens, refused, registries_of


def address(organization):
    """The address of its settings."""
    return reverse("organizations:settings", args=[organization.slug])


def edit(organization, **changes):
    """What the form sends."""
    data = {"default_role": "viewer", "members_create": "on", "etag": etag_of(organization), **changes}
    return {name: value for name, value in data.items() if value is not None}


def test_admins_change_the_settings_and_others_read_them(acme, ada, mel):
    client = browser(ada)
    form = Page(client.get(address(acme))).form_to(address(acme))
    data = {**form.data, "default_role": "member"}
    data.pop("members_create")
    with logging() as events:
        assert client.post(address(acme), data).url == address(acme)
    assert [(event.action, event.changes) for event in events] == [
        (Action.ORGANIZATION_EDIT, {"default_role": ["viewer", "member"], "members_create": [True, False]})
    ]
    page = browser(mel).get(address(acme))
    assert [form for form in Page(page).forms if form.action == address(acme)] == []
    assert page.context["default_role"] == Role.MEMBER


def test_section_3_the_default_role_counts_at_once(acme, ada, mel, golden, vault):
    assert browser(ada).post(address(acme), edit(acme, default_role="member")).status_code == 302
    assert golden.role_of(Actor(mel)) == Role.MEMBER
    assert vault.role_of(Actor(mel)) is None


@pytest.mark.parametrize("role, code", [("admin", "invalid_choice"), ("", "required"), ("x", "invalid_choice")])
def test_no_other_default_role_is_kept(acme, ada, role, code):
    refused(browser(ada), address(acme), edit(acme, default_role=role), code)


def test_rule_19_settings_saved_meanwhile_are_a_conflict(acme, ada):
    data = edit(acme, default_role="restricted_viewer")
    acme.edit(Actor(ada), default_role="member", members_create=True)
    client = browser(ada)
    page = refused(client, address(acme), data, "edit_conflict", 409)
    assert page.context["default_role"] == Role.MEMBER
    again = Page(page).form_to(address(acme)).data
    assert (again["default_role"], again["etag"]) == (["restricted_viewer"], [etag_of(type(acme).objects.get())])
    assert client.post(address(acme), again).status_code == 302


def test_a_member_may_not_change_them(acme, mel):
    with nothing_changes(), logging() as events:
        response = browser(mel).post(address(acme), edit(acme, default_role="member"))
    assert (response.status_code, [(event.action, event.code) for event in events]) == (
        403,
        [(Action.ORGANIZATION_EDIT, "role_too_low")],
    )


def test_where_admins_create_registries_members_are_not_shown_how(acme, ada, mel, rob, models, vault):
    new = reverse("registries:create", args=[acme.slug])
    places = {
        mel: [registries_of(acme), at("registries:settings", models)],
        rob: [at("registries:settings", vault)],
    }
    for user, pages in places.items():
        assert [page for page in pages if new not in Page(browser(user).get(page)).links] == []
    acme.edit(Actor(ada), default_role="viewer", members_create=False)
    for user, pages in places.items():
        assert [page for page in pages if new in Page(browser(user).get(page)).links] == []
    assert new in Page(browser(ada).get(registries_of(acme))).links
    assert browser(ada).get(new).status_code == 200
    with nothing_happens():
        page = browser(mel).get(new)
    assert page.status_code == 403 and "ada@example.com" in page.text
    with nothing_changes(), logging() as events:
        assert browser(mel).post(new, {"name": "Silver"}).status_code == 403
    assert [(event.action, event.code) for event in events] == [(Action.CREATE, "role_too_low")]


@pytest.mark.parametrize("person, shown", [("ada", True), ("mel", False)])
def test_the_navigation_leads_admins_to_them(acme, ada, mel, person, shown, request):
    page = browser(request.getfixturevalue(person)).get(registries_of(acme))
    assert (address(acme) in Page(page).links) == shown
    assert reverse("members:index", args=[acme.slug]) in Page(page).links
