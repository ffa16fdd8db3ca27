"""§3 on pages: who has which role in a registry, why, and how roles are given, changed, taken and asked for."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry_app.choices import Action, OrganizationRole, Role, Source, TeamRole
from registry_app.models import (
    AccessRequest,
    Actor,
    OrganizationMembership,
    RegistryMember,
    Team,
    TeamMembership,
    User,
    make_service_account,
)
from registry_app.models.change import etag_of
from tests.client import Page, at, browser, codes, logging, nothing_changes, nothing_happens, refused
from tests.factories import COMMAND_LINE, give_role, make_member, make_registry, make_user


def make_team(organization, name, *users):
    """A team with these people in it."""
    team = Team(organization=organization, name=name)
    team.create(COMMAND_LINE)
    for user in users:
        TeamMembership(team=team, user=user).save_by(COMMAND_LINE)
    return team


@pytest.fixture
def vision(acme, mel):
    """A team of Acme; Mel is in it."""
    return make_team(acme, "Vision", mel)


@pytest.fixture
def bot(acme):
    """A service account of Acme."""
    return make_service_account(acme, "eval-ci", COMMAND_LINE).user


def of(registry, holder):
    """The role given to a user or team there, or None."""
    wanted = {"team": holder} if isinstance(holder, Team) else {"user": holder}
    return RegistryMember.objects.filter(registry=registry, **wanted).first()


def member_at(page, registry, holder):
    """The address of a page about what was given to `holder`."""
    return reverse(page, args=[registry.organization.slug, registry.name, of(registry, holder).pk])


def add(user, registry, holders, role=Role.MEMBER, **data):
    """Post the form that gives roles."""
    return browser(user).post(at("registry_members:add", registry), {"holders": holders, "role": role, **data})


# The list.


def test_section_3_the_list_shows_each_role_and_where_it_comes_from(acme, ada, mel, rob, golden, vision, bot):
    make_member(acme, make_user("eve"), OrganizationRole.ADMIN)
    give_role(golden, mel, Role.VIEWER)
    RegistryMember(registry=golden, team=vision, role=Role.MEMBER).save_by(COMMAND_LINE)
    give_role(golden, bot, Role.MEMBER)
    response = browser(mel).get(at("registry_members:index", golden))
    rows = {str(member.holder): (role, listed) for member, role, listed in response.context["rows"]}
    assert {name: row[0] for name, row in rows.items()} == {
        "ada": Role.ADMIN,
        "rob": Role.ADMIN,
        "mel": Role.MEMBER,
        "Vision": None,
        "eval-ci": Role.MEMBER,
    }
    assert [path.source for path in rows["mel"][1]] == [Source.TEAM, Source.VISIBILITY, Source.PERSON]
    assert [admin.user.username for admin in response.context["admins"]] == ["eve"]  # Ada has a row of her own
    assert response.context["shared"] == Role.VIEWER


def test_section_3_who_may_not_change_access_sees_no_control_for_it(mel, golden):
    page = browser(mel).get(at("registry_members:index", golden)).text
    assert at("registry_members:add", golden) not in page
    assert not any(f"/access/{member.pk}/" in page for member in golden.members.all())


def test_the_list_costs_the_same_for_3_and_for_300(acme, ada):
    costs = []
    for name, number in (("Small", 3), ("Large", 300)):
        registry = make_registry(acme, ada, name)
        for index in range(number):
            user = make_user(f"{name}{index}")
            make_member(acme, user)
            RegistryMember.objects.create(registry=registry, user=user, role=Role.VIEWER)
        client = browser(ada)  # a session of its own: one of over a minute ago is noted as used again
        for page in (
            "registry_members:index",
            "registry_members:who_can",
            "registry_members:explain",
            "registries:restrict",
        ):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(at(page, registry)).status_code == 200
            costs.append((page, len(queries)))
    assert costs[:4] == costs[4:]
    assert max(cost for _, cost in costs) <= 18, costs


def test_the_list_is_paged(acme, ada, golden):
    for index in range(40):
        user = make_user(f"p{index}")
        make_member(acme, user)
        give_role(golden, user, Role.VIEWER)
    client = browser(ada)
    first = client.get(at("registry_members:index", golden))
    second = client.get(at("registry_members:index", golden), {"after": first.context["page"].after})
    seen = [[member.pk for member, *_ in page.context["rows"]] for page in (first, second)]
    assert len(seen[0]) == 25
    assert sorted(seen[0] + seen[1]) == sorted(golden.members.values_list("pk", flat=True))
    assert client.get(at("registry_members:index", golden), {"after": "x"}).status_code == 400


# Giving roles.


def test_section_3_several_get_a_role_at_once(acme, rob, mel, golden, vision, bot):
    with logging() as events:
        response = add(rob, golden, "MEL, vision\n eval-ci", Role.MEMBER)
    assert (response.status_code, response.url) == (302, at("registry_members:index", golden))
    assert [of(golden, holder).role for holder in (mel, vision, bot)] == [Role.MEMBER] * 3
    assert {(event.action, event.actor_name, *event.changes["role"]) for event in events} == {
        (Action.MEMBER_ADD, "rob", None, "member")
    }
    assert [(event.related["holder"]["type"], event.related["holder"]["id"]) for event in events] == [
        ("user", mel.pk),
        ("team", vision.pk),
        ("user", bot.pk),
    ]


def test_section_3_people_are_found_by_email_address(mel, ada, golden):
    assert add(ada, golden, "Mel@Example.com", Role.VIEWER).status_code == 302
    assert of(golden, mel).role == Role.VIEWER


@pytest.mark.parametrize(
    "holders, code",
    [
        ("nobody-at-all", "not_in_organization"),
        ("mel, nobody-at-all", "not_in_organization"),
        ("sam", "not_in_organization"),
        ("rob", "already_in"),
        ("mel, rob", "already_in"),
    ],
)
def test_section_3_all_or_none_get_a_role(ada, mel, sam, globex, golden, holders, code):
    response = refused(
        browser(ada), at("registry_members:add", golden), {"holders": holders, "role": Role.MEMBER}, code
    )
    assert holders in response.text


def test_section_3_a_stranger_is_told_of_like_nobody(ada, sam, globex, golden):
    """Whether an account exists elsewhere isn't told."""
    answers = {name: add(ada, golden, name) for name in ("sam", "someone-new")}
    pages = [
        re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.text).replace(name, "")
        for name, answer in answers.items()
    ]
    assert pages[0] == pages[1]
    assert "Nobody here is called" in pages[0]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.RESTRICTED_VIEWER])
