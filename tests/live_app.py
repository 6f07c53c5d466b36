"""The product as a person meets it: gunicorn in its own process, on its own database.

Tests in the browser cannot use the ORM (Playwright keeps an event loop in their thread). They prepare data with
`app.manage("command", …)` or `app.run("python code")` and look into the database with `app.rows("SELECT …")`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.servers import free_port

BASE = Path(__file__).resolve().parent.parent
START_TIMEOUT = 180.0  # against waiting for ever; a busy machine takes a minute over what takes a second
STOP_TIMEOUT = 15.0

Worker = subprocess.Popen


@dataclass
class LiveApp:
    """A running instance. `environment` is what its processes see; change it and `restart()` to try a setting."""

    url: str
    port: int
    database_url: str
    directory: Path
    environment: dict[str, str] = field(repr=False)
    process: subprocess.Popen[bytes] | None = None

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a management command on the instance's database; its output is text."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"manage.py {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
        return done

    def run(self, code: str) -> str:
        """Run Python code with Django set up on the instance's database; returns what it printed."""
        return self.manage("shell", "--no-imports", "-c", code).stdout

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a read-only SQL query, in a connection of its own."""
        if self.database_url.startswith("sqlite"):
            with contextlib.closing(sqlite3.connect(self.database_url.removeprefix("sqlite:///"))) as connection:
                return connection.execute(query).fetchall()
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query).fetchall()

    @property
    def log(self) -> str:
        """What the server has printed so far."""
        return (self.directory / "server.log").read_text(errors="replace")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", "gunicorn", "kuancheng_inspect.wsgi", "--bind", f"127.0.0.1:{self.port}"]
        command += ["--worker-class", "gthread", "--workers", "1", "--threads", "4", "--no-control-socket"]
        self.process = self._spawn([*command, "--graceful-timeout", "5"], "server.log")
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{self.log}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the server: SIGTERM lets it finish, SIGKILL (to its whole group) does not."""
        if self.process is not None:
            _end(self.process, how)
            self.process = None

    def restart(self) -> None:
        """Stop and start, on the same port and database."""
        self.stop()
        self.start()

    @contextlib.contextmanager
    def worker(self) -> Iterator[Worker[bytes]]:
        """A Celery worker of one process."""
        command = [sys.executable, "-m", "celery", "--app", "kuancheng_inspect", "worker", "--pool", "solo"]
        process = self._spawn([*command, "--without-gossip", "--without-mingle"], "worker.log")
        try:
            yield process
        finally:
            _end(process, signal.SIGTERM)

    @contextlib.contextmanager
    def beat(self) -> Iterator[Worker[bytes]]:
        """Celery's beat, with the schedule of the product."""
        schedule, pid = self.directory / "beat-schedule", self.directory / "beat.pid"
        command = [sys.executable, "-m", "celery", "--app", "kuancheng_inspect", "beat"]
        process = self._spawn([*command, f"--schedule={schedule}", f"--pidfile={pid}"], "beat.log")
        try:
            yield process
        finally:
            _end(process, signal.SIGTERM)

    def _spawn(self, command: list[str], log_name: str) -> subprocess.Popen[bytes]:
        with (self.directory / log_name).open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=BASE,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                return True
        except urllib.error.HTTPError as error:
            raise AssertionError(f"/healthz answered {error.code}:\n{self.log}") from error
        except OSError:
            return False


def migrate(database_url: str) -> None:
    """Bring an empty database to the newest migration."""
    environment = os.environ | {"DATABASE_URL": database_url}
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0", "--skip-checks"]
    subprocess.run(command, cwd=BASE, env=environment, stdin=subprocess.DEVNULL, check=True)


@contextlib.contextmanager
def start_live_app(database_url: str, redis_url: str, directory: Path) -> Iterator[LiveApp]:
    """Start the server on a migrated database, stop it at the end; its files and log go into `directory`."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "MEDIA_ROOT": str(directory / "media"),
        "PUBLIC_ORIGIN": f"http://127.0.0.1:{port}",
        "PYTHONWARNINGS": "default",
    }
    app = LiveApp(f"http://127.0.0.1:{port}", port, database_url, directory, environment)
    try:
        app.start()
        yield app
    finally:
        app.stop()


def _end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """End a process and the children in its group."""
    with contextlib.suppress(ProcessLookupError):
        if how == signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_TIMEOUT)
