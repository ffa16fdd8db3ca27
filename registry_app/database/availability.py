"""Database failures: which errors mean that the database is unavailable, and writes that may be left out then."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, connection, transaction

from .. import rules

logger = logging.getLogger(__name__)

# Constraint errors of two requests that changed one row at once, so that a second try may succeed: SQLite's names and
# PostgreSQL's SQLSTATEs.
CONCURRENT = {
    "SQLITE_CONSTRAINT_UNIQUE",
    "SQLITE_CONSTRAINT_PRIMARYKEY",
    "SQLITE_CONSTRAINT_FOREIGNKEY",
    "23505",
    "23503",
}
PAUSE = 0.03  # seconds: SQLite tries a lock again after 25 milliseconds or less, at first
READ_ONLY = "25006"  # PostgreSQL's SQLSTATE while another server takes its place


def fault_of(error: BaseException | None) -> rules.Refusal | None:
    """DATABASE_UNAVAILABLE or CHANGED_AT_ONCE if `error` is a database error of that meaning; else None.

    A wrong statement is a defect of the app: None, although SQLite raises an OperationalError for it too.
    """
    cause = error.__cause__ if error else None
    if isinstance(error, InterfaceError):  # the connection is gone
        return rules.DATABASE_UNAVAILABLE
    if isinstance(error, OperationalError):
        mistake = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
        return None if mistake else rules.DATABASE_UNAVAILABLE
    if isinstance(error, InternalError):
        return rules.DATABASE_UNAVAILABLE if getattr(cause, "sqlstate", None) == READ_ONLY else None
    if isinstance(error, IntegrityError):
        name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
        return rules.CHANGED_AT_ONCE if name in CONCURRENT else None
    return None


def best_effort(write: Callable[[], object]) -> bool:
    """Call `write` in its own transaction, which waits for no lock. Return whether it succeeded.

    It is meant for writes that a page can do without: the page is shown although the database can't write.
    """
    try:
        with _without_waiting(), transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = 1")  # millisecond; 0 would wait for ever
            write()
    except OperationalError as error:
        logger.info("Left out: %s", error)
        return False
    return True


def let_others_write() -> None:
    """Pause between two transactions of a long work, so that those who wait for SQLite's only lock can take it."""
    time.sleep(PAUSE)


@contextmanager
def _without_waiting() -> Iterator[None]:
    """The block with SQLite's busy timeout, which belongs to the connection, set to 0."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(connection.settings_dict['OPTIONS']['timeout'] * 1000)}")
