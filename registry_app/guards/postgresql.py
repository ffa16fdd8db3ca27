"""The guards as PostgreSQL keeps them: each a function, and a trigger that calls it."""

from .declared import AFTER_INSERT, GUARDS, TRUNCATE_CODES, name_of


def statements(cursor):
    """The SQL that puts every guard in place, in order.

    PostgreSQL alters no table whose rows wait for a foreign key's check, so those are checked first. The search path is
    pinned, for a restore runs with an empty one; ALWAYS holds under session_replication_role too.
    """
    made = ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]
    for (table, event), (source, definition) in _declared().items():
        name = name_of(table, event)
        made += [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT"
            f" AS $guard${source}$guard$",
            definition,
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
        ]
    return made


def wanted(cursor):
    """{name of a guard: what `present` tells of it while it is in place as declared}; A says enabled ALWAYS."""
    return {name_of(*key): ("A", *texts) for key, texts in _declared().items()}


def present(cursor):
    """{name of a guard: (when it is enabled, source of the function, definition of the trigger)} of the database's."""
    return {name: tuple(facts) for name, _, *facts in _found(cursor)}


def removals(cursor):
    """The SQL that takes every guard away."""
    return [f"DROP TRIGGER {name} ON {table}" for name, table, *_ in _found(cursor)]


def _found(cursor):
    cursor.execute(
        "SELECT t.tgname, t.tgrelid::regclass::text, t.tgenabled, p.prosrc, pg_get_triggerdef(t.oid, true)"
        " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE substr(t.tgname, 1, 6) = 'guard_' AND NOT t.tgisinternal AND pg_table_is_visible(t.tgrelid)"
    )
    return cursor.fetchall()


def _declared():
    """{(table, event): (source of the function, definition of the trigger)}"""
    truncates = {(table, "TRUNCATE"): [(code, "TRUE")] for table, code in TRUNCATE_CODES.items()}
    after = {(table, "after"): _after(table, change) for table, change in AFTER_INSERT.items()}
    return {key: _before(*key, conditions) for key, conditions in {**GUARDS, **truncates}.items()} | after


def _before(table, event, conditions):
    """(source of the function, definition of the trigger), just as the database tells them again.

    No WHEN and no column list: both would stop a later change of a column's type.
    """
    name = name_of(table, event)
    tests = " ".join(f"IF {condition} THEN {_raise(code)} END IF;" for code, condition in conditions)
    row = {"DELETE": "OLD", "TRUNCATE": "NULL"}.get(event, "NEW")
    scope = "STATEMENT" if event == "TRUNCATE" else "ROW"
    return (
        f" BEGIN {tests} RETURN {row}; END ",
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {scope} EXECUTE FUNCTION {name}()",
    )


def _after(table, change):
    name = name_of(table, "after")
    return (
        f" BEGIN {change}; RETURN NULL; END ",
        f"CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )


def _raise(code):
    return f"RAISE EXCEPTION 'guard:{code}' USING ERRCODE = '23514', CONSTRAINT = '{code}';"
