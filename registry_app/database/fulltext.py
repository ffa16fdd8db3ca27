"""The trigram index of search: finds the rows that may contain some words without reading all rows.

It contains the trigrams of the texts that people search in. PostgreSQL's planner uses its index by itself. On SQLite
the index is FTS5 tables, kept up to date by triggers and read by `SearchTerm`. The index is declared here and installed
after every migrate, like the rules' triggers. Without it a search finds the same rows by reading all of them.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple, Self, TypeVar

from django.apps import AppConfig
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connection, connections, transaction
from django.db.models import BigIntegerField, Case, F, FloatField, Func, Model, Q, QuerySet, Value, When

from .. import rules
from .compiled import Parts

Row = TypeVar("Row", bound=Model)


class Texts(NamedTuple):
    """The index of a table: its name, the key of the table, and the columns with the texts."""

    name: str
    key: str
    columns: tuple[str, ...]


TEXTS = {
    "registry_app_registry": Texts("registry_search", "id", ("name_folded", "description")),
    "registry_app_collection": Texts("collection_search", "id", ("name_folded", "description")),
    "registry_app_artifact": Texts("artifact_search", "id", ("name_folded",)),
    "registry_app_alias": Texts("alias_search", "id", ("name_folded",)),
    "registry_app_tag": Texts("tag_search", "id", ("name_folded",)),
    "registry_app_auditevent": Texts("event_search", "seq", ("target_name", "actor_name")),
}
LOG = "registry_app_auditevent"
CATALOG = tuple(table for table in TEXTS if table != LOG)
FEW = 500  # candidates at most; if there are more, reading rows in the order of names soon fills a page
NO_ROW = 0  # a key that no row has
SHORTEST = 3  # characters: shorter words have no trigram
NEAREST = 100  # similar names, at most
COMPARED = 60  # characters of a search that are compared with names


def _of_sqlite(table: str, index: str, key: str, columns: Sequence[str]) -> dict[str, str]:
    """{name: statement} of the trigram table `index` of `table`, and of the triggers that update it."""
    names = ", ".join(columns)
    old, new = (", ".join(f"{row}.{column}" for column in (key, *columns)) for row in ("OLD", "NEW"))
    add = f"INSERT INTO {index} (rowid, {names}) VALUES ({new});"  # noqa: S608
    remove = f"INSERT INTO {index} ({index}, rowid, {names}) VALUES ('delete', {old});"  # noqa: S608
    return {
        index: (
            f"CREATE VIRTUAL TABLE {index} USING fts5"
            f"({names}, content='{table}', content_rowid='{key}', tokenize='trigram', detail='none')"
        ),
        f"{index}_insert": f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} BEGIN {add} END",
        f"{index}_delete": f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} BEGIN {remove} END",
        f"{index}_update": (
            f"CREATE TRIGGER {index}_update AFTER UPDATE ON {table} WHEN ({old}) IS NOT ({new})"
            f" BEGIN {remove} {add} END"
        ),
    }


def _of_postgresql(table: str, index: str, columns: Iterable[str]) -> str:
    """The statement of the trigram index. As in the queries, names are folded already, other texts in upper case."""
    compared = (column if column == "name_folded" else f"upper({column})" for column in columns)
    return (
        f"CREATE INDEX IF NOT EXISTS {index} ON {table} USING gin ({', '.join(f'{c} gin_trgm_ops' for c in compared)})"
    )


_SQLITE = {name: sql for table, texts in TEXTS.items() for name, sql in _of_sqlite(table, *texts).items()}
_POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    *(_of_postgresql(table, texts.name, texts.columns) for table, texts in TEXTS.items()),
]

# How many of the indexes exist. A session may have temporary tables and indexes of the same names: they don't count.
_COUNT = """
SELECT count(*) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
  JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE (t.relname, i.relname) IN (SELECT * FROM unnest(%s::name[], %s::name[]))
  AND t.relpersistence <> 't' AND n.nspname = ANY (current_schemas(false))
