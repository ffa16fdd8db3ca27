"""The pages of an organization's people: who sees whom and what of them, and what its admins do to them."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.choices import Action, OrganizationRole, Role, Source
from registry_app.models import (
    AccessRequest,
    Actor,
    ApiToken,
    OrganizationMembership,
    Team,
    TeamMembership,
    User,
    make_service_account,
)
from registry_app.models.change import digest_of, etag_of
from registry_app.views import members as views
from tests.client import Page, browser, codes, logging, nothing_changes, nothing_happens, refused
from tests.factories import (
    COMMAND_LINE,
    PASSWORD,
    give_role,
    give_team_role,
    make_member,
    make_registry,
    make_team,
    make_token,
    make_user,
)

ADMIN = OrganizationRole.ADMIN


def address(page, organization, *more):
    """The address of a page of members."""
    return reverse(f"members:{page}", args=[organization.slug, *more])


def index(user, organization, **query):
    """The list, as `user` asks for it."""
    return browser(user).get(address("index", organization), query)


def names(response):
    """The usernames in the table, in order."""
    return [row["user__username"] for row in response.context["rows"]]


def row(response, name):
    """The row of one person."""
    return next(row for row in response.context["rows"] if row["user__username"] == name)


def many(organization, number):
    """`number` more people, made fast, each in a team of their own beside the first of them."""
    users = User.objects.bulk_create(User(username=f"person{index:04}") for index in range(number))
    OrganizationMembership.objects.bulk_create(
        OrganizationMembership(organization=organization, user=user) for user in users
    )
    return users


# The list.


def test_everybody_in_the_organization_sees_who_is_in_it(acme, ada, mel, rob, sam, globex, vision):
    for user in (ada, mel):
        response = index(user, acme)
        assert names(response) == ["ada", "mel", "rob"]
        assert response.context["counts"] == {"people": 3, "services": 0, "teams": 1}
    assert row(response, "mel")["teams"] == ["Vision"]
    assert "Leads Vision" in row(response, "rob")["notes"]


def test_addresses_are_for_organization_admins(acme, ada, mel, rob):
    assert "rob@example.com" in index(ada, acme).text
    assert set(re.findall(r"[\w-]+@example\.com", index(mel, acme).text)) == {mel.email}  # her own, in her menu
    assert names(index(ada, acme, q="rob@exam")) == ["rob"]
    assert names(index(mel, acme, q="rob@exam")) == []
    assert "rob@example.com" in browser(ada).get(address("detail", acme, "rob")).text
    assert "rob@example.com" in browser(rob).get(address("detail", acme, "rob")).text
    assert "rob@example.com" not in browser(mel).get(address("detail", acme, "rob")).text


@pytest.mark.parametrize(
    "query, found",
    [
        ({"q": "EL"}, ["mel"]),
        ({"role": "admin"}, ["ada"]),
        ({"role": "member", "q": "o"}, ["gone", "rob"]),
        ({"team": "Vision"}, ["mel", "rob"]),
        ({"team": "VISI"}, ["mel", "rob"]),
        ({"team": "Nobody"}, []),
        ({"state": "deactivated"}, ["gone"]),
        ({"state": "active", "team": "Vision", "role": "admin"}, []),
    ],
)
def test_the_list_is_narrowed(acme, ada, mel, rob, vision, query, found):
    make_member(acme, make_user("gone", is_active=False))
    assert names(index(mel, acme, **query)) == found


def test_the_page_is_as_long_with_many_teams(acme, mel):
    lengths = []
    for numbers in (range(30), range(30, 3000)):
        Team.objects.bulk_create(Team(organization=acme, name=f"{n:04}", name_key=f"{n:04}") for n in numbers)
        lengths.append(len(index(mel, acme).content))
    assert lengths[1] < lengths[0] + 100


@pytest.mark.parametrize(
    "query", [{"role": "owner"}, {"team": "a\0b"}, {"after": "x"}, {"state": "x"}, {"after": "WzFd"}]
)
def test_a_filter_that_no_page_gave_out_is_a_wrong_address(acme, mel, query):
    assert index(mel, acme, **query).status_code == 400


def test_restricted_registries_are_named_as_far_as_the_looker_sees_them(acme, ada, mel, rob, vault, vision):
    hidden = make_registry(acme, ada, "Hidden", restricted=True)
    give_role(hidden, rob, Role.VIEWER)
    nora = make_user("nora")
    make_member(acme, nora)
    give_team_role(vault, make_team(acme, "Night", people=[nora]), Role.VIEWER)
    assert (row(index(ada, acme), "rob")["restricted"], row(index(ada, acme), "nora")["restricted"]) == (
        ["Hidden", "Vault"],
        ["Vault"],
    )
    assert row(index(ada, acme), "ada")["every_restricted"] == 2
    page = index(nora, acme)
    assert (row(page, "rob")["restricted"], row(page, "ada")["every_restricted"]) == (["Vault"], 1)
    page = index(mel, acme)
    assert (row(page, "rob")["restricted"], row(page, "ada")["every_restricted"]) == ([], 0)
    assert "Vault" not in page.text and "Hidden" not in page.text


def test_the_last_admin_is_locked_and_no_control_is_shown(acme, ada, mel):
    page = index(ada, acme)
    assert [row["user__username"] for row in page.context["rows"] if row["is_last"]] == ["ada"]
    assert address("role", acme, "ada") not in Page(page).links
    assert address("role", acme, "mel") in Page(page).links
    make_member(acme, make_user("eve"), ADMIN)
    assert address("role", acme, "ada") in Page(index(ada, acme)).links
    assert address("role", acme, "mel") not in Page(index(mel, acme)).links


def test_the_list_comes_in_pages_and_back(acme, ada):
    many(acme, 60)
    client, seen, link = browser(ada), [], address("index", acme)
    while link:
        page = client.get(link)
        seen += names(page)
        after = page.context["page"].after
        link = after and f"{address('index', acme)}?after={after}"
    assert seen == sorted(seen) and len(seen) == 61
    before = page.context["page"].before
    assert names(client.get(address("index", acme), {"before": before})) == seen[25:50]


def test_htmx_gets_just_the_results(acme, mel):
    response = browser(mel).get(address("index", acme), headers={"HX-Request": "true"})
    assert response.templates[0].name == "members/_results.html"
    assert "HX-Request" in response["Vary"]


def questions(client, link):
    """How many queries the page behind `link` takes."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(link).status_code == 200
    return len(queries)


