"""The index of search: which registries may contain some words, found without reading them all.

It holds the trigrams of names and descriptions. PostgreSQL's planner uses it by itself; SQLite's is a table of its own,
kept by triggers and asked by `candidates`. Like the guards it is declared here and put in place after every migrate.
Where it is missing, search finds the same by reading every registry.
"""

from django.core import checks
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connection, connections, transaction

TABLE = "registry_app_registry"
FEW = 500  # candidates at most; where there are more, a page of hits is soon found in the order of names
SHORTEST = 3  # characters: shorter words have no trigram

_ADD = "INSERT INTO registry_search (rowid, name_key, description) VALUES (NEW.id, NEW.name_key, NEW.description);"
_REMOVE = (
    "INSERT INTO registry_search (registry_search, rowid, name_key, description)"
    " VALUES ('delete', OLD.id, OLD.name_key, OLD.description);"
)
_SQLITE = {
    "registry_search": (
        "CREATE VIRTUAL TABLE registry_search USING fts5"
        f"(name_key, description, content='{TABLE}', content_rowid='id', tokenize='trigram', detail='none')"
    ),
    "registry_search_insert": f"CREATE TRIGGER registry_search_insert AFTER INSERT ON {TABLE} BEGIN {_ADD} END",
    "registry_search_delete": f"CREATE TRIGGER registry_search_delete AFTER DELETE ON {TABLE} BEGIN {_REMOVE} END",
    "registry_search_update": (
        f"CREATE TRIGGER registry_search_update AFTER UPDATE ON {TABLE} WHEN (OLD.id, OLD.name_key, OLD.description)"
        f" IS NOT (NEW.id, NEW.name_key, NEW.description) BEGIN {_REMOVE} {_ADD} END"
    ),
}
_POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX registry_search ON {TABLE} USING gin (name_key gin_trgm_ops, upper(description) gin_trgm_ops)",
]


def candidates(texts):
    """The ids of all registries that may contain one of `texts`, and of some that don't: at most FEW.

    None where there are more, or where this index can't tell.
    """
    if connection.vendor != "sqlite" or any(len(text) < SHORTEST or "\0" in text for text in texts):
        return None
    with connection.cursor() as cursor:
        try:
            cursor.execute(
                "SELECT rowid FROM registry_search WHERE registry_search MATCH %s LIMIT %s",
                [" OR ".join(f"({_trigrams(text)})" for text in texts), FEW + 1],
            )
        except OperationalError:  # no index
            return None
        ids = [pk for (pk,) in cursor.fetchall()]
    return ids if len(ids) <= FEW else None


def _trigrams(text):
    """What has all trigrams of `text`, as FTS5 asks for it."""
    trigrams = dict.fromkeys(text[start : start + 3] for start in range(len(text) - 2))
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)


def is_whole(using=DEFAULT_DB_ALIAS):
    """Whether the index is in place as declared."""
    with connections[using].cursor() as cursor:
        if connections[using].vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'trigger')")
            return _SQLITE.items() <= dict(cursor.fetchall()).items()
        cursor.execute("SELECT to_regclass('registry_search') IS NOT NULL")
        return cursor.fetchone()[0]


def install(using=DEFAULT_DB_ALIAS):
    """Put the index in place, of all registries there are; nothing happens where it is, or where it can't be."""
    if is_whole(using):
        return
    try:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            for statement in _statements(connections[using].vendor):
                cursor.execute(statement)
    except DatabaseError:  # PostgreSQL without pg_trgm or the right to it, SQLite without FTS5: the system check tells
        return


def _statements(vendor):
    if vendor != "sqlite":
        return _POSTGRESQL
    triggers = [name for name in _SQLITE if name != "registry_search"]
    return [
        *(f"DROP TRIGGER IF EXISTS {name}" for name in triggers),
        "DROP TABLE IF EXISTS registry_search",
        *_SQLITE.values(),
        "INSERT INTO registry_search (registry_search) VALUES ('rebuild')",
    ]


def install_after_migrate(sender, using, **_):
    """post_migrate: the index in place, once there are registries to index."""
    if _has_table(using):
        install(using)


def check_search(app_configs, databases, **_):
    """System check: a word while search has no index, for all that suffers is speed."""
    if all(is_whole(using) for using in databases or () if _has_table(using)):
        return []
    hint = "Run `migrate`; PostgreSQL needs the extension pg_trgm (docs/operating.md)."
    return [checks.Info("Search has no index: it reads every registry.", hint=hint, id="registry_app.I001")]


def _has_table(using):
    return TABLE in connections[using].introspection.table_names()
