"""Django's database cache, which raises an error if it can't write."""

from django.core.cache.backends import db
from django.db import OperationalError, connection, transaction


class DatabaseCache(db.DatabaseCache):
    """A cache for the limits on tries: a try that can't be counted is an error, so that no limit is passed unseen."""

    def _base_set(self, *args, **kwargs):
        """Write one entry. OperationalError if the database can't; Django's cache returns False then."""
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
