"""The triggers on PostgreSQL: a function each, and a trigger that calls it.

A session may create temporary tables of any name, and a name without a schema means these first. So the search path of
each function is our schema with `pg_temp` last, and every statement here names the schema.
"""

from django.db.backends.utils import CursorWrapper

from .declared import AFTER_INSERT, REGISTRY, TRIGGERS, TRUNCATE_CODES, name_of

# The schema of our tables, quoted if necessary: the first schema of the search path that has one of them.
SCHEMA = """
SELECT quote_ident(n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = %s AND c.relpersistence <> 't' AND n.nspname = ANY (current_schemas(false))
ORDER BY array_position(current_schemas(false), n.nspname) LIMIT 1
"""
# The triggers in a schema: name, table, and everything that decides what a trigger does.
FOUND = """
SELECT t.tgname, format('%%I.%%I', n.nspname, c.relname), t.tgenabled,
  split_part(pg_get_triggerdef(t.oid), ' EXECUTE ', 1), format('%%I.%%I', m.nspname, p.proname),
  l.lanname, p.provolatile, p.prosecdef, p.proconfig, p.prosrc
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace m ON m.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang
WHERE substr(t.tgname, 1, 5) = 'rule_' AND NOT t.tgisinternal AND quote_ident(n.nspname) = %s
"""


def statements(cursor: CursorWrapper) -> list[str]:
    """The SQL statements that create all triggers, in order.

    PostgreSQL alters no table with pending checks of foreign keys, so these are checked first. ENABLE ALWAYS makes a
    trigger fire under session_replication_role too.
    """
    schema = _schema(cursor)
    created = ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]
    for name, (table, timing, source) in _declared().items():
        created += [
            f"CREATE OR REPLACE FUNCTION {schema}.{name}() RETURNS trigger LANGUAGE plpgsql"
            f" SET search_path = {schema}, pg_temp AS $body${source}$body$",
            f"{_definition(schema, name, table, timing)} EXECUTE FUNCTION {schema}.{name}()",
            f"ALTER TABLE {schema}.{table} ENABLE ALWAYS TRIGGER {name}",
        ]
    return created


def wanted(cursor: CursorWrapper) -> dict[str, tuple]:
    """{name of a trigger: what `present` returns for it if it exists as declared}."""
    schema = _schema(cursor)
    return {
        name: (
            *("A", _definition(schema, name, table, timing)),  # A: enabled ALWAYS
            *(f"{schema}.{name}", "plpgsql", "v", False, [f"search_path={schema}, pg_temp"], source),
        )
        for name, (table, timing, source) in _declared().items()
    }


def present(cursor: CursorWrapper) -> dict[str, tuple]:
    """{name of a trigger in the database: everything that decides what it does}."""
    return {name: tuple(parts) for name, _, *parts in _found(cursor)}


def removals(cursor: CursorWrapper) -> list[str]:
    """The SQL statements that drop all triggers."""
    return [f"DROP TRIGGER {name} ON {table}" for name, table, *_ in _found(cursor)]


def _schema(cursor):
    cursor.execute(SCHEMA, [REGISTRY])
    return (cursor.fetchone() or [None])[0]


def _found(cursor):
    cursor.execute(FOUND, [_schema(cursor)])
    return cursor.fetchall()


def _declared():
    """{name of a trigger: (its table, when it fires, the source of its function)}."""
    truncates = {(table, "TRUNCATE"): [(code, "TRUE")] for table, code in TRUNCATE_CODES.items()}
    before = {
        name_of(table, event): (table, _timing(event), _source(event, conditions))
        for (table, event), conditions in {**TRIGGERS, **truncates}.items()
    }
    after = {
        name_of(table, "after"): (table, "AFTER INSERT ON {} FOR EACH ROW", f" BEGIN {change}; RETURN NULL; END ")
        for table, change in AFTER_INSERT.items()
    }
    return before | after


def _timing(event):
    return f"BEFORE {event} ON {{}} FOR EACH {'STATEMENT' if event == 'TRUNCATE' else 'ROW'}"


def _source(event, conditions):
    tests = " ".join(f"IF {condition} THEN {_raise(code)} END IF;" for code, condition in conditions)
    row = {"DELETE": "OLD", "TRUNCATE": "NULL"}.get(event, "NEW")
    return f" BEGIN {tests} RETURN {row}; END "


def _raise(code):
    return f"RAISE EXCEPTION 'rule:{code}' USING ERRCODE = '23514', CONSTRAINT = '{code}';"


def _definition(schema, name, table, timing):
    """The trigger without its function, in the words of pg_get_triggerdef.

    It has no WHEN and no column list, because both would prevent a later change of a column's type.
    """
    return f"CREATE TRIGGER {name} {timing.format(f'{schema}.{table}')}"
