"""Rule 9 through a restore: the journal beside the database knows each restriction, wherever it breaks off."""

import errno
import os
from threading import Thread

import pytest
from django.core.exceptions import ValidationError

from registry_app.database import triggers
from registry_app.models import Actor, Registry, restriction_journal
from tests.assertions import codes, everything, refused, undone
from tests.factories import make_registry


@pytest.fixture(autouse=True)
def path(settings, tmp_path):
    """A restriction journal of the test's own, which isn't there yet."""
    settings.RESTRICTION_JOURNAL = tmp_path / "data" / "restricted.jsonl"
    return settings.RESTRICTION_JOURNAL


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """Do something, and what comes after its commit."""

    def commit(act):
        with django_capture_on_commit_callbacks(execute=True):
            return act()

    return commit


def goes_on(acme, ada):
    """The log tells of something else."""
    make_registry(acme, ada, "Other")


# `undone` leaves the database as an older backup has it, and the file as it became.


def test_rule_9_an_old_backup_is_noticed(golden, ada, commit):
    with undone():
        commit(lambda: golden.restrict(Actor(ada)))
        assert list(Registry.objects.restricted_before_restore()) == []
    assert list(Registry.objects.restricted_before_restore()) == [golden]


def test_rule_9_one_born_restricted_is_noted_too(acme, ada, commit):
    secret = commit(lambda: make_registry(acme, ada, "Secret", restricted=True))
    assert restriction_journal.read().lines[-1] == (secret.pk, secret.created_at.isoformat(), "Secret", "", "")
    assert Registry.objects.unnoted() == []


def test_rule_9_what_broke_off_before_commit_closes_nothing(golden, acme, ada, path):
    with undone():
        golden.restrict(Actor(ada))
    assert str(golden.pk) in path.read_text()
    assert (list(Registry.objects.restricted_before_restore()), restriction_journal.read().restricted()) == ([], {})
    goes_on(acme, ada)
    assert (list(Registry.objects.restricted_before_restore()), restriction_journal.read().restricted()) == ([], {})


def test_rule_9_the_first_entry_of_a_log_may_break_off_too(golden, ada, path):
    line = restriction_journal.Line(golden.pk, golden.created_at.isoformat(), "x", f"1:{'0' * 64}", "0" * 64)
    path.parent.mkdir()
    path.write_bytes(line.text())
    assert restriction_journal.read().restricted() == {}


def test_rule_9_what_broke_off_after_commit_counts(golden, acme, ada):
    with undone():
        goes_on(acme, ada)
        golden.restrict(Actor(ada))
        assert Registry.objects.unnoted() == []
    assert list(Registry.objects.restricted_before_restore()) == [golden]  # the log of this backup doesn't reach so far


def test_rule_9_a_line_is_sure_before_anybody_is_told(golden, ada, commit):
    commit(lambda: golden.restrict(Actor(ada)))
    unsure, sure = restriction_journal.read().lines
    assert (bool(unsure.entry), sure) == (True, unsure.sure)


def test_rule_9_the_journal_of_another_database_closes_nothing(golden, ada, path):
    path.parent.mkdir()
    path.write_text(f'{{"born":"2001-01-01T00:00:00+00:00","name":"Other","registry":{golden.pk}}}\n')
    assert list(Registry.objects.restricted_before_restore()) == []


def test_rules_2_and_9_a_journal_that_somebody_wrote_closes_no_core_registry(models, path):
    path.parent.mkdir()
    path.write_bytes(restriction_journal.Line(models.pk, models.created_at.isoformat(), "Models").text())
    assert list(Registry.objects.restricted_before_restore()) == []


def test_the_journal_is_its_owners_alone(golden, ada, path):
    golden.restrict(Actor(ada))
    assert path.stat().st_mode & 0o777 == 0o600


# What the restriction journal lacks, rows and log know.


def test_rule_9_a_line_that_was_lost_is_noticed(golden, vault, ada, commit, path):
    commit(lambda: golden.restrict(Actor(ada)))
    path.write_bytes(b"")
    assert [line.name for line in Registry.objects.unnoted()] == ["Golden Datasets", "Vault"]


