"""Kill and count (trust.md F5, F6, Appendix A): whatever the save endpoint acknowledged is there, and there once.

`python -m benchmarks.chaos [SECONDS]` starts PostgreSQL (synchronous_commit=on) and gunicorn of its own. Pairs of
inspectors write the same items; workers are killed with -9, the database is stopped with -m immediate. A client keeps
the key of a change until it is acknowledged, also when the change has to be made again on a newer version. The control
run has the keys switched off (OPERATION_KEYS_OFF), as many kills, and must count at least ten doubles: with fewer,
a run without any says nothing about the keys ("no power"). In both a fault point sleeps 100 ms between the commit
and the answer: that is the moment in which an answer gets lost.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import choice
from typing import Any

import psycopg

from benchmarks.field_work import SAVE, Inspector, environment, gunicorn, prepare
from tests import servers

PAIRS = 15
ITEMS = 1  # the two of a pair always meet: a change repeated by mistake finds the other's in between
WORKERS = 3
EVERY = 2.5
PROGRESS = 10
SECONDS = 40.0
CONTROL_PATIENCE = 240.0
POWER = 10  # doubles of the control, below which the verdict is worth nothing
NO_POWER = 2
PATIENCE = 30.0
FAULT = "sync_save:committed=sleep:0.1"


@dataclass(frozen=True)
class Scenario:
    """How long, how often something dies, and whether the keys are on.

    ``kills``: how many workers must have died, and with ``crashes`` the database once; ``patience``: how much longer it
    goes on for that on a slow machine. Without ``crashes`` it ends with the last of them.
    """

    seconds: float
    every: float = EVERY
    keys: bool = True
    crashes: bool = True
    patience: float = 0.0
    kills: int = 1


@dataclass
class Verdict:
    """What the clients were told against what the database has."""

    acknowledged: int
    lost: int
    doubled: int
    keys: int
    effects: int
    versions: int
    kills: int
    crashes: int
    longest_wait: float


@dataclass
class Ledger:
    """Shared by all clients."""

    stop_at: float
    acked: set[str] = field(default_factory=set)
    waits: list[float] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, key: str, waited: float) -> None:
        """A change was acknowledged."""
        with self.lock:
            self.acked.add(key)
            self.waits.append(waited)


def client(inspector: Inspector, port: int, ledger: Ledger) -> None:
    """One change after another, each until it is acknowledged."""
    while time.monotonic() < ledger.stop_at:
        key, item = uuid.uuid4().hex, choice(inspector.items)
        started, delay = time.monotonic(), 0.05
        while time.monotonic() < ledger.stop_at + PATIENCE:
            status, body = post(port, inspector, inspector.change(key, item, "NOT_OK", f"改动{key}"))
            if status in {200, 201}:
                inspector.versions[item] = max(inspector.versions.get(item, 0), body["version"])
                ledger.note(key, time.monotonic() - started)
                break
            if status == 409 and body.get("code") == "conflict":
                inspector.versions[item] = body["version"]  # 用我的: the same change, the same key, a newer version
                continue
            if status and status < 500:
                ledger.odd.append(f"{status} {body}")
                return
            time.sleep(delay)
            delay = min(delay * 2, 2)


def post(port: int, inspector: Inspector, change: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """(status, body) over a fresh connection; status 0 when the outcome is unknown."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", SAVE, json.dumps(change).encode(), inspector.headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return 0, {}
    finally:
        connection.close()


