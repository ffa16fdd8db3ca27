"""The pages of teams: everybody in the organization sees them; who leads one changes it."""

import pytest
from django.urls import reverse

from registry_app import rules
from registry_app.choices import Action, OrganizationRole, Role, TeamRole
from registry_app.models import Actor, Team, make_service_account
from registry_app.models.change import etag_of
from tests.client import Page, browser, logging, nothing_changes, nothing_happens, refused
from tests.factories import COMMAND_LINE, give_team_role, make_member, make_registry, make_team, make_user, make_version


def address(page, team, *more):
    """The address of a page of a team."""
    return reverse(f"teams:{page}", args=[team.organization.slug, team.name, *more])


def index(user, organization, **query):
    """The list, as `user` asks for it."""
    return browser(user).get(reverse("teams:index", args=[organization.slug]), query)


def inside(team):
    """{username: role} of who is in it."""
    return dict(team.memberships.values_list("user__username", "role"))


# The list.


def test_the_list_says_of_each_team_who_leads_it_and_where_it_has_roles(acme, ada, mel, rob, golden, vault, vision):
    give_team_role(golden, vision, Role.MEMBER)
    give_team_role(vault, make_team(acme, "night watch"), Role.ADMIN)
    rows = {row["name"]: row for row in index(ada, acme).context["teams"]}
    assert list(rows) == ["night watch", "Vision"]
    assert (rows["Vision"]["leads"], rows["Vision"]["size"]) == (["rob"], 2)
    told = {name: [(given["role"], given["name"]) for given in row["roles"]] for name, row in rows.items()}
    assert told == {"Vision": [("Member", "Golden Datasets")], "night watch": [("Admin", "Vault")]}


def test_section_3_the_list_names_no_registry_that_the_looker_can_not_see(acme, ada, mel, vault):
    night = make_team(acme, "Night", people=[ada])
    give_team_role(vault, night, Role.VIEWER)
    for page in (index(mel, acme), browser(mel).get(night.get_absolute_url())):
        assert "Night" in page.text and "Vault" not in page.text
    assert "Vault" in browser(ada).get(night.get_absolute_url()).text


def test_of_many_registries_a_few_are_named_and_the_rest_counted(acme, ada, vision):
    for number in range(60):
        give_team_role(make_registry(acme, ada, f"Shelf {number:02}"), vision, Role.VIEWER)
    row = index(ada, acme).context["teams"][0]
    assert ([given["name"] for given in row["roles"]], row["more_roles"]) == (["Shelf 00", "Shelf 01", "Shelf 02"], 57)
    page = browser(ada).get(vision.get_absolute_url())
    assert (len(page.context["roles"]), page.context["more_roles"]) == (50, 10)


def test_the_list_is_searched_and_comes_in_pages(acme, mel):
    for number in range(30):
        make_team(acme, f"Team {number:02}")
    first = index(mel, acme).context["page"]
    second = index(mel, acme, after=first.after).context["page"]
    assert (len(first.rows), len(second.rows), second.after) == (25, 5, None)
    assert [row["name"] for row in index(mel, acme, q="TEAM 1").context["teams"]] == [f"Team 1{n}" for n in range(10)]
    assert index(mel, acme, q="nothing").context["teams"] == []


# Making, editing, deleting.


def test_an_organization_admin_makes_a_team(acme, ada):
    link = reverse("teams:create", args=[acme.slug])
    client = browser(ada)
    data = {**Page(client.get(link)).form_to(link).data, "name": " Vision ", "description": "Image models"}
    with logging() as events:
        response = client.post(link, data)
    team = acme.teams.get()
    assert (response.url, team.name, team.description) == (team.get_absolute_url(), "Vision", "Image models")
    assert [(event.action, event.target_name) for event in events] == [(Action.TEAM_CREATE, "Vision")]


@pytest.mark.parametrize(
    "name, code", [("", "name_invalid"), ("a/b", "name_invalid"), ("VISION", "name_taken"), ("x" * 114, "name_invalid")]
)
def test_a_team_has_a_name_of_its_own(acme, ada, vision, name, code):
    data = {"name": name, "description": ""}
    page = refused(browser(ada), reverse("teams:create", args=[acme.slug]), data, code)
    assert page.context["form"].has_error("name", code)
    other = make_team(acme, "Other")
    refused(browser(ada), address("settings", other), {**data, "etag": etag_of(other)}, code)


def test_a_team_may_be_called_like_a_page(acme, ada):
    assert browser(ada).get(make_team(acme, "new").get_absolute_url()).context["team"].name == "new"


