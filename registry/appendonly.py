"""Append-only tables: one migration operation that writes triggers for SQLite or PostgreSQL.

The trigger stops accidents of the owner as well as of the application role; what it cannot stop, a chain whose head is
published outside the database shows (trust.md T).
"""

from typing import Any

from django.db.migrations.operations.base import Operation

MESSAGE = "append-only"


def _sqlite(table: str) -> list[str]:
    statements = []
    for verb in ("UPDATE", "DELETE"):
        name = f'"appendonly_{table}_{verb.lower()}"'
        statements += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} BEFORE {verb} ON \"{table}\" BEGIN SELECT RAISE(ABORT, '{MESSAGE}: {table}'); END",
        ]
    return statements


def _postgres(table: str) -> list[str]:
    return [
        f"CREATE OR REPLACE FUNCTION appendonly_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}: %', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$",
        f'DROP TRIGGER IF EXISTS "appendonly_{table}_row" ON "{table}"',
        f'DROP TRIGGER IF EXISTS "appendonly_{table}_truncate" ON "{table}"',
        f'CREATE TRIGGER "appendonly_{table}_row" BEFORE UPDATE OR DELETE ON "{table}" '
        "FOR EACH ROW EXECUTE FUNCTION appendonly_refuse()",
        f'CREATE TRIGGER "appendonly_{table}_truncate" BEFORE TRUNCATE ON "{table}" '
        "FOR EACH STATEMENT EXECUTE FUNCTION appendonly_refuse()",
    ]


class AppendOnly(Operation):
    """Refuse UPDATE, DELETE and TRUNCATE on the tables of the named models.

    May be said again of a table that has its triggers: SQLite loses them whenever a field is added.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, *models: str) -> None:
        self.models = models

    def deconstruct(self) -> tuple[str, list[str], dict[str, Any]]:
        return self.__class__.__name__, list(self.models), {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are not part of Django's model state."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        write = _sqlite if schema_editor.connection.vendor == "sqlite" else _postgres
        for name in self.models:
            table = to_state.apps.get_model(app_label, name)._meta.db_table
            for statement in write(table):
                schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        sqlite = schema_editor.connection.vendor == "sqlite"
        for name in self.models:
            table = from_state.apps.get_model(app_label, name)._meta.db_table
            for suffix in ("update", "delete") if sqlite else ("row", "truncate"):
                tail = "" if sqlite else f' ON "{table}"'
                schema_editor.execute(f'DROP TRIGGER IF EXISTS "appendonly_{table}_{suffix}"{tail}')

    def describe(self) -> str:
        return f"Make {', '.join(self.models)} append-only"
