"""The navigation: one's organization, the registries that one pinned and visited last, and the way back to them."""

import pytest
from django.urls import reverse

from registry_app.listings.sidebar import RECENT, recent_ids
from registry_app.models import Actor
from registry_app.models.organization_membership import PINNED_MOST
from tests.client import at, browser, logging
from tests.factories import make_member, make_registry

pytestmark = pytest.mark.django_db


def places(page, label):
    """The names of the registries under `label` in the navigation of a response."""
    return page.context["sidebar"][label] and [place["name"] for place in page.context["sidebar"][label]]


def index(client, organization):
    return client.get(reverse("registries:index", args=[organization.slug]))


def test_without_a_pin_the_core_registries_are_pinned(acme, mel, golden):
    page = index(browser(mel), acme)
    assert (places(page, "pinned"), places(page, "recent")) == (["Models", "Datasets"], [])


def test_a_pin_is_kept_for_the_person_alone_and_taken_away(acme, ada, mel, golden):
    client = browser(mel)
    with logging() as events:
        assert client.post(at("registries:pin", golden), {"wanted": ""}).url == at("registries:detail", golden)
    assert events == []
    assert places(index(client, acme), "pinned") == ["Golden Datasets"]
    assert places(index(browser(ada), acme), "pinned") == ["Models", "Datasets"]
    client.post(at("registries:pin", golden))
    assert places(index(client, acme), "pinned") == ["Models", "Datasets"]


def test_the_oldest_pins_make_room(acme, ada):
    client = browser(ada)
    registries = [make_registry(acme, ada, f"R{number:02}") for number in range(PINNED_MOST + 2)]
    for registry in registries:
        client.post(at("registries:pin", registry), {"wanted": ""})
    assert places(index(client, acme), "pinned") == [registry.name for registry in registries[2:]]


def test_a_pinned_registry_that_closed_or_is_gone_is_not_shown(acme, ada, rob, mel, golden):
    client, other = browser(mel), make_registry(acme, ada, "Other")
    for registry in (golden, other):
        client.post(at("registries:pin", registry), {"wanted": ""})
    assert places(index(client, acme), "pinned") == ["Golden Datasets", "Other"]
    golden.restrict(Actor(rob))
    assert places(index(client, acme), "pinned") == ["Other"]
    other.delete_by(Actor(ada))
    assert places(index(client, acme), "pinned") == ["Models", "Datasets"]
    assert golden.name not in index(client, acme).content.decode()


def test_the_registries_visited_last_are_listed_the_newest_first(acme, ada, mel):
    client = browser(mel)
    registries = [make_registry(acme, ada, f"R{number}") for number in range(RECENT + 1)]
    for registry in registries:
        page = client.get(at("registries:settings", registry))
        assert places(page, "recent")[0] == registry.name
    assert places(index(client, acme), "recent") == [registry.name for registry in reversed(registries[1:])]


def test_section_3_a_cookie_of_a_hidden_registry_shows_nothing(acme, mel, vault):
    client = browser(mel)
    client.cookies["recent"] = str(vault.pk)
    page = index(client, acme)
    assert places(page, "recent") == []
    assert vault.name not in page.content.decode()


@pytest.mark.parametrize(
    "text", ["", ".", "x", "1.x.-2", "99999999999999999999", "²", '"\\000"', "1" * 4000, "0", "1e3", "1 2"]
)
def test_an_odd_cookie_is_read_as_far_as_it_holds_ids(acme, mel, text):
    client = browser(mel)
    client.cookies["recent"] = client.cookies["organization"] = text
    assert index(client, acme).status_code == client.get(reverse("tokens:index")).status_code == 200
    assert all(0 <= pk < 10**9 for pk in recent_ids({"recent": text}))


ACCOUNT = ["tokens:index", "mfa_index", "account_change_password", "usersessions_list", "organizations:index"]


@pytest.mark.parametrize("name", ACCOUNT)
def test_pages_of_the_account_keep_the_navigation_of_the_last_organization(acme, globex, mel, name):
    make_member(globex, mel)
    client = browser(mel)
    for organization in (globex, acme):
        index(client, organization)
        page = client.get(reverse(name)).content.decode()
        assert reverse("audit:index", args=[organization.slug]) in page


def test_who_is_in_no_organization_has_no_navigation_of_one(root):
    page = browser(root).get(reverse("tokens:index")).content.decode()
    assert reverse("organizations:index") in page and "/registries/" not in page


def test_an_organization_that_one_left_is_not_shown_again(acme, globex, sam, mel):
    make_member(globex, mel)
    client = browser(mel)
    index(client, globex)
    globex.memberships.get(user=mel).delete()
    page = client.get(reverse("tokens:index")).content.decode()
    assert globex.name not in page and acme.name in page


def test_section_3_without_the_second_factor_the_navigation_names_no_registry(acme, mel, golden):
    client = browser(mel)
    client.post(at("registries:pin", golden), {"wanted": ""})
    type(acme).objects.filter(pk=acme.pk).update(requires_second_factor=True)
    assert golden.name not in client.get(reverse("mfa_index")).content.decode()


def test_the_switcher_lists_one_s_organizations_only_where_there_are_several(acme, globex, mel):
    client, menu = browser(mel), 'id="orgs"'
    assert menu not in index(client, acme).content.decode()
    make_member(globex, mel)
    assert menu in index(client, acme).content.decode()
    part = client.get(reverse("organizations:index"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and reverse("organizations:detail", args=[globex.slug]) in part
