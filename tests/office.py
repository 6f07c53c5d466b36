"""A server of an office, made as docs/operations.md tells its administrator: the code blocks of "不用容器", executed.

What the machine brings is made here (PostgreSQL and Redis, a certificate, the file with the settings); what the product
asks for is read out of the manual. A server's clock goes ahead by `wait_until`, with faketime of the distribution:
every program of the product is started again at the later time, the databases keep theirs.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tests import servers

BASE = Path(__file__).resolve().parent.parent
MANUAL = BASE / "docs" / "operations.md"
RUN, READ = "bash", "ini"
START_TIMEOUT = 180.0  # against waiting for ever; a busy machine takes a minute over what takes a second
STOP_TIMEOUT = 30.0
# Of a person's shell, and nothing that only tests and demonstrations know.
SHELL = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")

# Python 3.11 and later sleep until a point of the monotonic clock. libfaketime 0.9.10 takes the offset from that point
# even where that clock is not to be faked, and the call fails.
SLEEP = """
import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds) and None
"""


def chapter(heading: str) -> dict[str, list[str]]:
    """The code blocks of a chapter of the manual, by their language, in order."""
    text = MANUAL.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    blocks: dict[str, list[str]] = {}
    for language, block in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        blocks.setdefault(language, []).append(block)
    return blocks


def faketime_library() -> Path:
    """The library that tells a program another time."""
    found = sorted(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"))
    if not found:
        raise servers.ServerMissing("faketime is not installed (package faketime)")
    return found[0]


def nginx_program() -> str:
    """The path of nginx."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not found:
        raise servers.ServerMissing("nginx is not installed (package nginx)")
    return found


