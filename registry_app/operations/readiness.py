"""Whether the site is ready: the database answers and is complete."""

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor

from ..database import triggers


def pending_migrations() -> list[tuple[str, str]]:
    """The migrations, (app, name) pairs, that the database lacks. DatabaseError if it can't be reached."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _ in plan]


def is_ready() -> bool:
    """Whether the database answers, lacks no migration, and has all triggers."""
    try:
        return not pending_migrations() and not triggers.missing()
    except (DatabaseError, InterfaceError):
        return False
