"""Inspectors with open records and signed-in sessions, and a server for them: what chaos.py and save.py work on."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import migrated, servers
from tests.live_app import migrate

BASE = Path(__file__).resolve().parent.parent
CSRF = "c" * 32
SAVE = "/jiancha/phone/tongbu/baocun/"
START_TIMEOUT = 120.0

POINTS = "核对、登记消费者有效身份证件，并记录有关上网信息；登记内容和记录备份保存时间不得少于六十日"
PHRASES = ["未登记身份证件", "记录保存不足60日"]
PREPARE = """
import json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from kuancheng_inspect.sessions import SessionStore
from tests import factories as f
from tests.inspections import field as x
for _ in range({items}):
    f.make_item(f.make_department("WL"){more})
plan = f.make_plan(departments=["WL"], lead="WL")
places = [f.make_enterprise() for _ in range({records})]
records = f.make_records(f.make_draw(plan, places, teams={teams}))
found = []
for record in records:
    section = x.section_of(record)
    for user in x.inspectors(section):
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        items = list(section.findings.values_list("pk", flat=True))
        found.append({{"user": user.pk, "session": session.session_key, "record": record.pk, "items": items}})
print(json.dumps(found))
"""


@dataclass
class Inspector:
    """A signed-in inspector with the items of one record; ``versions`` is what the phone believes."""

    user: int
    session: str
    record: int
    items: list[int]
    versions: dict[int, int] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """What the phone sends with every change."""
        cookies = f"sessionid={self.session}; csrftoken={CSRF}"
        return {
            "Cookie": cookies, "X-CSRFToken": CSRF, "Accept": "application/json", "Content-Type": "application/json",
            "Host": "127.0.0.1",
        }  # fmt: skip

    def change(self, key: str, item: int, answer: str, text: str) -> dict[str, Any]:
        """The body of a save."""
        return {
            "key": key, "user": self.user, "record": self.record, "target": "item", "id": item,
            "value": {"answer": answer, "text": text, "corrected": False}, "base_version": self.versions.get(item, 0),
        }  # fmt: skip


def environment(database_url: str, **more: str) -> dict[str, str]:
    """What the product's processes see; a few accounts do the work of many here, so none is held back."""
    fixed = {"DATABASE_URL": database_url, "TESTING": "1", "DEBUG": "0", "REDIS_URL": "", "SYNC_BURST": "0"}
    return os.environ | fixed | more


def prepare(database_url: str, *, records: int, items: int, long: bool = False) -> list[Inspector]:
    """Migrate an empty database and fill it: two inspectors for every record. ``long``: items with texts as in life."""
    env = environment(database_url)
    manage = [sys.executable, "manage.py"]
    migrated.migrated(database_url, lambda: migrate(database_url))
    more = f", check_points={POINTS!r}, phrases={PHRASES!r}" if long else ""
    code = PREPARE.format(records=records, items=items, teams=records, more=more)
    command = [*manage, "shell", "--no-imports", "-c", code]
    done = subprocess.run(command, cwd=BASE, env=env, check=True, capture_output=True, text=True)
    return [Inspector(**row) for row in json.loads(done.stdout.splitlines()[-1])]


@contextlib.contextmanager
def gunicorn(
    app: str, env: Mapping[str, str], *, workers: int, threads: int = 4, probe: str = "/healthz"
) -> Iterator[tuple[int, int]]:
    """(process id, port) of a running server; ended by its own id."""
    port = servers.free_port()
    command = [sys.executable, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    command += ["--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads)]
    command += ["--log-level", "critical", "--keep-alive", "30", "--preload"]  # as scripts/gunicorn.conf.py does
    process = subprocess.Popen(command, cwd=BASE, env=dict(env), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while not _answers(f"http://127.0.0.1:{port}{probe}"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server did not start")
            time.sleep(0.1)
        yield process.pid, port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 -- our own address
            return bool(answer.status == 200)
    except OSError:
        return False
