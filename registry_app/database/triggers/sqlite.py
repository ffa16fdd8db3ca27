"""The triggers as SQLite keeps them: its list of triggers holds their text."""

from django.db.backends.utils import CursorWrapper

from .declared import AFTER_INSERT, TRIGGERS, name_of


def statements(cursor: CursorWrapper) -> list[str]:
    """The SQL that puts every trigger in place, in order: on our tables, whatever temporary ones have their names."""
    return [text.replace("CREATE TRIGGER ", "CREATE TRIGGER main.", 1) for text in wanted(cursor).values()]


def wanted(cursor: CursorWrapper) -> dict[str, str]:
    """{name of a rule: what `present` tells of it while it is in place as declared}."""
    after = {
        name_of(table, "after"): f"CREATE TRIGGER {name_of(table, 'after')} AFTER INSERT ON {table} BEGIN {change}; END"
        for table, change in AFTER_INSERT.items()
    }
    return {name_of(*key): _trigger(*key, conditions) for key, conditions in TRIGGERS.items()} | after


def present(cursor: CursorWrapper) -> dict[str, str]:
    """{name of a rule: its text}, of those in the database."""
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 5) = 'rule_'")
    return dict(cursor.fetchall())


def removals(cursor: CursorWrapper) -> list[str]:
    """The SQL that takes every trigger away."""
    return [f"DROP TRIGGER main.{name}" for name in present(cursor)]


def _trigger(table, event, conditions):
    cases = " ".join(f"WHEN {condition} THEN RAISE(ABORT, 'rule:{code}')" for code, condition in conditions)
    return f"CREATE TRIGGER {name_of(table, event)} BEFORE {event} ON {table} BEGIN SELECT CASE {cases} END; END"
