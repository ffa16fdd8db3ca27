"""SQLite's file opened by another program, with nothing set as the site sets it: the triggers go with the file.

Run on SQLite alone.
"""

import sqlite3

import pytest
from django.db import connection

from registry_app.database import triggers
from tests.database.triggers.attacks import ATTACKS, EVENT, REGISTRY, SHADOWS, qualified


@pytest.fixture
def file(names, tmp_path):
    """A copy of the database, with what the test has written."""
    path = tmp_path / "copy.sqlite3"
    path.write_bytes(connection.connection.serialize())
    return path


@pytest.mark.parametrize("schema", ["main", "site"])
def test_the_database_refuses_as_much_where_it_is_attached(file, names, schema, subtests):
    program = sqlite3.connect(file if schema == "main" else ":memory:", isolation_level=None)
    program.execute("ATTACH ? AS site", [str(file)])
    for statement in (*SHADOWS, "PRAGMA ignore_check_constraints = ON"):
        program.execute(statement.replace("main.", f"{schema}."))
    rows = [program.execute(f"SELECT * FROM {schema}.{table}").fetchall() for table in (REGISTRY, EVENT)]
    for attack, (code, statement) in ATTACKS.items():
        with subtests.test(attack), pytest.raises(sqlite3.IntegrityError) as caught:
            program.execute(qualified(statement.format_map(names)).replace("main.", f"{schema}."))
        assert triggers.refusal_of(caught.value).code == code
    assert rows == [program.execute(f"SELECT * FROM {schema}.{table}").fetchall() for table in (REGISTRY, EVENT)]
    program.close()
