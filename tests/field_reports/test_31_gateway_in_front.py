"""Report 31: with a gateway in front of the proxy, everybody was the gateway. The shipped nginx files, run for real."""

from __future__ import annotations

import http.client
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory

from registry.addresses import client_address
from tests import servers
from tests.office import nginx_program
from tests.servers import free_port

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
CALLER, GATEWAY = "203.0.113.5", "127.0.0.1"


class Echo(BaseHTTPRequestHandler):
    """Answers with the list of addresses that reached it."""

    def do_GET(self) -> None:
        """The header, as it came."""
        body = self.headers.get("X-Forwarded-For", "").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def behind() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def gateway_file(behind: int, tmp_path: Path) -> Iterator[int]:
    """nginx with scripts/nginx.conf; only ports and paths are other ones."""
    try:
        program = nginx_program()
    except servers.ServerMissing as missing:
        pytest.skip(str(missing))
    port = free_port()
    (tmp_path / "inspect-proxy.conf").write_text((SCRIPTS / "nginx-proxy.conf").read_text())
    text = (SCRIPTS / "nginx.conf").read_text().replace("web:8000", f"127.0.0.1:{behind}")
    text = text.replace("listen 8080", f"listen 127.0.0.1:{port}")
    text = text.replace("/etc/nginx/inspect-proxy.conf", str(tmp_path / "inspect-proxy.conf"))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    whole = f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}"
    whole += f" http {{ access_log off; {places}\n"
    (tmp_path / "nginx.conf").write_text(whole + text + "}")
    command = [program, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + servers.START_TIMEOUT
        while True:
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=2).connect()
                break
            except OSError:
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=20)


def forwarded(port: int, sent: str) -> str:
    """What the program is told of a request that came with ``sent``."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("GET", "/", headers={"X-Forwarded-For": sent} if sent else {})
    return line.getresponse().read().decode()


@pytest.mark.parametrize(
    ("proxies", "sent", "client"),
    [
        (2, CALLER, CALLER),  # the gateway wrote it
        (2, f"198.51.100.1, {CALLER}", CALLER),  # and the caller something of his own before it
        (1, "", GATEWAY),  # a trial without a gateway: whoever connects is the client
        (1, "198.51.100.1", GATEWAY),
    ],
)
def test_the_client_is_found_behind_the_gateway(
    gateway_file: int, settings: Any, proxies: int, sent: str, client: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    told = forwarded(gateway_file, sent)
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=told)
    assert client_address(request) == client


def test_at_the_edge_a_callers_list_is_thrown_away() -> None:
    edge = (SCRIPTS / "nginx-tls.conf").read_text()
    assert re.findall(r"map \$remote_addr \$forwarded_for \{\s*default (\S+);", edge) == ["$remote_addr"]
    both = (SCRIPTS / "nginx-proxy.conf").read_text()
    assert re.findall(r"proxy_set_header X-Forwarded-For (\S+);", both) == ["$forwarded_for"]
