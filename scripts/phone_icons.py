"""Write static/img/icons-phone.svg: of icons.svg only what the phone's pages can show, a third of its bytes.

A name counts as used when it stands in quotes in a template, script or module that the phone's pages are made of; one
too many costs some bytes, one too few an icon. A test runs `subset()` again, so a forgotten run is noticed.
"""

from __future__ import annotations

import re
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
SPRITE = BASE / "static" / "img" / "icons.svg"
PHONE = BASE / "static" / "img" / "icons-phone.svg"
SOURCES = (
    "templates/base_phone.html", "templates/_*.html", "templates/django/forms/*.html",
    "templates/inspections/phone/*.html", "static/js/phone-page.js", "static/js/phone/*.js", "inspections/views/*.py",
    "kuancheng_inspect/context.py",
)  # fmt: skip
SYMBOL = re.compile(r'<symbol id="([^"]+)".*?</symbol>', re.DOTALL)


def used() -> set[str]:
    """Every quoted word of the sources."""
    files = [path for pattern in SOURCES for path in sorted(BASE.glob(pattern))]
    return {word for path in files for word in re.findall(r"[\"'#]([a-z0-9-]+)[\"']", path.read_text(encoding="utf-8"))}


def subset() -> str:
    """The sprite of the phone."""
    names = used()
    text = SPRITE.read_text(encoding="utf-8")
    kept = SYMBOL.sub(lambda found: found.group(0) if found.group(1) in names else "", text)
    return re.sub(r"\n+", "\n", kept)


if __name__ == "__main__":
    PHONE.write_text(subset(), encoding="utf-8")
