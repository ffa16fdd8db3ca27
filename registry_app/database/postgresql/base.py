"""Django's PostgreSQL backend, which can let the server prepare queries: to plan one costs more than to run it.

All other queries are sent with their values in the text, as Django does by default: the number of parameters that the
server takes has a limit, and a list of ids may be longer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.postgresql import base, operations

PREPARED_AFTER = 5  # runs of a query on one connection


class DatabaseOperations(operations.DatabaseOperations):
    """Gives a number to the driver as it is where its field can't hold it.

    As a parameter, a number has the type of its field, and the driver cuts off what that type can't hold, without an
    error: 2**32 + 1 would be sent as 1.
    """

    def adapt_integerfield_value(self, value: Any, internal_type: str) -> Any:
        """`value` as a parameter: with the type of the field if that holds it, else with one that does."""
        low, high = self.integer_field_range(internal_type)
        if isinstance(value, int) and not low <= value <= high:
            return value
        return super().adapt_integerfield_value(value, internal_type)

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """The query with its values, for logs: the driver has none where the server binds them."""
        if isinstance(cursor, base.ServerBindingCursor):
            return self.compose_sql(sql, params)
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection class that Django looks for in a backend."""

    ops_class = DatabaseOperations

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Inside, the server binds the parameters and prepares what it is asked for often.

        Not where DATABASE_URL says `server_side_binding=false`: some poolers keep no prepared statements.
        """
        self.ensure_connection()
        driver, options = self.connection, self.settings_dict["OPTIONS"]
        before = driver.cursor_factory, driver.prepare_threshold
        if options.get("server_side_binding") is not False:
            driver.cursor_factory, driver.prepare_threshold = base.ServerBindingCursor, PREPARED_AFTER
        try:
            yield
        finally:
            driver.cursor_factory, driver.prepare_threshold = before
