"""Django's cache in the database, which says where it can't write."""

from django.core.cache.backends import db
from django.db import OperationalError, connection, transaction


class DatabaseCache(db.DatabaseCache):
    """The limits on tries count here: one that can't be counted is an error, neither a try more nor a try too many."""

    def _base_set(self, *args, **kwargs):
        """Write one entry. Raises OperationalError where the database can't; Django's answers False."""
        failures = []

        def note(execute, *statement):
            try:
                return execute(*statement)
            except OperationalError as error:
                failures.append(error)
                raise

        with transaction.atomic(), connection.execute_wrapper(note):
            done = super()._base_set(*args, **kwargs)  # type: ignore[misc]
        if failures:
            raise failures[0]
        return done
