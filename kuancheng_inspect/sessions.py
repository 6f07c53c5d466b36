"""Sessions in the database (decisions.md), read by one plain statement: every request of a signed-in person does."""

from typing import Any

from django.contrib.sessions.backends import db

from registry import clock
from registry.statements import first, moment

SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Django's, apart from how a session is read."""

    def load(self) -> dict[str, Any]:
        """The content of the session; empty when there is none (any more)."""
        row = first(SESSION, [self.session_key, moment(clock.machine())])
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])
