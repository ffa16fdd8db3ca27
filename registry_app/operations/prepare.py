"""Prepare the database for this version, and the restriction journal beside it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from ..models import Actor, Organization, Registry, restriction_journal
from ..models.validation import format_errors
from .alone import alone
from .readiness import pending_migrations

BEGIN_SNAPSHOT = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}


def pending() -> list[tuple[str, str]]:
    """The migrations, (app, name) pairs, that the database lacks. CommandError if it can't be reached."""
    try:
        return pending_migrations()
    except DatabaseError as error:
        raise CommandError(f"The database can't be used: {str(error).strip()}") from error


def prepare(command: BaseCommand) -> None:
    """Migrate the database to this version, and create the restriction journal of a new installation.

    Prints through `command` what is done; nothing if nothing is. One process at a time does this, the others wait.
    """
    with alone(command):
        if migrations := pending():
            count = len(migrations)
            command.stdout.write(f"Preparing the database: {count} migration{'' if count == 1 else 's'}.")
            command.stdout.flush()
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        if not Organization.objects.exists():
            with journal_errors():
                restriction_journal.begin()


@contextmanager
def one_snapshot() -> Iterator[None]:
    """The block reads one snapshot of the database. Other processes can write meanwhile."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(BEGIN_SNAPSHOT[connection.vendor])
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


@contextmanager
def journal_errors() -> Iterator[None]:
    """In the block, an OSError about the restriction journal becomes a CommandError."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"{settings.RESTRICTION_JOURNAL} can't be used: {error.strerror}.") from error


def mend_journal(command: BaseCommand) -> None:
    """Rewrite the restriction journal so that it holds all that rows and log know; print what it lacked."""
    with journal_errors():
        unnoted, journal = Registry.objects.unnoted(), restriction_journal.read()
        for fault in journal_faults(unnoted, journal):
            command.stdout.write(f"{fault} It is mended.")
        if not journal.exists or journal.unreadable or unnoted or any(line.entry for line in journal.lines):
            restriction_journal.settle(journal, [*journal.restricted().values(), *unnoted])


def journal_faults(unnoted: Iterable[restriction_journal.Line], journal: restriction_journal.Journal) -> Iterator[str]:
    """A sentence for each fault of `journal`, as it was read; `unnoted` are the lines that it lacks."""
    name = Path(settings.RESTRICTION_JOURNAL).name
    if not journal.exists and Organization.objects.exists():
        path = settings.RESTRICTION_JOURNAL
        yield f"{path} is missing: only the newest copy of it knows what was restricted after a backup."
    for number, text in journal.unreadable.items():
        yield f"{name}, line {number} can't be read: {text[:80]!r}"
    for line in unnoted:
        yield f"{name} doesn't say that {line.name} is restricted."


def restore_restrictions(command: BaseCommand) -> None:
    """Rule 9 through a restore: restrict again what the journal knows as restricted and an old backup has opened."""
    with journal_errors():
        for registry in Registry.objects.restricted_before_restore():
            try:
                registry.restrict(Actor(None, staff=True), reason="Restored from a backup older than its restriction.")
            except ValidationError as error:
                raise CommandError(f"{registry} can't be restricted: {format_errors(error)}") from error
            command.stdout.write(f"{registry} is restricted again: the backup was older than its restriction.")
