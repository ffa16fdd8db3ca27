"""History: a registry and a collection at the end of a day, read off the log."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from registry_app.audit.snapshots import Entry, collection_as_of, registry_as_of
from registry_app.choices import Role
from registry_app.models import Actor, Team
from tests.admin.pages import address, save
from tests.client import at, browser
from tests.factories import COMMAND_LINE, give_team_role, make_collection, make_link, make_team, make_version, protect


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set; the log's entries bear its time."""
    now = [timezone.now() - timedelta(days=30)]
    monkeypatch.setattr("registry_app.models.event.timezone.now", lambda: now[0])

    def wait(days):
        now[0] += timedelta(days=days)
        return now[0]

    return wait


def test_a_collection_on_each_day(clock, release_registry, vision, mel):
    before = clock(0)
    clock(1)
    collection = make_collection(release_registry, "Churn", tags=["x"], description="First")
    one = make_link(collection, make_version(vision), "good")
    first = clock(0)
    clock(1)
    two = make_link(collection, make_version(vision), "good")
    two.set_tags(COMMAND_LINE, ["reviewed"])
    collection.edit(Actor(mel), name="Churn 2", description="Second", tags=[])
    second = clock(0)
    clock(1)
    one.unlink(COMMAND_LINE)
    two.change_aliases(COMMAND_LINE, take=["good"])
    third = clock(0)
    assert collection_as_of(collection, before) is None
    then = collection_as_of(collection, first)
    assert (then.name, then.tags, then.description, then.latest) == ("Churn", ["x"], "First", "v0")
    assert then.versions == [("v0", "Vision/forecasts/churn:v0", ["good"], [])]
    then = collection_as_of(collection, second)
    assert (then.name, then.tags, then.latest) == ("Churn 2", [], "v1")
    assert [(label, aliases, tags) for label, _, aliases, tags in then.versions] == [
        ("v1", ["good"], ["reviewed"]),
        ("v0", [], []),
    ]
    then = collection_as_of(collection, third)
    assert [(label, aliases) for label, _, aliases, _ in then.versions] == [("v1", [])]


def test_a_registry_on_each_day(clock, release_registry, acme, ada, mel, rob, vision):
    give_team_role(release_registry, vision, Role.VIEWER)
    gone = make_team(acme, "Gone")
    give_team_role(release_registry, gone, Role.MEMBER)
    collection = make_collection(release_registry)
    protect(release_registry, "production")
    first = clock(0)
    clock(1)
    release_registry.edit(Actor(rob), name="Shelf 2", description="New")
    release_registry.add_types(Actor(rob), ["prompt"])
    release_registry.restrict(Actor(rob))
    collection.delete_by(COMMAND_LINE)
    Team.objects.get(pk=gone.pk).delete_by(COMMAND_LINE)
    acme.memberships.get(user=mel).delete_by(COMMAND_LINE)
    second = clock(0)
    then = registry_as_of(release_registry, first)
    assert (then.name, then.visibility, then.types) == ("Release", "organization", ["dataset", "model"])
    assert (then.protected, [each.name for each in then.collections.values()]) == (["production"], ["Churn"])
    assert then.members == {
        "ada": "admin",
        "rob": "admin",
        "mel": "member",
        "team Vision": "viewer",
        "team Gone": "member",
    }
    then = registry_as_of(release_registry, second)
    assert (then.name, then.visibility, then.types) == ("Shelf 2", "restricted", ["dataset", "model", "prompt"])
    assert then.members == {"ada": "admin", "rob": "admin", "team Vision": "viewer"}
    assert then.collections == {}


def test_all_types_are_all_types(clock, vault, rob):
    first = clock(0)
    clock(1)
    vault.accept_only(Actor(rob), ["model"])
    assert registry_as_of(vault, first).types is None
    assert registry_as_of(vault, clock(0)).types == ["model"]


def test_the_pages_show_the_day_that_is_asked_for(churn, versions, mel):
    make_link(churn, versions[0], "good")
    client, release_registry = browser(mel), churn.registry
    names = [release_registry.organization.slug, release_registry.name, churn.name]
    for page in (at("snapshots:registry", release_registry), reverse("snapshots:collection", args=names)):
        assert "good" in client.get(page).text
        assert client.get(f"{page}?on=2001-01-01").context["then"] is None
        assert client.get(f"{page}?on=9999-12-31").status_code == 400  # nothing is known of a day to come
        assert client.get(f"{page}?on=tomorrow").status_code == 400
        assert client.get(f"{page}?at=2001-01-01").status_code == 200


