"""The database as commands find it: prepared, or in need of a migration; and the ledger beside it."""

from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection

from ..models import Actor, Organization, Registry, restriction_journal
from ..models.validation import format_errors
from .alone import alone
from .readiness import pending_migrations

MOMENT = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}


def pending():
    """The migrations, (app, name) pairs, that the database lacks. Raises CommandError where it can't be reached."""
    try:
        return pending_migrations()
    except DatabaseError as error:
        raise CommandError(f"The database can't be used: {str(error).strip()}") from error


def prepare(command):
    """Bring the database to this version, telling through `command` what is done; silent where nothing is.

    The ledger of a new installation begins here. One process at a time does, and the others wait for it.
    """
    with alone(command):
        if migrations := pending():
            command.stdout.write(f"Preparing the database: {len(migrations)} migrations.")
            command.stdout.flush()
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        if not Organization.objects.exists():
            with ledger_usable():
                restriction_journal.begin()


@contextmanager
def one_moment():
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
def ledger_usable():
    """A ledger that can't be read or written is told, and ends the command."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"{settings.LEDGER} can't be used: {error.strerror}.") from error


def mend_ledger(command):
    """Let the ledger say all that rows and log know, in lines that can be read, and tell what it lacked."""
    with ledger_usable():
        unnoted, seen = Registry.objects.unnoted(), restriction_journal.read()
        for fault in ledger_faults(unnoted, seen):
            command.stdout.write(f"{fault} It is mended.")
        if not seen.exists or seen.unreadable or unnoted or any(line.entry for line in seen.lines):
            restriction_journal.settle(seen, [*seen.restricted().values(), *unnoted])


def ledger_faults(unnoted, seen):
    """What is wrong with the Ledger that was `seen`, a sentence each; `unnoted` are the lines that it lacks."""
    name = Path(settings.LEDGER).name
    if not seen.exists and Organization.objects.exists():
        yield f"{settings.LEDGER} is missing: only the newest copy of it knows what was restricted after a backup."
    for number, text in seen.unreadable.items():
        yield f"{name}, line {number} can't be read: {text[:80]!r}"
    for line in unnoted:
        yield f"{name} doesn't say that {line.name} is restricted."


def restore_restrictions(command):
    """Rule 9 through a restore: restrict what the ledger knows as restricted and an old backup has opened again."""
    with ledger_usable():
        for registry in Registry.objects.restricted_before_restore():
            try:
                registry.restrict(Actor(None, staff=True), reason="Restored from a backup older than its restriction.")
            except ValidationError as error:
                raise CommandError(f"{registry} can't be restricted: {format_errors(error)}") from error
            command.stdout.write(f"{registry} is restricted again: the backup was older than its restriction.")
