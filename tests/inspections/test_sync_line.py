"""F20 and G5 on a real server: uploads cut, trickling, answered into a dead line, killed; stored once in the end."""

from __future__ import annotations

import http.client
import io
import json
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image

from benchmarks.field_work import PREPARE, SAVE, Inspector
from registry.faults import KILLED
from tests.live_app import LiveApp, start_live_app
from tests.proxy import Proxy

PHOTO = "/jiancha/phone/tongbu/zhaopian/"
BOUNDARY = "a-line-that-no-picture-has"
UNKNOWN = (0, {})


@pytest.fixture(scope="module")
def app(
    new_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveApp, Iterator[Inspector]]]:
    """A server of one process and four threads, and inspectors with a record each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCK_TIMEOUT_MS", "300")
        with start_live_app(new_database("line"), "", tmp_path_factory.mktemp("line")) as app:
            rows = json.loads(app.run(PREPARE.format(records=6, items=1, teams=6, more="")).splitlines()[-1])
            yield app, iter([Inspector(**row) for row in rows[::2]])


@pytest.fixture
def live(app: tuple[LiveApp, Iterator[Inspector]]) -> LiveApp:
    return app[0]


@pytest.fixture
def inspector(app: tuple[LiveApp, Iterator[Inspector]]) -> Inspector:
    return next(app[1])


def upload(inspector: Inspector, key: str, *, noise: bool = False) -> tuple[dict[str, str], bytes]:
    """Headers and body of a photo of half a megabyte; with ``noise`` of two, which the server spools to disk."""
    picture, edge = io.BytesIO(), 1400 if noise else 500
    Image.frombytes("RGB", (edge, edge), os.urandom(edge * edge * 3)).save(picture, "JPEG", quality=90)
    fields = {"key": key, "user": inspector.user, "record": inspector.record, "finding": inspector.items[0]}
    body = b""
    for name, value in fields.items():
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'.encode()
    body += picture.getvalue() + f"\r\n--{BOUNDARY}--\r\n".encode()
    return inspector.headers | {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, body


def post(port: int, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
    """(status, answer); status 0 when no answer came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException):
        return UNKNOWN
    finally:
        connection.close()


def raw(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """A request as it goes over the line."""
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "Connection: close", "", ""]).encode() + body


def count(app: LiveApp, inspector: Inspector) -> int:
    return int(app.rows(f"SELECT count(*) FROM inspections_evidence WHERE record_id = {inspector.record}")[0][0])


def files(app: LiveApp, folder: str) -> list[Path]:
    place = Path(app.environment["MEDIA_ROOT"]) / folder
    return list(place.iterdir()) if place.is_dir() else []


@pytest.mark.parametrize("noise", [False, True], ids=["in-memory", "spooled"])
@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_an_upload_that_breaks_off_leaves_nothing(live: LiveApp, who: Inspector, cut: float, noise: bool) -> None:
    """No row, no file, nobody else waits; the same key, whole, is stored once."""
    key, before = uuid.uuid4().hex, (count(live, who), len(files(live, "evidence")))
    headers, body = upload(who, key, noise=noise)
    whole = raw(PHOTO, headers, body)
    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as line:
        line.sendall(whole[: len(whole) - len(body) + int(len(body) * cut)])
        line.shutdown(socket.SHUT_WR)
        assert b" 400 " in line.recv(4096).split(b"\r\n")[0]
    assert (count(live, who), len(files(live, "evidence")), files(live, "uploads")) == (*before, [])
    assert post(live.port, PHOTO, headers, body)[0] == 201
    assert post(live.port, PHOTO, headers, body)[1]["state"] == "dup"
    assert (count(live, who), len(files(live, "evidence"))) == (before[0] + 1, before[1] + 1)


@pytest.fixture(scope="module")
def who(app: tuple[LiveApp, Iterator[Inspector]]) -> Inspector:
    """One inspector for all the cuts."""
    return next(app[1])


