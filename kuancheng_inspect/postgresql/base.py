"""Django's PostgreSQL backend with two savings for short requests: a health check without a round trip, and statements
that are parsed and planned once per connection."""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper


class DatabaseOperations(base.DatabaseOperations):
    """Names a prepared statement where queries are logged; Django looks for the text that a cursor sent."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str | None:
        """The text with its values."""
        return super().last_executed_query(cursor, sql, params) or self.compose_sql(sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection."""

    ops_class = DatabaseOperations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: dict[str, psycopg.Cursor[Any]] = {}

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """As Django's; what was prepared belonged to the connection before."""
        self._kept = {}
        return super().get_new_connection(conn_params)

    def is_usable(self) -> bool:
        """Whether the server is still there, asked before the first statement of a request and after an error.

        A server that stops or crashes closes its end, which the socket knows without asking anybody; only a socket
        that has something to say, or an error before, is worth the question. (A connection lives ``CONN_MAX_AGE``.)
        """
        if self.connection is None or self.connection.closed:
            return False
        return (not self.errors_occurred and _silent(self.connection)) or super().is_usable()

    def prepared(self, sql: str) -> CursorWrapper:
        """The cursor kept for this text, which is prepared when first executed. Its result lasts until the next use."""
        self.close_if_health_check_failed()
        if self.connection is None:
            self.ensure_connection()
        cursor = self._kept.get(sql)
        if cursor is None:
            cursor = self._kept[sql] = psycopg.Cursor(self.connection)
        return self._prepare_cursor(cursor)


def _silent(connection: psycopg.Connection[Any]) -> bool:
    """Nothing to read: between two statements the server speaks only of its end, or to tell of a new setting."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