@pytest.mark.parametrize("person", ["ada", "rob"])
def test_the_pages_cost_the_same_with_3_people_and_300_with_2_teams_and_60(acme, ada, mel, rob, vault, request, person):
    client = browser(request.getfixturevalue(person))
    crowd = make_team(acme, "Crowd", leads=[rob], people=[mel])
    links = [address("index", acme), address("detail", acme, "mel"), reverse("teams:index", args=[acme.slug])]
    links.append(crowd.get_absolute_url())
    make_team(acme, "Second", people=[mel, ada])
    give_team_role(vault, crowd, Role.VIEWER)
    few = [questions(client, link) for link in links]
    users = many(acme, 297)
    TeamMembership.objects.bulk_create(TeamMembership(team=crowd, user=user) for user in users)
    for number in range(58):
        team = make_team(acme, f"Team {number:02}", people=[mel])
        if number % 10 == 0:
            registry = make_registry(acme, ada, f"Kept {number}", restricted=True)
            give_team_role(registry, team, Role.MEMBER)
    assert [questions(client, link) for link in links] == few
    assert max(few) <= 20


# One person.


def shown(looker, organization, name):
    """The registries on somebody's page as `looker` sees it: {name: (role, [(source, team)])}."""
    rows = browser(looker).get(address("detail", organization, name)).context["rows"]
    return {row["name"]: (row["role"], [(path.source, path.team) for path in row["paths"]]) for row in rows}


def test_section_3_a_page_of_a_person_says_every_role_and_every_path(acme, ada, mel, golden, vault, vision):
    give_role(golden, mel, Role.VIEWER)
    give_team_role(golden, vision, Role.MEMBER)
    give_team_role(vault, vision, Role.VIEWER)
    everybody, through, given = (Source.VISIBILITY, ""), (Source.TEAM, "Vision"), (Source.PERSON, "")
    for looker in (ada, mel):
        listed = shown(looker, acme, "mel")
        assert listed.pop("Golden Datasets")[1][0] == through
        assert listed == {
            "Models": (Role.VIEWER, [everybody]),
            "Datasets": (Role.VIEWER, [everybody]),
            "Vault": (Role.VIEWER, [through]),
        }
    assert sorted(shown(ada, acme, "mel")["Golden Datasets"][1]) == sorted([through, everybody, given])
    assert shown(ada, acme, "ada")["Vault"] == (Role.ADMIN, [(Source.ORGANIZATION, ""), given])