def test_who_leads_a_team_edits_it_and_others_read(acme, ada, mel, rob, vision):
    client = browser(rob)
    data = Page(client.get(address("settings", vision))).form_to(address("settings", vision)).data
    response = client.post(address("settings", vision), {**data, "name": "Sight"})
    vision.refresh_from_db()
    assert (vision.name, response.url) == ("Sight", address("settings", vision))
    shown = Page(browser(mel).get(address("settings", vision)))
    assert [form for form in shown.forms if form.action == address("settings", vision)] == []
    with nothing_changes(), logging() as events:
        response = browser(mel).post(address("settings", vision), data)
    assert (response.status_code, [event.code for event in events]) == (403, ["role_too_low"])
    assert "rob" in response.text and "ada" in response.text


def test_rule_19_a_team_edited_meanwhile_is_a_conflict(acme, ada, rob, vision):
    client = browser(rob)
    data = Page(client.get(address("settings", vision))).form_to(address("settings", vision)).data
    vision.edit(Actor(ada), name="Vision", description="Hers")
    page = refused(client, address("settings", vision), {**data, "description": "His"}, "edit_conflict", 409)
    assert "Hers" in page.text and "ada" in page.text
    again = Page(page).form_to(address("settings", vision)).data
    assert again["description"] == ["His"]
    assert client.post(address("settings", vision), again).status_code == 302


def test_a_team_is_deleted_with_its_roles_after_its_name_was_typed(acme, ada, mel, rob, vault, vision):
    give_team_role(vault, vision, Role.VIEWER)
    hers, client, link = browser(mel), browser(ada), address("delete", vision)
    assert hers.get(vault.get_absolute_url()).status_code == 200
    shown = client.get(link)
    assert (shown.context["people"], shown.context["registries"]) == (2, 1)
    refused(client, link, {"confirmation": "vision"}, "confirmation_differs")
    with logging() as events:
        assert client.post(link, {"confirmation": "Vision"}).url == reverse("teams:index", args=[acme.slug])
    assert [(event.action, event.target_name) for event in events] == [(Action.TEAM_DELETE, "Vision")]
    assert hers.get(vault.get_absolute_url()).status_code == 404
    assert not Team.objects.exists() and acme.memberships.count() == 3


def test_a_team_with_artifacts_stays_and_its_page_says_so(acme, ada, vision):
    make_version(vision)
    client, link = browser(ada), address("delete", vision)
    page = client.get(link)
    assert page.context["refusal"].code == "artifacts_stay"
    assert not [form for form in Page(page).forms if form.action == link]
    refused(client, link, {"confirmation": "Vision"}, "artifacts_stay")


def test_who_leads_a_team_is_told_that_admins_delete_it(acme, rob, vision):
    page = browser(rob).get(address("settings", vision))
    assert address("delete", vision) not in Page(page).links
    assert rules.DELETE_BY_ADMINS.reason in page.text
    with nothing_happens():
        assert browser(rob).get(address("delete", vision)).status_code == 403


# Who is in it.


def test_several_people_are_put_into_a_team_at_once(acme, ada, mel, rob, vault, vision):
    nora = make_user("nora")
    make_member(acme, nora)
    make_service_account(acme, "eval-ci", COMMAND_LINE)
    give_team_role(vault, vision, Role.VIEWER)
    client = browser(rob)
    data = Page(client.get(vision.get_absolute_url())).form_to(vision.get_absolute_url()).data
    named = {"people": "NORA, eval-ci\nada; mel", "role": "member"}
    with logging() as events:
        assert client.post(vision.get_absolute_url(), {**data, **named}).status_code == 302
    assert inside(vision) == {"rob": "admin", "mel": "member", "nora": "member", "eval-ci": "member", "ada": "member"}
    assert [(event.action, event.target_name) for event in events] == [(Action.TEAM_MEMBER_ADD, "Vision")] * 3
    assert browser(nora).get(vault.get_absolute_url()).status_code == 200


def test_who_is_in_a_team_already_keeps_their_role(acme, rob, mel, vision):
    data = {"people": "rob, mel", "role": "member"}
    with nothing_happens():
        assert browser(rob).post(vision.get_absolute_url(), data).status_code == 302