def test_lines_that_trickle_hold_up_nobody_else(live: LiveApp, inspector: Inspector) -> None:
    """Three of four threads listen to slow phones; saves of others pass, and a slow one that ends is stored.

    In an office nginx takes uploads in whole first (scripts/nginx-proxy.conf), so slow lines hold no thread at all.
    """
    key = uuid.uuid4().hex
    headers, body = upload(inspector, key)
    slow = [socket.create_connection(("127.0.0.1", live.port), timeout=15) for _ in range(3)]
    whole = raw(PHOTO, headers, body)
    for line in slow:
        line.sendall(whole[:2000])
    time.sleep(0.2)
    longest = 0.0
    for number in range(10):
        for line in slow:
            line.sendall(whole[2000 + number * 10 : 2010 + number * 10])
        change = inspector.change(uuid.uuid4().hex, inspector.items[0], "NOT_OK", f"第{number}次")
        started = time.monotonic()
        status, answer = post(live.port, SAVE, inspector.headers, json.dumps(change).encode())
        longest = max(longest, time.monotonic() - started)
        assert status == 201
        inspector.versions[inspector.items[0]] = answer["version"]
    assert longest < 5
    for line in slow[1:]:
        line.close()
    slow[0].sendall(whole[2100:])
    assert b" 201 " in slow[0].recv(4096).split(b"\r\n")[0]
    slow[0].close()
    assert count(live, inspector) == 1


def test_a_lost_answer_is_told_on_the_retry_and_stored_once(live: LiveApp, inspector: Inspector) -> None:
    item = inspector.items[0]
    change = inspector.change(uuid.uuid4().hex, item, "NOT_OK", "入口未见标志")
    saved = json.dumps(change).encode()
    headers, body = upload(inspector, uuid.uuid4().hex)
    with Proxy(live.port) as line:
        line.drop_next_answer("baocun")
        line.drop_next_answer("zhaopian")
        assert post(line.port, SAVE, inspector.headers, saved) == UNKNOWN
        assert post(line.port, PHOTO, headers, body) == UNKNOWN
        status, answer = post(line.port, SAVE, inspector.headers, saved)
        assert (status, answer["state"], answer["version"]) == (200, "dup", 1)
        status, answer = post(line.port, PHOTO, headers, body)
        assert (status, answer["state"]) == (200, "dup")
        line.cut_upload_at(0.5, "zhaopian")
        headers, body = upload(inspector, uuid.uuid4().hex)
        assert post(line.port, PHOTO, headers, body) == UNKNOWN
        assert post(line.port, PHOTO, headers, body)[0] == 201
    assert count(live, inspector) == 2
    assert live.rows(f"SELECT version FROM inspections_itemfinding WHERE id = {item}") == [(1,)]
    keys = live.rows(f"SELECT action FROM registry_operationkey WHERE user_id = {inspector.user} ORDER BY action")
    assert keys == [("sync_photo",), ("sync_photo",), ("sync_save",)]


@pytest.mark.pg
def test_a_record_that_stays_locked_is_busy_and_stored_afterwards(live: LiveApp, inspector: Inspector) -> None:
    change = json.dumps(inspector.change(uuid.uuid4().hex, inspector.items[0], "OK", "")).encode()
    with psycopg.connect(live.database_url) as other:
        other.execute("SELECT 1 FROM inspections_inspectionrecord WHERE id = %s FOR UPDATE", [inspector.record])
        connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=15)
        connection.request("POST", SAVE, change, inspector.headers)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        body = json.loads(answer.read())
        assert (body["sync"], body["code"]) == (1, "busy")
        connection.close()
    assert post(live.port, SAVE, inspector.headers, change)[0] == 201


DYING = """
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from registry.models import User
client = Client()
client.force_login(User.objects.get(pk={user}))
fields = {{"key": "{key}", "user": {user}, "record": {record}, "finding": {item}}}
with open("{path}", "rb") as picture:
    client.post("{address}", fields | {{"file": SimpleUploadedFile("a.jpg", picture.read())}})
"""


def test_a_process_killed_between_file_and_row_leaves_a_file_that_the_sweep_takes(
    live: LiveApp, inspector: Inspector, tmp_path: Path
) -> None:
    key, there = uuid.uuid4().hex, set(files(live, "evidence"))
    headers, body = upload(inspector, key)
    picture = tmp_path / "a.jpg"
    picture.write_bytes(body.split(b"\r\n\r\n")[-1].rpartition(b"\r\n--")[0])
    code = DYING.format(
        user=inspector.user, record=inspector.record, item=inspector.items[0], key=key, path=picture, address=PHOTO
    )
    live.environment["FAULT_POINT"] = "evidence:file_written=exit"
    assert live.manage("shell", "--no-imports", "-c", code, check=False).returncode == KILLED
    del live.environment["FAULT_POINT"]
    [left] = set(files(live, "evidence")) - there
    assert count(live, inspector) == 0
    os.utime(left, (time.time() - 90_000,) * 2)
    assert live.manage("sweep_files").stdout == "已清理 1 个没有记录指向的文件。\n"
    assert post(live.port, PHOTO, headers, body)[0] == 201  # the phone still has it, under the same key
    assert (count(live, inspector), len(files(live, "evidence"))) == (1, len(there) + 1)
