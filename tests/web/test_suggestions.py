"""Fields of names: what they offer while one types, and what they say of a wrong name."""

import re
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.models import make_service_account
from tests.client import at, browser, refused
from tests.factories import COMMAND_LINE, make_member, make_team, make_user


@pytest.fixture
def crowd(acme, globex, mel, rob):
    """People, a service account, a deactivated account and a team that have "me" in their names; Sam's have it too."""
    make_service_account(acme, "metrics-bot", COMMAND_LINE)
    make_member(acme, make_user("james"))
    make_member(acme, make_user("meg", is_active=False))
    make_member(globex, make_user("melvin"))
    make_team(globex, "Melt")
    return make_team(acme, "Measuring", people=[mel, rob])


def offered(user, organization, **typed):
    """[(the line that choosing a name types, its note)] as `user` gets them."""
    client, address = browser(user), reverse("members:suggestions", args=[organization.slug])
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, typed, headers={"HX-Request": "true"})
    assert (response.status_code, len(queries) <= 6) == (200, True), len(queries)
    offers = re.findall(r'(?s)<button[^>]* value="(.*?)">(.*?)</button>', response.text)
    return [(unescape(line), "".join(re.findall(r'class="end">(.*?)<', content))) for line, content in offers]


def test_people_of_the_organization_are_offered_those_that_begin_so_first(acme, mel, crowd):
    expected = [("mel", "Measuring"), ("metrics-bot", "service account"), ("james", "")]
    assert offered(mel, acme, people="me") == expected
    assert offered(mel, acme, people="ME") == expected


def test_teams_are_offered_where_the_field_takes_them(acme, rob, crowd):
    teams = [row for row in offered(rob, acme, holders="me") if row[1].startswith("team")]
    assert teams == [("Measuring", "team, 2 members")]
    assert offered(rob, acme, person="measuring") == []


def test_what_is_written_already_stays_before_each_offer(acme, ada, crowd):
    assert offered(ada, acme, holders="rob; jam") == [("rob; james", "")]
    assert offered(ada, acme, holders='"<b>,mel') == []  # that is typed already
    assert offered(ada, acme, people='"<b>,me')[0] == ('"<b>,mel', "Measuring")


def test_a_long_line_of_names_is_completed_and_a_long_name_is_nobody_s(acme, ada, crowd):
    before = "rob, " * 200
    offers = offered(ada, acme, holders=f"{before}james") + offered(ada, acme, holders=f"{before}meas")
    assert [line for line, _ in offers] == [f"{before}Measuring"]  # James is typed already
    long = {"teams": "\ufdfa" * 3000, "people": "\U0001f600" * 20_000, "holders": "e\u0301\u0323" * 6000}
    for field, typed in long.items():
        assert offered(ada, acme, **{field: typed}) == offered(ada, acme, **{field: f"rob,{typed[:19_000]}"}) == []


def test_a_team_with_a_comma_in_its_name_is_named_by_a_line_of_its_own(acme, ada, golden, crowd):
    both = make_team(acme, "Me, Audio; Video")
    assert offered(ada, acme, holders="me, AUD") == [("Me, Audio; Video", "team, 0 members")]
    assert offered(ada, acme, holders="rob, audi") == []
    client, address = browser(ada), at("registry_members:add", golden)
    inline = client.post(address, {"holders": "mel, me, audio; video", "role": "viewer"})
    assert (inline.status_code, "not_in_organization" in inline.context["form"].codes) == (422, True)
    pasted = "mel\r\nme, audio; VIDEO\tjames, Measuring\r\n\r\nmel\r\n"
    assert client.post(address, {"holders": pasted, "role": "viewer"}).status_code == 302
    given = golden.members.filter(role="viewer").values_list("user__username", "team__name")
    assert set(given) == {("mel", None), ("james", None), (None, crowd.name), (None, both.name)}


def test_addresses_find_people_for_admins_alone(acme, ada, mel, crowd):
    assert offered(ada, acme, people="james@exa") == [("james", "james@example.com")]
    assert offered(ada, acme, people="jam") == [("james", "")]
    assert offered(mel, acme, people="james@exa") == []


def test_a_line_that_may_be_a_team_or_several_names_is_refused(acme, ada, rob, golden, crowd):
    client, address = browser(rob), at("registry_members:add", golden)
    for name in ("mel, JAMES", "Measuring; mel", "rob,"):
        make_team(acme, name)
    for typed in ("MEL, james", "mel， james", "measuring; mel", "rob,", "ada\nmel, james"):
        refused(client, address, {"holders": typed, "role": "viewer"}, "ambiguous")
    make_team(acme, "james@example.com, mel")
    by_address = {"holders": "james@example.com, mel", "role": "viewer"}
    refused(browser(ada), address, by_address, "ambiguous")
    browser(ada).post(reverse("invitations:create", args=[acme.slug]), {"teams": "mel, james", "role": "member"})
    assert [team.name for team in acme.invitations.get().teams_left] == ["mel, JAMES"]  # nobody else can be meant there
    response = client.post(address, by_address)  # to Rob the address is nobody's: he can mean only the team
    (said,) = get_messages(response.wsgi_request)
    assert (response.status_code, "the team james@example.com, mel" in str(said)) == (302, True)
    response = client.post(address, {"holders": "mel\njames", "role": "viewer"})
    assert (response.status_code, "team" in str([*get_messages(response.wsgi_request)][-1])) == (302, False)
    given = golden.members.filter(role="viewer").values_list("user__username", "team__name")
    assert set(given) == {(None, "james@example.com, mel"), ("mel", None), ("james", None)}


def test_a_team_with_a_comma_is_found_below_many_doubles(acme, ada, golden, crowd):
    both = make_team(acme, "Audio, Video")
    pasted = {"holders": "mel\n" * 100 + both.name, "role": "viewer"}
    assert browser(ada).post(at("registry_members:add", golden), pasted).status_code == 302
    assert golden.members.filter(team=both).exists()


def test_no_address_is_shown_to_others_where_a_letter_has_another_small_one(acme, mel):
    """The database finds such a letter in a username, Python does not."""
    make_member(acme, make_user("ΝΙΚΟΣ"))
    make_member(acme, make_user("jess"))
    found = [row for typed in "Σſ" for row in offered(mel, acme, people=typed)]
    assert ("ΝΙΚΟΣ", "") in found
    assert not any("@" in note for _, note in found)


def test_at_most_eight_are_offered(acme, ada, crowd):
    for number in range(20):
        make_team(acme, f"Team {number}", people=[make_member(acme, make_user(f"person-{number}")).user])
    assert len(offered(ada, acme, holders="")) == 8


@pytest.mark.parametrize(
    "wrong, nearest",
    [("mell", ["mel"]), ("Measurin", ["Measuring"]), ("etrics", ["metrics-bot"]), ("zzzz", [])],
)
def test_a_wrong_name_is_told_the_nearest_of_the_organization(acme, rob, golden, crowd, wrong, nearest):
    response = browser(rob).post(at("registry_members:add", golden), {"holders": f"rob, {wrong}", "role": "viewer"})
    (said,) = [text for text in response.context["form"].errors["holders"] if wrong in text]
    assert response.status_code == 422
    assert re.findall(r"[\w-]+", said.partition("Did you mean")[2]) == nearest
