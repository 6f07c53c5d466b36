"""The press: our own HTML to PDF (WeasyPrint, print.css), and QR codes. Every app prints through here.

Fonts are read once per process; Pango and the shared font configuration take one document at a time, hence the lock.
Laying out takes seconds, on a busy machine half a minute, after which PostgreSQL ends a transaction that says nothing:
what is printed is read first, and printed outside of any.
Nothing is fetched but data: addresses and the product's own pictures and fonts below static/: a text that found its
way into markup must not read this machine's files or ask its neighbours anything.
A character that no font has is never drawn as a box: it is printed as its number, to be written in by hand.
"""

import functools
import gc
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import segno
from django.conf import settings
from django.db import transaction
from django.utils.safestring import SafeString, mark_safe
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

press = threading.Lock()
STATIC = settings.BASE_DIR / "static"
OWN = {".otf", ".ttf", ".woff2", ".svg", ".png", ".css"}
log = logging.getLogger(__name__)


@functools.cache
def stylesheet() -> tuple[CSS, FontConfiguration]:
    """print.css with its fonts, read once per process (0.15 s)."""
    fonts = FontConfiguration()
    return CSS(filename=STATIC / "css" / "print.css", font_config=fonts, url_fetcher=OwnFetcher()), fonts


class OwnFetcher(URLFetcher):
    """What a document may bring in: data: addresses and our own pictures and fonts. Anything else is left out of it and
    said in the log: somewhere somebody's text became markup."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The bytes behind an address. WeasyPrint prints on without what raises here."""
        if url[:5].lower() == "data:":
            return super().fetch(url, headers)
        if own := _own_file(url):
            return super().fetch(own.as_uri(), headers)
        log.error("a document asked for %s, which it may not", url[:200])
        raise ValueError("not one of our own pictures and fonts")


def _own_file(url: str) -> Path | None:
    """The file of ours that a file: address names, however the way to it is written."""
    if not url.startswith("file:///"):
        return None
    path = Path(unquote(url.removeprefix("file://").partition("?")[0].partition("#")[0])).resolve()
    return path if path.is_relative_to(STATIC.resolve()) and path.suffix in OWN else None


def layout(html: str) -> Document:
    """HTML of ours, laid out; hold ``press`` while calling."""
    _outside_transactions()
    css, fonts = stylesheet()
    with _no_search_for_cycles():
        return HTML(string=html, url_fetcher=OwnFetcher()).render(stylesheets=[css], font_config=fonts)


def to_pdf(html: str) -> bytes:
    """HTML of ours as one PDF."""
    with press:
        return write([layout(html)], [html])


def write(documents: Sequence[Document], sources: Sequence[str]) -> bytes:
    """Documents as one PDF, in order; hold ``press`` while calling. ``sources``: their HTML, for a second try.

    WeasyPrint finds out while it draws which characters no font has; then they are spelled out, and all laid out anew.
    """
    _outside_transactions()
    with _missing_characters() as missing:
        pdf = _joined(documents)
    if missing:
        log.warning("no font has %s", ", ".join(f"U+{ord(char):X}" for char in sorted(missing)))
        pdf = _joined([layout(spelled(source, missing)) for source in sources])
    return pdf


def _outside_transactions() -> None:
    """Complain when a transaction stands open meanwhile; a test's own, around everything, does not count."""
    open_ = [block for block in transaction.get_connection().atomic_blocks if not block._from_testcase]
    if not open_:
        return
    if settings.TESTING or settings.DEBUG:
        raise RuntimeError("a PDF is made inside a transaction: read first, print after it")
    log.error("a PDF is made inside a transaction", stack_info=True)


def _joined(documents: Sequence[Document]) -> bytes:
    pages = [page for document in documents for page in document.pages]
    with _no_search_for_cycles():
        return bytes(documents[0].copy(pages).write_pdf())


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Python looks again and again through a layout's million boxes for garbage that is not there: a quarter of the
    time. What is in cycles waits until the document (20 forms at most) is done; hold ``press``."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def spelled(html: str, missing: set[str]) -> str:
    """HTML with the characters that cannot be printed replaced by their numbers: ``〔手写 U+20000〕``."""
    for char in missing:
        html = html.replace(char, f"〔手写 U+{ord(char):X}〕")
    return html


@contextmanager
def _missing_characters() -> Iterator[set[str]]:
    """The characters WeasyPrint complains of while it draws; its line goes no further, ours says it once."""
    missing: set[str] = set()

    def note(record: logging.LogRecord) -> bool:
        if not str(record.msg).startswith(".notdef") or not isinstance(record.args, tuple):
            return True
        missing.add(str(record.args[0]))
        return False

    source = logging.getLogger("weasyprint")
    source.addFilter(note)
    try:
        yield missing
    finally:
        source.removeFilter(note)


def qr_svg(address: str) -> SafeString:
    """A QR code as inline SVG."""
    code = segno.make(address, error="m")
    return mark_safe(code.svg_inline(border=0, omitsize=True))  # noqa: S308 -- segno's own markup, no foreign text