@pytest.mark.parametrize(
    "people, code",
    [
        ("", "required"),
        (" ,\n", "required"),
        ("mel, nobody", "not_in_organization"),
        ("sam", "not_in_organization"),
        ("sam@example.com", "not_in_organization"),
        ("gone", "not_in_organization"),
        ("x," * 101 + ",".join(map(str, range(101))), "too_many"),
    ],
)
def test_all_are_put_in_or_none(acme, ada, rob, mel, sam, globex, people, code):
    make_member(acme, make_user("gone", is_active=False))
    team = make_team(acme, "Night", leads=[rob])
    page = refused(browser(rob), team.get_absolute_url(), {"people": people, "role": "member"}, code)
    assert page.context["form"].has_error("people", code)
    assert page.context["form"]["people"].value() == people


def test_strangers_are_answered_like_nobody(acme, rob, sam, globex, vision):
    """A team is no way to ask who has an account."""
    texts = []
    for name in ("sam", "nix"):
        page = browser(rob).post(vision.get_absolute_url(), {"people": name, "role": "member"})
        texts.append(str(page.context["form"].errors["people"]).replace(name, ""))
    assert texts[0] == texts[1]


def test_a_username_counts_before_an_address(acme, rob, vision):
    first, second = make_user("nora@example.com"), make_user("nora")
    for user in (first, second):
        make_member(acme, user)
    browser(rob).post(vision.get_absolute_url(), {"people": "nora@example.com", "role": "member"})
    assert "nora@example.com" in inside(vision) and "nora" not in inside(vision)


def test_a_role_in_a_team_is_changed_from_what_was_shown(acme, rob, mel, vision):
    link, client = address("role", vision, "mel"), browser(rob)
    data = Page(client.get(link)).form_to(link).data
    assert client.post(link, {**data, "role": "admin"}).url == vision.get_absolute_url()
    assert inside(vision)["mel"] == TeamRole.ADMIN
    assert browser(mel).get(address("role", vision, "rob")).status_code == 200  # at once
    refused(client, link, {**data, "role": "admin"}, "edit_conflict", 409)


def test_who_is_taken_out_loses_at_once_what_came_through_the_team(acme, rob, mel, vault, vision):
    give_team_role(vault, vision, Role.VIEWER)
    hers, client, link = browser(mel), browser(rob), address("remove", vision, "mel")
    assert hers.get(vault.get_absolute_url()).status_code == 200
    assert "Vault" in client.get(link).text
    with logging() as events:
        assert client.post(link, {}).url == vision.get_absolute_url()
    assert [(event.action, event.changes) for event in events] == [
        (Action.TEAM_MEMBER_REMOVE, {"role": ["member", None]})
    ]
    assert [event.related["member"]["id"] for event in events] == [mel.pk]
    assert hers.get(vault.get_absolute_url()).status_code == 404
    assert client.get(link).status_code == 404


def test_everybody_may_leave_and_nobody_else_takes_them_out(acme, rob, mel, vision):
    with nothing_changes():
        assert browser(mel).post(address("remove", vision, "rob"), {}).status_code == 403
    client = browser(mel)
    assert address("remove", vision, "mel") in Page(client.get(vision.get_absolute_url())).links
    assert client.post(address("remove", vision, "mel"), {}).status_code == 302
    assert inside(vision) == {"rob": "admin"}
    assert address("remove", vision, "mel") not in Page(client.get(vision.get_absolute_url())).links


def test_who_leads_a_team_no_longer_leads_it_outside_the_organization(acme, ada, rob, vision):
    acme.memberships.get(user=rob).delete_by(Actor(ada))
    make_member(acme, rob)
    with nothing_changes():
        assert browser(rob).post(vision.get_absolute_url(), {"people": "rob", "role": "admin"}).status_code == 403


@pytest.mark.parametrize("page", ["detail", "settings", "delete"])
@pytest.mark.parametrize("name", ["Nothing", "a\0b", "\ufffd", "x" * 500])
def test_a_team_that_is_not_there_is_not_found(acme, ada, vision, page, name):
    assert browser(ada).get(reverse(f"teams:{page}", args=[acme.slug, name])).status_code == 404


def test_a_team_of_another_organization_is_not_there(acme, ada, sam, globex, vision):
    for page in ("detail", "settings"):
        assert browser(sam).get(reverse(f"teams:{page}", args=[globex.slug, "Vision"])).status_code == 404
        assert browser(sam).get(address(page, vision)).status_code == 404


def test_people_of_a_team_come_in_pages(acme, ada):
    users = [make_user(f"person{number:02}") for number in range(27)]
    for user in users:
        make_member(acme, user, OrganizationRole.MEMBER)
    team = make_team(acme, "Crowd", people=users)
    first = browser(ada).get(team.get_absolute_url()).context["page"]
    second = browser(ada).get(team.get_absolute_url(), {"after": first.after}).context["page"]
    assert (len(first.rows), len(second.rows)) == (25, 2)