def test_section_3_the_role_on_the_page_is_the_one_that_counts(acme, ada, mel, rob, golden, vault, vision):
    robot = make_service_account(acme, "eval-ci", COMMAND_LINE).user
    give_team_role(vault, vision, Role.RESTRICTED_VIEWER)
    TeamMembership(team=vision, user=robot).save_by(COMMAND_LINE)
    for person in (ada, mel, rob, robot):
        listed = shown(ada, acme, person.username)
        seen = acme.registries.visible_to(acme.memberships.get(user=person))
        assert {name: role for name, (role, _) in listed.items()} == {
            registry.name: registry.role_of(Actor(person)) for registry in seen
        }


def test_section_3_a_page_of_a_person_names_no_registry_that_the_looker_can_not_see(acme, mel, rob, vault):
    assert "Vault" in shown(rob, acme, "rob")
    page = browser(mel).get(address("detail", acme, "rob"))
    assert "Vault" not in page.text and "Models" in page.text


def test_a_page_of_a_person_names_no_team_of_another_organization(acme, ada, mel, globex, sam):
    make_member(globex, mel)
    make_team(globex, "Elsewhere", people=[mel])
    for page in (address("index", acme), address("detail", acme, "mel")):
        assert "Elsewhere" not in browser(ada).get(page).text


@pytest.mark.parametrize("name", ["sam", "nobody", "a\0b", "MEL", "\ufffd"])
def test_a_page_of_whoever_is_not_here_is_not_there(acme, mel, ada, sam, globex, name):
    for page in ("detail", "role", "remove", "deactivate"):
        assert browser(ada).get(address(page, acme, name)).status_code == 404


def test_a_page_of_a_person_comes_in_pages(acme, ada, mel):
    for number in range(30):
        make_registry(acme, ada, f"Shelf {number:02}")
    client = browser(mel)
    first = client.get(address("detail", acme, "mel"))
    second = client.get(address("detail", acme, "mel"), {"after": first.context["page"].after})
    assert (len(first.context["rows"]), len(second.context["rows"])) == (25, 7)


# Roles.


def test_an_organization_role_is_changed_from_what_was_shown(acme, ada, mel):
    link = address("role", acme, "mel")
    client = browser(ada)
    data = Page(client.get(link)).form_to(link).data
    with logging() as events:
        response = client.post(link, {**data, "role": "admin"})
    assert (response.status_code, response.url) == (302, address("detail", acme, "mel"))
    assert [(event.action, event.target_name, event.changes) for event in events] == [
        (Action.PERSON_CHANGE, "mel", {"role": ["member", "admin"]})
    ]
    assert browser(mel).get(reverse("invitations:create", args=[acme.slug])).status_code == 200  # at once


def test_rule_19_an_organization_role_that_changed_meanwhile_is_a_conflict(acme, ada, mel):
    make_member(acme, make_user("eve"), ADMIN)
    membership = acme.memberships.get(user=mel)
    membership.role = ADMIN
    membership.save_by(COMMAND_LINE)
    data = {"role": "admin", "etag": digest_of(membership.pk, "member")}
    page = refused(browser(ada), address("role", acme, "mel"), data, "edit_conflict", 409)
    assert Page(page).form_to(address("role", acme, "mel")).data["etag"] == [digest_of(membership.pk, "admin")]


@pytest.mark.parametrize("role, code", [("owner", "invalid_choice"), ("", "required")])
def test_no_other_organization_role_is_given(acme, ada, mel, role, code):
    data = {"role": role, "etag": etag_of(acme.memberships.get(user=mel))}
    refused(browser(ada), address("role", acme, "mel"), data, code)


def test_section_3_the_last_admin_is_told_why_before_and_after(acme, ada, mel):
    client = browser(ada)
    for page in ("role", "remove", "deactivate"):
        shown = client.get(address(page, acme, "ada"))
        assert shown.context["refusal"].code == "last_admin"
        assert [form for form in Page(shown).forms if form.action == address(page, acme, "ada")] == []
        data = {"role": "member", "etag": etag_of(acme.memberships.get(user=ada))} if page == "role" else {}
        refused(client, address(page, acme, "ada"), data, "last_admin")
    assert set(client.get(address("detail", acme, "ada")).context["refusals"].values()) != {None}


