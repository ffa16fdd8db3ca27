"""A lock so that one process at a time prepares the database; servers that start together wait for the first."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

LOCK = int.from_bytes(b"registry")  # the number of PostgreSQL's lock
PAUSE = 0.2  # seconds between two tries


@contextmanager
def alone(command: BaseCommand) -> Iterator[None]:
    """Hold the database's lock for the block. A process that has to wait prints so through `command`.

    CommandError if the database can't be reached. The lock ends with its process.
    """
    with _of_session() if connection.vendor == "postgresql" else _of_folder() as take:
        if not take():
            command.stdout.write("Another process prepares the database: waiting for it.")
            command.stdout.flush()
            while not take():
                time.sleep(PAUSE)
        yield


@contextmanager
def _of_session() -> Iterator[Callable[[], bool]]:
    """A function that tries once to take an advisory lock of PostgreSQL, on its own connection.

    It doesn't wait, because a waiting statement would block CREATE INDEX CONCURRENTLY.
    """
    with closing(connection.copy()) as session:

        def take():
            try:
                with session.cursor() as cursor:
                    cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                    return cursor.fetchone()[0]
            except DatabaseError as error:
                raise CommandError(f"The database can't be used: {str(error).strip()}") from error

        yield take


@contextmanager
def _of_folder() -> Iterator[Callable[[], bool]]:
    """A function that tries once to lock the folder of SQLite's file."""
    folder = os.open(Path(connection.settings_dict["NAME"]).parent, os.O_RDONLY)

    def take():
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        yield take
    finally:
        os.close(folder)
