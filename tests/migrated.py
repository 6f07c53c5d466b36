"""The migrated, otherwise empty database, made once by the migrations and then kept under var/.

Migrating takes longer than most test files, so what the migrations made is kept as a SQLite file, or as a dump of
PostgreSQL, named after everything it depends on: every migration, the locked requirements, the settings. Change one of
them and the migrations run again; a fresh checkout always runs them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from django.core import management

BASE = Path(__file__).resolve().parent.parent
KEPT = BASE / "var" / "migrated"
DEPENDS_ON = ("*/migrations/*.py", "requirements*.txt", "kuancheng_inspect/settings.py", "registry/appendonly.py")


def kept_file(suffix: str) -> Path:
    """Where the database of these very migrations is kept, whether it is there or not."""
    digest = sha256()
    for path in sorted(path for pattern in DEPENDS_ON for path in BASE.glob(pattern)):
        digest.update(f"{path.relative_to(BASE)}\n".encode() + path.read_bytes())
    return KEPT / f"{digest.hexdigest()[:24]}{suffix}"


@contextlib.contextmanager
def _new(path: Path) -> Iterator[Path]:
    """A name to write to, moved to `path` at the end; older ones of the kind go."""
    KEPT.mkdir(parents=True, exist_ok=True)
    part = KEPT / f"{os.getpid()}.part"
    part.unlink(missing_ok=True)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    for old in KEPT.glob(f"*{path.suffix}"):
        if old != path:
            old.unlink(missing_ok=True)


def _program(name: str) -> str | None:
    """A client program of PostgreSQL, the newest there is."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(installed[-1]) if installed else shutil.which(name)


@contextlib.contextmanager
def remembered() -> Iterator[None]:
    """While this lasts, the first `migrate` of the test runner takes the kept database, or makes it."""
    migrate = management.call_command

    def call(name: str, *arguments: Any, **options: Any) -> Any:
        if name != "migrate" or not options.get("run_syncdb"):
            return migrate(name, *arguments, **options)
        from django.db import connections

        connection = connections[options["database"]]
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            return _sqlite(connection.connection, lambda: migrate(name, *arguments, **options))
        return _postgres(_address(connection), lambda: migrate(name, *arguments, **options))

    with mock.patch.object(management, "call_command", call):
        yield


def _sqlite(database: sqlite3.Connection, migrate: Any) -> None:
    path = kept_file(".sqlite3")
    if path.exists():
        with contextlib.closing(sqlite3.connect(path)) as kept:
            kept.backup(database)
        return
    migrate()
    with _new(path) as part, contextlib.closing(sqlite3.connect(part)) as copy:
        database.backup(copy)


def _address(connection: Any) -> str:
    """The database of a connection as libpq takes it."""
    given = connection.get_connection_params()
    return " ".join(f"{key}={given[key]}" for key in ("host", "port", "user", "password", "dbname") if given.get(key))


def _postgres(address: str, migrate: Any) -> None:
    path, dump, restore = kept_file(".sql"), _program("pg_dump"), _program("psql")
    if dump is None or restore is None:
        migrate()
        return
    if path.exists():
        command = [restore, "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction", f"--file={path}"]
        subprocess.run([*command, f"--dbname={address}"], check=True, stdout=subprocess.DEVNULL)
        return
    migrate()
    with _new(path) as part:
        subprocess.run([dump, "--no-owner", f"--file={part}", f"--dbname={address}"], check=True)


def migrated(database_url: str, migrate: Any) -> None:
    """Bring an empty database to the newest migration, from what is kept or by `migrate()`."""
    if database_url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(urlsplit(database_url).path)) as database:
            if kept_file(".sqlite3").exists():
                _sqlite(database, migrate)
                return
        migrate()
        return
    _postgres(database_url, migrate)
