"""The workshop itself: tables that refuse deletion are flushed, undefined names refused, servers private."""

from __future__ import annotations

import os
import socket
import urllib.request
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.template import Context, Origin, Template, engines

from tests import engine, servers, strict_templates
from tests.live_app import LiveApp

EVENT = "registry_auditevent"


def _write_event() -> None:
    from registry import clock
    from registry.models import AuditEvent

    AuditEvent.objects.create(
        stream="t", seq=1, prev_hash="0" * 64, hash="1" * 64, at=clock.now(), actor_name="测试", action="t"
    )


def _try(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_append_only_tables_are_flushed_between_tests_and_stay_closed(turn: int) -> None:
    """Each turn ends with a flush: the second would find the row of the first, and must find the triggers."""
    from registry.models import AuditEvent

    assert AuditEvent.objects.count() == 0
    _write_event()
    for sql in (f"UPDATE {EVENT} SET action = 'x'", f"DELETE FROM {EVENT}"):
        with pytest.raises(DatabaseError, match="append-only"):
            _try(sql)
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError, match="append-only"):
            _try(f"TRUNCATE {EVENT} CASCADE")
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_triggers_are_the_same_after_a_flush() -> None:
    from django.core.management import call_command

    before = engine.triggers(connection)
    assert before != []
    call_command("flush", interactive=False, verbosity=0)
    assert engine.triggers(connection) == before


@pytest.mark.django_db
def test_every_table_that_a_migration_closed_is_still_closed() -> None:
    """A later AlterField on SQLite rebuilds a table and silently drops its triggers."""
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    from registry.appendonly import AppendOnly

    closed = [
        apps.get_model(migration.app_label, name)._meta.db_table
        for migration in MigrationLoader(None).disk_migrations.values()
        for operation in migration.operations
        if isinstance(operation, AppendOnly)
        for name in operation.models
    ]
    suffixes = ("delete", "update") if connection.vendor == "sqlite" else ("row", "truncate")
    expected = sorted({(table, f"appendonly_{table}_{suffix}") for table in closed for suffix in suffixes})
    assert engine.triggers(connection) == expected


@pytest.mark.django_db
def test_sqlite_reads_unordered_rows_backwards() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no such switch")
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM json_each('[1, 2]')")
        cursor.execute("PRAGMA reverse_unordered_selects")
        assert cursor.fetchone() == (1,)


def test_the_engine_is_the_one_asked_for(request: pytest.FixtureRequest) -> None:
    wanted = {"sqlite": "sqlite", "postgres": "postgresql"}[request.config.getoption("--engine")]
    assert connection.vendor == wanted


def test_the_network_is_closed() -> None:
    with socket.socket() as outward, pytest.raises(AssertionError, match="tried to reach"):
        outward.connect(("192.0.2.1", 80))


def _render(folder: Path, source: str) -> str:
    template = Template(source, Origin(str(folder / "page.html")), engine=engines["django"].engine)
    return template.render(Context({"known": "知道", "nothing": None}))


@pytest.mark.parametrize(
    "source",
    [
        "{{ unknown }}",
        "{{ known.unknown }}",
        "{{ unknown|default:'x' }}",
        "{% with a=unknown %}{{ a }}{% endwith %}",
        "{% if known %}{{ unknown }}{% endif %}",
    ],
)
def test_our_templates_refuse_an_undefined_name(source: str) -> None:
    with pytest.raises(strict_templates.UndefinedVariable, match="is not defined"):
        _render(strict_templates.OWN, source)


def test_our_templates_may_show_what_is_defined_and_ask_what_is_not() -> None:
    source = "{{ known }}{{ nothing|default:'空' }}{% if unknown %}x{% endif %}{% for x in unknown %}x{% endfor %}"
    assert _render(strict_templates.OWN, source) == "知道空"


def test_templates_of_packages_go_on_as_django_means_it(tmp_path: Path) -> None:
    assert _render(tmp_path, "[{{ unknown }}{{ unknown|default:'x' }}{{ known.unknown }}]") == "[x]"


def test_a_missing_server_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(servers, "POSTGRES_PACKAGES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(servers.ServerMissing, match="package postgresql"):
        servers.postgres_programs()
    with pytest.raises(servers.ServerMissing, match="package redis-server"):
        servers.redis_program()


def test_a_server_leaves_nothing_behind() -> None:
    with servers.redis() as server:
        assert server.process.poll() is None
        assert server.directory.is_dir()
    assert server.process.poll() is not None
    assert not server.directory.exists()


@pytest.mark.pg
def test_postgres_can_be_made_to_keep_every_commit() -> None:
    with servers.postgres(synchronous_commit="on") as server, psycopg.connect(server.url) as session:
        assert session.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert session.execute("SELECT '安' < '张' COLLATE \"zh-x-icu\"").fetchone() == (True,)


@pytest.mark.slow
def test_the_live_server_has_a_database_of_its_own(live_app: LiveApp) -> None:
    with urllib.request.urlopen(f"{live_app.url}/healthz") as answer:
        assert answer.status == 200
    assert live_app.rows("SELECT count(*) FROM registry_auditevent") == [(0,)]
    assert live_app.database_url != os.environ["DATABASE_URL"]
    assert live_app.run("from django.conf import settings; print(settings.DEBUG, settings.TESTING)") == "False True\n"
