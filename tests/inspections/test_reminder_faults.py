"""Reminders when things break: two runs at once, a killed run, Redis gone, full and back. PostgreSQL only."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
import time_machine
from django.db import connection

from inspections import services
from inspections.models import Mention, Notice, Reminder, ReminderRun
from tests import servers
from tests.inspections.desk import make_desk
from tests.inspections.test_confirming_races import together
from tests.live_app import LiveApp

DAY = "2024-06-05T08:30:00+08:00"
BASE = Path(__file__).resolve().parents[2]

race = pytest.mark.race
on_postgres = pytest.mark.django_db(transaction=True)


def send() -> int:
    return services.send_due_reminders(day=services.reminding.clock.today())


@race
@on_postgres
def test_two_beats_at_once() -> None:
    desk = make_desk(30)
    desk.dispatch()
    Notice.objects.all().delete()
    with time_machine.travel(DAY, tick=True):
        answers = together(send, send, send)
    assert sorted(answers) == [0, 0, 2]
    counts = (Notice.objects.count(), Reminder.objects.count(), Mention.objects.count(), ReminderRun.objects.count())
    assert counts == (2, 2, 60, 1)


@race
@on_postgres
def test_a_killed_run_leaves_nothing_and_the_next_call_sends_once() -> None:
    desk = make_desk(3)
    desk.dispatch()
    Notice.objects.all().delete()
    code = (
        "import os, django; django.setup()\n"
        "from inspections import tasks\n"
        "from inspections.services import reminding\n"
        "reminding.store_notices = lambda rows: os._exit(9)\n"
        "tasks.send_reminders()\n"
    )
    held = connection.settings_dict
    url = f"postgres://{held['USER']}@{held['HOST']}:{held['PORT']}/{held['NAME']}"
    environment = os.environ | {"DATABASE_URL": url, "CLOCK_PIN": DAY}
    for _twice in range(2):
        done = subprocess.run([sys.executable, "-c", code], cwd=BASE, env=environment, check=False)
        assert done.returncode == 9
        assert (Notice.objects.count(), Mention.objects.count()) == (0, 0)
        assert ReminderRun.objects.get().finished_at is None
    with time_machine.travel("2024-06-05T08:40:00+08:00", tick=False):
        assert services.run_is_due(services.reminding.clock.now())
        assert send() == 2
        assert send() == 0


BUILD = """
from registry.models import User
from tests.inspections.desk import make_desk
desk = make_desk(3)
desk.dispatch()
for user in User.objects.filter(is_dept_admin=True):
    User.objects.filter(pk=user.pk).update(email=f"{user.pk}@example.org")
from inspections.models import Notice
Notice.objects.all().delete()
"""
SWEEP = "from registry import jobs; print(jobs.sweep())"


@pytest.mark.pg
def test_redis_gone_full_and_back(new_database: Callable[[str], str], tmp_path: Path) -> None:
    """Every act works without Redis; what waited goes out once when it is back, also when the worker is killed."""
    outbox = tmp_path / "mail"
    outbox.mkdir()
    port = servers.free_port()
    environment = os.environ | {
        "DATABASE_URL": new_database("reminders"), "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "EMAIL_URL": f"filemail:///{outbox}", "MEDIA_ROOT": str(tmp_path / "media"),
    }  # fmt: skip
    app = LiveApp("", 0, environment["DATABASE_URL"], tmp_path, environment)
    app.run(BUILD)
    environment["CLOCK_PIN"] = DAY
    started = time.monotonic()
    assert app.manage("send_reminders").stdout == "已发送 2 条提醒。\n"  # Redis is not there
    assert time.monotonic() - started < 60
    assert jobs_and_deliveries(app) == ([("PENDING",)], [("WAITING",), ("WAITING",)])

    with servers.redis(port=port) as server:
        client = redis.Redis.from_url(server.url)
        client.config_set("maxmemory", 1)  # full: every write is refused
        environment["CLOCK_PIN"] = "2024-06-06T08:30:00+08:00"
        assert app.manage("send_reminders").stdout == "已发送 2 条提醒。\n"
        assert jobs_and_deliveries(app)[1] == [("WAITING",)] * 4
        client.config_set("maxmemory", 0)
        environment["CLOCK_PIN"] = "2024-06-06T09:00:00+08:00"
        with app.worker() as worker:
            assert app.run(SWEEP).strip() == "1"
            wait_for(lambda: jobs_and_deliveries(app) == ([("DONE",)], [("SENT",)] * 4))
            worker.send_signal(signal.SIGKILL)
        server.stop()  # gone while people work
        environment["CLOCK_PIN"] = "2024-06-11T08:30:00+08:00"
        assert app.manage("send_reminders").stdout == "已发送 3 条提醒。\n"
        environment["CLOCK_PIN"] = "2024-06-11T09:00:00+08:00"
        assert app.manage("run_jobs").stdout == "已处理 1 个任务。\n"  # an office on cron needs neither
    assert app.manage("send_deliveries").stdout == "已送达 0 条。\n"
    sent = "".join(path.read_text() for path in outbox.iterdir())
    assert sent.count("Subject:") == 6
    assert app.rows("SELECT count(*), count(DISTINCT (recipient_id, at)) FROM inspections_notice") == [(7, 7)]


def jobs_and_deliveries(app: LiveApp) -> tuple[list[tuple[str]], list[tuple[str]]]:
    jobs = app.rows("SELECT state FROM registry_job WHERE task = 'inspections.tasks.deliver_waiting' ORDER BY id")
    return jobs, app.rows("SELECT state FROM inspections_delivery ORDER BY id")  # type: ignore[return-value]


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, "not in a minute"
        time.sleep(0.2)