def children(pid: int) -> list[int]:
    """The worker processes of a gunicorn."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def chaos(master: int, database: servers.Server, ledger: Ledger, scenario: Scenario) -> tuple[int, int]:
    """Kill a worker every ``every`` seconds, every fourth time the database instead; (kills, crashes).

    Only when something was acknowledged since the last time: a slow machine must not be killed while it starts.
    """
    kills = stops = seen = 0

    def answers() -> None:
        psycopg.connect(database.url, connect_timeout=2).close()

    def enough() -> bool:
        return kills >= scenario.kills and (stops > 0 or not scenario.crashes)

    last = ledger.stop_at
    ends = last - scenario.patience
    while (now := time.monotonic()) < ends or (now < last and not enough()):
        if not scenario.crashes and enough():
            break
        time.sleep(scenario.every)
        if len(ledger.acked) < seen + PROGRESS:
            continue
        seen = len(ledger.acked)
        if scenario.crashes and (kills + stops) % 4 == 1:
            database.crash(answers)
            stops += 1
        elif workers := children(master):
            with contextlib.suppress(ProcessLookupError):
                os.kill(choice(workers), signal.SIGKILL)
            kills += 1
    ledger.stop_at = time.monotonic()
    return kills, stops


def trial(real: Scenario, control: Scenario, *, pairs: int = PAIRS) -> tuple[Verdict, Verdict]:
    """The run and the control, which loses as many workers, on one database of their own, each counted by itself.

    AssertionError when a client got an answer that the protocol does not have.
    """
    with servers.postgres(synchronous_commit="on", fsync="on") as database:
        inspectors = prepare(database.url, records=pairs, items=ITEMS)
        found = _run(database, inspectors, real)
        return found, _run(database, inspectors, replace(control, kills=found.kills))


def has_power(real: Verdict, control: Verdict) -> bool:
    """Whether a run without doubles means anything: the control lost as many workers and doubled often enough."""
    return control.kills >= real.kills > 0 and control.doubled >= POWER


def _run(database: servers.Server, inspectors: list[Inspector], scenario: Scenario) -> Verdict:
    before = _rows(database.url)
    env = environment(database.url, FAULT_POINT=FAULT, OPERATION_KEYS_OFF="0" if scenario.keys else "1")
    with gunicorn("kuancheng_inspect.wsgi", env, workers=WORKERS) as (master, port):
        ledger = Ledger(time.monotonic() + scenario.seconds + scenario.patience)
        threads = [threading.Thread(target=client, args=(one, port, ledger)) for one in inspectors]
        for thread in threads:
            thread.start()
        kills, stops = chaos(master, database, ledger, scenario)
        for thread in threads:
            thread.join()
    assert ledger.odd == [], ledger.odd[:3]
    return _verdict(before, _rows(database.url), ledger, kills, stops)


@dataclass(frozen=True)
class _Rows:
    """What the database has: operation keys, changes in the trail (each text is unique), versions of all items."""

    keys: int
    effects: list[str]
    versions: int


def _rows(url: str) -> _Rows:
    with psycopg.connect(url) as connection:
        keys = connection.execute("SELECT count(*) FROM registry_operationkey").fetchall()
        effects = connection.execute(
            "SELECT after->>'text' FROM registry_auditevent WHERE action = '填写事项' ORDER BY id"
        ).fetchall()
        versions = connection.execute("SELECT coalesce(sum(version), 0) FROM inspections_itemfinding").fetchall()
    return _Rows(keys[0][0], [row[0] for row in effects], int(versions[0][0]))


def _verdict(before: _Rows, after: _Rows, ledger: Ledger, kills: int, crashes: int) -> Verdict:
    effects = after.effects[len(before.effects) :]
    there = {text.removeprefix("改动") for text in effects}
    return Verdict(
        acknowledged=len(ledger.acked), lost=len(ledger.acked - there), doubled=len(effects) - len(there),
        keys=after.keys - before.keys, effects=len(effects), versions=after.versions - before.versions, kills=kills,
        crashes=crashes, longest_wait=max(ledger.waits, default=0.0),
    )  # fmt: skip


def main(seconds: float) -> int:
    """The run, the control, three lines; 1 when anything was lost or doubled, 2 when the control shows too little."""
    real, control = trial(
        Scenario(seconds, patience=60),
        Scenario(0, every=EVERY / 4, keys=False, crashes=False, patience=CONTROL_PATIENCE),
    )
    print(f"kills {real.kills}, database stops {real.crashes}, longest wait {real.longest_wait:.1f} s")
    print(f"keys {real.keys}, effects {real.effects}, versions {real.versions}; control: kills {control.kills}")
    print(f"acknowledged {real.acknowledged} lost {real.lost} doubled {real.doubled} control_doubled {control.doubled}")
    if real.lost or real.doubled or not real.keys == real.effects == real.versions:
        print("verdict: FAILED")
        return 1
    if not has_power(real, control):
        print(f"verdict: no power (the control must double {POWER} times in {real.kills} kills)")
        return NO_POWER
    print("verdict: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
