"""A database that can't do its part: which errors say so, and writes that a request can do without."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, connection, transaction

from .. import rules

logger = logging.getLogger(__name__)

# What a second try may mend, as SQLite (by name) and PostgreSQL (by SQLSTATE) call it: two requests met on one row.
MET = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_FOREIGNKEY", "23505", "23503"}
READ_ONLY = "25006"  # a PostgreSQL that is being replaced by another one says so


def fault_of(error: BaseException | None) -> rules.Refusal | None:
    """DATABASE_UNAVAILABLE or CHANGED_AT_ONCE where `error` is the database's and says so; None for any other.

    A statement that is wrong in itself is our mistake, though SQLite calls it an OperationalError too.
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
        return rules.CHANGED_AT_ONCE if name in MET else None
    return None


def best_effort(write: Callable[[], object]) -> bool:
    """Call `write` in a transaction of its own, which waits for no lock. Answers whether it was done.

    For what is noted on the way: reading goes on where nothing can be written.
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


@contextmanager
def _without_waiting() -> Iterator[None]:
    """SQLite's wait for its one lock is the connection's: none in this block."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(connection.settings_dict['OPTIONS']['timeout'] * 1000)}")
