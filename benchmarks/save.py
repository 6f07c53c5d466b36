"""The save endpoint: throughput against a bare view doing the same five statements, and how long 100 inspectors wait.

Both servers run on one PostgreSQL (synchronous_commit=on) with equal gunicorn settings, in turns; the load comes from
this process over kept-open connections. The ratio is what counts: everything shares the machine's cores.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
import uuid
from collections.abc import Callable, Mapping
from secrets import randbelow
from typing import Any

import psycopg

from benchmarks import TINY
from benchmarks.field_work import SAVE, Inspector, environment, gunicorn, prepare
from benchmarks.peers.tables import TABLES
from tests import servers

CONNECTIONS = 2 if TINY else 50
SECONDS = 0.5 if TINY else 6.0
ROUNDS = 1 if TINY else 5
WORKERS = 2  # as scripts/gunicorn.conf.py has them
THREADS = 4
INSPECTORS = 4 if TINY else 100
THINK = (0.1, 0.2) if TINY else (3.0, 8.0)
WATCH = 4.0 if TINY else 30.0

Next = Callable[[], tuple[bytes, Callable[[dict[str, Any]], None]]]


def run() -> dict[str, dict[str, Any]]:
    """Figures by name (see benchmarks/__main__.py)."""
    with servers.postgres(synchronous_commit="on", fsync="on") as database:
        inspectors = prepare(database.url, records=INSPECTORS // 2, items=5)
        bare_url = servers.create_database(database.url, "bare")
        with psycopg.connect(bare_url) as connection:
            connection.execute(TABLES)
        ratios: list[float] = []
        ours = gunicorn("kuancheng_inspect.wsgi", environment(database.url), workers=WORKERS, threads=THREADS)
        bare = gunicorn(
            "benchmarks.peers.bare_site:application",
            os.environ | {"BARE_URL": bare_url},
            workers=WORKERS,
            threads=THREADS,
        )
        with ours as (_, port), bare as (_, bare_port):
            for _ in range(ROUNDS):
                theirs = asyncio.run(throughput(bare_port, "/save/", [_bare(n) for n in range(CONNECTIONS)]))
                mine = asyncio.run(throughput(port, SAVE, [_ours(one) for one in inspectors[::2][:CONNECTIONS]]))
                ratios.append(mine / theirs)
            waits = asyncio.run(patience(port, [_ours(one) for one in inspectors]))
    p95 = statistics.quantiles(waits, n=20)[-1]
    return {
        "save_vs_bare_view": {
            "value": round(statistics.median(ratios), 3), "unit": "ratio", "limit": [">=", 0.5],
            "against": f"saves/s of a bare Django view, same five statements, {CONNECTIONS} connections",
        },
        "save_p95_100_inspectors": {
            "value": round(p95, 3), "unit": "s", "limit": ["<=", 0.3],
            "against": f"{INSPECTORS} inspectors, {THINK[0]:g}-{THINK[1]:g} s between two saves, {len(waits)} saves",
        },
    }  # fmt: skip


def _bare(number: int) -> tuple[Mapping[str, str], Next]:
    def request() -> tuple[bytes, Callable[[dict[str, Any]], None]]:
        body = {"key": uuid.uuid4().hex, "record": number + 1, "item": randbelow(25), "value": uuid.uuid4().hex}
        return json.dumps(body).encode(), lambda _: None

    return {"Content-Type": "application/json", "Host": "127.0.0.1"}, request


def _ours(inspector: Inspector) -> tuple[Mapping[str, str], Next]:
    def request() -> tuple[bytes, Callable[[dict[str, Any]], None]]:
        item = inspector.items[randbelow(len(inspector.items))]
        body = inspector.change(uuid.uuid4().hex, item, "NOT_OK", uuid.uuid4().hex)

        def learn(answer: dict[str, Any]) -> None:
            inspector.versions[item] = answer["version"]

        return json.dumps(body).encode(), learn

    return inspector.headers, request


async def _post(
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, Any]]:
    reader, writer = streams
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next(int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:"))
    return int(head.split(" ", 2)[1]), json.loads(await reader.readexactly(length))


async def throughput(port: int, path: str, clients: list[tuple[Mapping[str, str], Next]]) -> float:
    """Saves a second, each client sending the next one as soon as the last is answered."""
    stop_at = time.monotonic() + SECONDS

    async def work(headers: Mapping[str, str], request: Next) -> int:
        streams, done = await asyncio.open_connection("127.0.0.1", port), 0
        while time.monotonic() < stop_at:
            body, learn = request()
            status, answer = await _post(streams, path, headers, body)
            if status not in {201, 409}:
                raise RuntimeError(f"{status} {answer}")
            done += status == 201
            learn(answer)
        streams[1].close()
        return done

    counts = await asyncio.gather(*(work(*client) for client in clients))
    return sum(counts) / SECONDS


async def patience(port: int, clients: list[tuple[Mapping[str, str], Next]]) -> list[float]:
    """How long each save took for inspectors who think between two of them."""
    stop_at = time.monotonic() + WATCH
    waits: list[float] = []

    async def work(headers: Mapping[str, str], request: Next) -> None:
        await asyncio.sleep(randbelow(3000) / 1000)
        while time.monotonic() < stop_at:
            body, learn = request()
            began = time.monotonic()
            streams = await asyncio.open_connection("127.0.0.1", port)
            status, answer = await _post(streams, SAVE, headers, body)
            streams[1].close()
            if status not in {201, 409}:
                raise RuntimeError(f"{status} {answer}")
            waits.append(time.monotonic() - began)
            learn(answer)
            await asyncio.sleep(THINK[0] + (THINK[1] - THINK[0]) * randbelow(1000) / 1000)

    await asyncio.gather(*(work(*client) for client in clients))
    return waits
