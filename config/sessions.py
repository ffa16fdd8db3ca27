"""Django's sessions in the database, which tell a database that can't write from a session that has ended."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError


class SessionStore(db.SessionStore):
    """The session of one browser."""

    def save(self, must_create=False):
        """Save it. Raises UpdateError where it has ended meanwhile; Django's also does where the database is busy."""
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from error.__context__.__cause__
            raise
