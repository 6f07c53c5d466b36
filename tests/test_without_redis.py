"""The whole road with Redis dead: every act of the office works, within bounds of time, and what waits says so."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from kuancheng_inspect import health
from registry import jobs
from tests import servers
from tests.live_app import BASE, LiveApp

PATIENCE = 60.0
ROAD = """
import datetime as dt
import faulthandler
from django.test import Client
from django.urls import reverse
from inspections import services
from inspections.models import Confirmation, InspectionRecord
from publicity.enums import ExportKind
from publicity.services import publish_records, request_export
from registry import clock
from registry.enums import Role
from registry.models import Job
from sampling.services import freeze_plan, run_draw
from tests import factories
from tests.inspections import field

faulthandler.dump_traceback_later(60, exit=True)

def at(text):  # time runs on: what waits for a dead broker gives up only when its timeouts pass
    clock.pin(dt.datetime.fromisoformat(text + "+08:00"))

at("2024-06-02T08:00:00")
factories.load_calendar(2024, 2025)
plan = factories.make_plan()
plan.rates.filter(grade="A").update(numerator=1, denominator=2)
admins = {}
for row in plan.departments.all():
    factories.make_item(row.department)
    admins[row.department.code] = factories.make_user(
        Role.DEPT_ADMIN, department=row.department, email=row.department.code + "@example.org"
    )
    for _ in range(6):
        factories.make_inspector(row.department, account=True)
for _ in range(2):
    factories.make_enterprise()
lead = plan.created_by
lead.set_password("yanshi-2024-redis")
lead.save()
client = Client()
answer = client.post(reverse("account_login"), {"login": lead.username, "password": "yanshi-2024-redis"})
print("signed in", answer.status_code, client.get(reverse("home"), follow=True).status_code)
freeze_plan(actor=lead, plan=plan)
at("2024-06-03T08:30:00")
witnesses = [{"name": "见证人甲", "unit": "演示单位"}]
draw = run_draw(actor=lead, plan=plan, digits="0123456789" * 4, witnesses=witnesses, key="k" * 32)
at("2024-06-03T09:00:00")
services.dispatch_draw(actor=lead, draw=draw)
for code, admin in admins.items():
    rows = Confirmation.objects.filter(record__plan=plan, department__code=code)
    services.confirm_records(actor=admin, confirmations=list(rows))
at("2024-09-24T16:00:00")
record = InspectionRecord.objects.filter(plan=plan)[0]
sections = list(record.sections.select_related("department").order_by("pk"))
for section in sections:
    actor = field.fill(section)
field.sign(InspectionRecord.objects.get(pk=record.pk), actor)
for section in sections:
    services.submit_section(actor=field.inspectors(section)[0], section=section)
    section.refresh_from_db()
    services.review_section(actor=admins[section.department.code], section=section, decision="PASS")
print("published", len(publish_records(actor=lead, records=[InspectionRecord.objects.get(pk=record.pk)])))
export = request_export(actor=lead, plan=plan, kind=ExportKind.RESULTS_XLSX)
client.force_login(lead)
page = client.get(reverse("publicity:export_list")).content.decode()
print("export", export.get_state_display(), export.get_state_display() in page)
print("job", Job.objects.get(object_id=str(export.pk), task__contains="build_export").state)
"""


@pytest.mark.pg
def test_the_whole_road_works_without_redis(new_database: Callable[[str], str], tmp_path: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": new_database("no_redis"), "MEDIA_ROOT": str(tmp_path / "media"),
        "REDIS_URL": f"redis://127.0.0.1:{servers.free_port()}/0",  # nobody listens there
    }  # fmt: skip
    app = LiveApp("", 0, environment["DATABASE_URL"], tmp_path, environment)
    started = time.monotonic()
    said = app.run(ROAD).splitlines()
    assert time.monotonic() - started < PATIENCE
    assert said[-4:] == ["signed in 302 200", "published 1", "export 排队中 True", "job PENDING"]
    assert app.manage("run_jobs").stdout.startswith("已处理 ")  # an office on cron finishes it here
    assert app.rows("SELECT state, rows FROM publicity_exportjob") == [("READY", 2)]


# ------------------------------------------------------------------------------------------- what one click may cost


CLICKS = """
import time
import django
django.setup()
from registry import jobs
jobs._send(0)  # loads Celery and its transport: a server has done that
for number in range(3):
    if number < 2:
        jobs.broker.reset()
    began = time.monotonic()
    jobs._send(1)
    print(time.monotonic() - began)
"""


@contextlib.contextmanager
def deaf() -> Iterator[int]:
    """The port of somebody who takes a call and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield server.getsockname()[1]


def clicks(port: int) -> list[float]:
    """What two first clicks and one after them wait."""
    environment = os.environ | {"REDIS_URL": f"redis://127.0.0.1:{port}/0", "DATABASE_URL": "sqlite://:memory:"}
    done = subprocess.run(
        [sys.executable, "-c", CLICKS], cwd=BASE, env=environment, capture_output=True, text=True, check=True
    )
    return [float(line) for line in done.stdout.splitlines()]


def test_a_redis_that_is_gone_or_says_nothing_costs_no_click_a_second() -> None:
    with deaf() as port:
        for waited in (clicks(servers.free_port()), clicks(port)):
            assert max(waited) < 1
            assert waited[2] < 0.05  # the one after a failure does not ask again


def test_the_breaker_opens_for_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now, sent = [100.0], []

    def send(*args: object, **kwargs: object) -> None:
        sent.append(args)
        if len(sent) == 1:
            raise OSError("gone")

    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(jobs.current_app, "send_task", send)
    monkeypatch.setattr(jobs, "broker", jobs._Breaker())
    for at, count in ((100, 1), (100, 1), (109.9, 1), (110, 2), (110, 3)):
        now[0] = at
        jobs._send(1)
        assert len(sent) == count


def test_readyz_says_that_redis_is_full(redis_server: servers.Server, settings: object) -> None:
    settings.REDIS_URL = redis_server.url
    client = redis.Redis.from_url(redis_server.url)
    assert health._broker() == "正常"
    client.config_set("maxmemory", 1)
    try:
        assert health._broker().startswith("写不进去（")
    finally:
        client.config_set("maxmemory", 0)
    assert health._broker() == "正常"
