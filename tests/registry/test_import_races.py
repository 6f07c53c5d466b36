"""Two imports at once, and an import while somebody else reads the whole registry: one after the other."""

import datetime as dt
import io
import threading
from typing import Any

import pytest
from django.db import connection, transaction

from registry import clock
from registry.enums import ImportKind
from registry.importers import read_registry_file
from registry.models import AuditEvent, Enterprise, RiskRating, RiskScheme
from registry.services import hold_registry, import_rows, load_reference_data, store_upload
from registry.services.importing import TABLES
from tests.factories import SHANGHAI
from tests.registry import files

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _reference() -> None:
    clock.pin(dt.datetime(2024, 6, 3, 9, 0, tzinfo=SHANGHAI), running=False)
    load_reference_data(actor=None)


def prepared(*rows: dict[str, Any]) -> tuple[Any, list[Any]]:
    scheme, content = RiskScheme.objects.get(code="S1"), files.book(*rows)
    reading = read_registry_file(io.BytesIO(content), kind="enterprises", scheme=scheme)
    batch = store_upload(actor=None, kind="enterprises", filename="a.xlsx", content=content, scheme=scheme)
    return batch, reading.rows


def in_thread(work: Any) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_two_imports_of_the_same_enterprises_run_one_after_the_other() -> None:
    rows = [files.enterprise(n) for n in range(50)]
    both = [prepared(*rows), prepared(*rows)]
    found: list[dict[str, Any]] = []
    threads = [
        in_thread(lambda batch=batch, some=some: found.append(import_rows(actor=None, batch=batch, rows=some).counts))
        for batch, some in both
    ]
    for thread in threads:
        thread.join(30)
    assert sorted((one["new"], one["unchanged"]) for one in found) == [(0, 50), (50, 0)]
    assert (Enterprise.objects.count(), RiskRating.objects.count()) == (50, 50)
    assert AuditEvent.objects.filter(action="导入企业名录").count() == 2


def test_who_holds_the_registry_sees_nothing_of_an_import_that_comes_meanwhile() -> None:
    batch, rows = prepared(*(files.enterprise(n) for n in range(20)))
    with transaction.atomic():
        hold_registry()
        thread = in_thread(lambda: import_rows(actor=None, batch=batch, rows=rows))
        thread.join(1)
        assert thread.is_alive()
        assert (Enterprise.objects.count(), RiskRating.objects.count()) == (0, 0)
    thread.join(30)
    assert (Enterprise.objects.count(), RiskRating.objects.count()) == (20, 20)


@pytest.mark.parametrize(("least", "known"), [(2, True), (3, False)])
def test_a_big_import_leaves_the_planner_new_statistics(
    monkeypatch: pytest.MonkeyPatch, least: int, known: bool
) -> None:
    monkeypatch.setattr("registry.services.importing.MANY_ROWS", least)

    def estimate() -> list[float]:
        tables = list(TABLES[ImportKind.ENTERPRISES])
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = ANY(%s)", [tables])
            return [float(tuples) for (tuples,) in cursor.fetchall()]

    before = estimate()
    assert before != [2, 2, 2]
    batch, rows = prepared(files.enterprise(1), files.enterprise(2))
    import_rows(actor=None, batch=batch, rows=rows)
    assert estimate() == ([2, 2, 2] if known else before)
