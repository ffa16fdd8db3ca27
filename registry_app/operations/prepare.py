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

MOMENT = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}


def pending() -> list[tuple[str, str]]:
    """The migrations, (app, name) pairs, that the database lacks. Raises CommandError where it can't be reached."""
    try:
        return pending_migrations()
    except DatabaseError as error:
        raise CommandError(f"The database can't be used: {str(error).strip()}") from error


def prepare(command: BaseCommand) -> None:
    """Bring the database to this version, telling through `command` what is done; silent where nothing is.

    The restriction journal of a new installation begins here. One process at a time does, and the others wait for it.
    """
    with alone(command):
        if migrations := pending():
            command.stdout.write(f"Preparing the database: {len(migrations)} migrations.")
            command.stdout.flush()
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        if not Organization.objects.exists():
            with journal_usable():
                restriction_journal.begin()


@contextmanager
def one_moment() -> Iterator[None]:
    """The database as it is now, for all that the block reads. Nobody who writes meanwhile has to wait."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(MOMENT[connection.vendor])
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


@contextmanager
def journal_usable() -> Iterator[None]:
    """A restriction journal that can't be read or written is format_errors, and ends the command."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"{settings.RESTRICTION_JOURNAL} can't be used: {error.strerror}.") from error


def mend_journal(command: BaseCommand) -> None:
    """Rewrite the restriction journal so that it holds all that rows and log know; print what it lacked."""
    with journal_usable():
        unnoted, seen = Registry.objects.unnoted(), restriction_journal.read()
        for fault in journal_faults(unnoted, seen):
            command.stdout.write(f"{fault} It is mended.")
        if not seen.exists or seen.unreadable or unnoted or any(line.entry for line in seen.lines):
            restriction_journal.settle(seen, [*seen.restricted().values(), *unnoted])


def journal_faults(unnoted: Iterable[restriction_journal.Line], seen: restriction_journal.Ledger) -> Iterator[str]:
    """What is wrong with the Ledger that was `seen`, a sentence each; `unnoted` are the lines that it lacks."""
    name = Path(settings.RESTRICTION_JOURNAL).name
    if not seen.exists and Organization.objects.exists():
        path = settings.RESTRICTION_JOURNAL
        yield f"{path} is missing: only the newest copy of it knows what was restricted after a backup."
    for number, text in seen.unreadable.items():
        yield f"{name}, line {number} can't be read: {text[:80]!r}"
    for line in unnoted:
        yield f"{name} doesn't say that {line.name} is restricted."


def restore_restrictions(command: BaseCommand) -> None:
    """Rule 9 through a restore: restrict again what the journal knows as restricted and an old backup has opened."""
    with journal_usable():
        for registry in Registry.objects.restricted_before_restore():
            try:
                registry.restrict(Actor(None, staff=True), reason="Restored from a backup older than its restriction.")
            except ValidationError as error:
                raise CommandError(f"{registry} can't be restricted: {format_errors(error)}") from error
            command.stdout.write(f"{registry} is restricted again: the backup was older than its restriction.")
