"""First load of 今日 and of a record, compressed, with everything the page itself asks for."""

from __future__ import annotations

import gzip
import posixpath
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from inspections.views import offline
from scripts import phone_icons
from tests import factories as f
from tests.inspections import field as x
from tests.inspections.test_phone_views import at, page, signed_in

pytestmark = pytest.mark.django_db
# A record has the six questions of the arrival and what a browser of 2019 must be told (4 KB), which 今日 has not.
LIMIT = {"record_today": 60 * 1024, "record_record": 66 * 1024}
ITEMS = 25
BASE = Path(__file__).resolve().parents[2]
PHONE_PAGES = BASE / "templates" / "inspections" / "phone"


def weight(text: bytes) -> int:
    return len(gzip.compress(text, 6))


def static_file(name: str) -> bytes:
    path = finders.find(name)
    assert isinstance(path, str), name
    with open(path, "rb") as file:
        return file.read()


def files_of(html: str) -> set[str]:
    """Static files a page loads: named by it, and the modules imported by its scripts."""
    found: set[str] = set()
    waiting = set(re.findall(r'(?:href|src)="/static/([^"#]+)', html))
    while waiting:
        name = waiting.pop()
        found.add(name)
        if name.endswith(".js"):
            text = static_file(name).decode()
            folder = name.rpartition("/")[0]
            named = re.findall(r'(?:from|import) "(\.\.?/[^"]+)"', text)
            waiting |= {posixpath.normpath(f"{folder}/{one}") for one in named} - found
    return found


@pytest.mark.parametrize("name", ["record_today", "record_record"])
def test_first_load_is_small(name: str) -> None:
    f.load_calendar()
    points = "核对、登记消费者有效身份证件，并记录有关上网信息；登记内容和记录备份保存时间不得少于六十日"
    for _ in range(ITEMS - 1):
        f.make_item(f.make_department("WL"), check_points=points, phrases=["未登记身份证件", "记录保存不足60日"])
    record = x.make_record()
    client = signed_in(x.inspectors(x.section_of(record))[0])
    html = page(client, at(name) if name == "record_today" else at(name, record.pk))
    if name == "record_record":
        assert html.count("data-item=") == ITEMS
    files = files_of(html)
    assert {"css/record.css", "img/icons-phone.svg"} <= files
    assert "img/icons.svg" not in files
    preloaded = set(re.findall(r'rel="modulepreload" href="/static/([^"]+)"', html))
    modules = {one for one in files if one.startswith("js/phone/")}
    assert modules - preloaded == ({"js/phone/opening.js"} if name == "record_record" else set())
    assert not any("bootstrap" in one or "htmx" in one for one in files)
    parts = {"page": weight(html.encode())} | {one: weight(static_file(one)) for one in files}
    assert sum(parts.values()) <= LIMIT[name], sorted(parts.items(), key=lambda part: -part[1])


def test_the_phones_icons_are_those_its_pages_name() -> None:
    """Once more `python scripts/phone_icons.py` when this fails."""
    assert phone_icons.PHONE.read_text(encoding="utf-8") == phone_icons.subset()
    shown = set(
        re.findall(r'_icon.html" with name="([^"]+)"', "".join(map(Path.read_text, PHONE_PAGES.glob("*.html"))))
    )
    assert shown
    assert shown <= set(phone_icons.SYMBOL.findall(phone_icons.subset()))


def test_the_worker_keeps_every_module_and_file_of_the_phone() -> None:
    """A module that the worker does not know is missing in the cellar, where nobody sees why."""
    kept = set(offline.FILES)
    assert {f"js/phone/{path.name}" for path in (BASE / "static/js/phone").glob("*.js")} <= kept
    asked = set()
    for path in (*PHONE_PAGES.glob("*.html"), BASE / "templates/base_phone.html"):
        asked |= set(re.findall(r"{% static '((?:js|css|img|vendor)/[^']+)' %}", path.read_text(encoding="utf-8")))
    assert asked - kept == set()
    assert [name for name in offline.FILES if not (BASE / "static" / name).is_file()] == []
