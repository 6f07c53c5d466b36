"""The daily run of reminders over 20,000 open deadlines, the sweep of what waits for a calendar included.

Against one bare bulk insert of as many rows into the table of mentions. On PostgreSQL, the database of an office; each
side is undone afterwards, so that every round finds the same.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks import TINY
from tests import migrated, servers

DEADLINES = 100 if TINY else 20_000
ROUNDS = 1 if TINY else 3
DAY = dt.date(2024, 6, 18)


def run() -> dict[str, dict[str, Any]]:
    """Figures by name (see benchmarks/__main__.py)."""
    with servers.postgres() as server:
        os.environ |= {
            "DATABASE_URL": server.url, "TESTING": "1", "DEBUG": "0", "STATEMENT_TIMEOUT_MS": "600000",
            "DJANGO_SETTINGS_MODULE": "kuancheng_inspect.settings",
        }  # fmt: skip
        import django  # noqa: PLC0415 -- the settings read the environment above
        from django.core.management import call_command  # noqa: PLC0415 -- as above

        django.setup()
        migrated.migrated(os.environ["DATABASE_URL"], partial(call_command, "migrate", verbosity=0))
        try:
            return _measure()
        finally:
            from django.db import connections  # noqa: PLC0415 -- as above

            connections.close_all()


def _fill() -> Any:
    """10,000 enterprises of two departments: a section each, with its two inspectors, due from four working days ago
    to tomorrow, so that every step of the escalation occurs; returns the plan."""
    from inspections.models import DepartmentSection, Dispatch, InspectionRecord, SectionMember  # noqa: PLC0415
    from registry import clock  # noqa: PLC0415
    from registry.enums import Role  # noqa: PLC0415
    from registry.models import Enterprise  # noqa: PLC0415
    from sampling.models import Selection  # noqa: PLC0415
    from tests import factories as f  # noqa: PLC0415

    clock.pin(dt.datetime(2024, 6, 18, 8, 30, tzinfo=clock.SHANGHAI), running=False)
    f.load_calendar(2024)
    plan = f.make_plan()
    draw = f.make_draw(plan, [f.make_enterprise()])
    sent = Dispatch.objects.create(
        draw=draw, at=clock.now(), by=plan.created_by, confirm_due_on=DAY, calendar_version="2024v1"
    )
    departments = [row.department for row in plan.departments.select_related("department")]
    number = DEADLINES // len(departments)
    model = Enterprise.objects.get()
    names = {field.attname: getattr(model, field.attname) for field in Enterprise._meta.concrete_fields}
    shops = Enterprise.objects.bulk_create(
        Enterprise(**(names | {"id": None, "uscc": f.uscc(500_000 + i), "name": f"演示 {i}"})) for i in range(number)
    )
    picks = Selection.objects.bulk_create(
        Selection(draw=draw, enterprise=shop, stratum="A", rank=i, ticket=f"{i:064x}", kind="MAIN")
        for i, shop in enumerate(shops, 10)
    )
    records = InspectionRecord.objects.bulk_create(
        InspectionRecord(selection=pick, dispatch=sent, plan=plan, team=1, number=f"B-{i}", state="OPEN")
        for i, pick in enumerate(picks)
    )
    days = [dt.date(2024, 6, 12) + dt.timedelta(days=i) for i in range(8)]
    sections = DepartmentSection.objects.bulk_create(
        DepartmentSection(record=record, department=one, state="DRAFT", due_on=days[i % len(days)])
        for i, record in enumerate(records)
        for one in departments
    )
    staff = {one.pk: [f.make_inspector(one, account=True) for _ in range(40)] for one in departments}
    for one in departments:
        f.make_user(Role.DEPT_ADMIN, department=one)
    SectionMember.objects.bulk_create(
        SectionMember(section=section, inspector=staff[section.department_id][(i + seat) % 40], order=seat + 1)
        for i, section in enumerate(sections)
        for seat in range(2)
    )
    return plan


def _measure() -> dict[str, dict[str, Any]]:
    from django.db import connection, transaction  # noqa: PLC0415 -- after django.setup(), like the rest
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from inspections import services  # noqa: PLC0415
    from inspections.models import Mention  # noqa: PLC0415
    from registry import clock  # noqa: PLC0415

    plan, now = _fill(), clock.now()

    def daily() -> None:
        services.fill_missing_due_dates()
        assert services.send_due_reminders(day=DAY) > 0
        assert Mention.objects.count() == DEADLINES

    def bare() -> None:
        Mention.objects.bulk_create(
            [Mention(kind="SECTION", object_id=i, plan_id=plan.pk, day=DAY, at=now) for i in range(DEADLINES)]
        )

    def undone(act: Callable[[], None]) -> float:
        with transaction.atomic():
            started = time.perf_counter()
            act()
            seconds = time.perf_counter() - started
            transaction.set_rollback(True)
        return seconds

    with CaptureQueriesContext(connection) as seen:
        undone(daily)
    ratios = [undone(daily) / undone(bare) for _ in range(ROUNDS)]
    what = f"one bulk insert of {DEADLINES:,} rows into the same table; PostgreSQL, two inspectors each, escalated"
    queries = f"{DEADLINES:,} open deadlines, their {DEADLINES:,} rows of evidence written in batches of 2,000"
    return {
        "reminders_20k_vs_insert": {
            "value": round(statistics.median(ratios), 2), "unit": "ratio", "limit": ["<=", 4], "against": what,
        },
        "reminders_20k_queries": {
            "value": len(seen), "unit": "queries", "limit": ["<=", 45], "against": queries,
        },
    }  # fmt: skip
