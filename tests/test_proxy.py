"""The bad line of the tests is bad as it says, and otherwise changes nothing."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.proxy import Proxy

BODY = bytes(range(256)) * 2000


class Listener(ThreadingHTTPServer):
    """On any port; what went wrong with one request is nobody's news."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.got: list[int] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Quiet."""


class Echo(BaseHTTPRequestHandler):
    """Answers with the body it got, and remembers with its server how much of it came."""

    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self) -> None:
        """Read as much as comes."""
        try:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        except ConnectionError:
            body = b""
        self.server.got.append(len(body))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Listener]:
    with Listener() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def line(server: Listener) -> Iterator[Proxy]:
    with Proxy(server.server_address[1]) as proxy:
        yield proxy


def post(line: Proxy, path: str = "/a/", body: bytes = BODY) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", line.port, timeout=5)
    try:
        connection.request("POST", path, body)
        return connection.getresponse().read()
    finally:
        connection.close()


def gone(line: Proxy, path: str = "/a/") -> bool:
    try:
        post(line, path)
    except (OSError, http.client.HTTPException):
        return True
    return False


def test_a_line_without_orders_changes_nothing(line: Proxy) -> None:
    assert post(line) == BODY
    assert (line.seen, line.acted) == ([("POST", "/a/")], [])


def test_an_answer_is_lost_once_and_only_where_it_was_asked(server: Listener, line: Proxy) -> None:
    line.drop_next_answer("/b/")
    assert post(line, "/a/") == BODY
    assert gone(line, "/b/")
    assert post(line, "/b/") == BODY
    assert server.got == [len(BODY)] * 3  # the server had the lost one whole
    assert line.acted == ["dropped the answer of POST /b/"]


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.99])
def test_an_upload_breaks_off_where_it_was_asked(server: Listener, line: Proxy, fraction: float) -> None:
    line.cut_upload_at(fraction)
    assert gone(line)
    assert post(line) == BODY
    assert line.acted == [f"cut at {fraction:g} POST /a/"]
    assert [size for size in server.got if size == len(BODY)] == [len(BODY)]  # the first never came whole


def test_off_is_off_and_on_is_on_and_slow_is_slow(line: Proxy) -> None:
    line.off()
    assert gone(line)
    line.on()
    line.delay(0.1)
    started = time.monotonic()
    assert post(line) == BODY
    assert time.monotonic() - started >= 0.2


def test_going_off_ends_what_is_under_way(line: Proxy) -> None:
    line.delay(0.5)
    threading.Timer(0.1, line.off).start()
    started = time.monotonic()
    assert gone(line)
    assert time.monotonic() - started < 2
