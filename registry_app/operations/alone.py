"""Locks so that one process at a time does a thing: servers that start together wait until the first is prepared."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

LOCK = "registry"  # the name of the lock for preparing the database; its eight bytes are PostgreSQL's number
PAUSE = 0.2  # seconds between two tries


@contextmanager
def alone(command: BaseCommand) -> Iterator[None]:
    """Hold the database's lock for the block. A process that has to wait prints so through `command`.

    CommandError if the database can't be reached. The lock ends with its process.
    """
    with try_alone(LOCK) as take:
        if not take():
            command.stdout.write("Another process prepares the database: waiting for it.")
            command.stdout.flush()
            while not take():
                time.sleep(PAUSE)
        yield


@contextmanager
def try_alone(name: str) -> Iterator[Callable[[], bool]]:
    """A function that tries once to take the database's lock `name`, of eight letters, and says whether it is ours.

    It may be asked again whether it still is; CommandError if the database can't be reached. The lock ends with the
    block.
    """
    with _of_session(name) if connection.vendor == "postgresql" else _of_file(name) as take:
        yield take


@contextmanager
def _of_session(name: str) -> Iterator[Callable[[], bool]]:
    """A function that tries once to take an advisory lock of PostgreSQL, on its own connection.

    It doesn't wait, because a waiting statement would block CREATE INDEX CONCURRENTLY.
    """
    with closing(connection.copy()) as session:

        def take():
            try:
                with session.cursor() as cursor:
                    cursor.execute("SELECT pg_try_advisory_lock(%s)", [int.from_bytes(name.encode())])
                    return cursor.fetchone()[0]
            except DatabaseError as error:
                raise CommandError(f"The database can't be used: {str(error).strip()}") from error

        yield take


@contextmanager
def _of_file(name: str) -> Iterator[Callable[[], bool]]:
    """A function that tries once to lock a file beside that of SQLite."""
    path = Path(connection.settings_dict["NAME"]).with_name(f"{name}.lock")
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take():
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        yield take
    finally:
        os.close(file)
