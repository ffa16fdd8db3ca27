"""`verify_audit`: §5 and rule 1, looked after from the command line; exit code 1 where anything is wrong."""

from threading import Thread

import pytest
from django.db import connection

from registry_app.audit import reconcile
from registry_app.audit.reconcile import entries
from registry_app.choices import Role
from registry_app.database import triggers
from registry_app.models import Actor, AuditChainHead, AuditEvent, Registry, RegistryMember, User
from registry_app.models.event import GENESIS
from tests.assertions import settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def without_triggers(acme):
    """A database in which somebody has lifted the triggers, to tamper with what Acme has there."""
    settle()
    triggers.drop()


def test_a_whole_log_is_in_order_and_shows_its_anchor(run, acme):
    done = run("verify_audit")
    assert (done.status, done.err) == (0, "")
    assert f"Entries: {AuditEvent.objects.count()}\nAnchor: {AuditChainHead.objects.get()}\n" in done.out


def test_an_empty_installation_is_in_order_and_its_anchor_holds_later(run, request):
    done = run("verify_audit")
    assert (done.status, f"Anchor: 0:{GENESIS}" in done.out) == (0, True)
    request.getfixturevalue("acme")
    assert run("verify_audit", f"--anchor=0:{GENESIS}").status == 0


def test_two_anchors_for_one_entry_are_both_held_to(run, acme):
    right = AuditEvent.objects.get(seq=1).hash
    assert run("verify_audit", f"--anchor=1:{'0' * 64}", f"--anchor=1:{right}").status == 1


def test_anchors_noted_earlier_hold(run, acme, golden, vault):
    kept = [f"--anchor={event.seq}:{event.hash}" for event in AuditEvent.objects.filter(seq__in=[1, 3])]
    assert run("verify_audit", *kept).status == 0


def test_an_anchor_shows_a_history_that_was_rewritten(run, acme):
    done = run("verify_audit", "--anchor", f"1:{'0' * 64}")
    assert (done.status, "Anchor 1" in done.err) == (1, True)


def test_an_anchor_shows_a_history_that_was_cut(run, acme):
    done = run("verify_audit", "--anchor", f"999:{'0' * 64}")
    assert (done.status, "Anchor 999" in done.err) == (1, True)


@pytest.mark.parametrize("text", ["", "1", "x:y", f"1:{'0' * 63}", f"-1:{'0' * 64}", f"{'9' * 30}:{'0' * 64}", "1:"])
def test_what_is_no_anchor_is_not_taken_for_one(run, acme, text):
    assert run("verify_audit", f"--anchor={text}").status == 2


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {triggers.EVENT} SET body = '{{}}' WHERE seq = 2",
        f"UPDATE {triggers.EVENT} SET body = 'no JSON' WHERE seq = 2",
        f"UPDATE {triggers.EVENT} SET body = '[]' WHERE seq = 2",
        f"UPDATE {triggers.EVENT} SET actor_name = 'mel' WHERE seq = 2",
        f"UPDATE {triggers.EVENT} SET code = 'x' WHERE seq = 2",
        f"DELETE FROM {triggers.EVENT} WHERE seq = 2",
        f"DELETE FROM {triggers.EVENT} WHERE seq = (SELECT max(seq) FROM {triggers.EVENT})",
        f"UPDATE {triggers.HEAD} SET seq = seq - 1",
        f"DELETE FROM {triggers.HEAD}",
    ],
)
def test_a_log_that_was_tampered_with(run, without_triggers, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
    triggers.install()
    done = run("verify_audit")
    assert (done.status, bool(done.err), "in order" in done.out) == (1, True, False)


def test_triggers_that_are_missing_are_named(run, without_triggers):
    done = run("verify_audit")
    assert done.status == 1
    assert [name for name in triggers.missing() if name not in done.err] == []


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Ours"},
        {"name": "Modelle"},
        {"kind": "custom"},
    ],
)
def test_rule_1_a_core_registry_that_was_altered(run, without_triggers, models, change):
    Registry.objects.filter(pk=models.pk).update(version=2, **change)
    settle()
    triggers.install()
    done = run("verify_audit")
    assert (done.status, "Models" in done.err, "Acme ML" in done.err) == (1, True, True)


def test_rule_1_a_core_registry_that_is_missing(run, without_triggers, datasets):
    Registry.objects.filter(pk=datasets.pk).delete()
    settle()
    triggers.install()
    done = run("verify_audit")
    assert (done.status, "Datasets" in done.err) == (1, True)


def test_rule_4_a_core_registry_that_lost_its_type(run, without_triggers, models):
    models.types.all().delete()
    settle()
    triggers.install()
    done = run("verify_audit")
    assert (done.status, "Models" in done.err) == (1, True)


def test_what_no_verb_did_is_named(run, used_organization):
    assert run("verify_audit").status == 0
    RegistryMember.objects.filter(team__name="Sight", registry__name="Vault").update(role=Role.ADMIN)
    User.objects.filter(username="mel").update(is_superuser=True)
    done = run("verify_audit")
    assert (done.status, len(done.err.splitlines())) == (1, 3)
    assert [word for word in ("Sight", "Vault", "mel", "is_superuser") if word not in done.err] == []


@pytest.mark.django_db(transaction=True)
def test_what_is_done_meanwhile_is_left_to_the_next_reading(run, golden, ada, monkeypatch):
    def edit():
        Registry.objects.get(pk=golden.pk).edit(Actor(ada), name="Silver", description="")
        connection.close()

    def meanwhile():
        yield from entries()
        thread = Thread(target=edit)
        thread.start()
        thread.join()

    monkeypatch.setattr(reconcile, "entries", meanwhile)
    done = run("verify_audit")
    assert (done.status, done.err, Registry.objects.get(pk=golden.pk).name) == (0, "", "Silver")


def test_nothing_is_changed(run, acme):
    before = list(AuditEvent.objects.values())
    run("verify_audit", "--anchor", f"1:{'0' * 64}")
    assert list(AuditEvent.objects.values()) == before
