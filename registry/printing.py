"""The press: our own HTML to PDF (WeasyPrint, print.css), and QR codes. Every app prints through here.

Fonts are read once per process; Pango and the shared font configuration take one document at a time, hence the lock.
"""

import functools
import threading

import segno
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration

press = threading.Lock()


@functools.cache
def stylesheet() -> tuple[CSS, FontConfiguration]:
    """print.css with its fonts, read once per process (0.15 s)."""
    fonts = FontConfiguration()
    return CSS(filename=settings.BASE_DIR / "static" / "css" / "print.css", font_config=fonts), fonts


def layout(html: str) -> Document:
    """HTML of ours, laid out; hold ``press`` while calling. Nothing is fetched: the templates name no address."""
    css, fonts = stylesheet()
    return HTML(string=html).render(stylesheets=[css], font_config=fonts)


def to_pdf(html: str) -> bytes:
    """HTML of ours as one PDF."""
    with press:
        return bytes(layout(html).write_pdf())


def qr_svg(address: str) -> SafeString:
    """A QR code as inline SVG."""
    code = segno.make(address, error="m")
    return mark_safe(code.svg_inline(border=0, omitsize=True))  # noqa: S308 -- segno's own markup, no foreign text
