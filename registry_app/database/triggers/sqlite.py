"""The triggers on SQLite, which stores their text."""

from django.db.backends.utils import CursorWrapper

from .declared import AFTER_INSERT, TRIGGERS, name_of


def statements(cursor: CursorWrapper) -> list[str]:
    """The SQL statements that create all triggers, in order: in `main`, where our tables are."""
    return [text.replace("CREATE TRIGGER ", "CREATE TRIGGER main.", 1) for text in wanted(cursor).values()]


def wanted(cursor: CursorWrapper) -> dict[str, str]:
    """{name of a trigger: what `present` returns for it if it exists as declared}."""
    after = {
        name_of(table, "after"): f"CREATE TRIGGER {name_of(table, 'after')} AFTER INSERT ON {table} BEGIN {change}; END"
        for table, change in AFTER_INSERT.items()
    }
    return {name_of(*key): _trigger(*key, conditions) for key, conditions in TRIGGERS.items()} | after


def present(cursor: CursorWrapper) -> dict[str, str]:
    """{name of a trigger in the database: its text}."""
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 5) = 'rule_'")
    return dict(cursor.fetchall())


def removals(cursor: CursorWrapper) -> list[str]:
    """The SQL statements that drop all triggers."""
    return [f"DROP TRIGGER main.{name}" for name in present(cursor)]


def _trigger(table, event, conditions):
    cases = " ".join(f"WHEN {condition} THEN RAISE(ABORT, 'rule:{code}')" for code, condition in conditions)
    return f"CREATE TRIGGER {name_of(table, event)} BEFORE {event} ON {table} BEGIN SELECT CASE {cases} END; END"
