"""Plain statements: the same on both engines, and on PostgreSQL over a connection that notices its end."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql import base as django_backend
from django.test.utils import CaptureQueriesContext

from registry import audit
from registry.models import AuditEvent, AuditHead, User
from registry.statements import Columns, changed, document, first, locking
from tests import factories as f

ONE = "SELECT 1 WHERE 1 = %s"


@pytest.mark.django_db
def test_a_row_becomes_an_instance_of_its_columns() -> None:
    user = f.make_user(name="检查员甲")
    columns = Columns(User, "id", "name", "is_active", "is_lead", "department_id", table="u")
    row = first(f"SELECT {columns.sql} FROM registry_user u WHERE u.id = %s", [user.pk])
    assert row is not None
    assert len(row) == len(columns)
    read = columns.read(row)
    assert (read, read.name, read.is_active, read.is_lead) == (user, "检查员甲", True, False)
    assert read.is_active is True  # SQLite has numbers there
    assert read.date_joined == User.objects.get(pk=user.pk).date_joined  # fetched when asked for


@pytest.mark.parametrize("name", ["last_login", "no_such_column", "groups"])
def test_columns_that_plain_sql_cannot_read_are_refused(name: str) -> None:
    with pytest.raises(TypeError, match="not columns of User"):
        Columns(User, "id", name, table="u")


@pytest.mark.django_db
def test_statements_are_in_the_log_of_queries_with_their_values() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert first(ONE, [1]) == (1,)
        assert first(ONE, [2]) is None
    assert [query["sql"].split()[-1] for query in queries] == ["1", "2"]


def test_rows_are_locked_where_the_engine_can() -> None:
    assert locking("r", "s") == ("" if connection.vendor == "sqlite" else "FOR UPDATE OF r, s")


@pytest.mark.django_db
def test_an_event_after_an_end_that_has_moved_still_joins_the_chain() -> None:
    user = f.make_user()
    with transaction.atomic():
        audit.record(stream="record:1", actor=user, action="一", obj=user)
        old = AuditHead.objects.values_list("seq", "head").get(pk="record:1")
        audit.record(stream="record:1", actor=user, action="二", obj=user, head=old)
        event = audit.record(stream="record:1", actor=user, action="三", obj=user, head=old, after={"名": ["甲", 1]})
    assert (event.seq, event.prev_hash) == (3, AuditEvent.objects.get(stream="record:1", seq=2).hash)
    assert AuditEvent.objects.get(stream="record:1", seq=3).after == {"名": ["甲", 1]}
    assert audit.verify_stream("record:1") is None


@pytest.mark.pg
@pytest.mark.django_db
def test_only_the_first_time_a_statement_is_parsed() -> None:
    sql = "SELECT name FROM registry_department WHERE id = %s"
    for _ in range(3):
        first(sql, [1])
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE %s", [
            sql.replace("%s", "$1"),
        ])  # fmt: skip
        assert cursor.fetchall() == [(3,)]
    assert changed("UPDATE registry_department SET name = name WHERE id = %s", [0]) == 0
    assert document({"甲": None}) == '{"\\u7532": null}'


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_has_ended_is_noticed_without_a_question(monkeypatch: Any) -> None:
    """What a restart of PostgreSQL leaves behind: the next request opens a new connection and nobody sees an error."""

    def asked(self: Any) -> bool:
        raise AssertionError("a round trip to learn that all is well")

    def next_request() -> int:
        connection.health_check_enabled, connection.health_check_done = True, False
        row = first("SELECT pg_backend_pid()", [])
        assert row is not None
        return int(row[0])

    before = next_request()
    with monkeypatch.context() as patch:
        patch.setattr(django_backend.DatabaseWrapper, "is_usable", asked)
        assert next_request() == before
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [before])
    other.close()
    time.sleep(0.2)
    assert next_request() != before
    connection.errors_occurred = True
    assert connection.is_usable()