def test_section_3_a_service_account_is_never_an_organization_admin(acme, ada):
    make_service_account(acme, "eval-ci", COMMAND_LINE)
    client = browser(ada)
    assert client.get(address("role", acme, "eval-ci")).context["refusal"].code == "service_role"
    data = {"role": "admin", "etag": etag_of(acme.memberships.get(user__username="eval-ci"))}
    refused(client, address("role", acme, "eval-ci"), data, "service_role")


# Ends.


def test_section_3_who_is_taken_out_loses_all_at_once(acme, ada, mel, vault, vision):
    give_role(vault, mel, Role.VIEWER)
    hers, client, link = browser(mel), browser(ada), address("remove", acme, "mel")
    assert hers.get(vault.get_absolute_url()).status_code == 200
    shown = client.get(link)
    assert (shown.context["roles"], shown.context["teams"]) == (1, 1)
    with logging() as events:
        assert client.post(link, {}).url == address("index", acme)
    assert [(event.action, event.target_name) for event in events] == [(Action.PERSON_REMOVE, "mel")]
    assert hers.get(acme.get_absolute_url()).status_code == 404
    assert not (mel.registry_roles.exists() or mel.team_memberships.exists())
    assert client.post(link, {}).status_code == 404


def test_section_3_whoever_comes_back_begins_anew_with_the_tokens_of_their_own(acme, ada, mel, golden, vault):
    give_role(vault, mel, Role.VIEWER)
    asked = AccessRequest(registry=golden, user=mel, role=Role.ADMIN, reason="To help.")
    asked.create(Actor(mel))
    program = {"authorization": f"Bearer {make_token(mel).secret}"}
    client, link = browser(ada), address("remove", acme, "mel")
    assert client.get(link).context["ends"] == {"invitations": 0, "requests": 1, "tokens": 0}
    assert client.post(link, {}).status_code == 302
    assert Client().get("/api/v1/me", headers=program).json()["organizations"] == []
    make_member(acme, mel)
    assert Client().get("/api/v1/me", headers=program).json()["organizations"] == [
        {"slug": acme.slug, "role": "member"}
    ]
    assert browser(mel).get(vault.get_absolute_url()).status_code == 404
    assert list(client.get(reverse("access_requests:index", args=[acme.slug])).context["requests"]) == []
    asked.refresh_from_db()
    assert (asked.granted, asked.answered_by, asked.note) == (False, ada, "mel was removed from the organization.")
    with nothing_changes():
        answer = reverse("access_requests:answer", args=[acme.slug, golden.name, asked.pk])
        assert codes(client.post(answer, {"answer": "grant"})) == {"request_answered"}


def test_section_3_a_removed_service_account_has_no_token_that_works_when_it_comes_back(acme, ada):
    robot = make_service_account(acme, "eval-ci", COMMAND_LINE).user
    token = ApiToken(user=robot, name="cluster")
    token.issue(Actor(ada), acme)
    client, link = browser(ada), address("remove", acme, "eval-ci")
    assert client.get(link).context["ends"] == {"invitations": 0, "requests": 0, "tokens": 1}
    client.post(link, {})
    make_member(acme, robot)
    program = {"authorization": f"Bearer {token.secret}"}
    assert Client().get("/api/v1/me", headers=program).status_code == 401


def test_an_admin_may_take_themself_out_where_another_is(acme, ada):
    make_member(acme, make_user("eve"), ADMIN)
    client = browser(ada)
    response = client.post(address("remove", acme, "ada"), {}, follow=True)
    assert (response.status_code, response.redirect_chain[0][0]) == (200, "/")


def test_section_3_a_deactivated_account_is_out_for_good(acme, ada, mel):
    hers, client, token = browser(mel), browser(ada), make_token(mel)
    with logging() as events:
        assert client.post(address("deactivate", acme, "mel"), {}).url == address("detail", acme, "mel")
    assert [(event.action, event.target_name, event.organization_id) for event in events] == [
        (Action.TOKEN_REVOKE, "laptop", acme.pk),
        (Action.USER_DEACTIVATE, "mel", acme.pk),
    ]
    assert hers.get(acme.get_absolute_url()).url.startswith(reverse("account_login"))
    assert client.post(address("reactivate", acme, "mel"), {}).status_code == 302
    mel.refresh_from_db()
    assert browser(mel).get(acme.get_absolute_url()).status_code == 200
    assert not ApiToken.objects.usable().filter(pk=token.pk).exists()  # what has ended stays so
    assert hers.get(acme.get_absolute_url()).url.startswith(reverse("account_login"))  # a session that no list had, too
    with nothing_happens():  # it is active already
        client.post(address("reactivate", acme, "mel"), {})