@dataclass
class Office:
    """The server. `environment`: what its command line knows; `ahead`: by how many seconds its clock is."""

    directory: Path
    environment: dict[str, str] = field(repr=False)
    settings: dict[str, str] = field(repr=False)
    blocks: list[str] = field(repr=False)
    ahead: int = 0
    printed: list[str] = field(default_factory=list)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict, repr=False)

    @property
    def host(self) -> str:
        """The name that people type."""
        return self.settings["PUBLIC_ORIGIN"].removeprefix("https://")

    def now(self) -> float:
        """What time it is on this server."""
        return time.time() + self.ahead

    def set_up(self) -> None:
        """What the manual does once, up to the programs that go on running."""
        first, rest = self.blocks[0], self.blocks[1:]
        for block in [one for one in rest if not _goes_on(one)]:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", first + block],
                cwd=BASE, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            )  # fmt: skip
            self.printed.append(done.stdout + done.stderr)
            assert done.returncode == 0, f"{block}\n{self.printed[-1]}"

    def start(self) -> None:
        """The programs that go on running, and the proxy before them."""
        first, *rest = self.blocks
        for block in filter(_goes_on, rest):
            name = _program(block)
            self._spawn(name, ["bash", "-c", f"{first}exec {block}"], self._later())
        self._spawn("nginx", [nginx_program(), "-c", str(self._nginx()), "-p", str(self.directory)], {})
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers():
            ended = [name for name, one in self.running.items() if one.poll() is not None]
            assert not ended, f"{ended} ended by itself:\n{self.log(ended[0])}"
            assert time.monotonic() < deadline, f"the server did not start:\n{self.log('gunicorn')}"
            time.sleep(0.1)

    def stop(self) -> None:
        """End each program by its process id, the proxy first."""
        for process in reversed(self.running.values()):
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(STOP_TIMEOUT)
        self.running.clear()

    def wait_until(self, when: float) -> None:
        """Come back later: all programs are started again with their clock at ``when`` (seconds of the epoch)."""
        self.stop()
        self.ahead = round(when - time.time())
        self.start()

    def command(self, *arguments: str) -> str:
        """A command of the product, at the time of the server; what it printed."""
        line = f'{self.blocks[0]}exec .venv/bin/python manage.py "$@"'
        done = subprocess.run(
            ["bash", "-c", line, "manage.py", *arguments],
            cwd=BASE, env=self.environment | self._later(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
        return done.stdout

    def log(self, name: str) -> str:
        """What a program has printed so far."""
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def _later(self) -> dict[str, str]:
        """What makes a program live `ahead` of the clock. How long something takes stays what it is."""
        if not self.ahead:
            return {}
        folder = self.directory / "python"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(SLEEP)
        return {
            "LD_PRELOAD": str(faketime_library()), "FAKETIME": f"+{self.ahead}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": str(folder),
        }  # fmt: skip

    def _spawn(self, name: str, command: list[str], more: dict[str, str]) -> None:
        with (self.directory / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=BASE, env=self.environment | more, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def _nginx(self) -> Path:
        """The part of nginx.conf that the distribution has and that names paths of the machine."""
        path = self.directory / "nginx.conf"
        places = [f"{kind}_temp_path {self.directory}/{kind};" for kind in _TEMPORARY]
        user = "user root;" if os.geteuid() == 0 else ""
        lines = [f"daemon off; worker_processes 1; {user} pid nginx.pid; error_log stderr;", "events {}"]
        lines += ["http { access_log off;", *places, f"include {self.environment['INSPECT_NGINX']}/*.conf;", "}"]
        path.write_text("\n".join(lines))
        return path

    def _answers(self) -> bool:
        context = ssl._create_unverified_context()  # noqa: S323 -- the certificate was made a second ago
        port = self.environment["INSPECT_HTTPS"]
        request = urllib.request.Request(f"https://127.0.0.1:{port}/healthz", headers={"Host": self.host})
        try:
            with urllib.request.urlopen(request, timeout=2, context=context):
                return True
        except urllib.error.HTTPError as error:
            if error.code == 502:  # the proxy is there before the program
                return False
            raise AssertionError(f"/healthz answered {error.code}:\n{self.log('gunicorn')}") from error
        except OSError:
            return False


_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def _program(block: str) -> str:
    """gunicorn, worker or beat; empty for what comes to an end by itself."""
    found = re.search(r"bin/(gunicorn) |bin/celery --app=\S+ (worker|beat)\b", block)
    return next(filter(None, found.groups())) if found else ""


def _goes_on(block: str) -> bool:
    return bool(_program(block))


def _settings(block: str, own: dict[str, str], file: TextIO) -> dict[str, str]:
    """The file with the settings, as the manual has it, with this machine's own values where they differ."""
    settings = dict(line.split("=", 1) for line in block.splitlines())
    unknown = own.keys() - settings.keys()
    assert not unknown, f"the manual's file does not have {unknown}"
    settings |= own
    file.writelines(f"{name}={value}\n" for name, value in settings.items())
    return settings


def _certificate(folder: Path, host: str) -> None:
    folder.mkdir()
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "30", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
    command += ["-keyout", str(folder / "server.key"), "-out", str(folder / "server.pem")]
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)


@contextlib.contextmanager
def office(directory: Path, heading: str = "7. 不用容器") -> Iterator[Office]:
    """A machine with an empty PostgreSQL and a Redis, set up by the manual; its programs end with the block."""
    blocks = chapter(heading)
    var, nginx = directory / "var", directory / "nginx.d"
    for folder in (var, nginx, directory / "media", directory / "static", directory / "home"):
        folder.mkdir()
    with servers.postgres() as database, servers.redis() as queue:
        own = {
            "SECRET_KEY": secrets.token_urlsafe(48), "DATABASE_URL": database.url, "REDIS_URL": queue.url,
            "MEDIA_ROOT": str(directory / "media"), "STATIC_ROOT": str(directory / "static"),
        }  # fmt: skip
        path = directory / "inspect.env"
        with path.open("w") as file:
            settings = _settings(blocks[READ][0], own, file)
        certificates = directory / "certificates"
        _certificate(certificates, settings["PUBLIC_ORIGIN"].removeprefix("https://"))
        environment = {name: os.environ[name] for name in SHELL if name in os.environ} | {
            "HOME": str(directory / "home"), "INSPECT_ENV": str(path), "INSPECT_VAR": str(var),
            "INSPECT_NGINX": str(nginx), "INSPECT_CERTIFICATES": f"{certificates}/",
            **{name: str(servers.free_port()) for name in ("INSPECT_PORT", "INSPECT_HTTP", "INSPECT_HTTPS")},
        }  # fmt: skip
        place = Office(directory, environment, settings, blocks[RUN])
        try:
            place.set_up()
            place.start()
            yield place
        finally:
            place.stop()
