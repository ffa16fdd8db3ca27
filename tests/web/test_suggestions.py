"""Fields of names: what they offer while one types, and what they say of a wrong name."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry_app.models import make_service_account
from tests.client import at, browser
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
    """[(what an option puts into the field, its note)] as `user` gets them."""
    client, address = browser(user), reverse("members:suggestions", args=[organization.slug])
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, typed, headers={"HX-Request": "true"})
    assert (response.status_code, len(queries) <= 6) == (200, True), len(queries)
    return re.findall(r'<option value="(.*?)">(.*?)</option>', response.text)


def test_people_of_the_organization_are_offered_those_that_begin_so_first(acme, mel, crowd):
    expected = [("mel", "Measuring"), ("metrics-bot", "service account"), ("james", "")]
    assert offered(mel, acme, people="me") == expected
    assert offered(mel, acme, people="ME") == expected


def test_teams_are_offered_where_the_field_takes_them(acme, rob, crowd):
    teams = [row for row in offered(rob, acme, holders="me") if row[1].startswith("team")]
    assert teams == [("Measuring", "team, 2 members")]
    assert [name for name, _ in offered(rob, acme, person="measuring")] == []


def test_what_is_written_already_stays_before_each_offer(acme, ada, crowd):
    assert offered(ada, acme, holders="rob; jam") == [("rob; james", "")]
    assert offered(ada, acme, holders='"<b>,mel') == [("&quot;&lt;b&gt;,mel", "Measuring")]


def test_addresses_find_people_for_admins_alone(acme, ada, mel, crowd):
    assert [name for name, _ in offered(ada, acme, people="james@exa")] == ["james"]
    assert offered(mel, acme, people="james@exa") == []


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
