"""Groups of a real OpenID Connect provider: what people get and lose by them, each time that they sign in."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.socialaccount.models import SocialAccount
from django.db import OperationalError
from django.urls import reverse

from registry_app.audit.reconcile import find_drift
from registry_app.authentication import groups as authentication
from registry_app.choices import OrganizationRole, Role, TeamRole
from registry_app.models import Actor, GroupMapping, Invitation, TeamMembership, User, make_service_account
from tests.client import browser, logging, nothing_changes
from tests.factories import (
    COMMAND_LINE,
    PASSWORD,
    give_factor,
    give_role,
    give_team_role,
    make_member,
    make_team,
    make_user,
    map_group,
)
from tests.sign_on import enter, enter_with, who

ADMIN, MEMBER = OrganizationRole.ADMIN, OrganizationRole.MEMBER
PROVIDER = "127-0-0-1-9"


@pytest.fixture
def crew(acme):
    """A team of Acme that nobody is in."""
    return make_team(acme, "Crew")


def standing(organization, user):
    """(role, group, what people gave under it) of the user in the organization, or None."""
    return organization.memberships.filter(user=user).values_list("role", "group", "own_role").first()


def in_team(team, user):
    """The same in a team."""
    return team.memberships.filter(user=user).values_list("role", "group", "own_role").first()


def told(events):
    """(action, code, role before and after) of the entries about organizations and teams."""
    found = [event for event in events if event.action.startswith(("organization.", "team."))]
    return [(event.action, event.code, event.changes.get("role")) for event in found]


def test_a_newcomer_joins_what_their_group_is_mapped_to(acme, crew, provider):
    map_group(acme, "ml-team", team=crew, team_role=TeamRole.ADMIN)
    with logging() as events:
        client = enter_with(provider, "newcomer", groups=["everybody", " ml-team "])
    user = User.objects.get(email="newcomer@example.com")
    assert client.get(reverse("organizations:home")).url == acme.get_absolute_url()
    assert standing(acme, user) == ("member", "ml-team", "")
    assert in_team(crew, user) == ("admin", "ml-team", "")
    assert [event.action for event in events] == [
        *("user.create", "user.sign_in", "organization.member.add", "team.member.add")
    ]
    assert events[2].changes == {
        "role": [None, "member"],
        "group": [None, "ml-team"],
        "provider": [None, PROVIDER],
    }
    assert {(event.actor_id, event.actor_name) for event in events[2:]} == {
        (None, f"{user.username} through groups of Example login")
    }
    assert {event.organization_id for event in events[2:]} == {acme.pk}
    assert list(find_drift()) == []


def test_what_a_group_gave_it_takes_at_the_next_sign_in(acme, crew, vault, provider):
    map_group(acme, "ml-team", team=crew)
    map_group(acme, "ml-admins", ADMIN)
    enter_with(provider, "newcomer", groups=["ml-team", "ml-admins"])
    user = User.objects.get(email="newcomer@example.com")
    assert standing(acme, user) == ("admin", "ml-admins", "")
    with logging() as events:
        enter_with(provider, "newcomer", groups=["ml-team"])
    assert told(events) == [("organization.member.change", "", ["admin", "member"])]
    assert standing(acme, user) == ("member", "ml-team", "")
    give_role(vault, user, Role.MEMBER)
    with logging() as events:
        client = enter_with(provider, "newcomer", groups=[])
    assert told(events) == [("organization.member.remove", "", ["member", None])]
    assert (standing(acme, user), in_team(crew, user), vault.role_of(Actor(user))) == (None, None, None)
    assert client.get(reverse("registries:index", args=[acme.slug])).status_code == 404
    assert list(find_drift()) == []


def test_with_the_admin_role_goes_what_it_made_possible(acme, mel, provider):
    map_group(acme, "ml-admins", ADMIN)
    client = enter_with(provider, "mel-there", groups=["ml-admins"])
    client.post(reverse("invitations:create", args=[acme.slug]), {"role": "admin"})
    assert Invitation.objects.open().count() == 1
    enter_with(provider, "mel-there", groups=[])
    assert standing(acme, mel) == ("member", "", "")
    assert not Invitation.objects.open().exists()


@pytest.mark.parametrize("claims", [{}, {"groups": None}, {"groups": 7}, {"groups": {"what": "ever"}}, {"group": []}])
def test_a_provider_that_says_nothing_of_groups_changes_nothing(acme, mel, crew, provider, claims):
    map_group(acme, "ml-admins", ADMIN, team=crew)
    enter_with(provider, "mel-there", groups="ml-admins")
    assert standing(acme, mel) == ("admin", "ml-admins", "member")
    with nothing_changes(), logging() as events:
        client = enter_with(provider, "mel-there", **claims)
    assert (who(client), [event.action for event in events]) == ("mel", ["user.sign_in"])


@pytest.mark.parametrize(
    "groups",
    [
        *(["other"], "other", [], "", ["ML-ADMINS"], ["ml-admins-not"], [7, None, {}, [["ml-admins"]]]),
        *([f"group {number}" for number in range(10_000)], ["a\0b", "x" * 3000]),
    ],
)  # fmt: skip
def test_other_groups_give_nothing_and_take(acme, mel, provider, groups):
    map_group(acme, "ml-admins", ADMIN)
    enter_with(provider, "mel-there", groups='["ml-admins"]')
    client = enter_with(provider, "mel-there", groups=groups)
    assert (who(client), standing(acme, mel)) == ("mel", ("member", "", ""))


def test_a_claim_inside_others_can_be_the_one(acme, mel, provider, settings):
    settings.GROUPS_CLAIM = "realm_access.roles"
    map_group(acme, "5f0a3e0e-6c1f-4b0a-9a5e-0c1d2e3f4a5b", ADMIN)
    roles = [{"id": "5f0a3e0e-6c1f-4b0a-9a5e-0c1d2e3f4a5b"}]
    enter_with(provider, "mel-there", groups=[], realm_access={"roles": roles})
    assert standing(acme, mel)[0] == "admin"


@pytest.mark.parametrize("userinfo", [{}, {"realm_access": {}}, {"realm_access": {"roles": None}}])
def test_a_claim_in_the_id_token_alone_counts(acme, mel, provider, settings, userinfo):
    settings.GROUPS_CLAIM = "realm_access.roles"
    map_group(acme, "ml-admins", ADMIN)
    enter_with(provider, "mel-there", **userinfo, id_token={"realm_access": {"roles": ["ml-admins", "\ud800"]}})
    assert standing(acme, mel)[0] == "admin"


# What people gave.


def test_what_people_gave_stays_and_is_never_lowered(acme, ada, mel, crew, provider):
    for user, role in ((mel, TeamRole.ADMIN), (ada, TeamRole.MEMBER)):
        TeamMembership(team=crew, user=user, role=role).save_by(COMMAND_LINE)
    make_member(acme, make_user("eve"), ADMIN)
    map_group(acme, "ml-team", MEMBER, team=crew, team_role=TeamRole.MEMBER)
    for groups in (["ml-team"], []):
        with logging() as events:
            enter_with(provider, "mel-there", groups=groups)
            enter_with(provider, "ada-there", groups=groups)
        assert told(events) == []
        assert (standing(acme, mel), in_team(crew, mel)) == (("member", "", ""), ("admin", "", ""))
        assert (standing(acme, ada), in_team(crew, ada)) == (("admin", "", ""), ("member", "", ""))


def test_what_a_group_raised_falls_back_to_what_people_gave(acme, mel, crew, provider):
    TeamMembership(team=crew, user=mel, role=TeamRole.MEMBER).save_by(COMMAND_LINE)
    map_group(acme, "ml-admins", ADMIN, team=crew, team_role=TeamRole.ADMIN)
    enter_with(provider, "mel-there", groups=["ml-admins"])
    assert [standing(acme, mel), in_team(crew, mel)] == [("admin", "ml-admins", "member")] * 2
    enter_with(provider, "mel-there", groups=[])
    assert [standing(acme, mel), in_team(crew, mel)] == [("member", "", "")] * 2
    assert list(find_drift()) == []


@pytest.mark.parametrize("role", [MEMBER, ADMIN])
def test_what_an_admin_saves_is_given_by_hand(acme, ada, provider, role):
    map_group(acme, "ml-team")
    enter_with(provider, "newcomer", groups=["ml-team"])
    user = User.objects.get(email="newcomer@example.com")
    client, page = browser(ada), reverse("members:role", args=[acme.slug, user.username])
    form = client.get(page).context["form"]
    with logging() as events:
        assert client.post(page, {"role": role, "etag": form.initial["etag"]}).status_code == 302
    assert events[0].changes["group"] == ["ml-team", None]
    enter_with(provider, "newcomer", groups=[])
    assert standing(acme, user) == (role, "", "")
    assert list(find_drift()) == []


def test_who_is_put_into_the_team_by_hand_stays_in_it(acme, ada, mel, crew, provider):
    map_group(acme, "ml-team", team=crew)
    enter_with(provider, "mel-there", groups=["ml-team"])
    TeamMembership.objects.get(team=crew, user=mel).save_by(Actor(ada))
    enter_with(provider, "mel-there", groups=[])
    assert in_team(crew, mel) == ("member", "", "")


# Whom a group does not reach.


@pytest.mark.parametrize("lost", [[], ["ml-team"]])
def test_the_last_admin_stays_and_the_log_says_so(acme, ada, crew, provider, lost):
    map_group(acme, "ml-admins", ADMIN, team=crew)
    map_group(acme, "ml-team")
    enter_with(provider, "newcomer", groups=["ml-admins"])
    user = User.objects.get(email="newcomer@example.com")
    first = acme.memberships.get(user=ada)
    first.role = MEMBER
    first.save_by(COMMAND_LINE)
    with logging() as events:
        client = enter_with(provider, "newcomer", groups=lost)
    action = "organization.member.change" if lost else "organization.member.remove"
    assert told(events) == [(action, "last_admin", None), ("team.member.remove", "", ["member", None])]
    assert (events[-2].target_id, events[-2].organization_id) == (user.pk, acme.pk)
    assert (standing(acme, user), in_team(crew, user)) == (("admin", "ml-admins", ""), None)
    assert who(client) == user.username
    first.role = ADMIN
    first.save_by(COMMAND_LINE)
    enter_with(provider, "newcomer", groups=lost)
    assert standing(acme, user) == (("member", "ml-team", "") if lost else None)


def test_a_mapping_reaches_its_own_organization_alone(acme, globex, mel, provider):
    map_group(globex, "ml-team", ADMIN)
    enter_with(provider, "mel-there", groups=["ml-team"])
    assert (standing(acme, mel), standing(globex, mel)) == (("member", "", ""), ("admin", "ml-team", ""))
    enter_with(provider, "mel-there", groups=[])
    assert (standing(acme, mel), standing(globex, mel)) == (("member", "", ""), None)


def test_groups_of_another_provider_give_nothing(acme, mel, provider):
    map_group(acme, "ml-admins", ADMIN)
    GroupMapping.objects.update(provider="an-issuer-of-before")
    enter_with(provider, "mel-there", groups=["ml-admins"])
    assert standing(acme, mel) == ("member", "", "")


def test_a_mapping_that_is_removed_or_changed_counts_from_the_next_sign_in(acme, ada, mel, provider):
    mapping = map_group(acme, "ml-admins")
    enter_with(provider, "mel-there", groups=["ml-admins"])
    mapping.role = ADMIN
    mapping.save_by(Actor(ada))
    assert standing(acme, mel) == ("member", "", "")
    enter_with(provider, "mel-there", groups=["ml-admins"])
    mapping.delete_by(Actor(ada))
    assert standing(acme, mel) == ("admin", "ml-admins", "member")
    enter_with(provider, "mel-there", groups=["ml-admins"])
    assert standing(acme, mel) == ("member", "", "")


def test_whoever_the_provider_may_not_connect_gets_nothing(acme, ada, mel, provider):
    enter(provider, "mel-there")
    map_group(acme, "ml-admins", ADMIN)
    make_service_account(acme, "ci", COMMAND_LINE)
    User.objects.filter(username="ci").update(email="ci@example.com")
    ada.is_active = False
    ada.save()
    for person in ("mel-again", "liar", "ci-there", "ada-there"):
        with nothing_changes():
            client = enter_with(provider, person, groups=["ml-admins"])
        assert who(client) is None
    assert SocialAccount.objects.count() == 1


def test_with_a_second_factor_groups_count_once_it_was_given(acme, mel, provider):
    map_group(acme, "ml-admins", ADMIN)
    give_factor(mel)
    client = enter_with(provider, "mel-there", groups=["ml-admins"])
    assert standing(acme, mel) == ("member", "", "")
    code = RecoveryCodes(mel.authenticator_set.get(type="recovery_codes")).get_unused_codes()[0]
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert standing(acme, mel) == ("admin", "ml-admins", "member")


def test_where_the_database_is_busy_nobody_comes_in_with_what_a_group_gave_before(acme, mel, provider, monkeypatch):
    map_group(acme, "ml-admins", ADMIN)
    enter_with(provider, "mel-there", groups=["ml-admins"])

    def busy(*_):
        raise OperationalError("database is locked")

    monkeypatch.setattr(authentication, "follow_groups", busy)
    client = enter_with(provider, "mel-there", groups=[])
    assert (who(client), standing(acme, mel)) == (None, ("admin", "ml-admins", "member"))


def test_a_sign_in_with_a_password_changes_nothing(acme, mel, provider):
    map_group(acme, "ml-admins", ADMIN)
    enter_with(provider, "mel-there", groups=["ml-admins"])
    with nothing_changes():
        answer = browser().post(reverse("account_login"), {"login": "mel", "password": PASSWORD})
    assert (answer.status_code, standing(acme, mel)) == (302, ("admin", "ml-admins", "member"))


# Who is told where it comes from.


def test_pages_say_which_group_it_comes_through(acme, ada, mel, crew, golden, provider):
    map_group(acme, "ml-admins", ADMIN, team=crew)
    give_team_role(golden, crew, Role.MEMBER)
    enter_with(provider, "mel-there", groups=["ml-admins"])
    words, client = "hrough the group ml-admins of Example login", browser(ada)
    explain = reverse("registry_members:explain", args=[acme.slug, golden.name])
    here = {
        reverse("members:detail", args=[acme.slug, "mel"]): 3,
        f"{explain}?person=mel": 2,
        reverse("members:index", args=[acme.slug]): 1,
        reverse("teams:detail", args=[acme.slug, "Crew"]): 1,
        reverse("members:role", args=[acme.slug, "mel"]): 1,
        reverse("members:remove", args=[acme.slug, "mel"]): 1,
    }
    in_its_team = [reverse(f"teams:{page}", args=[acme.slug, "Crew", "mel"]) for page in ("role", "remove")]
    for page, times in {**here, **dict.fromkeys(in_its_team, 1)}.items():
        text = " ".join(client.get(page).text.split())
        assert (page, text.count(words) >= times) == (page, True)
    enter_with(provider, "mel-there", groups=[])
    assert [page for page in here if "ml-admins" in client.get(page).text] == []
