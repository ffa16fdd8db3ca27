"""The ledger beside the database, and the replay of the log: what a backup or a raw write can't hide."""

import pytest

from registry_app import guards
from registry_app.models import Actor, Registry
from registry_app.models.replay import differences
from tests.factories import make_registry


@pytest.fixture(autouse=True)
def _own_ledger(settings, tmp_path):
    settings.LEDGER = tmp_path / "data" / "restricted.jsonl"


def restore_older_backup(registry):
    """What a backup from before the restriction brings back."""
    with guards.off():
        Registry.objects.filter(pk=registry.pk).update(visibility="organization")


def test_rule_9_an_old_backup_is_noticed(golden, ada, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        golden.restrict(Actor(ada))
    assert list(Registry.objects.reopened()) == []
    restore_older_backup(golden)
    assert list(Registry.objects.reopened()) == [golden]


def test_rule_9_one_born_restricted_is_noted_too(acme, ada, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        secret = make_registry(acme, ada, "Secret", restricted=True)
    restore_older_backup(secret)
    assert list(Registry.objects.reopened()) == [secret]


def test_what_was_rolled_back_is_not_noted(golden, ada, django_capture_on_commit_callbacks, settings):
    with django_capture_on_commit_callbacks(execute=False):
        golden.restrict(Actor(ada))
    assert not settings.LEDGER.exists()


def test_the_ledger_of_another_database_closes_nothing(golden, ada, settings):
    settings.LEDGER.parent.mkdir()
    settings.LEDGER.write_text(f'{{"born":"2001-01-01T00:00:00+00:00","name":"Other","registry":{golden.pk}}}\n')
    assert list(Registry.objects.reopened()) == []


def test_the_ledger_is_its_owners_alone(golden, ada, settings, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        golden.restrict(Actor(ada))
    assert settings.LEDGER.stat().st_mode & 0o777 == 0o600


def test_verbs_leave_the_log_and_the_rows_agreeing(golden, vault, models, ada):
    golden.edit(Actor(ada), name="Silver", description="Newer")
    golden.add_types(Actor(ada), ["trace"])
    golden.remove_type(Actor(ada), "trace")
    vault.accept_only(Actor(ada), ["model"])
    golden.accept_all_types(Actor(ada))
    models.add_types(Actor(ada), ["adapter"])
    vault.delete_by(Actor(ada))
    assert list(differences()) == []


def test_replay_sees_a_change_that_no_verb_made(golden, ada):
    Registry.objects.filter(pk=golden.pk).update(description="Quietly", version=golden.version + 1)
    golden.types.filter(name="eval-suite").delete()
    assert len(list(differences())) == 2


def test_replay_sees_a_registry_without_a_history_and_a_history_without_a_registry(golden, acme, ada):
    Registry.objects.create(organization=acme, name="Quiet", name_key="quiet")
    Registry.objects.filter(pk=golden.pk).delete()
    assert len(list(differences())) == 2
