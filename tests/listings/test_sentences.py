"""Entries of the log as sentences: each kind of move of an alias, what is done to versions, and all the rest."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from registry_app.choices import Action, Role, Target
from registry_app.listings.sentences import ICONS, OF_LINK, sentence_of
from registry_app.models import Actor, AliasRequest
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


def told(act):
    """The sentences of what `act` logs, as text, the alias in brackets."""
    with logging() as events:
        act()
    found = [sentence_of(event) for event in events]
    assert [event for event in events if event.code] == []
    texts = (f"{each.did} {each.alias and f'[{each.alias}] of'} {each.of} {each.rest}" for each in found)
    return [" ".join(text.split()) for text in texts]


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
    assert told(lambda: protect(golden, "stable")) == ["protected an alias in Silver"]
    assert told(lambda: make_collection(golden, "Other", type="dataset")) == ["created collection Other"]


def test_what_a_rule_refused_was_tried(links, mel):
    address = of("links:edit", links[0].collection, 0)
    with logging() as events:
        browser(mel).post(address, {"aliases": "production", "etag": etag_of(links[0])})
    (event,) = events
    told = sentence_of(event)
    assert (event.code, told.icon, told.did) == ("alias_protected", "lock", "tried to set alias")


def test_each_kind_has_an_icon_that_is_there():
    names = set(re.findall(r'id="([a-z]+)"', (Path(settings.BASE_DIR) / "static" / "icons.svg").read_text()))
    assert {*ICONS.values(), "lock", "person"} <= names
    assert {action for action in Action if action.startswith(f"{Target.LINK}.")} == set(OF_LINK)