def test_aliases_are_shown_as_protected_as_they_were(clock, release_registry, vision, rob, mel):
    collection = make_collection(release_registry)
    make_link(collection, make_version(vision), "production")
    before = clock(0).date()
    clock(2)
    protect(release_registry, "production")
    collection.links.get().change_aliases(Actor(rob), put=["Production 2"])
    now = clock(0).date()
    names = [release_registry.organization.slug, release_registry.name, collection.name]
    for day, expected in ((before, [("production", False)]), (now, [("Production 2", False), ("production", True)])):
        page = browser(mel).get(reverse("snapshots:collection", args=names) + f"?on={day}")
        assert [row[2] for row in page.context["versions"]] == [expected]
        page = browser(mel).get(at("snapshots:registry", release_registry) + f"?on={day}")
        (_, aliases, name), *_ = page.context["collections"]
        assert (sorted((alias, is_protected) for alias, _, is_protected in aliases), name) == (expected, "Churn")


def test_what_is_gone_since_leads_nowhere(clock, release_registry, vision, mel):
    collection, other = make_collection(release_registry), make_collection(release_registry, "Other")
    link = make_link(collection, make_version(vision))
    make_link(collection, make_version(vision))
    day = clock(0).date()
    clock(2)
    link.unlink(COMMAND_LINE)
    other.delete_by(COMMAND_LINE)
    names = [release_registry.organization.slug, release_registry.name, collection.name]
    page = browser(mel).get(reverse("snapshots:collection", args=names) + f"?on={day}")
    assert [(label, number) for label, _, _, _, number in page.context["versions"]] == [("v1", 1), ("v0", None)]
    page = browser(mel).get(at("snapshots:registry", release_registry) + f"?on={day}")
    assert [(then.name, name) for then, _, name in page.context["collections"]] == [("Churn", "Churn"), ("Other", None)]


def test_a_day_ends_at_midnight_utc(churn, mel):
    names = [churn.registry.organization.slug, churn.registry.name, churn.name]
    today = datetime.now(UTC).date()
    page = browser(mel).get(reverse("snapshots:collection", args=names) + f"?on={today}")
    assert (page.context["then"].name, page.context["day"]) == ("Churn", today)


def test_a_role_is_of_the_team_as_it_is_called_by_then(release_registry, vision, rob, mel):
    given = give_team_role(release_registry, vision, Role.MEMBER)
    vision.edit(Actor(rob), name="Sight", description="")
    assert "team Sight" in registry_as_of(release_registry, timezone.now()).members
    given.delete_by(Actor(rob))
    members = registry_as_of(release_registry, timezone.now()).members
    assert not any(holder.startswith("team ") for holder in members)


def test_a_role_is_of_the_person_as_they_are_called_by_then(release_registry, mel, root):
    assert save(browser(root), address("change", mel), username="melanie").status_code == 302
    assert registry_as_of(release_registry, timezone.now()).members == {
        "ada": "admin",
        "rob": "admin",
        "melanie": "member",
    }
    release_registry.members.get(user=mel).delete_by(COMMAND_LINE)
    assert registry_as_of(release_registry, timezone.now()).members == {"ada": "admin", "rob": "admin"}


def test_unlinking_a_version_leaves_the_alias_called_as_what_went_with_it(release_registry, vision):
    collection = make_collection(release_registry)
    one, other = (
        make_link(collection, make_version(vision), "good"),
        make_link(collection, make_version(vision), "tags"),
    )
    one.set_tags(COMMAND_LINE, ["x"])
    one.unlink(COMMAND_LINE)
    then = collection_as_of(collection, timezone.now())
    assert then.versions == [("v1", str(other.version), ["tags"], [])]


def test_a_long_history_is_read_once(clock, release_registry, rob, mel, monkeypatch):
    moments = []
    for number in range(12):
        release_registry.edit(Actor(rob), name="Release", description=f"Number {number}")
        moments.append(clock(0))
        clock(1)
    plain = [registry_as_of(release_registry, moment) for moment in moments]
    assert [then.description for then in plain] == [f"Number {number}" for number in range(12)]
    monkeypatch.setattr("registry_app.audit.snapshots.EVERY", 4)
    read, reads = Entry.read, []
    monkeypatch.setattr(Entry, "read", lambda seq, body: reads.append(seq) or read(seq, body))
    assert [registry_as_of(release_registry, moment) for moment in reversed(moments)] == plain[::-1]
    assert len(set(reads)) > 8
    reads.clear()
    assert [registry_as_of(release_registry, moment) for moment in moments[4:]] == plain[4:]
    assert len(reads) < 4 * 8  # no look reads more than one stretch
