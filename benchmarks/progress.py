"""The progress page of a plan of 2,000 enterprises and five departments (10,000 sections), through the middleware.

Against a bare Django list of 50 rows of the same records, through the same middleware and the same session.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import TINY
from tests import migrated

RECORDS = 60 if TINY else 2000
ROUNDS = 1 if TINY else 15
CODES = ("WL", "GA", "WS", "SJ", "XF")


def run() -> dict[str, dict[str, Any]]:
    """Figures by name (see benchmarks/__main__.py), on a temporary SQLite database."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{Path(directory) / 'bench.sqlite3'}", "TESTING": "1", "DEBUG": "0",
            "DJANGO_SETTINGS_MODULE": "kuancheng_inspect.settings",
        }  # fmt: skip
        import django  # noqa: PLC0415 -- the settings read the environment above
        from django.core.management import call_command  # noqa: PLC0415 -- as above

        django.setup()
        migrated.migrated(os.environ["DATABASE_URL"], partial(call_command, "migrate", verbosity=0))
        return _measure()


def _fill() -> Any:
    """A dispatched plan: every stage of a record occurs, some are late; returns the plan."""
    from inspections import models as m  # noqa: PLC0415 -- after django.setup()
    from registry import clock  # noqa: PLC0415
    from registry.models import Enterprise  # noqa: PLC0415
    from sampling.models import Selection  # noqa: PLC0415
    from tests import factories as f  # noqa: PLC0415

    clock.pin(dt.datetime(2024, 6, 18, 10, 0, tzinfo=clock.SHANGHAI))
    today, now = clock.today(), clock.now()
    f.load_calendar(2024)
    plan = f.make_plan(departments=CODES)
    draw = f.make_draw(plan, [f.make_enterprise()])
    first = f.make_records(draw)[0]
    like = first.selection.enterprise
    made = Enterprise.objects.bulk_create(
        Enterprise(uscc=f.uscc(10_000 + n), name=f"演示{n}号", entity_type=like.entity_type, authority=like.authority,
                   status=like.status, registered_on=like.registered_on, address=like.address, updated_at=now)
        for n in range(RECORDS - 1)
    )  # fmt: skip
    picks = Selection.objects.bulk_create(
        Selection(draw=draw, enterprise=one, stratum="A", rank=n, ticket=f"{n:064x}", kind="MAIN")
        for n, one in enumerate(made, 2)
    )
    records = m.InspectionRecord.objects.bulk_create(
        m.InspectionRecord(selection=one, dispatch=first.dispatch, plan=plan, team=n % 2 + 1, number=f"B-{n:05d}",
                           state="CONFIRMING" if n % 10 == 0 else "OPEN")
        for n, one in enumerate(picks)
    )  # fmt: skip
    people = {row.department_id: list(draw.members.filter(department=row.department)) for row in plan.departments.all()}
    sections, confirmations = [], []
    for n, record in enumerate(records):
        for department in people:
            state = "NOT_STARTED" if n % 10 == 0 else ("NOT_STARTED", "DRAFT", "SUBMITTED", "APPROVED")[n % 4]
            entered = now - dt.timedelta(days=n % 9) if state in ("SUBMITTED", "APPROVED") else None
            due = None if n % 10 == 0 else today + dt.timedelta(days=n % 8 - 2)
            sections.append(m.DepartmentSection(record=record, department_id=department, state=state, due_on=due,
                                                submitted_at=entered))  # fmt: skip
            waits = n % 20 == 0
            confirmations.append(m.Confirmation(record=record, department_id=department, due_on=dt.date(2024, 6, 5),
                                                decision="PENDING" if waits else "CONFIRMED",
                                                at=None if waits else now))  # fmt: skip
    m.DepartmentSection.objects.bulk_create(sections)
    m.Confirmation.objects.bulk_create(confirmations)
    m.SectionMember.objects.bulk_create(
        m.SectionMember(section=one, inspector=seat.inspector, order=order)
        for one in sections
        for order, seat in enumerate(people[one.department_id][:2], 1)
    )
    return plan


def _measure() -> dict[str, dict[str, Any]]:
    from django.db import connection  # noqa: PLC0415 -- after django.setup(), like the rest
    from django.http import HttpRequest, HttpResponse  # noqa: PLC0415
    from django.template import engines  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415
    from django.urls import path, reverse  # noqa: PLC0415

    from inspections.models import InspectionRecord  # noqa: PLC0415
    from kuancheng_inspect import urls  # noqa: PLC0415
    from registry.permissions import LEAD, requires  # noqa: PLC0415

    plan = _fill()
    template = engines["django"].from_string("<ul>{% for row in rows %}<li>{{ row.number }}</li>{% endfor %}</ul>")

    @requires(LEAD)
    def bare(request: HttpRequest) -> HttpResponse:
        return HttpResponse(template.render({"rows": InspectionRecord.objects.filter(plan=plan)[:50]}, request))

    urls.urlpatterns.append(path("bare-list/", bare))
    client = Client()
    client.force_login(plan.created_by)
    page = reverse("inspections:plan_progress", args=[plan.pk])
    with CaptureQueriesContext(connection) as seen:
        assert client.get(page).status_code == 200
        queries = len(seen)  # counted here: the next request empties the log
    assert client.get("/bare-list/").content.count(b"<li>") == 50
    ratios = [_seconds(lambda: client.get(page)) / _seconds(lambda: client.get("/bare-list/")) for _ in range(ROUNDS)]
    what = f"{RECORDS} enterprises, {RECORDS * len(CODES)} sections; without the chart files"
    return {
        "progress_2000_queries": {
            "value": queries, "unit": "queries", "against": what, "limit": ["<=", 15],
        },
        "progress_2000_vs_list": {
            "value": round(statistics.median(ratios), 2), "unit": "ratio",
            "against": "a bare list of 50 of the same records, same middleware", "limit": ["<=", 10],
        },
    }  # fmt: skip


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
