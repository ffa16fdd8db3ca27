"""Django's database sessions, with different errors for a database that can't write and a session that has ended."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError


class SessionStore(db.SessionStore):
    """The session of one browser."""

    def save(self, must_create: bool = False) -> None:
        """Save the session. UpdateError only if it has ended; Django raises it for a busy database too."""
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from error.__context__.__cause__
            raise