"""


class SearchTerm(Parts):
    """A text to find, ignoring case, in the texts of `tables`. The index is read once for all tables.

    For a table where more than `few` rows may match, the index isn't used.
    """

    def __init__(self, text: str, tables: Sequence[str] = CATALOG, few: int = FEW) -> None:
        self.text, self.folded, self.tables, self.few = text, rules.folded_name(text), tuple(tables), few

    def condition(self, model: type[Model]) -> Q:
        """The condition that a row of `model`, whose table is one of the tables, contains the text."""
        table, has_it = model._meta.db_table, Q()
        for column in TEXTS[table].columns:
            is_name = column == "name_folded"
            has_it |= Q(name_folded__contains=self.folded) if is_name else Q(**{f"{column}__icontains": self.text})
        keys = self._keys.get(table)
        return has_it if keys is None else has_it & Q(pk__in=_Listed(Value(keys)))

    def among_indexed(self, model: type[Model]) -> Q:
        """The condition that the index names a row of `model`, where it can tell: for words that aren't rare there."""
        table = model._meta.db_table
        return Q(pk__in=_Indexed(Value(self.match), index=TEXTS[table].name)) if table in self._keys else Q()

    def within(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """The rows, of a queryset of one of the tables, that contain the text."""
        return rows.filter(self.condition(rows.model))

    def are_rare(self, model: type[Model]) -> bool:
        """Whether the index gives the rows of `model` that may contain the text, because they are few."""
        return self._keys.get(model._meta.db_table) is not None

    def are_uncounted(self, model: type[Model]) -> bool:
        """Whether an index finds the rows of `model`, but doesn't say if they are few: on PostgreSQL."""
        return len(self.folded) >= SHORTEST and model._meta.db_table not in self._keys

    @cached_property
    def match(self) -> str:
        """What the index is asked for."""
        return _match({self.folded, self.text})

    @cached_property
    def _keys(self) -> dict[str, str | None]:
        """What `candidate_ids` answers, the keys as JSON."""
        found = candidate_ids(self.tables, {self.folded, self.text}, self.few)
        return {table: None if keys is None else json.dumps(keys) for table, keys in found.items()}

    # As Parts: how a compiled query splits it into shape and values.

    @property
    def shape(self) -> tuple:  # type: ignore[override]
        """The tables of which the index can tell, and whether it is rare there."""
        return tuple((table, keys is not None) for table, keys in self._keys.items())

    @property
    def parts(self) -> tuple[str, ...]:  # type: ignore[override]
        """The text, the same folded, what the index is asked for, and the keys of rows where they are few."""
        return self.text, self.folded, self.match, *(keys for keys in self._keys.values() if keys is not None)

    @classmethod
    def of_shape(cls, shape: tuple, text: str, folded: str, match: str, *keys: str) -> Self:  # type: ignore[override]
        """A term of this shape."""
        term, rest = cls(text), iter(keys)
        term.folded, term.match = folded, match
        term._keys = {table: next(rest) if is_rare else None for table, is_rare in shape}
        return term


class _Listed(Func):
    """The keys in a list that is JSON, as rows: one parameter, however many they are."""

    function, template, output_field = "json_each", "SELECT value FROM %(function)s(%(expressions)s)", BigIntegerField()


class _Indexed(Func):
    """The keys of the rows that the trigram table `index` finds, as rows."""

    template, output_field = "SELECT rowid FROM %(index)s WHERE %(index)s MATCH %(expressions)s", BigIntegerField()


def most_similar(rows: QuerySet[Row], name: str) -> QuerySet[Row]:
    """The rows whose `name_folded` is most similar to `name`: at most NEAREST of `rows`, of an indexed table."""
    return rows.order_by(_similarity(name[:COMPARED]).desc(), "name_key", "pk")[:NEAREST]


def _similarity(name):
    """How similar a `name_folded` is to `name`: by trigrams if the database can, else by pairs of characters."""
    if connection.vendor == "postgresql" and is_whole():
        return Func(Value(name), F("name_folded"), function="WORD_SIMILARITY", output_field=FloatField())
    pairs = dict.fromkeys(name[start : start + 2] for start in range(len(name) - 1))
    return sum((Case(When(name_folded__contains=pair, then=1), default=0) for pair in pairs), Value(0))


def candidate_ids(tables: Sequence[str], texts: Collection[str], few: int) -> dict[str, list[int] | None]:
    """{table: the keys of all rows that may contain one of `texts`}; some of these rows may not contain it.

    1 to `few` keys a table, or None if there are more. No table if the index can't tell.
    """
    if connection.vendor != "sqlite" or any(len(text) < SHORTEST or "\0" in text for text in texts):
        return {}
    words = _match(texts)
    query = "SELECT * FROM (SELECT %s, rowid FROM {0} WHERE {0} MATCH %s LIMIT %s)"
    found: dict[str, list] = {table: [] for table in tables}
    with connection.cursor() as cursor:
        try:
            cursor.execute(
                " UNION ALL ".join(query.format(TEXTS[table].name) for table in tables),
                [value for table in tables for value in (table, words, few + 1)],
            )
        except OperationalError:  # no index
            return {}
        for table, key in cursor.fetchall():
            found[table].append(key)
    # Never an empty list: Django would skip the next query, and its absence would reveal that nothing hidden matches.
    return {table: (keys or [NO_ROW]) if len(keys) <= few else None for table, keys in found.items()}


def _match(texts: Collection[str]) -> str:
    """The FTS5 query for rows that have all trigrams of one of `texts`."""
    return " OR ".join(f"({_trigrams(text)})" for text in sorted(texts))


def _trigrams(text: str) -> str:
    """The FTS5 query for rows that have all trigrams of `text`."""
    trigrams = dict.fromkeys(text[start : start + 3] for start in range(len(text) - 2))
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)


