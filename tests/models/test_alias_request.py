"""Rule 31: a member asks for a protected alias, an admin's approval is the move itself."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry_app.choices import Action, Role
from registry_app.models import AccessRequest, Actor, AliasRequest, AuditEvent, ProtectedAlias
from registry_app.models.change import Gone, etag_of
from tests.assertions import refused, undone
from tests.client import logging
from tests.factories import give_role, make_collection, make_link, make_version, protect

pytestmark = pytest.mark.django_db


@pytest.fixture
def links(golden, rob, mel, vision):
    """Two versions of a collection of Golden, where production is protected and on the first; Mel is a member."""
    give_role(golden, mel, Role.MEMBER)
    ProtectedAlias(registry=golden, name="production").save_by(Actor(rob))
    collection = make_collection(golden, "Shelf", type="dataset")
    versions = [make_version(vision, f"v-{number}", type="dataset") for number in range(2)]
    return [make_link(collection, versions[0], "production"), make_link(collection, versions[1])]


def ask(link, user, alias="production", reason="It is better."):
    request = AliasRequest(link=link, alias=alias, user=user, reason=reason)
    request.create(Actor(user))
    return request


def holder(link):
    """The number of the version that production names."""
    return link.collection.aliases.get(name="production").link.number


def actions(events):
    return [(event.action, event.actor_name) for event in events]


def test_rule_31_approving_is_the_move_and_both_are_logged(links, mel, rob):
    with logging() as events:
        asked = ask(links[1], mel)
        asked.approve_by(Actor(rob), "Seen.", etag=etag_of(asked))
    assert holder(links[1]) == 1
    assert actions(events) == [(Action.ALIAS_REQUEST, "mel"), (Action.ALIAS_APPROVE, "rob"), (Action.ALIAS_SET, "rob")]
    assert {event.changes["link"][1] for event in events} == {"v1"}
    asked.refresh_from_db()
    assert (asked.granted, asked.answered_by, asked.note) == (True, rob, "Seen.")


def test_rule_31_declining_moves_nothing_and_is_logged(links, mel, rob):
    asked = ask(links[1], mel)
    with logging() as events:
        asked.decline_by(Actor(rob), "Not yet.")
    assert (holder(links[1]), actions(events)) == (0, [(Action.ALIAS_DECLINE, "rob")])
    with refused("request_answered"):
        asked.approve_by(Actor(rob))
    with refused("request_answered"):
        asked.decline_by(Actor(rob))
    assert holder(links[1]) == 0


def test_rule_31_only_admins_answer(links, mel):
    asked = ask(links[1], mel)
    for verb in (asked.approve_by, asked.decline_by):
        with refused("role_too_low"):
            verb(Actor(mel))
    assert AliasRequest.objects.open().get() == asked


@pytest.mark.parametrize("role", [Role.RESTRICTED_VIEWER, Role.VIEWER])
def test_rule_31_only_members_ask(links, golden, acme, role, django_user_model):
    eve = django_user_model.objects.create_user("eve")
    acme.memberships.create(user=eve)
    give_role(golden, eve, role)
    with refused("role_too_low"):
        ask(links[1], eve)


def test_rule_31_nobody_asks_for_what_they_may_set_or_what_is_there(links, mel, rob):
    with refused("request_needless"):
        ask(links[1], rob)
    with refused("request_needless"):
        ask(links[1], mel, "staging")
    with refused("alias_held"):
        ask(links[0], mel)
    ask(links[1], mel)
    with refused("requested_already"):
        ask(links[1], mel)


def moved(link, by):
    link.change_aliases(by, put=["production"])


def removed(link, by):
    link.collection.aliases.get(name="production").delete_by(by)


def unlinked(link, by):
    link.unlink(by)


@pytest.mark.parametrize(
    "otherwise, number, kept",
    [(moved, 1, True), (removed, 1, True), (unlinked, 0, True), (unlinked, 1, False)],
    ids=["moved", "removed", "holder unlinked", "asked version unlinked"],
)
def test_rule_31_an_open_request_ends_when_the_alias_moves_otherwise(links, mel, rob, otherwise, number, kept):
    asked = ask(links[1], mel)
    with logging() as events:
        otherwise(links[number], Actor(rob))
    assert not AliasRequest.objects.open().exists()
    assert Action.ALIAS_DECLINE in {event.action for event in events}
    assert AliasRequest.objects.filter(pk=asked.pk).exists() is kept
    with refused("request_answered") if kept else pytest.raises(Gone):
        asked.approve_by(Actor(rob))


def unprotect(registry, by, name="production"):
    """What an admin does on the settings page, or staff in the Django admin."""
    registry.protected_aliases.get(name=name).delete_by(by)


@pytest.mark.parametrize("alias", ["production", "Production", "PRODUCTION"])
def test_rule_31_an_open_request_ends_when_the_alias_is_no_longer_protected(links, golden, mel, rob, alias):
    asked, other = ask(links[1], mel, alias), make_collection(golden, "Other", type="dataset")
    elsewhere = ask(make_link(other, links[0].version), mel)
    with logging() as events:
        unprotect(golden, Actor(rob))
    assert {(event.action, event.actor_name) for event in events} == {
        (Action.UNPROTECT, "rob"),
        (Action.ALIAS_DECLINE, "rob"),
    }
    assert {event.related["link"]["name"] for event in events[1:]} == {str(asked.link), str(elsewhere.link)}
    assert not AliasRequest.objects.filter(answered_at=None).exists()
    for ended in AliasRequest.objects.all():
        assert (ended.granted, ended.answered_by, bool(ended.note)) == (False, rob, True)
    with refused("request_answered"):
        asked.approve_by(Actor(rob))


def test_rule_31_requests_for_other_aliases_and_in_other_registries_stay(links, golden, vault, mel, rob, ada):
    for registry in (golden, vault):
        protect(registry, "champion")
    protect(vault, "production")
    give_role(vault, mel, Role.MEMBER)
    ask(links[1], mel, "champion")
    ask(make_link(make_collection(vault, type="dataset"), links[0].version), mel)
    unprotect(golden, Actor(rob))
    assert AliasRequest.objects.open().count() == 2


@pytest.mark.parametrize("what", ["collection", "registry"])
def test_what_was_asked_goes_with_what_is_deleted_and_the_log_says_so(links, golden, mel, ada, what):
    """The deletion names each request, and costs the same with one as with many."""

    def queries():
        with undone(), CaptureQueriesContext(connection) as captured, logging() as events:
            (golden if what == "registry" else links[0].collection).delete_by(Actor(ada))
        return len(captured), events[-1]

    ask(links[1], mel)
    AccessRequest(registry=golden, user=mel, role=Role.ADMIN, reason="To help.").create(Actor(mel))
    cost, event = queries()
    told = [f"production on {links[1]}", *["the admin role"] * (what == "registry")]
    assert sorted(asked["asked"].lower() for asked in event.related["requests"]) == sorted(map(str.lower, told))
    assert {asked["name"] for asked in event.related["requests"]} == {"mel"}
    for number in range(5):
        protect(golden, f"alias-{number}")
        ask(links[1], mel, f"alias-{number}")
    more, event = queries()
    assert (more, len(event.related["requests"])) == (cost, len(told) + 5)


def test_a_request_that_was_answered_goes_untold(links, mel, rob, ada):
    ask(links[1], mel).decline_by(Actor(rob))
    with logging() as events:
        links[0].collection.delete_by(Actor(ada))
    assert [event.related for event in events] == [{}]


def test_rule_31_an_approval_of_what_changed_since_is_refused(links, mel, rob, vision):
    third = make_link(links[0].collection, make_version(vision, "v-3", type="dataset"))
    asked = ask(links[1], mel)
    links[0].collection.aliases.update(link=third)  # past the verbs, which would have ended the request
    with refused("stale_preview"):
        asked.approve_by(Actor(rob))
    with refused("stale_preview"):
        asked.approve_by(Actor(rob), etag="x")
    assert (holder(links[1]), AliasRequest.objects.open().count()) == (2, 1)


def test_rule_31_another_alias_moves_and_the_request_stays(links, mel, rob):
    ask(links[1], mel)
    links[1].change_aliases(Actor(rob), put=["staging"])
    assert AliasRequest.objects.open().count() == 1


def test_what_a_person_asked_ends_with_their_membership(links, mel, ada, acme):
    ask(links[1], mel)
    acme.memberships.get(user=mel).delete_by(Actor(ada))
    assert not AliasRequest.objects.filter(answered_at=None).exists()
    assert AuditEvent.objects.filter(action=Action.ALIAS_DECLINE, actor_name="ada").count() == 1


def test_rule_31_the_person_who_asked_withdraws_it(links, mel, rob):
    asked = ask(links[1], mel)
    with refused("role_too_low"):
        asked.withdraw_by(Actor(rob))
    with logging() as events:
        asked.withdraw_by(Actor(mel))
    assert (holder(links[1]), actions(events)) == (0, [(Action.ALIAS_DECLINE, "mel")])
    for again in (asked.withdraw_by, asked.decline_by, asked.approve_by):
        with refused("request_answered"):
            again(Actor(mel if again == asked.withdraw_by else rob))
    ask(links[1], mel)


def test_who_lost_the_role_still_withdraws(links, golden, ada, mel):
    asked = ask(links[1], mel)
    golden.members.get(user=mel).delete_by(Actor(ada))
    asked.withdraw_by(Actor(mel))
    assert not AliasRequest.objects.open().exists()
