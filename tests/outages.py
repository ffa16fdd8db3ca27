"""Databases that can't do their part, made so for real: held by another program, full, out of reach.

For tests outside a transaction (`transactional_db`), because they make the site's connection anew.
"""

from contextlib import contextmanager, suppress

from django.db import OperationalError, connection

WAIT = 0.1  # seconds for a lock, so that the tests are quick
SQLITE = connection.vendor == "sqlite"
FILLABLE = {"django_session": "session_key", "site_cache": "cache_key"}  # {table without triggers: its first column}


@contextmanager
def reconnected(options=(), **changes):
    """The site's connection made anew with other settings, and afterwards with its own."""
    kept = connection.settings_dict
    connection.close()
    connection.settings_dict = {**kept, "OPTIONS": {**kept["OPTIONS"], **dict(options)}, **changes}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = kept


@contextmanager
def held():
    """Another program holds what writing takes; reading goes on."""
    other = connection.copy()
    with other.cursor() as cursor:
        if SQLITE:
            cursor.execute("BEGIN IMMEDIATE")
        else:
            cursor.execute(f"BEGIN; LOCK TABLE {', '.join(connection.introspection.table_names())} IN EXCLUSIVE MODE")
        try:
            with reconnected({"timeout": WAIT} if SQLITE else {"options": f"-c lock_timeout={int(WAIT * 1000)}"}):
                yield
        finally:
            cursor.execute("ROLLBACK")
            other.close()


@contextmanager
def out_of_reach():
    """Nothing answers where the database is looked for."""
    nowhere = "/no/such/folder/"
    with reconnected(NAME=nowhere + "file") if SQLITE else reconnected({"host": nowhere}, HOST=nowhere):
        yield


@contextmanager
def full():
    """There is no room for more. PostgreSQL can't be filled; triggers say there what it would say."""
    with reconnected(), connection.cursor() as cursor:
        (_fill if SQLITE else _refuse_writes)(cursor)
        try:
            yield
        finally:
            if SQLITE:
                _empty(cursor)
            else:
                cursor.execute("DROP FUNCTION full_disk CASCADE")


def _fill(cursor):
    cursor.execute("PRAGMA page_count")
    cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
    for table in _fillable():
        for size in (1_000_000, 10_000, 0):  # characters: other tests may have left a lot of room behind
            with suppress(OperationalError):
                for number in range(100_000):
                    cursor.execute(
                        f"INSERT INTO {table} VALUES ('filler{size}.{number}', %s, '2000-01-01')", ["x" * size]
                    )


def _empty(cursor):
    cursor.execute("PRAGMA max_page_count = 4294967294")
    for table in _fillable():
        cursor.execute(f"DELETE FROM {table} WHERE {FILLABLE[table]} LIKE 'filler%'")


def _fillable():
    return FILLABLE.keys() & set(connection.introspection.table_names())


def _refuse_writes(cursor):
    cursor.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$"
    )
    for table in connection.introspection.table_names():
        cursor.execute(f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION full_disk()")
