"""What the two engines need so that tests can run on tables that refuse deletion.

A transactional test ends with a flush, and append-only triggers refuse it. The flush is therefore wrapped here, in
the tests: there is no switch in the product. Everything happens in the one transaction of the flush.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import DatabaseOperations as PostgresOperations
from django.db.backends.signals import connection_created
from django.db.backends.sqlite3.base import DatabaseOperations as SqliteOperations

ENABLE = {"O": "ENABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def let_append_only_tables_be_flushed() -> None:
    """Wrap `sql_flush` of both engines, and let SQLite read unordered rows backwards."""
    for operations, around in ((SqliteOperations, _around_sqlite), (PostgresOperations, _around_postgres)):
        if not hasattr(operations.sql_flush, "wrapped"):
            operations.sql_flush = _wrap(operations.sql_flush, around)  # type: ignore[method-assign]
    connection_created.connect(_as_tests_need_it)


def triggers(connection: Any) -> list[tuple[str, str]]:
    """(table, trigger) of every trigger a migration made, sorted."""
    query = (
        "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT relname, tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return sorted(cursor.fetchall())


@contextmanager
def as_owner(prefix: str) -> Iterator[Any]:
    """A cursor for which no trigger of the tables named ``prefix``… stands in the way, as their owner may have it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            kept = cursor.fetchall()
            for name, _ in kept:
                cursor.execute(f'DROP TRIGGER "{name}"')
            yield cursor
            for _, sql in kept:
                cursor.execute(sql)
            return
        tables = sorted({table for table, _ in triggers(connection) if table.startswith(prefix)})
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        yield cursor
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


def _wrap(sql_flush: Callable[..., list[str]], around: Callable[[Any], tuple[list[str], list[str]]]) -> Any:
    def wrapped(self: Any, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
        statements = sql_flush(self, style, tables, **options)
        before, after = around(self.connection)
        return [*before, *statements, *after] if statements else statements

    wrapped.wrapped = True  # type: ignore[attr-defined]
    return wrapped


def _around_sqlite(connection: Any) -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
        found = cursor.fetchall()
    return [f'DROP TRIGGER "{name}"' for name, _ in found], [sql for _, sql in found]


def _around_postgres(connection: Any) -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, quote_ident(tgname), tgenabled FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgenabled <> 'D' ORDER BY 1, 2"
        )
        found = cursor.fetchall()
    before = [f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name, _ in found]
    return before, [f"ALTER TABLE {table} {ENABLE[state]} TRIGGER {name}" for table, name, state in found]


def _as_tests_need_it(connection: Any, **_: Any) -> None:
    """A query without ORDER BY promises no order; a test that relied on one shall fail on SQLite too. On PostgreSQL a
    test is one transaction, in which a slow machine may print for longer than an office's transaction may be silent;
    the product prints outside of its own (registry/printing.py)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = 0")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA reverse_unordered_selects = ON")
