"""What a registry keeps of what it holds: how many collections, links and bytes, its weeks, and its last change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from benchmarks.demo.clock import clock_at
from registry_app import rules
from registry_app.audit.reconcile import find_drift
from registry_app.models import Actor, Collection, Registry, RegistryWeek, week_of
from registry_app.models.registry_week import note_weeks
from tests.assertions import refused
from tests.client import browser, registries_of
from tests.factories import make_collection, make_link, make_version

pytestmark = pytest.mark.django_db


def counts(registry):
    """(collections, links) as the registry's row says, which reconcile finds right."""
    assert list(find_drift()) == []
    return tuple(Registry.objects.values_list("collection_count", "link_count").get(pk=registry.pk))


@pytest.fixture
def links(golden, vision):
    """Two versions in one collection of Golden, and one in another."""
    collections = [make_collection(golden, name, type="dataset") for name in ("One", "Two")]
    places = (collections[0], collections[0], collections[1])
    return [make_link(place, make_version(vision, f"v-{n}", type="dataset")) for n, place in enumerate(places)]


def test_counts_follow_every_verb(ada, golden, links):
    assert counts(golden) == (2, 3)
    links[0].collection.link(Actor(ada), links[0].version)  # it is there already
    assert counts(golden) == (2, 3)
    links[0].unlink(Actor(ada))
    assert counts(golden) == (2, 2)
    links[2].collection.delete_by(Actor(ada))
    assert counts(golden) == (1, 1)
    golden.edit(Actor(ada), name="Silver", description="")
    assert counts(golden) == (1, 1)


def test_a_refused_verb_counts_nothing(mel, golden, links):
    for verb in (links[0].unlink, links[0].collection.delete_by):
        with refused("role_too_low"):
            verb(Actor(mel))
    assert counts(golden) == (2, 3)


def test_a_count_that_no_verb_made_is_drift(golden, links):
    Registry.objects.filter(pk=golden.pk).update(link_count=9, updated_at=timezone.now())
    assert len(list(find_drift())) == 1


def kept(registry):
    """(bytes, {Monday: links}) as the registry keeps them, which reconcile finds right."""
    assert list(find_drift()) == []
    weeks = dict(registry.weeks.exclude(link_count=0).values_list("week", "link_count"))
    return Registry.objects.values_list("byte_count", flat=True).get(pk=registry.pk), weeks


def test_a_week_begins_on_monday_in_utc():
    sunday = datetime(2026, 11, 29, 23, 59, tzinfo=UTC)
    assert week_of(sunday) == date(2026, 11, 23)
    assert week_of(sunday + timedelta(minutes=1)) == date(2026, 11, 30)
    ahead = datetime.fromisoformat("2026-11-30T08:00:00+09:00")  # still Sunday in UTC
    assert week_of(ahead) == date(2026, 11, 23)


def test_bytes_and_weeks_follow_every_verb(ada, golden, vision):
    """A link is of the week in which it was made, whenever it goes; a size that isn't known counts 0."""
    place = make_collection(golden, type="dataset")
    facts = [{"size": 500}, {"size": 70}, {"size": 9, "file_count": 0}]
    made = [make_version(vision, f"v-{n}", type="dataset", **fact) for n, fact in enumerate(facts)]
    first, second = date(2026, 11, 16), date(2026, 11, 23)
    days = datetime(2026, 11, 18, 12, tzinfo=UTC), *[datetime(2026, 11, 29, 12, tzinfo=UTC)] * 2
    links = []
    for day, version in zip(days, made, strict=True):
        with clock_at(day):
            links.append(make_link(place, version))
    assert kept(golden) == (570, {first: 1, second: 2})
    place.link(Actor(ada), made[0])  # it is there already
    assert kept(golden) == (570, {first: 1, second: 2})
    links[0].unlink(Actor(ada))
    assert kept(golden) == (70, {second: 2})
    with clock_at(days[0]):
        place.link(Actor(ada), made[0])
    assert kept(golden) == (570, {first: 1, second: 2})
    place.delete_by(Actor(ada))
    assert kept(golden) == (0, {})
    golden.delete_by(Actor(ada))
    assert not RegistryWeek.objects.exists()


