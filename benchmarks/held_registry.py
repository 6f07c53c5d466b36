"""How long a submission takes while the registry is held: 20,000 rows imported, and a registry of 100,000 frozen.

Twenty phones submit to a server as shipped (2 processes of 4 threads) over loopback, each a section that is ready;
beside them a process of its own imports or freezes through the product's services. None may be refused. What waits
for the same lock shows at once: with the trail's head as the registry's lock, submissions took as long as the freeze.
`python -m benchmarks held_registry`.
"""

# ruff: noqa: PLC0415 -- the children load Django after their environment is set

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from secrets import randbelow
from typing import Any

from benchmarks import TINY, registry_import
from benchmarks.field_work import BASE, CSRF, environment, gunicorn
from tests import migrated, servers
from tests.live_app import migrate

SUBMIT = "/jiancha/phone/tongbu/tijiao/"
PHONES = 3 if TINY else 20
RECORDS = 4 if TINY else 22  # of each phone, over all turns
THINK = (1.0, 3.0)
TURNS = 1 if TINY else 3
IMPORTED = 50 if TINY else 20_000
FROZEN = 300 if TINY else 100_000
IDLE = 1.0 if TINY else 5.0
LIMIT = 5 if TINY else 0.5
STILL = 0.3  # seconds for which the phones are left alone before they are counted


@dataclass
class Phone:
    """A signed-in inspector and the records that are ready to be submitted."""

    user: int
    session: str
    records: list[int]

    @property
    def headers(self) -> dict[str, str]:
        """What the phone sends."""
        cookies = f"sessionid={self.session}; csrftoken={CSRF}"
        return {
            "Cookie": cookies, "X-CSRFToken": CSRF, "Accept": "application/json", "Content-Type": "application/json",
            "Host": "127.0.0.1",
        }  # fmt: skip


@dataclass
class Waits:
    """How long each submission took, and what was not answered with 201."""

    seconds: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def p99(self) -> float:
        """The 99th percentile; with fewer than a hundred, the longest."""
        return statistics.quantiles(self.seconds, n=100)[-1] if len(self.seconds) >= 100 else max(self.seconds)


async def submit(phone: Phone, port: int, waits: Waits) -> None:
    """One submission over a connection of its own."""
    from benchmarks.save import _post

    body = {"key": uuid.uuid4().hex, "user": phone.user, "record": phone.records.pop()}
    began = time.monotonic()
    streams = await asyncio.open_connection("127.0.0.1", port)
    status, answer = await _post(streams, SUBMIT, phone.headers, json.dumps(body).encode())
    streams[1].close()
    waits.seconds.append(time.monotonic() - began)
    if status != 201:
        waits.refused.append(f"{status} {answer}")


async def _work(phone: Phone, port: int, waits: Waits, going: Callable[[], bool]) -> None:
    await asyncio.sleep(THINK[0] * randbelow(1000) / 1000)
    while phone.records:  # once at least, however soon the other is done
        await submit(phone, port, waits)
        await asyncio.sleep(THINK[0] + (THINK[1] - THINK[0]) * randbelow(1000) / 1000)
        if not going():
            return


async def _all(phones: list[Phone], port: int, waits: Waits, going: Callable[[], bool]) -> None:
    await asyncio.gather(*(_work(phone, port, waits, going) for phone in phones))


def submitting(phones: list[Phone], port: int, waits: Waits, going: Callable[[], bool]) -> None:
    """All phones at once, while ``going``."""
    asyncio.run(_all(phones, port, waits, going))


