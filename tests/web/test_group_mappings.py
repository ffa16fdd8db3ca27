"""The page of what an organization gives to groups of the identity provider: who sees and changes it, and how."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.audit.reconcile import find_drift
from registry_app.choices import OrganizationRole, TeamRole
from registry_app.models import Actor, GroupMapping, follow_groups
from tests.assertions import refused as refused_by_verb
from tests.client import Page, browser, logging, nothing_changes, nothing_happens, refused, send
from tests.factories import COMMAND_LINE, make_team, map_group

ADMIN = OrganizationRole.ADMIN
PROVIDER = "127-0-0-1-9"
BY = Actor(None, staff=True, known_as="somebody through groups of Example login")


def address(organization, page="index", *more):
    """The address of a page of mappings."""
    return reverse(f"group_mappings:{page}", args=[organization.slug, *more])


def facts(mapping):
    """What a mapping says."""
    return mapping.group, mapping.role, str(mapping.team), mapping.team_role, mapping.provider


def test_an_admin_finds_the_page_and_maps_a_group(acme, ada, vision):
    client = browser(ada)
    assert address(acme) in Page(client.get(reverse("organizations:settings", args=[acme.slug]))).links
    with logging() as events:
        data = {"group": " ML Admins ", "role": "admin", "team": "Vision", "team_role": "admin"}
        assert send(client, address(acme), **data).url == address(acme)
    mapping = GroupMapping.objects.get()
    assert facts(mapping) == ("ML Admins", "admin", "Vision", "admin", PROVIDER)
    assert [(event.action, event.target_name, event.changes, event.related["team"]["name"]) for event in events] == [
        (
            "organization.group.add",
            "ML Admins",
            {"provider": [None, PROVIDER], "role": [None, "admin"], "team_role": [None, "admin"]},
            "Vision",
        )
    ]
    (row,) = client.get(address(acme)).context["rows"]
    assert (row["group"], row["role"], row["team__name"], row["former"]) == ("ML Admins", "Admin", "Vision", "")
    assert list(find_drift()) == []


def test_a_group_gives_several_things_and_each_of_them_once(acme, ada, vision):
    client = browser(ada)
    for team in ("", "Vision"):
        assert send(client, address(acme), group="ml", role="member", team=team).status_code == 302
        refused(client, address(acme), {"group": " ml", "role": "admin", "team": team}, "group_mapped")
    assert send(client, address(acme), group="ML", role="member").status_code == 302
    assert sorted(map(facts, GroupMapping.objects.all())) == [
        ("ML", "member", "None", "", PROVIDER),
        ("ml", "member", "None", "", PROVIDER),
        ("ml", "member", "Vision", "member", PROVIDER),
    ]


@pytest.mark.parametrize(
    "data, code",
    [
        ({"group": "", "role": "member"}, "group_invalid"),
        ({"group": "   ", "role": "member"}, "group_invalid"),
        ({"group": "x" * 257, "role": "member"}, "group_invalid"),
        ({"group": "a\nb", "role": "member"}, "group_invalid"),
        ({"group": "a\tb", "role": "member"}, "group_invalid"),
        ({"group": "a\u202eb", "role": "member"}, "group_invalid"),
        ({"group": "a\0b", "role": "member"}, "group_invalid"),
        ({"group": "ml"}, "required"),
        ({"group": "ml", "role": "owner"}, "invalid_choice"),
        ({"group": "ml", "role": "member", "team": "Elsewhere"}, "invalid_choice"),
        ({"group": "ml", "role": "member", "team": "a\0b"}, "invalid_choice"),
        ({"group": "ml", "role": "member", "team": "Vision", "team_role": "owner"}, "invalid_choice"),
        ({"group": "ml", "role": "member", "organization": "2"}, "unknown_field"),
        ({"group": "ml", "role": "member", "provider": "other"}, "unknown_field"),
    ],
)
def test_what_makes_no_mapping_is_refused(acme, ada, globex, vision, data, code):
    make_team(globex, "Elsewhere")
    page = refused(browser(ada), address(acme), data, code)
    assert page.context["form"]["group"].value() == data["group"]


def test_roles_are_changed(acme, ada, vision):
    mapping, client = map_group(acme, "ml", team=vision), browser(ada)
    with logging() as events:
        assert send(client, address(acme, "change", mapping.pk), role="admin", team_role="admin").status_code == 302
    assert [(event.action, event.changes) for event in events] == [
        ("organization.group.change", {"role": ["member", "admin"], "team_role": ["member", "admin"]})
    ]
    with nothing_happens():
        assert send(client, address(acme, "change", mapping.pk)).status_code == 302
    assert list(find_drift()) == []


def test_rule_19_roles_changed_meanwhile_are_a_conflict(acme, ada):
    mapping, client = map_group(acme, "ml"), browser(ada)
    page = address(acme, "change", mapping.pk)
    form = Page(client.get(page)).form_to(page)
    mapping.role = ADMIN
    mapping.save_by(COMMAND_LINE)
    again = refused(client, page, {**form.data, "role": "member"}, "edit_conflict", 409)
    assert client.post(page, {**Page(again).form_to(page).data, "role": "member"}).status_code == 302
    assert GroupMapping.objects.get().role == "member"


def test_rule_18_a_removal_shows_whom_it_reaches_and_is_stale_once_that_changed(acme, ada, mel, rob, vision):
    mapping, client = map_group(acme, "ml", ADMIN, team=vision, team_role=TeamRole.ADMIN), browser(ada)
    follow_groups(mel, {"ml"}, PROVIDER, BY)
    page = address(acme, "remove", mapping.pk)
    shown = client.get(page)
    assert shown.context["reach"] == {"people": 1, "admins": 1, "team": 1}
    data = Page(shown).form_to(page).data
    follow_groups(rob, {"ml"}, PROVIDER, BY)
    again = refused(client, page, data, "stale_preview", 409)
    assert again.context["reach"] == {"people": 2, "admins": 2, "team": 1}  # Rob was an admin of the team by hand
    with logging() as events:
        assert client.post(page, Page(again).form_to(page).data).url == address(acme)
    assert [(event.action, event.target_id) for event in events] == [("organization.group.remove", mapping.pk)]
    assert acme.memberships.get(user=mel).role == "admin"  # until the next sign-in
    assert client.get(page).status_code == client.post(page, data).status_code == 404
    assert list(find_drift()) == []


# Who may.


@pytest.mark.parametrize("page", ["index", "change", "remove"])
def test_only_the_organizations_own_admins_see_and_change_it(acme, ada, mel, sam, globex, page):
    mine, theirs = map_group(acme, "ml-secret"), map_group(globex, "globex-secret")
    more = [] if page == "index" else [mine.pk]
    data = {"group": "other", "role": "admin"}
    with nothing_changes():
        for user, status in ((mel, 403), (sam, 404)):
            client, place = browser(user), address(acme, page, *more)
            for answer in (client.get(place), client.post(place, data)):
                assert (answer.status_code, "ml-secret" in answer.text) == (status, False)
        if more:
            for method in (browser(ada).get, browser(ada).post):
                assert method(address(acme, page, theirs.pk)).status_code == 404
    assert "globex-secret" not in browser(ada).get(address(acme)).text


def test_a_member_who_tries_is_in_the_log(acme, mel):
    with logging() as events:
        browser(mel).post(address(acme), {"group": "ml", "role": "admin"})
    assert [(event.action, event.code) for event in events] == [("organization.group.add", "role_too_low")]


def test_the_verbs_ask_too(acme, ada, mel, globex, vision):
    mapping = map_group(acme, "ml")
    for act in (GroupMapping(organization=acme, group="x").save_by, mapping.save_by, mapping.delete_by):
        with refused_by_verb("role_too_low"):
            act(Actor(mel))
    with refused_by_verb("not_in_organization"):
        GroupMapping(organization=globex, group="x", team=vision).save_by(COMMAND_LINE)


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "owner"},
        {"team_role": "member"},
        {"group": "ml"},
    ],
)
def test_the_database_refuses_what_is_no_mapping(acme, fields):
    map_group(acme, "ml")
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupMapping.objects.create(**{"organization": acme, "group": "other", **fields})


# What it shows.


def test_a_site_without_a_provider_says_so_and_keeps_no_mapping(acme, ada, settings):
    map_group(acme, "ml")
    settings.SINGLE_SIGN_ON = None
    client = browser(ada)
    page = client.get(address(acme))
    assert [row["former"] for row in page.context["rows"]] == [PROVIDER]
    assert [form for form in Page(page).forms if form.action == address(acme)] == []
    refused(client, address(acme), {"group": "other", "role": "member"}, "no_provider")


def test_a_team_that_a_group_is_mapped_to_stays(acme, ada, vision):
    mapping, client = map_group(acme, "ml", team=vision), browser(ada)
    link = reverse("teams:delete", args=[acme.slug, "Vision"])
    assert client.get(link).context["refusal"].code == "team_mapped"
    refused(client, link, {"confirmation": "Vision"}, "team_mapped")
    mapping.delete_by(Actor(ada))
    assert client.post(link, {"confirmation": "Vision"}).status_code == 302


def test_the_list_costs_the_same_however_long_it_is(acme, ada):
    counts = []
    for number in (3, 40):
        for each in range(number):
            mapping = GroupMapping(organization=acme, group=f"group {number} {each}", team_role="member")
            mapping.team = make_team(acme, f"Team {number} {each}")
            mapping.save()
        client = browser(ada)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address(acme))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(page.context["rows"]) == 25


def test_names_are_shown_as_text(acme, ada):
    map_group(acme, "<script>alert(1)</script>")
    assert "<script>alert" not in browser(ada).get(address(acme)).text
