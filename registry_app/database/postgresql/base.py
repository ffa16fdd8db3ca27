"""Django's PostgreSQL backend, in which a number that is too large for its field stays what it is.

Where the server binds the parameters, Django gives each number the type of its field, and the driver cuts off what that
type can't hold, without an error: 2**32 + 1 would be sent as 1, and find what has the number 1.
"""

from typing import Any

from django.db.backends.postgresql import base, operations


class DatabaseOperations(operations.DatabaseOperations):
    """Gives a number to the driver as it is where its field can't hold it."""

    def adapt_integerfield_value(self, value: Any, internal_type: str) -> Any:
        """`value` as a parameter: with the type of the field if that holds it, else with one that does."""
        low, high = self.integer_field_range(internal_type)
        if isinstance(value, int) and not low <= value <= high:
            return value
        return super().adapt_integerfield_value(value, internal_type)


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection class that Django looks for in a backend."""

    ops_class = DatabaseOperations
