"""Plain SQL for what every request and every save asks: the same text on both engines, without the ORM's building.

A save of the phone is measured against a bare view (benchmarks/save.py); building its queries anew each time took most
of its time. On PostgreSQL a text is prepared once per connection (kuancheng_inspect/postgresql), so it must be a
constant: values go into ``params``, never into the text.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.utils import CursorWrapper

Row = TypeVar("Row", bound=models.Model)


def execute(sql: str, params: Sequence[Any]) -> CursorWrapper:
    """Run one statement; the cursor, good until the same text runs again. ``%s`` for a value on both engines."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    cursor: CursorWrapper = connection.prepared(sql) if hasattr(connection, "prepared") else connection.cursor()
    cursor.execute(sql, params)
    return cursor


def first(sql: str, params: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row, or None."""
    row: tuple[Any, ...] | None = execute(sql, params).fetchone()
    return row


def changed(sql: str, params: Sequence[Any]) -> int:
    """Run a change; how many rows it touched."""
    return execute(sql, params).rowcount


def moment(value: dt.datetime) -> Any:
    """A time as a parameter."""
    return connections[DEFAULT_DB_ALIAS].ops.adapt_datetimefield_value(value)


def document(value: Any) -> str:
    """Plain data as the parameter of a JSON column."""
    return json.dumps(value)


def locking(*tables: str, shared: str = "") -> str:
    """``FOR UPDATE`` of the named tables, or of all, where the engine locks rows; empty on SQLite, whose transactions
    are alone from their start on (IMMEDIATE). They are locked in the order given. ``shared``: one more, last, that may
    be read by others under the same lock meanwhile, but not changed."""
    connection = connections[DEFAULT_DB_ALIAS]
    if not connection.features.has_select_for_update:
        return ""
    return connection.ops.for_update_sql(of=tables) + (f" FOR SHARE OF {shared}" if shared else "")


class Columns(Generic[Row]):
    """Some columns of a model for the SELECT of a plain statement, and instances out of them.

    Text, numbers and truths only: SQLite gives times as text. A column left out is fetched when somebody asks for it.
    """

    def __init__(self, model: type[Row], *names: str, table: str) -> None:
        fields = [field for field in model._meta.concrete_fields if field.attname in names]
        if len(fields) != len(names) or any(isinstance(field, models.DateField | models.JSONField) for field in fields):
            raise TypeError(f"not columns of {model.__name__} that plain SQL can read: {names}")
        self.model, self.names = model, frozenset(names)
        self.sql = ", ".join(f'{table}."{field.column}"' for field in fields)
        self._truths = [at for at, field in enumerate(fields) if isinstance(field, models.BooleanField)]

    def __len__(self) -> int:
        return len(self.names)

    def read(self, values: Sequence[Any]) -> Row:
        """An instance out of the values of one row, in the order of ``sql``."""
        found = list(values)
        for at in self._truths:
            found[at] = None if found[at] is None else bool(found[at])
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, found)
