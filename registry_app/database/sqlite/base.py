"""Django's SQLite backend, with table rebuilds that keep triggers.

SQLite changes a table by rebuilding it. The old table's triggers are dropped with it, also those of
`registry_app/database/triggers/`. This backend creates every trigger again inside the migration's own transaction, so
that no exception and no crash leaves a table without them.
"""

from contextlib import nullcontext
from typing import Any

from django.db.backends.sqlite3 import base, schema
from django.db.models import Model


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Rebuilds a table and keeps the triggers of all tables, because a trigger may name another table than its own."""

    def _remake_table(self, model: type[Model], *args: Any, **kwargs: Any) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {self.quote_name(name)}")
            super()._remake_table(model, *args, **kwargs)  # type: ignore[misc]
            for _, sql in triggers:
                cursor.execute(sql)


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection class that Django looks for in a backend."""

    SchemaEditorClass = DatabaseSchemaEditor
    preparing = staticmethod(nullcontext)  # the driver keeps statements by itself; see PostgreSQL's
