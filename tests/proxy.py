"""A bad line between a client and a server of this machine: cut, lossy, slow or gone, by request and by word.

    with Proxy(live_app.port) as line:
        page.goto(line.url)               # everything passes
        line.drop_next_answer("zhaopian")     # the server gets and stores it, the client never hears of it
        line.cut_upload_at(0.5)           # half of the next upload's body arrives, then the connection is reset
        line.delay(0.6)                   # every request and every answer waits that long
        line.off(); line.on()             # nobody answers; the open connections are reset

It understands as much HTTP/1.1 as it needs: one request a connection (both sides are told `Connection: close`), bodies
with a Content-Length. Rules for the next request take part of its path, and count for POST unless told otherwise; each
acts once. `seen` lists what passed as (method, path), `acted` what a rule did.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

PATIENCE = 30.0
PIECE = 1 << 14
MAX_HEAD = 1 << 16


@dataclass(frozen=True)
class Rule:
    """What happens to the next request of ``method`` whose path contains ``path``: ``cut`` at a fraction of its body,
    or (None) its answer is dropped."""

    path: str
    method: str
    cut: float | None


@dataclass
class Request:
    """A request head, changed to ask for one answer and no more; ``body``: what came with it; ``length``: all of it."""

    method: str
    path: str
    head: bytes
    body: bytes
    length: int


@dataclass
class Proxy:
    """Forwards connections to ``target`` on 127.0.0.1 while its ``with`` lasts."""

    target: int
    port: int = 0
    seen: list[tuple[str, str]] = field(default_factory=list)
    acted: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._lock, self._rules, self._wait, self._down = threading.Lock(), list[Rule](), 0.0, False
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.off()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def url(self) -> str:
        """Where a client goes."""
        return f"http://127.0.0.1:{self.port}"

    def cut_upload_at(self, fraction: float, path: str = "", *, method: str = "POST") -> None:
        """The next such request breaks off after that part of its body."""
        self._add(Rule(path, method, fraction))

    def drop_next_answer(self, path: str = "", *, method: str = "POST") -> None:
        """The next such request is carried out, and its answer lost."""
        self._add(Rule(path, method, None))

    def delay(self, seconds: float) -> None:
        """Each request and each answer waits ``seconds`` from now on; 0 = no more."""
        self._wait = seconds

    def off(self) -> None:
        """The line is dead: what is open is reset, what comes is reset at once."""
        with self._lock:
            self._down, victims = True, list(self._open)
        for one in victims:
            _doom(one)

    def on(self) -> None:
        """The line is back."""
        self._down = False

    def _add(self, rule: Rule) -> None:
        with self._lock:
            self._rules.append(rule)

    def _take(self, request: Request) -> Rule | None:
        with self._lock:
            for rule in self._rules:
                if rule.method == request.method and rule.path in request.path:
                    self._rules.remove(rule)
                    return rule
        return None

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._down:
                _reset(client)
            else:
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(OSError))
            self._keep(stack, client)
            request = read_request(client)
            if request is None:
                return
            self.seen.append((request.method, request.path))
            rule = self._take(request)
            time.sleep(self._wait)
            server = socket.create_connection(("127.0.0.1", self.target), timeout=PATIENCE)
            self._keep(stack, server)
            if rule is not None and rule.cut is not None:
                self._forward(request, client, server, int(request.length * rule.cut))
                time.sleep(0.05)  # what was sent is on the server's side before the reset discards it
                self._act(rule, request, server, client)
                return
            self._forward(request, client, server, request.length)
            answer = _all(server)
            time.sleep(self._wait)
            if rule is not None:
                self._act(rule, request, client)
                return
            client.sendall(answer)

    def _keep(self, stack: contextlib.ExitStack, one: socket.socket) -> None:
        """Known to ``off`` while it is open, closed at the end."""
        one.settimeout(PATIENCE)
        with self._lock:
            self._open.add(one)
        stack.callback(one.close)
        stack.callback(self._open.discard, one)

    def _act(self, rule: Rule, request: Request, *victims: socket.socket) -> None:
        for one in victims:
            _reset(one)
        what = "dropped the answer of" if rule.cut is None else f"cut at {rule.cut:g}"
        self.acted.append(f"{what} {request.method} {request.path}")

    @staticmethod
    def _forward(request: Request, client: socket.socket, server: socket.socket, size: int) -> None:
        """The head and ``size`` bytes of the body."""
        server.sendall(request.head)
        sent, piece = 0, request.body
        while piece or sent < size:
            server.sendall(piece[: size - sent])
            sent += len(piece)
            if sent >= size:
                return
            piece = client.recv(PIECE)
            if not piece:
                raise ConnectionError("the client went away")


def read_request(client: socket.socket) -> Request | None:
    """The head of a request and what of its body came along; None when the client says nothing."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(PIECE)
        if not piece or len(data) > MAX_HEAD:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not re.match(rb"(?i)(connection|keep-alive):", line)]
    method, path, *_ = lines[0].decode("latin-1").split(" ")
    length = re.search(rb"(?im)^content-length:\s*(\d+)", head)
    closing = b"\r\n".join([*lines, b"Connection: close", b"", b""])
    return Request(method, path, closing, body, int(length[1]) if length else 0)


def _all(server: socket.socket) -> bytes:
    """What the server says until it closes."""
    found = b""
    while piece := server.recv(PIECE):
        found += piece
    return found


def _doom(one: socket.socket) -> None:
    """Its next close sends RST, as a line that is gone does: no polite end of the stream. Wakes who reads from it."""
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RD)


def _reset(one: socket.socket) -> None:
    _doom(one)
    one.close()
