"""First load of 今日 and of a record on a phone: what arrives, and how long it takes at 400 kbit/s and 600 ms.

The server runs as in production (hashed and compressed static files); pages are compressed on the way by a small proxy
as scripts/nginx-proxy.conf has nginx do it. Chromium counts what it receives, heads of the answers included.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import TINY
from benchmarks.field_work import BASE, Inspector, gunicorn, prepare

ITEMS = 2 if TINY else 25
ROUNDS = 1 if TINY else 3
LIMIT_KB = 60
LIMIT_S = 5
KBIT, LATENCY = 400, 600
LINE = {"offline": False, "latency": LATENCY, "downloadThroughput": KBIT * 125, "uploadThroughput": KBIT * 125}
PAGES = {"today": "/jiancha/phone/", "record": "/jiancha/phone/{record}/"}
# Usable: something is on the screen, and the page's modules have run (they are deferred: the event waits for them).
USABLE = """() => {
  const loaded = performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd;
  const [painted] = performance.getEntriesByName("first-contentful-paint");
  return loaded && painted ? Math.max(loaded, painted.startTime) : 0;
}"""
HEAD_END = b"\r\n\r\n"


def run() -> dict[str, dict[str, Any]]:
    """Figures by name (see benchmarks/__main__.py); none, with a note, without Chromium."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        print("phone_weight: Chromium is not installed, left out", file=sys.stderr)
        return {}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        database = f"sqlite:///{folder / 'bench.sqlite3'}"
        inspector = prepare(database, records=1, items=ITEMS, long=True)[0]
        env = production(database, folder)
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"], cwd=BASE, env=env, check=True
        )
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        with gunicorn("kuancheng_inspect.wsgi", env, workers=2) as (_, port), compressing(port) as outside:
            found = {page: _visits(browser, outside, inspector, path) for page, path in PAGES.items()}
        browser.close()
    figures: dict[str, dict[str, Any]] = {}
    for page, (kilobytes, later, seconds) in found.items():
        figures[f"{page}_kb"] = {
            "value": round(kilobytes, 1), "unit": "KB", "limit": ["<=", LIMIT_KB],
            "against": f"first load, compressed, all that Chromium received until usable and loaded; {ITEMS} items",
        }  # fmt: skip
        figures[f"{page}_later_kb"] = {
            "value": round(later, 1), "unit": "KB",
            "against": "what follows in the background: own records, to fill in without a network",
        }  # fmt: skip
        figures[f"{page}_slow_s"] = {
            "value": round(seconds, 2), "unit": "s", "limit": ["<=", LIMIT_S],
            "against": f"usable, nothing cached, at {KBIT} kbit/s and {LATENCY} ms",
        }  # fmt: skip
    return figures


def production(database: str, folder: Path) -> dict[str, str]:
    """The environment of an office's server, its files in ``folder``."""
    return os.environ | {
        "DATABASE_URL": database, "TESTING": "0", "DEBUG": "0", "DEMO": "0", "REDIS_URL": "",
        "STATIC_ROOT": str(folder / "static"), "MEDIA_ROOT": str(folder / "media"),
        "SECRET_KEY": "for-tests-only-" * 5,  # that of prepare(), so that its sessions hold
    }  # fmt: skip


def _visits(browser: Browser, port: int, inspector: Inspector, path: str) -> tuple[float, float, float]:
    """(KB of one first load, KB that follow, median of seconds until usable on the slow line), each in a browser that
    has nothing."""
    address = f"http://127.0.0.1:{port}{path.format(record=inspector.record)}"
    first, later, _ = _visit(browser, address, inspector, None)
    slow = statistics.median(_visit(browser, address, inspector, LINE)[2] for _ in range(ROUNDS))
    return first / 1024, later / 1024, slow


def _visit(browser: Browser, address: str, inspector: Inspector, line: dict[str, Any] | None) -> tuple[int, int, float]:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, device_scale_factor=2, is_mobile=True, has_touch=True, locale="zh-CN"
    )
    context.add_cookies([{"name": "sessionid", "value": inspector.session, "domain": "127.0.0.1", "path": "/"}])
    page = context.new_page()
    try:
        return _load(page, address, line)
    finally:
        context.close()


def _load(page: Page, address: str, line: dict[str, Any] | None) -> tuple[int, int, float]:
    """(bytes received until usable and loaded, bytes after that until the network is quiet, seconds until usable)."""
    received: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": False})
    session.on("Network.loadingFinished", lambda event: received.append(round(event["encodedDataLength"])))
    if line:
        session.send("Network.emulateNetworkConditions", line)
    answer = page.goto(address, wait_until="commit", timeout=60_000)
    if answer is None or answer.status != 200 or answer.url != address:
        raise RuntimeError(f"{address} answered {answer and (answer.status, answer.url)}")
    usable = page.wait_for_function(USABLE, timeout=60_000).json_value() / 1000
    page.wait_for_load_state("load", timeout=60_000)
    first = sum(received)
    page.wait_for_load_state("networkidle", timeout=60_000)
    return first, sum(received) - first, usable


# ------------------------------------------------------------------------------------------------ nginx's part of it


@contextlib.contextmanager
def compressing(port: int) -> Iterator[int]:
    """The port of a proxy in front of ``port`` that compresses what scripts/nginx-proxy.conf has nginx compress."""
    conf = (BASE / "scripts" / "nginx-proxy.conf").read_text(encoding="utf-8")
    level = re.search(r"^gzip_comp_level (\d);", conf, re.MULTILINE)
    least = re.search(r"^gzip_min_length (\d+);", conf, re.MULTILINE)
    types = re.search(r"^gzip_types (.+);", conf, re.MULTILINE)
    if not re.search(r"^gzip on;", conf, re.MULTILINE) or least is None or types is None:
        raise RuntimeError("scripts/nginx-proxy.conf compresses nothing")
    press = _Press(int(level.group(1)) if level else 1, int(least.group(1)), {"text/html", *types.group(1).split()})
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(lambda reader, writer: _relay(reader, writer, port, press), "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(serve(), loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _end(server: asyncio.Server) -> None:
    """Stop listening, and let go of the connections that browsers keep open."""
    server.close()
    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


class _Press:
    """What is compressed, and how hard."""

    def __init__(self, level: int, least: int, types: set[str]) -> None:
        self.level, self.least, self.types = level, least, types

    def __call__(self, head: list[str], body: bytes) -> tuple[list[str], bytes]:
        names = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:]}
        kind = names.get("content-type", "").partition(";")[0]
        if "content-encoding" in names or kind not in self.types or len(body) < self.least:
            return head, body
        body = gzip.compress(body, self.level)
        kept = [line for line in head if not line.lower().startswith("content-length:")]
        return [*kept, f"Content-Length: {len(body)}", "Content-Encoding: gzip"], body


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, press: _Press) -> None:
    """GET after GET of one connection; each is asked of the server in a connection of its own."""
    gone = (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError)
    with contextlib.suppress(*gone), contextlib.closing(writer):
        while True:
            asked = (await reader.readuntil(HEAD_END)).decode("latin-1")
            asked = re.sub(r"(?im)^connection:.*\r\n", "", asked).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
            behind, to_server = await asyncio.open_connection("127.0.0.1", port)
            to_server.write(asked.encode("latin-1"))
            answer = await behind.read()
            to_server.close()
            head, _, body = answer.partition(HEAD_END)
            lines = [
                line for line in head.decode("latin-1").split("\r\n") if not line.lower().startswith("connection:")
            ]
            lines, body = press(lines, body)
            writer.write("\r\n".join(lines).encode("latin-1") + HEAD_END + body)
            await writer.drain()
