"""Private PostgreSQL and Redis servers for a test run: on 127.0.0.1, in a temporary directory, gone afterwards.

`postgres()` and `redis()` are context managers that yield a running server. They use the programs of the
distribution and raise `ServerMissing` when there are none; what that means is for the caller to say.
A server is ended by its own process id, also when the run is interrupted.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

POSTGRES_PACKAGES = Path("/usr/lib/postgresql")
ROOM_FOR_A_CLUSTER = 1 << 30
START_TIMEOUT = 180.0  # against waiting for ever; a busy machine takes a minute over what takes a second
STOP_TIMEOUT = 10.0


class ServerMissing(RuntimeError):
    """The program of a test server is not installed; the message says which package has it."""


@dataclass
class Server:
    """A running server: where it listens, its process, and the directory that holds all it wrote."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    directory: Path
    stop_signal: signal.Signals
    start: Callable[[], subprocess.Popen[bytes]] | None = None

    @property
    def log(self) -> str:
        """What the server has printed so far."""
        return (self.directory / "log").read_text(errors="replace")

    def crash(self, ready: Callable[[], None]) -> None:
        """End the server at once, as `pg_ctl stop -m immediate` does, and start it again on the same data."""
        assert self.start is not None, "this server cannot be started again"
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(STOP_TIMEOUT)
        self.process = self.start()
        _wait(self, ready)

    def stop(self) -> None:
        """End the server by its process id and remove its directory; harmless when repeated."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_TIMEOUT)
        shutil.rmtree(self.directory, ignore_errors=True)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def postgres_programs() -> Path:
    """The directory with initdb and postgres, of the highest version installed."""
    packaged = POSTGRES_PACKAGES.glob("*/bin/postgres")
    found = sorted(packaged, key=lambda path: float(path.parent.parent.name))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    if on_path and (Path(on_path).parent / "initdb").exists():
        return Path(on_path).parent
    raise ServerMissing("PostgreSQL is not installed (package postgresql)")


def redis_program() -> str:
    """The path of redis-server."""
    found = shutil.which("redis-server")
    if not found:
        raise ServerMissing("Redis is not installed (package redis-server)")
    return found


@contextlib.contextmanager
def postgres(*, synchronous_commit: str = "off", fsync: str = "off") -> Iterator[Server]:
    """A new cluster with a superuser and a database, both called `test`; ready in about half a second.

    `synchronous_commit="on"` is for runs that kill the server and count what it had acknowledged.
    """
    programs = postgres_programs()
    with _directory("kuancheng-pg-") as directory:
        identity = _unprivileged(directory)
        data = directory / "data"
        initdb = [programs / "initdb", "-D", data, "-U", "test", "--auth=trust", "--encoding=UTF8"]
        _run([*initdb, "--locale=C.UTF-8", "--no-sync"], directory, identity)
        port = free_port()
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": directory,
            "fsync": fsync,
            "full_page_writes": fsync,
            "synchronous_commit": synchronous_commit,
            # Tests roll back: statistics taken between two of them say "empty", and plans made by them crawl.
            "autovacuum": "off",
        }
        command = [programs / "postgres", "-D", data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]

        def start() -> subprocess.Popen[bytes]:
            return _spawn(command, directory, identity, signal.SIGINT)

        url = f"postgres://test@127.0.0.1:{port}/test"
        server = Server(url, port, start(), directory, signal.SIGINT, start)
        try:
            _wait(server, lambda: _create_database(port, "test"))
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def redis(port: int = 0) -> Iterator[Server]:
    """A Redis that keeps nothing on disk; ready in some 30 milliseconds. ``port``: where it listens, 0 for any."""
    program = redis_program()
    with _directory("kuancheng-redis-") as directory:
        port = port or free_port()
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        process = _spawn([*command, "--dir", directory], directory, {}, signal.SIGTERM)
        server = Server(f"redis://127.0.0.1:{port}/0", port, process, directory, signal.SIGTERM)
        try:
            _wait(server, lambda: _ping(port))
            yield server
        finally:
            server.stop()


def create_database(server_url: str, name: str, template: str = "template1") -> str:
    """Make a database beside the one of `server_url`, empty or a copy of `template`; returns its address."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return server_url.rpartition("/")[0] + f"/{name}"


@contextlib.contextmanager
def _directory(prefix: str) -> Iterator[Path]:
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_FOR_A_CLUSTER
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir=memory if roomy else None))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _unprivileged(directory: Path) -> dict[str, object]:
    """PostgreSQL refuses to run as root: hand the directory to its own user and start it as that one."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    os.chown(directory, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run(command: list[object], directory: Path, identity: dict[str, object]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **identity,  # type: ignore[call-overload]
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _spawn(
    command: list[object], directory: Path, identity: dict[str, object], end: signal.Signals
) -> subprocess.Popen[bytes]:
    with (directory / "log").open("ab") as log:
        return subprocess.Popen(
            [*_ending_with_parent(end), *(str(part) for part in command)],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the tests; they end the server when they are done with it
            **identity,  # type: ignore[call-overload]
        )


def _ending_with_parent(end: signal.Signals) -> list[str]:
    """On Linux a server gets `end` when the test run dies without having stopped it (kill -9)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", end.name.removeprefix("SIG"), "--"] if setpriv else []


def _wait(server: Server, ready: Callable[[], None]) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        if server.process.poll() is not None:
            raise RuntimeError(f"the server ended by itself:\n{server.log}")
        try:
            return ready()
        except (OSError, psycopg.OperationalError):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server did not answer in {START_TIMEOUT} s:\n{server.log}") from None
            time.sleep(0.02)


def connect(url: str) -> None:
    """Whether the server takes connections; raises psycopg.OperationalError when not."""
    psycopg.connect(url, connect_timeout=2).close()


def _create_database(port: int, name: str) -> None:
    with psycopg.connect(f"postgres://test@127.0.0.1:{port}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')


def _ping(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(b"PING\r\n")
        if not connection.recv(16).startswith(b"+PONG"):
            raise OSError("no PONG yet")