def test_section_3_sessions_that_ended_stay_so(acme, ada, mel):
    client, hers = browser(ada), Client()
    hers.post(reverse("account_login"), {"login": "mel", "password": PASSWORD})
    assert hers.get(acme.get_absolute_url()).status_code == 200
    with logging() as events:
        client.post(address("deactivate", acme, "mel"), {})
    assert [event.changes for event in events if event.action == Action.SESSION_END] == [{"sessions": [1, 0]}]
    assert not UserSession.objects.filter(user=mel).exists()
    client.post(address("reactivate", acme, "mel"), {})
    assert hers.get(acme.get_absolute_url()).url.startswith(reverse("account_login"))


def deactivate_elsewhere(user, acme, globex):
    """Mel is in Globex too."""
    make_member(globex, user)


def deactivate_staff(user, acme, globex):
    """Mel is site staff."""
    User.objects.filter(pk=user.pk).update(is_staff=True)


@pytest.mark.parametrize(
    "prepare, code", [(deactivate_elsewhere, "account_elsewhere"), (deactivate_staff, "account_of_staff")]
)
def test_an_account_that_others_rely_on_is_not_an_organization_admins_to_close(acme, ada, mel, globex, prepare, code):
    prepare(mel, acme, globex)
    client = browser(ada)
    assert client.get(address("deactivate", acme, "mel")).context["refusal"].code == code
    assert address("deactivate", acme, "mel") not in Page(client.get(address("detail", acme, "mel"))).links
    for page in ("deactivate", "reactivate"):
        refused(client, address(page, acme, "mel"), {}, code)


def test_what_changed_after_the_door_was_passed_still_refuses(acme, ada, mel, monkeypatch):
    real = views.actor_of

    def meanwhile(request):
        monkeypatch.setattr(views, "actor_of", real)
        acme.memberships.filter(user=ada).update(role=OrganizationRole.MEMBER)
        return real(request)

    make_member(acme, make_user("eve"), ADMIN)
    monkeypatch.setattr(views, "actor_of", meanwhile)
    response = browser(ada).post(address("deactivate", acme, "mel"), {})
    assert (response.status_code, codes(response)) == (422, {"role_too_low"})
    assert User.objects.get(username="mel").is_active


# Service accounts.


def test_a_service_account_is_made_without_a_password(acme, ada):
    link = address("service", acme)
    client = browser(ada)
    with logging() as events:
        response = client.post(link, {**Page(client.get(link)).form_to(link).data, "username": "eval-ci"})
    assert response.url == address("detail", acme, "eval-ci")
    assert [event.action for event in events] == [Action.SERVICE_CREATE, Action.PERSON_ADD]
    robot = User.objects.get(username="eval-ci")
    assert (robot.is_service, robot.has_usable_password(), robot.memberships.get().role) == (True, False, "member")


@pytest.mark.parametrize(
    "name, code", [("", "required"), ("mel", "unique"), ("a b", "invalid"), ("x" * 151, "max_length")]
)
def test_a_service_account_has_a_name_of_its_own(acme, ada, mel, name, code):
    refused(browser(ada), address("service", acme), {"username": name}, code)


def test_members_are_told_which_role_it_takes_and_who_has_it(acme, ada, mel):
    for page in (address("service", acme), reverse("invitations:create", args=[acme.slug])):
        with nothing_changes(), logging() as events:
            response = browser(mel).post(page, {})
        assert response.status_code == 403
        assert [event.code for event in events] == ["role_too_low"]
        assert "ada" in response.text
    with nothing_happens():
        assert browser(mel).get(address("role", acme, "ada")).status_code == 403


def test_a_person_may_be_called_like_a_page(acme, ada):
    make_member(acme, make_user("invite"))
    assert browser(ada).get(address("detail", acme, "invite")).context["person"].user.username == "invite"
