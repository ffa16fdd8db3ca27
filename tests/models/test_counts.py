"""What a registry says of what it holds: how many collections and links, and when anything in it changed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from registry_app.audit.reconcile import find_drift
from registry_app.models import Actor, Collection, Registry
from tests.assertions import refused
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


@pytest.mark.parametrize(
    "change",
    [
        lambda link, by: link.change_aliases(by, put=["good"]),
        lambda link, by: link.set_tags(by, ["good"]),
        lambda link, by: link.unlink(by),
        lambda link, by: link.collection.edit(by, name="Other", description="", tags=[]),
        lambda link, by: link.collection.edit(by, name=link.collection.name, description="", tags=["good"]),
        lambda link, by: link.collection.choose_metrics(by, [("auc", "higher")]),
        lambda link, by: link.collection.delete_by(by),
        lambda link, by: Collection(registry=link.collection.registry, name="New", type="dataset").create(by),
    ],
)
def test_what_changes_in_a_registry_is_its_last_change(ada, golden, links, change):
    before = timezone.now() - timedelta(days=9)
    Registry.objects.filter(pk=golden.pk).update(updated_at=before)
    change(links[0], Actor(ada))
    golden.refresh_from_db()
    assert golden.updated_at > before


def test_a_wrong_count_refuses_no_change(ada, golden, links):
    Registry.objects.filter(pk=golden.pk).update(link_count=0, collection_count=0, updated_at=timezone.now())
    links[0].unlink(Actor(ada))
    links[2].collection.delete_by(Actor(ada))
    assert Registry.objects.filter(pk=golden.pk, link_count=0, collection_count=0).exists()
    assert len(list(find_drift())) == 2
