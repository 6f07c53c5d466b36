"""The press: our own HTML to PDF (WeasyPrint, print.css), and QR codes. Every app prints through here.

Fonts are read once per process; Pango and the shared font configuration take one document at a time, hence the lock.
Laying out takes seconds, on a busy machine half a minute, after which PostgreSQL ends a transaction that says nothing:
what is printed is read first, and printed outside of any.
A character that no font has is never drawn as a box: it is printed as its number, to be written in by hand.
"""

import functools
import gc
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import segno
from django.conf import settings
from django.db import transaction
from django.utils.safestring import SafeString, mark_safe
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration

press = threading.Lock()
log = logging.getLogger(__name__)


@functools.cache
def stylesheet() -> tuple[CSS, FontConfiguration]:
    """print.css with its fonts, read once per process (0.15 s)."""
    fonts = FontConfiguration()
    return CSS(filename=settings.BASE_DIR / "static" / "css" / "print.css", font_config=fonts), fonts


def layout(html: str) -> Document:
    """HTML of ours, laid out; hold ``press`` while calling. Nothing is fetched: the templates name no address."""
    _outside_transactions()
    css, fonts = stylesheet()
    with _no_search_for_cycles():
        return HTML(string=html).render(stylesheets=[css], font_config=fonts)


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
