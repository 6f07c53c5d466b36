"""What beat does an office on cron can do as well: every entry has its command, and the manual names both."""

import re
from pathlib import Path

from django.core.management import get_commands

from kuancheng_inspect.celery import app

MANUAL = Path(__file__).resolve().parent.parent / "docs" / "operations.md"
ROW = re.compile(
    r"^\| `(?P<task>[a-z_.]+)`[^|]*\| `manage.py (?P<command>[a-z_]+)` \| `(?P<cron>[^`]+)` \|", re.MULTILINE
)


def test_every_entry_of_the_schedule_has_its_command_in_the_table():
    table = {row["task"]: row["command"] for row in ROW.finditer(MANUAL.read_text(encoding="utf-8"))}
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled == set(table)
    assert set(table.values()) - set(get_commands()) == set()
    app.loader.import_default_modules()
    assert scheduled - set(app.tasks) == set()


def test_the_times_of_the_table_can_be_written_into_a_crontab():
    times = [row["cron"].split() for row in ROW.finditer(MANUAL.read_text(encoding="utf-8"))]
    assert [time for time in times if len(time) != 5] == []
