"""`demo`: an example organization in an empty installation, and nothing in any other."""

import hashlib
import re
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import Count, Max, Min
from django.http import QueryDict
from django.utils import timezone

from benchmarks.demo.clock import clock_at
from benchmarks.demo.clock import run as run_steps
from registry_app.audit.chain import verify
from registry_app.choices import Action, Role, Visibility
from registry_app.listings.overview import Overview
from registry_app.models import (
    AccessRequest,
    Alias,
    AliasRequest,
    ApiToken,
    AuditEvent,
    Collection,
    Link,
    Organization,
    Registry,
    Team,
    User,
    Version,
)

pytestmark = pytest.mark.django_db

# Each column that says when something was done.
MOMENTS = [
    (AuditEvent, "at"),
    (Alias, "set_at"),
    (ApiToken, "created_at"),
    (Collection, "created_at"),
    (Collection, "updated_at"),
    (Link, "linked_at"),
    (Organization, "created_at"),
    (Registry, "created_at"),
    (Registry, "updated_at"),
    (Team, "created_at"),
    (User, "date_joined"),
    (Version, "created_at"),
    (AccessRequest, "created_at"),
    (AliasRequest, "created_at"),
]


@pytest.fixture(scope="module")
def filled(module_rows):
    """The demo is filled in: what it printed, and the journal that it left."""
    out = StringIO()
    settings.RESTRICTION_JOURNAL.write_bytes(b"")
    call_command("demo", stdout=out)
    return out.getvalue(), settings.RESTRICTION_JOURNAL.read_bytes()


@pytest.fixture
def passwords(filled):
    """{username: password} as the demo printed them."""
    printed, journal = filled
    settings.RESTRICTION_JOURNAL.write_bytes(journal)
    return dict(re.findall(r"^(ada|mel|sam)  (\S+)  ", printed, re.MULTILINE))


@pytest.fixture
def example(passwords):
    """The organization that the demo tells of."""
    return Organization.objects.get(slug="example-org")


def test_three_people_log_in_with_the_printed_passwords_which_the_log_does_not_keep(passwords, client):
    assert sorted(passwords) == ["ada", "mel", "sam"]
    assert [client.login(username=name, password=word) for name, word in passwords.items()] == [True] * 3
    assert not client.login(username="ada", password=passwords["mel"])
    assert [user.username for user in User.objects.order_by("username") if user.has_usable_password()] == [*passwords]
    kept = " ".join(AuditEvent.objects.values_list("body", flat=True))
    assert not [word for word in passwords.values() if word in kept]


def test_who_sees_which_of_the_registries(example):
    """Rule 1: core registries, and a dozen custom ones of both visibilities; none of them is empty."""
    assert [registry.name for registry in example.registries.core()] == ["Models", "Datasets"]
    custom = example.registries.custom()
    assert (custom.count(), custom.filter(visibility="restricted").count()) == (12, 5)
    assert not example.registries.annotate(links=Count("collections__links")).filter(links=0)
    ada, mel = (example.memberships.get(user__username=name) for name in ("ada", "mel"))
    safety = Registry.objects.get(name="Safety_Classifiers")
    assert ada.registries().count() == 14
    restricted = mel.registries().filter(visibility=Visibility.RESTRICTED)
    assert set(restricted.values_list("name", flat=True)) == {"Prompt_Library", "Safety_Classifiers"}
    assert safety.members.get(user=mel.user).role == Role.MEMBER
    assert [it.organization.name for it in User.objects.get(username="sam").memberships.all()] == ["Partner Org"]


def test_the_log_is_whole_and_tells_nine_months_in_order(run, example):
    assert run("verify_audit").status == 0
    assert verify() == (AuditEvent.objects.count(), [])
    moments = list(AuditEvent.objects.order_by("seq").values_list("at", flat=True))
    assert moments == sorted(moments)
    for model, column in MOMENTS:
        first, last = model.objects.aggregate(first=Min(column), last=Max(column)).values()
        assert moments[0] <= first <= last <= moments[-1] < timezone.now(), (model, column)
    for model, column in [(AuditEvent, "at"), (Link, "linked_at"), (Version, "created_at"), (User, "date_joined")]:
        times = model.objects.aggregate(first=Min(column), last=Max(column))
        assert times["last"] - times["first"] >= timedelta(days=240), model
    for link in Link.objects.select_related("version", "collection"):
        assert link.version.created_at <= link.linked_at <= link.collection.updated_at


def test_what_people_did_and_what_was_refused(example):
    churn = Collection.objects.get(name="Churn_Classifier")
    people = User.objects.exclude(is_service=True)
    assert (people.count(), User.objects.filter(is_service=True).count(), Team.objects.count()) == (25, 2, 4)
    metrics = [version.metadata for version in Version.objects.filter(links__collection=churn).order_by("number")]
    assert churn.links.count() == len(metrics) == 60
    assert all(len({each[name] for each in metrics}) > 30 for name in ("auc", "f1", "loss"))
    moves = AuditEvent.objects.filter(action=Action.ALIAS_SET, code="", collection_id=churn.pk)
    assert set(churn.aliases.values_list("name", flat=True)) == {"candidate", "production", "staging"}
    assert len({move.actor_name for move in moves}) >= 6
    assert [move for move in moves if not move.reason] == []
    assert set(AuditEvent.objects.exclude(code="").values_list("actor_name", "code")) == {
        ("ada", "core_is_fixed"),
        ("ada", "core_is_shared"),
        ("ada", "core_stays"),
        ("ada", "restricted_stays"),
        ("mel", "alias_protected"),
        ("mel", "role_too_low"),
    }


def test_what_waits_for_ada(example):
    board = Overview(example.memberships.get(user__username="ada"), QueryDict())
    roles, aliases = board.requests["roles"], board.requests["aliases"]
    assert [(asked.user.username, asked.registry.name) for asked in roles] == [("hana", "Golden Datasets")]
    assert [(asked.user.username, asked.alias) for asked in aliases] == [("mel", "production")]
    assert [(role.team.name, role.registry.name) for role in board.ending] == [("Evaluation", "Prompt_Library")]
    assert [token.user.username for token in board.tokens] == ["eval-ci"]


def test_what_a_second_demo_would_change_is_nothing(run, passwords):
    before = AuditEvent.objects.count()
    assert run("demo").status == 1
    assert (AuditEvent.objects.count(), Organization.objects.count()) == (before, 2)
    for version in Version.objects.all():
        path = Path(unquote(urlsplit(version.uri).path))
        facts = path.read_bytes()
        assert (version.digest, version.size) == (f"sha256:{hashlib.sha256(facts).hexdigest()}", len(facts))


def test_steps_are_taken_in_order_of_time_and_the_clock_goes_on_after_them():
    seen = []

    def note(name):
        seen.append((name, timezone.now(), User().date_joined))

    before = timezone.now()
    run_steps([(1, note, "last"), (9, note, "first"), (5, note, "second"), (5, note, "third")])
    assert [name for name, *_ in seen] == ["first", "second", "third", "last"]
    assert [now for _, now, _ in seen] == sorted({now for _, now, _ in seen}) == [joined for *_, joined in seen]
    assert seen[-1][1] < before <= timezone.now()


def test_the_clock_goes_on_where_a_step_fails():
    before = timezone.now()
    with pytest.raises(KeyError), clock_at(before - timedelta(days=9)):
        raise KeyError
    assert timezone.now() >= before
    assert timezone.datetime is datetime
