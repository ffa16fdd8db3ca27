"""The database as commands find it: prepared, or in need of a migration."""

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from ..models import Actor, Registry
from .alone import alone


def pending():
    """The migrations, (app, name) pairs, that the database lacks. Raises CommandError where it can't be reached."""
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"The database can't be used: {str(error).strip()}") from error
    return [(migration.app_label, migration.name) for migration, _ in plan]


def prepare(command):
    """Bring the database to this version, telling through `command` what is done; silent where nothing is.

    One process at a time does, and the others wait for it.
    """
    with alone(command):
        if migrations := pending():
            command.stdout.write(f"Preparing the database: {len(migrations)} migrations.")
            command.stdout.flush()
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)


def close_reopened(command):
    """Rule 9 through a restore: restrict what the ledger knows as restricted and an old backup has opened again."""
    for registry in Registry.objects.reopened():
        registry.restrict(Actor(None, staff=True), reason="Restored from a backup older than its restriction.")
        command.stdout.write(f"{registry} is restricted again: the backup was older than its restriction.")