def beside(command: list[str], env: dict[str, str], phones: list[Phone], port: int, waits: Waits) -> float:
    """Submit while a child holds the registry: from its line ``begin`` to its end. How long that was."""
    child = subprocess.Popen(command, cwd=BASE, env=env, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    while (line := child.stdout.readline()) and line.strip() != "begin":
        continue
    began = time.monotonic()
    submitting(phones, port, waits, lambda: child.poll() is None)
    held = time.monotonic() - began
    if child.wait(600):
        raise RuntimeError(f"{command[-3:]} ended with {child.returncode}")
    return held


def run() -> dict[str, dict[str, Any]]:
    """Figures by name (see benchmarks/__main__.py)."""
    with tempfile.TemporaryDirectory(prefix="kuancheng-bench-") as folder, servers.postgres() as database:
        env = environment(database.url, MEDIA_ROOT=folder, DJANGO_SETTINGS_MODULE="kuancheng_inspect.settings")
        me = [sys.executable, "-m", "benchmarks.held_registry"]
        migrated.migrated(database.url, lambda: migrate(database.url))
        done = subprocess.run([*me, "prepare", folder], cwd=BASE, env=env, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        phones = [Phone(**row) for row in found["phones"]]
        idle, importing, freezing = Waits(), Waits(), Waits()
        spans: dict[str, list[float]] = {"import": [], "freeze": []}
        with gunicorn("kuancheng_inspect.wsgi", env, workers=2) as (_, port):
            _warm(phones, port)
            until = time.monotonic() + IDLE
            submitting(phones, port, idle, lambda: time.monotonic() < until)
            for turn in range(TURNS):
                for name, waits, what in (
                    ("import", importing, found["batches"][turn]),
                    ("freeze", freezing, str(found["plans"][turn])),
                ):
                    spans[name].append(beside([*me, name, what], env, phones, port, waits))
    if refused := idle.refused + importing.refused + freezing.refused:
        raise RuntimeError(f"{len(refused)} submissions were refused: {refused[0]}")
    return {
        "submit_p99_during_import": _figure(importing, idle, f"{IMPORTED} rows imported in", spans["import"]),
        "submit_p99_during_freeze": _figure(freezing, idle, f"{FROZEN} enterprises frozen in", spans["freeze"]),
    }


def _warm(phones: list[Phone], port: int) -> None:
    """Every thread of the server has its connection and its views."""
    waits = Waits()
    submitting(phones, port, waits, lambda: False)
    time.sleep(STILL)


def _figure(waits: Waits, idle: Waits, words: str, spans: list[float]) -> dict[str, Any]:
    return {
        "value": round(waits.p99, 3), "unit": "s", "limit": ["<=", LIMIT],
        "against": f"{len(waits.seconds)} submissions of {PHONES} phones, 0 refused; {words} "
        f"{statistics.mean(spans):.1f} s; with nothing beside it {idle.p99:.3f} s",
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ in their own process


def prepare(folder: str) -> dict[str, Any]:
    """A registry, plans to freeze, files to import, and records ready to be submitted."""
    from benchmarks import freeze
    from registry.services import load_reference_data
    from tests.inspections import field as x

    freeze.ROWS = FROZEN
    load_reference_data()
    first = freeze.fill()
    plans = [first, *(_another(first) for _ in range(TURNS - 1))]
    phones = [_phone(x) for _ in range(PHONES)]
    registry_import.ROWS = IMPORTED
    batches = []
    for turn in range(TURNS):
        path = Path(folder) / f"{turn}.xlsx"
        registry_import.write_file(path, name=f"演示{turn}-")
        batches.append(str(path))
    return {"plans": plans, "phones": phones, "batches": batches}


def _another(pk: int) -> int:
    from sampling.models import Plan
    from tests import factories as f

    plan = Plan.objects.get(pk=pk)
    codes = tuple(plan.departments.values_list("department__code", flat=True))
    key: int = f.make_plan(departments=codes, created_by=plan.created_by).pk
    return key


def _phone(x: Any) -> dict[str, Any]:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from inspections.models import InspectionRecord
    from kuancheng_inspect.sessions import SessionStore
    from tests import factories as f

    places = [f.make_enterprise() for _ in range(RECORDS)]
    records = f.make_records(f.make_draw(f.make_plan(departments=("WL",)), places, teams=1))
    user = x.inspectors(x.section_of(records[0]))[0]
    for record in records:
        x.fill(x.section_of(record))
        x.sign(InspectionRecord.objects.get(pk=record.pk), user)
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {"user": user.pk, "session": session.session_key, "records": [one.pk for one in records]}


def import_(path: str) -> dict[str, Any]:
    """Everything of an import; ``begin`` when the file is read and the writing starts."""
    from registry.importers import read_registry_file
    from registry.models import RiskScheme
    from registry.services import import_rows, store_upload

    scheme = RiskScheme.objects.get(code="S1")
    reading = read_registry_file(path, kind="enterprises", scheme=scheme)
    assert reading.problems == [], reading.problems[:3]
    content = Path(path).read_bytes()
    batch = store_upload(actor=None, kind="enterprises", filename="a.xlsx", content=content, scheme=scheme)
    print("begin", flush=True)
    import_rows(actor=None, batch=batch, rows=reading.rows)
    return {}


def freeze_(pk: str) -> dict[str, Any]:
    """A freeze, whole."""
    from registry import clock
    from sampling import services
    from sampling.models import Plan
    from tests.sampling.plans import FROZEN_AT

    clock.pin(FROZEN_AT, running=False)
    plan = Plan.objects.get(pk=int(pk))
    print("begin", flush=True)
    services.freeze_plan(actor=plan.created_by, plan=plan)
    return {}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps({"prepare": prepare, "import": import_, "freeze": freeze_}[sys.argv[1]](sys.argv[2])))