def is_whole(using: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether the index exists as declared."""
    with connections[using].cursor() as cursor:
        if connections[using].vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'trigger')")
            return _SQLITE.items() <= dict(cursor.fetchall()).items()
        cursor.execute(_COUNT, [list(TEXTS), [texts.name for texts in TEXTS.values()]])
        return cursor.fetchone()[0] == len(TEXTS)


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Create the index of all rows, unless it exists or the database can't have it."""
    if is_whole(using):
        return
    try:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            for statement in _statements(connections[using].vendor):
                cursor.execute(statement)
    except DatabaseError:  # no pg_trgm or no right to it, no FTS5: the system check says so
        return


def _statements(vendor: str) -> list[str]:
    if vendor != "sqlite":
        return _POSTGRESQL
    tables = [texts.name for texts in TEXTS.values()]
    return [
        *(f"DROP TRIGGER IF EXISTS {name}" for name in _SQLITE if name not in tables),
        *(f"DROP TABLE IF EXISTS {name}" for name in tables),
        *_SQLITE.values(),
        *(f"INSERT INTO {name} ({name}) VALUES ('rebuild')" for name in tables),  # noqa: S608
    ]


def install_after_migrate(sender: AppConfig, using: str, **_: object) -> None:
    """post_migrate: create the index once the tables exist."""
    if _has_tables(using):
        install(using)


def check_search(app_configs: object, databases: Iterable[str] | None, **_: object) -> list[checks.CheckMessage]:
    """System check: an Info while there is no index, because only the speed of a search depends on it."""
    if all(is_whole(using) for using in databases or () if _has_tables(using)):
        return []
    hint = "Run `migrate`; PostgreSQL needs the extension pg_trgm (docs/operating.md)."
    return [checks.Info("Search has no index: it reads every row.", hint=hint, id="registry_app.I001")]


def _has_tables(using: str) -> bool:
    return set(TEXTS) <= set(connections[using].introspection.table_names())