def test_a_refused_verb_leaves_bytes_and_weeks(mel, golden, links):
    before = kept(golden)
    for verb in (links[0].unlink, links[0].collection.delete_by):
        with refused("role_too_low"):
            verb(Actor(mel))
    assert kept(golden) == before


def test_sizes_without_end_refuse_no_change(ada, golden, vision):
    """More bytes than the database can count stay at the most that it can."""
    place = make_collection(golden, type="dataset")
    for number in range(4):
        make_link(place, make_version(vision, f"v-{number}", type="dataset", size=rules.SIZE_LIMIT - 1))
    assert kept(golden)[0] == rules.SIZE_LIMIT - 1
    place.delete_by(Actor(ada))
    assert kept(golden) == (0, {})


def test_what_is_left_is_counted_again_once_the_bytes_had_no_end(ada, golden, vision):
    place = make_collection(golden, type="dataset")
    make_link(place, make_version(vision, "small", type="dataset", size=1_000))
    huge = make_link(place, make_version(vision, "huge", type="dataset", size=rules.SIZE_LIMIT - 1))
    assert kept(golden)[0] == rules.SIZE_LIMIT - 1
    huge.unlink(Actor(ada))
    assert kept(golden)[0] == 1_000


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        (lambda link, by: link.change_aliases(by, put=["good"]), "v0 of One"),
        (lambda link, by: link.set_tags(by, ["good"]), "v0 of One"),
        (lambda link, by: link.unlink(by), "v0 of One"),
        (lambda link, by: link.collection.edit(by, name="Other", description="", tags=[]), "Other"),
        (lambda link, by: link.collection.edit(by, name=link.collection.name, description="", tags=["good"]), "One"),
        (lambda link, by: link.collection.choose_metrics(by, [("auc", "higher")]), "One"),
        (lambda link, by: link.collection.delete_by(by), "One"),
        (lambda link, by: Collection(registry=link.collection.registry, name="New", type="dataset").create(by), "New"),
        (lambda link, by: link.collection.registry.edit(by, name="Silver", description=""), ""),
    ],
)
def test_what_changes_in_a_registry_is_its_last_change(ada, golden, links, change, subject):
    before = timezone.now() - timedelta(days=9)
    Registry.objects.filter(pk=golden.pk).update(updated_at=before, last_subject="Another")
    change(links[0], Actor(ada))
    golden.refresh_from_db()
    assert (golden.updated_at > before, golden.last_subject) == (True, subject)
    shown = browser(ada).get(registries_of(golden.organization)).context
    assert [row["subject"] for row in shown["rows"]] == [subject]
    assert [card["subject"] for card in shown["cores"]] == ["", ""]


def test_a_wrong_count_refuses_no_change(ada, golden, links):
    none = {"link_count": 0, "collection_count": 0, "byte_count": 0}
    Registry.objects.filter(pk=golden.pk).update(**none, updated_at=timezone.now())
    golden.weeks.all().delete()
    links[0].unlink(Actor(ada))
    links[2].collection.delete_by(Actor(ada))
    assert Registry.objects.filter(pk=golden.pk, **none).exists()
    assert golden.weeks.get().link_count == 0
    assert len(list(find_drift())) == 4


def test_thirty_years_of_weeks_are_counted_at_once(golden):
    weeks = {date(2000, 1, 3) + timedelta(weeks=number): 2 for number in range(1560)}
    note_weeks(golden.pk, weeks)
    note_weeks(golden.pk, dict.fromkeys(weeks, -1))
    assert dict(golden.weeks.values_list("week", "link_count")) == dict.fromkeys(weeks, 1)
