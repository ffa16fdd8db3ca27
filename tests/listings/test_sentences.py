"""Entries of the log as sentences: each kind of move of an alias, what is done to versions, and all the rest."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from registry_app.choices import Action, Role, Target
from registry_app.listings.event_addresses import Addresses
from registry_app.listings.sentences import ICONS, OF_LINK, sentence_of
from registry_app.models import AccessRequest, Actor, AliasRequest, OrganizationMembership, RegistryMember
from registry_app.models.change import etag_of
from tests.client import browser, logging, of
from tests.factories import COMMAND_LINE, give_role, make_collection, make_link, make_version, protect

pytestmark = pytest.mark.django_db


@pytest.fixture
def links(golden, mel, vision):
    """Two versions in a collection of Golden, where production is protected and Mel is a member."""
    give_role(golden, mel, Role.MEMBER)
    protect(golden, "production")
    collection = make_collection(golden, "Shelf", type="dataset")
    return [make_link(collection, make_version(vision, f"v-{number}", type="dataset")) for number in range(2)]


def told(act, user="ada"):
    """The sentences of what `act` logs, as text, aliases and types in brackets."""
    with logging() as events:
        act()
    membership = OrganizationMembership.objects.select_related("user", "organization").get(user__username=user)
    addresses = Addresses(events, membership)
    assert [event for event in events if event.code] == []
    return [text_of(sentence_of(event, addresses)) for event in events]


def text_of(sentence):
    """A sentence as text."""
    return " ".join(f"[{part.text}]" if part.css else part.text for part in sentence.parts)


def test_an_alias_is_set_moved_and_removed(links):
    one, other = links
    assert told(lambda: one.change_aliases(COMMAND_LINE, ["good"])) == ["set [good] of Shelf on v0"]
    assert told(lambda: other.change_aliases(COMMAND_LINE, ["good"])) == ["moved [good] of Shelf from v0 to v1"]
    gone = told(lambda: other.change_aliases(COMMAND_LINE, take=["good"]))
    assert gone == ["removed [good] of Shelf from v1"]


def test_rule_31_a_request_its_refusal_and_its_approval(links, mel, rob):
    links[0].change_aliases(COMMAND_LINE, ["production"])

    def ask():
        AliasRequest(link=links[1], alias="production", user=mel, reason="Better").create(Actor(mel))

    asked, moved = "[production] of Shelf", "from v0 to v1"
    assert told(ask) == [f"asked to move {asked} {moved}"]
    assert told(lambda: AliasRequest.objects.get().decline_by(Actor(rob))) == [f"declined to move {asked} {moved}"]
    ask()
    approved = told(lambda: AliasRequest.objects.open().get().approve_by(Actor(rob)))
    assert approved == [f"agreed to move {asked} {moved}", f"moved {asked} {moved}"]


def test_versions_are_published_tagged_and_unlinked(links, vision):
    collection, third = links[0].collection, make_version(vision, "third", type="dataset")
    assert told(lambda: collection.link(COMMAND_LINE, third)) == ["published v2 of Shelf"]
    assert told(lambda: links[0].set_tags(COMMAND_LINE, ["seen"])) == ["changed the tags of v0 of Shelf"]
    assert told(lambda: links[0].unlink(COMMAND_LINE)) == ["unlinked v0 of Shelf"]


def test_the_rest_is_told_in_the_words_of_the_log(golden, links, ada):
    assert told(lambda: golden.edit(Actor(ada), name="Silver", description="")) == ["edited Silver"]
    assert told(lambda: protect(golden, "stable")) == ["protected [stable] in Silver"]
    assert told(lambda: make_collection(golden, "Other", type="dataset")) == ["created collection Other"]


def test_what_a_rule_refused_was_tried(links, mel):
    address = of("links:edit", links[0].collection, 0)
    with logging() as events:
        browser(mel).post(address, {"aliases": "production", "etag": etag_of(links[0])})
    (event,) = events
    told = sentence_of(event, Addresses([event], OrganizationMembership.objects.select_related("user").get(user=mel)))
    assert (event.code, told.icon) == ("alias_protected", "lock")
    assert text_of(told) == "tried to set alias Shelf:v0"


def test_section_3_roles_are_given_changed_and_removed(golden, ada, mel, vision):
    end = datetime(2031, 5, 4, tzinfo=UTC)

    def give(role, ends_at=None):
        return told(lambda: give_role(golden, mel, role, ends_at))

    assert give(Role.VIEWER) == ["gave mel the Viewer role"]
    assert give(Role.MEMBER, end) == ["changed the role of mel from Viewer to Member until 4 May 2031, 00:00 UTC"]
    assert give(Role.MEMBER) == ["changed the end of the role of mel to none"]
    assert told(lambda: golden.members.get(user=mel).delete_by(Actor(ada))) == ["removed the Member role of mel"]
    team = RegistryMember(registry=golden, team=vision, role=Role.ADMIN)
    assert told(lambda: team.save_by(COMMAND_LINE)) == ["gave Vision the Admin role"]


def test_a_request_for_a_role_is_told(golden, ada, mel):
    ask = AccessRequest(registry=golden, user=mel, role=Role.MEMBER, reason="Please")
    assert told(lambda: ask.create(Actor(mel))) == ["requested the Member role"]
    assert told(lambda: ask.decline_by(Actor(ada))) == ["declined the request of mel for the Member role"]


def test_types_are_told_one_by_one(golden, ada):
    assert told(lambda: golden.add_types(Actor(ada), ["a", "model"])) == [
        "added the type [a] [model] to Golden Datasets"
    ]
    assert told(lambda: golden.remove_type(Actor(ada), "a")) == ["removed the type [a] from Golden Datasets"]


def test_a_page_of_several_registries_names_them(golden, links, ada, mel):
    with logging() as events:
        links[0].change_aliases(COMMAND_LINE, ["good"])
        give_role(golden, mel, Role.ADMIN)
    membership = golden.organization.memberships.select_related("user", "organization").get(user=ada)
    texts = [text_of(sentence_of(event, Addresses(events, membership), full=True)) for event in events]
    end = "from Member to Admin in Golden Datasets"
    assert texts == ["set [good] of Golden Datasets/Shelf on v0", f"changed the role of mel {end}"]


def test_names_lead_to_what_is_there_and_seen(golden, vault, links, ada, mel, vision, acme):
    hidden = make_link(make_collection(vault, "Secret", type="model"), make_version(vision))
    with logging() as events:
        links[0].change_aliases(COMMAND_LINE, ["good"])
        hidden.change_aliases(COMMAND_LINE, ["good"])
        give_role(golden, mel, Role.ADMIN)
    memberships = {each.user: each for each in acme.memberships.select_related("user", "organization")}
    seen = {user: [addresses_of(event, events, memberships[user]) for event in events] for user in (ada, mel)}
    places = [[link.collection.get_absolute_url(), link.get_absolute_url()] for link in (links[0], hidden)]
    assert seen[ada] == [*places, [memberships[mel].get_absolute_url()]]
    assert seen[mel] == [places[0], [], [memberships[mel].get_absolute_url()]]
    links[0].unlink(COMMAND_LINE)
    assert addresses_of(events[0], events, memberships[ada]) == places[0][:1]


def addresses_of(event, events, membership):
    """The addresses in the sentence of `event`, on a page of `events`."""
    sentence = sentence_of(event, Addresses(events, membership))
    return [part.address for part in sentence.parts if part.address]


def test_each_kind_has_an_icon_that_is_there():
    names = set(re.findall(r'id="([a-z]+)"', (Path(settings.BASE_DIR) / "static" / "icons.svg").read_text()))
    assert set(ICONS.values()) <= names
    assert {action for action in Action if action.startswith(f"{Target.LINK}.")} == set(OF_LINK)
