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
from pathlib import Path
from typing import Any

RECORDS = 2000
ROUNDS = 15
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
        call_command("migrate", verbosity=0)
        return _measure()


def _fill() -> Any:
    """A dispatched plan: every stage of a record occurs, some are late; returns the plan."""
    from inspections.models import DepartmentSection, InspectionRecord  # noqa: PLC0415 -- after django.setup()
    from registry import clock  # noqa: PLC0415
    from tests import factories as f  # noqa: PLC0415

    clock.pin(dt.datetime(2024, 6, 18, 10, 0, tzinfo=clock.SHANGHAI))
    today = clock.today()
    f.load_calendar(2024)
    plan = f.make_plan(departments=CODES)
    enterprises = [f.make_enterprise() for _ in range(RECORDS)]
    f.make_records(f.make_draw(plan, enterprises))
    InspectionRecord.objects.filter(plan=plan, pk__lte=RECORDS // 10).update(state="CONFIRMING")
    records = list(InspectionRecord.objects.filter(plan=plan).order_by("pk").values_list("pk", flat=True))
    own = DepartmentSection.objects.filter(record__plan=plan)
    for number, state in enumerate(("NOT_STARTED", "DRAFT", "SUBMITTED", "APPROVED")):
        chosen = own.filter(record__in=records[number::4])
        at = clock.now() if number > 1 else None
        for index in range(8):
            due = today + dt.timedelta(days=index - 2)
            chosen.filter(record__in=records[number + index * 4 :: 32]).update(state=state, submitted_at=at, due_on=due)
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
    assert client.get("/bare-list/").content.count(b"<li>") == 50
    ratios = [_seconds(lambda: client.get(page)) / _seconds(lambda: client.get("/bare-list/")) for _ in range(ROUNDS)]
    what = f"{RECORDS} enterprises, {RECORDS * len(CODES)} sections; without the chart files"
    return {
        "progress_2000_queries": {
            "value": len(seen), "unit": "queries", "against": what, "limit": ["<=", 15],
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
