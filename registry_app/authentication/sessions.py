"""Django's database sessions, read by a compiled query because every page does.

Errors tell a database that can't write from a session that has ended.
"""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.db.models import QuerySet

from .. import rules
from ..database.compiled import Compiled, CurrentTime


@Compiled
def _data(key: str) -> QuerySet:
    """What the session of this key holds, signed; no row if it has ended."""
    return Session.objects.filter(session_key=key, expire_date__gt=CurrentTime()).values_list("session_data", flat=True)


class SessionStore(db.SessionStore):
    """The session of one browser."""

    def load(self) -> dict[str, Any]:
        """What the session holds; {}, and no key any more, if there is no such session."""
        data = _data.first(self.session_key) if rules.may_be_stored(self.session_key or "") else None
        if data is None:
            self._session_key = None
        return {} if data is None else self.decode(data)

    def save(self, must_create: bool = False) -> None:
        """Save the session. UpdateError only if it has ended; Django raises it for a busy database too."""
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from error.__context__.__cause__
            raise