def test_rule_9_one_that_somebody_opened_by_force_is_known_from_the_log(golden, ada, path):
    golden.restrict(Actor(ada))
    with triggers.disabled():
        Registry.objects.update(visibility="organization")
    path.unlink()
    assert [line.registry for line in Registry.objects.unnoted()] == [golden.pk]


def test_rule_9_one_that_is_gone_is_known_from_the_log(golden, acme, ada, commit, path):
    born = golden.created_at
    with undone():
        golden.restrict(Actor(ada))
        golden.delete_by(Actor(ada))
        path.unlink()
        [line] = Registry.objects.unnoted()
        restriction_journal.settle(restriction_journal.read(), [line])
        assert (line.registry, line.name, Registry.objects.unnoted()) == (golden.pk, "Golden Datasets", [])
        assert line.born != born.isoformat()
    assert list(Registry.objects.restricted_before_restore()) == [golden]


def test_a_registry_that_only_speaks_of_being_restricted_is_not(acme, ada):
    make_registry(acme, ada, "Talk", description='"visibility":[null,"restricted"]')
    assert Registry.objects.unnoted() == []


# What can't be written.


@pytest.mark.parametrize("place", ["a folder", "in a file", "full"])
def test_rule_9_what_cannot_be_noted_is_not_restricted(golden, acme, ada, settings, tmp_path, place):
    places = {"a folder": tmp_path, "in a file": tmp_path / "file" / "journal", "full": "/dev/full"}
    (tmp_path / "file").touch()
    settings.RESTRICTION_JOURNAL = places[place]
    with refused("restriction_not_noted"):
        golden.restrict(Actor(ada))
    with refused("restriction_not_noted"):
        make_registry(acme, ada, "Secret", restricted=True)
    goes_on(acme, ada)


def test_rule_9_a_line_is_written_whole_or_not_at_all(golden, vault, ada, path, monkeypatch):
    whole, write, before = path.read_bytes(), os.write, everything()

    def full(descriptor, contents):
        if len(contents) < 50:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, contents[:40])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(ValidationError) as caught:
        golden.restrict(Actor(ada))
    assert (codes(caught.value), path.read_bytes(), everything()) == (["restriction_not_noted"], whole, before)
    golden.refresh_from_db()
    assert not golden.is_restricted


def test_nobody_is_told_that_all_went_well_where_it_did_not(golden, ada, commit, settings, tmp_path):
    def fails_after():
        golden.restrict(Actor(ada))
        settings.RESTRICTION_JOURNAL = tmp_path

    with pytest.raises(OSError):
        commit(fails_after)


@pytest.mark.parametrize("torn", [b"x", b'{"born":"2026-', b"\xff\xfe\0"])
def test_a_torn_line_takes_no_other_along(golden, vault, ada, commit, path, torn):
    path.write_bytes(path.read_bytes() + torn)
    commit(lambda: golden.restrict(Actor(ada)))
    seen = restriction_journal.read()
    assert (list(seen.unreadable.values()), seen.lines[-1].name) == ([torn], "Golden Datasets")


def test_a_link_to_what_several_machines_share_stays_one(golden, ada, commit, path, tmp_path):
    path.parent.mkdir()
    path.symlink_to(tmp_path / "shared.jsonl")
    commit(lambda: golden.restrict(Actor(ada)))
    restriction_journal.settle(restriction_journal.read(), restriction_journal.read().restricted().values())
    assert (path.is_symlink(), [line.name for line in restriction_journal.read().lines]) == (True, ["Golden Datasets"])


def test_whoever_writes_while_it_is_written_anew_is_in_it(path):
    def add(start):
        for number in range(start, start + 50):
            restriction_journal._append(restriction_journal.Line(number, "b", "n"))

    threads = [Thread(target=add, args=(1 + 50 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        seen = restriction_journal.read()
        restriction_journal.settle(seen, seen.lines)
    assert sorted(line.registry for line in restriction_journal.read().lines) == list(range(1, 201))