def test_section_3_a_service_account_is_no_viewer(ada, golden, bot, role):
    refused(browser(ada), at("registry_members:add", golden), {"holders": "eval-ci", "role": role}, "service_role")


@pytest.mark.parametrize("person", ["mel"])
def test_section_3_only_admins_give_roles(person, request, golden):
    user = request.getfixturevalue(person)
    give_role(golden, user, Role.MEMBER)
    with nothing_changes(), logging() as events:
        assert add(user, golden, person, Role.ADMIN).status_code == 403
    assert [event.code for event in events] == ["role_too_low"]


def test_bad_input_is_refused_beside_its_field(ada, mel, golden):
    with nothing_changes():
        assert codes(add(ada, golden, "", Role.MEMBER)) == {"required"}
        assert codes(add(ada, golden, "mel", "owner")) == {"invalid_choice"}
        assert codes(add(ada, golden, "mel", ends_at="soon")) == {"invalid"}
        assert codes(add(ada, golden, "mel", ends_at="2020-01-01")) == {"end_date_past"}
        assert codes(add(ada, golden, ", ".join(f"p{n}" for n in range(101)))) == {"too_many"}
        assert codes(add(ada, golden, "a\0b")) <= {"null_characters_not_allowed"}


# Roles that end.


def test_section_3_a_role_past_its_end_counts_for_nothing_at_once(ada, mel, vault):
    day = (timezone.now() + timedelta(days=3)).date()
    assert add(ada, vault, "mel", Role.MEMBER, ends_at=day.isoformat()).status_code == 302
    given = of(vault, mel)
    assert given.ends_at == datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    assert browser(mel).get(at("registries:detail", vault)).status_code == 200
    RegistryMember.objects.filter(pk=given.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    assert browser(mel).get(at("registries:detail", vault)).status_code == 404
    assert vault.name not in browser(mel).get(vault.organization.get_absolute_url()).text
    rows = {
        str(member.holder): role
        for member, role, _ in browser(ada).get(at("registry_members:index", vault)).context["rows"]
    }
    assert rows["mel"] is None
    assert add(ada, vault, "mel", Role.VIEWER).status_code == 302  # what has ended may be given anew
    assert (of(vault, mel).role, of(vault, mel).ends_at) == (Role.VIEWER, None)


# Changing and taking.


def test_section_3_a_role_is_changed(rob, mel, golden):
    given = give_role(golden, mel, Role.VIEWER)
    with logging() as events:
        response = browser(rob).post(
            member_at("registry_members:change", golden, mel),
            {"role": Role.ADMIN, "etag": etag_of(given), "ends_at": ""},
        )
    assert response.status_code == 302
    assert of(golden, mel).role == Role.ADMIN
    assert [(event.action, event.changes) for event in events] == [
        (Action.MEMBER_CHANGE, {"role": ["viewer", "admin"]})
    ]


def test_rule_19_a_change_of_a_role_that_moved_on_is_refused(rob, mel, golden):
    etag = etag_of(give_role(golden, mel, Role.VIEWER))
    give_role(golden, mel, Role.MEMBER)
    data = {"role": Role.ADMIN, "etag": etag}
    refused(browser(rob), member_at("registry_members:change", golden, mel), data, "edit_conflict", 409)


def test_section_3_a_role_is_taken_after_a_look(rob, mel, vault):
    give_role(vault, mel, Role.VIEWER)
    client, address = browser(rob), member_at("registry_members:remove", vault, mel)
    with nothing_happens():
        assert client.get(address).status_code == 200
    with logging() as events:
        assert [client.post(address).status_code for _ in range(2)] == [302, 302]  # sent twice
    assert of(vault, mel) is None
    assert [(event.action, event.changes) for event in events] == [(Action.MEMBER_REMOVE, {"role": ["viewer", None]})]


def test_what_was_given_in_another_registry_is_not_there(ada, rob, golden, vault):
    wrong = reverse("registry_members:change", args=["acme-ml", golden.name, of(vault, rob).pk])
    with nothing_happens():
        assert browser(ada).get(wrong).status_code == 404
        assert browser(ada).post(wrong, {"role": Role.VIEWER}).status_code == 404


# Why.


def explained(user, registry, person=None):
    """What the explanation page says: (status, effective role, paths)."""
    response = browser(user).get(at("registry_members:explain", registry), {"person": person} if person else {})
    return response.status_code, response.context["effective"], response.context["paths"]


def test_section_3_every_path_is_explained_and_the_winner_comes_first(acme, rob, mel, golden, vision):
    RegistryMember(registry=golden, team=vision, role=Role.ADMIN).save_by(COMMAND_LINE)
    give_role(golden, mel, Role.MEMBER)
    status, effective, paths = explained(rob, golden, "MEL")
    assert (status, effective) == (200, Role.ADMIN)
    assert [(path.source, path.role, path.team) for path in paths] == [
        (Source.TEAM, Role.ADMIN, "Vision"),
        (Source.PERSON, Role.MEMBER, ""),
        (Source.VISIBILITY, Role.VIEWER, ""),
    ]
    TeamMembership.objects.get(user=mel).delete_by(COMMAND_LINE)
    assert explained(rob, golden, "mel")[1] == Role.MEMBER


@pytest.mark.parametrize("page", ["registry_members:explain", "registry_members:add", "teams:detail"])
def test_section_3_an_address_tells_nothing_to_whoever_is_no_organization_admin(acme, rob, golden, page):
    """Rob is admin of the registry, and leads the team. Known addresses and unknown ones have one answer."""
    make_member(acme, make_user("nora"))
    Team.objects.filter(name="Vision").delete()
    team = make_team(acme, "Vision")
    TeamMembership(team=team, user=rob, role=TeamRole.ADMIN).save_by(COMMAND_LINE)
    address = team.get_absolute_url() if page == "teams:detail" else at(page, golden)
    answers = []
    for person in ("nora@example.com", "NORA@example.com", "nobody@example.com", "ada@example.com"):
        with nothing_changes():
            if page == "registry_members:explain":
                response = browser(rob).get(address, {"person": person})
            else:
                response = browser(rob).post(
                    address, {"holders" if page == "registry_members:add" else "people": person, "role": "member"}
                )
        sent = [field for field in response.context["form"].data if field != "role"]
        shown = response.context["form"].errors.as_json().replace(person, "…")
        answers.append((response.status_code, codes(response), sent, shown))
    assert answers == answers[:1] * 4
    assert answers[0][:2] == (422, {"not_in_organization"})
    assert "email address" not in response.text


def test_section_3_organization_admins_name_people_by_address_everywhere(acme, ada, mel, golden):
    team = make_team(acme, "Foundry")
    assert explained(ada, golden, "Mel@Example.com")[0] == 200
    assert (
        browser(ada).post(team.get_absolute_url(), {"people": "MEL@example.com", "role": "member"}).status_code == 302
    )
    assert add(ada, golden, "mel@example.com").status_code == 302
    assert (team.memberships.get().user, of(golden, mel).role) == (mel, Role.MEMBER)
    for page in (at("registry_members:explain", golden), at("registry_members:add", golden), team.get_absolute_url()):
        assert "email address" in browser(ada).get(page).text.lower()


def test_section_3_one_s_own_access_is_explained_unasked(mel, golden):
    assert explained(mel, golden)[1] == Role.VIEWER


@pytest.mark.parametrize("person", ["sam", "nobody-at-all", "\0", "x" * 300])
def test_nobody_else_s_access_is_explained(ada, sam, globex, golden, person):
    response = browser(ada).get(at("registry_members:explain", golden), {"person": person})
    assert response.status_code == 422
    assert "paths" not in response.context


def test_section_3_who_can_do_what(acme, ada, mel, rob, golden, bot):
    make_member(acme, make_user("eve"), OrganizationRole.ADMIN)
    give_role(golden, mel, Role.MEMBER)

    roles = {}

    def who_can(role):
        people = browser(mel).get(at("registry_members:who_can", golden), {"role": role}).context["rows"]
        roles[role] = {membership.user.username: effective for membership, effective, _ in people}
        return list(roles[role])

    assert who_can("admin") == ["ada", "eve", "rob"]
    assert who_can("member") == ["ada", "eval-ci", "eve", "mel", "rob"]
    assert who_can("viewer") == who_can("restricted_viewer") == ["ada", "eval-ci", "eve", "mel", "rob"]
    assert roles["viewer"]["eval-ci"] == Role.MEMBER  # never below, though everybody else is a viewer
    assert browser(mel).get(at("registry_members:who_can", golden), {"role": "owner"}).status_code == 422


def test_each_page_of_access_leads_to_the_others_and_counts_who_sees_the_registry(acme, ada, rob, vault, bot):
    give_role(vault, bot, Role.MEMBER)
    pages = [at(f"registry_members:{name}", vault) for name in ("index", "explain", "who_can")]
    for page in pages:
        response = browser(rob).get(page)
        assert response.context["people"] == (2, 1)  # Ada and Rob; Mel is not among them
        assert {*pages} <= {*Page(response).links}


# Rule 18: whom the restriction keeps.


def test_rule_18_people_are_kept_in_the_same_step(acme, ada, mel, rob, golden, bot, vision):
    make_member(acme, make_user("new"))
    RegistryMember(registry=golden, team=vision, role=Role.MEMBER).save_by(COMMAND_LINE)
    client = browser(ada)
    page = client.get(at("registries:restrict", golden))
    kept = {membership.user.username: path.source for membership, _, path in page.context["kept"]}
    assert kept == {"ada": Source.ORGANIZATION, "mel": Source.TEAM, "rob": Source.PERSON}
    assert [membership.user.username for membership, _ in page.context["lost"]] == ["eval-ci", "new"]
    data = {"etag": etag_of(golden, (3, 2)), "confirmation": golden.name, "keep": ["eval-ci", "rob"]}
    with logging() as events:
        assert client.post(at("registries:restrict", golden), data).status_code == 302
    golden.refresh_from_db()
    assert {membership.user.username for membership in golden.people()} == {"ada", "eval-ci", "mel", "rob"}
    assert (of(golden, bot).role, of(golden, rob).role) == (Role.MEMBER, Role.ADMIN)  # Rob keeps what he has
    [event] = events
    assert (event.action, [(each["id"], each["role"]) for each in event.related["kept"]]) == (
        Action.RESTRICT,
        [(bot.pk, "member")],
    )


def crowd(organization, number):
    """`number` more people of the organization."""
    users = User.objects.bulk_create(User(username=f"person{index:03}") for index in range(number))
    organization.memberships.bulk_create(OrganizationMembership(organization=organization, user=each) for each in users)


def test_rule_18_people_beyond_those_listed_are_kept_by_name(acme, ada, rob, golden):
    crowd(acme, 60)
    client, restrict = browser(ada), at("registries:restrict", golden)
    sent = Page(client.get(restrict)).form_to(restrict).data
    assert "others" in sent
    named = {**sent, "confirmation": golden.name, "keep": ["person001"], "others": "Person058, ada\nperson059"}
    assert client.post(restrict, named).status_code == 302
    golden.refresh_from_db()
    kept = {membership.user.username for membership in golden.people()}
    assert kept == {"ada", "rob", "person001", "person058", "person059"}


def test_rule_18_a_name_that_nobody_has_is_not_kept(acme, ada, golden, sam):
    crowd(acme, 60)
    data = {"etag": etag_of(golden, (2, 60)), "confirmation": golden.name}
    data["others"] = "person058, sam"
    response = refused(browser(ada), at("registries:restrict", golden), data, "not_in_organization")
    assert "person058, sam" in response.text


def test_rule_18_whom_to_keep_stays_ticked_when_the_name_is_wrong(ada, mel, golden):
    data = {"etag": etag_of(golden, (2, 1)), "confirmation": "Golden", "keep": ["mel"]}
    response = refused(browser(ada), at("registries:restrict", golden), data, "confirmation_differs")
    assert [(membership.user, box.data["selected"]) for membership, box in response.context["lost"]] == [(mel, True)]


# Requests.


def ask(user, registry, role=Role.MEMBER, reason="I curate it."):
    """Post a request."""
    return browser(user).post(at("access_requests:create", registry), {"role": role, "reason": reason})


def answer(user, asked, answer, note=""):
    """Post the answer to one."""
    address = reverse("access_requests:answer", args=[asked.registry.organization.slug, asked.registry.name, asked.pk])
    return browser(user).post(address, {"answer": answer, "note": note})


def test_section_3_a_request_is_made_seen_and_granted(acme, ada, mel, rob, golden):
    with logging() as events:
        assert ask(mel, golden).status_code == 302
    asked = AccessRequest.objects.get()
    assert [(event.action, event.reason) for event in events] == [(Action.REQUEST, "I curate it.")]
    waiting = [browser(user).get(acme.get_absolute_url()).context["membership"].waiting for user in (ada, rob, mel)]
    assert waiting == [1, 1, 0]
    assert list(browser(rob).get(reverse("access_requests:index", args=[acme.slug])).context["requests"]) == [asked]
    assert list(browser(rob).get(at("registry_members:index", golden)).context["requests"]) == [asked]
    assert list(browser(mel).get(at("registry_members:index", golden)).context["requests"]) == []
    with logging() as events:
        assert answer(rob, asked, "grant", "Welcome.").status_code == 302
    assert golden.role_of(Actor(mel)) == Role.MEMBER
    assert [(event.action, event.reason) for event in events] == [(Action.MEMBER_ADD, "Welcome.")]
    assert "Welcome." in browser(mel).get(at("access_requests:create", golden)).text


def test_section_3_a_request_is_declined_with_a_note(ada, mel, golden):
    ask(mel, golden)
    asked = AccessRequest.objects.get()
    with logging() as events:
        assert answer(ada, asked, "decline", "Ask your lead.").status_code == 302
    assert golden.role_of(Actor(mel)) == Role.VIEWER
    assert [(event.action, event.changes) for event in events] == [(Action.REQUEST_DECLINE, {"role": ["member", None]})]
    assert "Ask your lead." in browser(mel).get(at("access_requests:create", golden)).text
    assert ask(mel, golden, reason="Asked her.").status_code == 302  # and may be made anew


def test_section_3_who_asked_withdraws_the_request(acme, ada, mel, rob, golden):
    ask(mel, golden, Role.ADMIN)
    asked = AccessRequest.objects.get()
    address = reverse("access_requests:withdraw", args=[acme.slug, golden.name, asked.pk])
    assert browser(rob).post(address).status_code == 404
    client = browser(mel)
    assert Page(client.get(at("access_requests:create", golden))).form_to(address)
    with logging() as events:
        assert client.post(address).url == golden.get_absolute_url()
    assert [(event.action, event.actor_name) for event in events] == [(Action.REQUEST_DECLINE, "mel")]
    assert (AccessRequest.objects.open().exists(), client.post(address).status_code) == (False, 422)
    assert answer(ada, asked, "grant").status_code == 422
    assert ask(mel, golden, Role.ADMIN).status_code == 302


def test_section_3_a_request_is_answered_once(ada, mel, golden):
    ask(mel, golden)
    asked = AccessRequest.objects.get()
    answer(ada, asked, "decline")
    for verb, tried in (("grant", Action.REQUEST_GRANT), ("decline", Action.REQUEST_DECLINE)):
        with nothing_changes(), logging() as events:
            assert codes(answer(ada, asked, verb)) == {"request_answered"}
        assert [(event.action, event.code) for event in events] == [(tried, "request_answered")]


@pytest.mark.parametrize(
    "role, reason, code",
    [
        (Role.VIEWER, "Why not", "invalid_choice"),  # she is one
        ("owner", "Why not", "invalid_choice"),
        (Role.MEMBER, "", "required"),
        (Role.MEMBER, "x" * 501, "reason_invalid"),
        (Role.MEMBER, "to \u202ehelp", "reason_invalid"),
        (Role.MEMBER, "to \ue000help", "reason_invalid"),
        (Role.MEMBER, "to \uffffhelp", "reason_invalid"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(mel, golden, role, reason, code):
    with nothing_changes():
        response = ask(mel, golden, role, reason)
    assert (response.status_code, codes(response)) == (422, {code})


def test_a_second_request_while_one_is_open_is_refused(mel, golden):
    ask(mel, golden)
    with nothing_changes():
        assert codes(ask(mel, golden, Role.ADMIN)) == {"requested_already"}


def test_section_3_nobody_asks_for_what_they_cannot_see(mel, vault):
    with nothing_happens():
        assert ask(mel, vault).status_code == 404
        assert browser(mel).get(at("access_requests:create", vault)).status_code == 404


def test_section_3_only_admins_answer(mel, golden):
    ask(mel, golden)
    with nothing_changes():
        assert answer(mel, AccessRequest.objects.get(), "grant").status_code == 403


def test_the_403_page_leads_to_the_request(mel, golden):
    page = browser(mel).get(at("registries:delete", golden)).text
    assert f"{at('access_requests:create', golden)}?role=admin" in page
    assert at("registry_members:explain", golden) in page


# Teams.


def test_section_3_leaving_a_team_ends_what_came_through_it_at_once(mel, vault, vision):
    RegistryMember(registry=vault, team=vision, role=Role.MEMBER).save_by(COMMAND_LINE)
    hers = browser(mel)
    assert hers.get(at("registries:settings", vault)).status_code == 200
    TeamMembership.objects.get(user=mel).delete_by(Actor(mel))
    assert hers.get(at("registries:settings", vault)).status_code == 404


def test_section_3_a_team_admin_gets_no_role_in_a_registry_by_that(mel, vault, vision):
    TeamMembership(team=vision, user=mel, role=TeamRole.ADMIN).save_by(COMMAND_LINE)
    assert browser(mel).get(at("registries:detail", vault)).status_code == 404
