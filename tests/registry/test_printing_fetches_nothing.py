"""A document brings in data: addresses and our own pictures and fonts, and nothing else from anywhere."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.conf import settings

from registry import printing

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Asked(BaseHTTPRequestHandler):
    paths: list[str] = []

    def do_GET(self) -> None:
        self.paths.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PNG)

    def log_message(self, *_args: object) -> None:
        """Nothing."""


@pytest.fixture
def neighbour() -> Iterator[str]:
    """A server of this machine that notes what it is asked."""
    Asked.paths = []
    server = HTTPServer(("127.0.0.1", 0), Asked)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def ways(address: str) -> list[str]:
    """Every way in which markup asks for something."""
    nested = f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{address}' width='9' height='9'/></svg>"
    inner = base64.b64encode(nested.encode()).decode()
    return [
        f'<img src="{address}">',
        f'<link rel="stylesheet" href="{address}">',
        f'<link rel="attachment" href="{address}">',
        f'<a rel="attachment" href="{address}">附件</a>',
        f'<style>@import url("{address}");</style>',
        f'<style>@font-face {{ font-family: "甲"; src: url("{address}"); }} p {{ font-family: "甲"; }}</style>',
        f'<p style="background-image: url({address})">甲</p>',
        f'<p style="list-style: url({address}); display: list-item">甲</p>',
        f'<object data="{address}"></object>',
        f'<embed src="{address}">',
        f'<svg width="9" height="9"><image href="{address}" width="9" height="9"/></svg>',
        f'<img src="data:image/svg+xml;base64,{inner}">',
    ]


def printed(markup: str) -> bytes:
    return printing.to_pdf(f"<html><body>{markup}<p>正文</p></body></html>")


def test_no_neighbour_is_asked(neighbour: str) -> None:
    for markup in ways(f"{neighbour}/secret.png"):
        assert (markup, printed(markup)[:5]) == (markup, b"%PDF-")
    assert Asked.paths == []


def test_no_file_of_this_machine_gets_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(PNG)
    printing.stylesheet()  # our own fonts
    opened: list[str] = []
    fetch = printing.URLFetcher.fetch

    def noting(self: printing.URLFetcher, url: str, headers: object = None) -> object:
        opened.append(url)
        return fetch(self, url, headers)

    monkeypatch.setattr(printing.URLFetcher, "fetch", noting)
    for markup in ways(secret.as_uri()):
        assert (markup, printed(markup).count(b"EmbeddedFile")) == (markup, 0)
    assert [url for url in opened if not url.startswith("data:")] == []


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd", "FILE:///etc/passwd", "file://localhost/etc/passwd", "file:/etc/passwd", "/etc/passwd",
        "{static}/../.env", "{static}/img/%2e%2e/%2e%2e/manage.py", "{static}/../manage.py?.png", "{static}/js/page.js",
        "{static}/../fixtures/x.png#/../static/a.png", "http://127.0.0.1:6379/", "https://localhost/", "ftp://localhost/",
        "gopher://127.0.0.1/", "//127.0.0.1/a.png", "jar:file:///etc/passwd",
    ],
)  # fmt: skip
def test_the_ways_around(address: str) -> None:
    address = address.replace("{static}", (settings.BASE_DIR / "static").as_uri())
    with pytest.raises(ValueError, match="not one of our own pictures and fonts"):
        printing.OwnFetcher().fetch(address)


def test_what_a_link_leads_to_is_no_file_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "static" / "a.png").symlink_to(tmp_path / "secret.png")
    monkeypatch.setattr(printing, "STATIC", tmp_path / "static")
    with pytest.raises(ValueError, match="not one of our own"):
        printing.OwnFetcher().fetch((tmp_path / "static" / "a.png").as_uri())


def test_our_own_and_data_get_in() -> None:
    own = next((settings.BASE_DIR / "static" / "img").glob("*.svg"))
    assert printing.OwnFetcher().fetch(own.as_uri()).read() == own.read_bytes()
    inner = base64.b64encode(SVG.encode()).decode()
    assert printing.OwnFetcher().fetch(f"data:image/svg+xml;base64,{inner}").read() == SVG.encode()
    font = settings.BASE_DIR / "static" / "fonts" / "kc-sans-regular.otf"
    assert printing.OwnFetcher().fetch(font.as_uri()).read() == font.read_bytes()


def test_what_was_left_out_is_said(caplog: pytest.LogCaptureFixture) -> None:
    printed('<img src="http://127.0.0.1:9/a.png">')
    lines = [line.getMessage() for line in caplog.records if line.name == "registry.printing"]
    assert lines == ["a document asked for http://127.0.0.1:9/a.png, which it may not"]


def test_nothing_else_of_the_product_prints() -> None:
    """The one place where WeasyPrint is called keeps the one fetcher."""
    places = [
        str(path.relative_to(settings.BASE_DIR))
        for app in ("registry", "sampling", "inspections", "publicity", "kuancheng_inspect")
        for path in (settings.BASE_DIR / app).rglob("*.py")
        if "import CSS" in path.read_text() or "weasyprint import HTML" in path.read_text()
    ]
    assert places == ["registry/printing.py"]
    source = Path(printing.__file__).read_text()
    assert (source.count("HTML(") + source.count("CSS(")) == source.count("url_fetcher=OwnFetcher()")
