"""Every kind of page at the desk and on the phone: no barrier that axe finds, no sideways scroll, no fault.

One office in the middle of its work (tests/county.py), one server; a page is loaded once and measured at both widths.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from kuancheng_inspect.demo.accounts import PASSWORD
from tests.browser.axe import violations
from tests.browser.steps import follow, sideways, tall
from tests.live_app import LiveApp

PREPARE = """
import json
from pathlib import Path
from django.conf import settings
from tests.county import make_county
from tests.test_crawl import pages_by_role
settings.ALLOWED_HOSTS = ["testserver"]
print(json.dumps(pages_by_role(make_county(Path({folder!r})))))
"""
WIDTHS = (1280, 360)


@pytest.fixture
def office(new_live_app: LiveApp) -> LiveApp:
    """The server at the hour at which the county's story stops."""
    new_live_app.environment |= {"CLOCK_PIN": "2026-09-22T10:00:00+08:00", "DEMO": "1"}
    new_live_app.restart()
    return new_live_app


def sign_in(page: Page, who: str) -> None:
    page.goto("/account/login/")
    page.fill("input[name=login]", who)
    page.fill("input[name=password]", PASSWORD)
    follow(page.locator("button[type=submit]"))


def listen(page: Page, faults: list[str]) -> None:
    """Script errors and what the policy refuses go into ``faults``."""
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))


def look(page: Page, url: str) -> list[str]:
    """Everything wrong with a page at both widths."""
    found = []
    answer = page.goto(url)
    assert answer is not None
    if answer.status != 200:
        found.append(f"answered {answer.status}")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        # as tall as the page: what a bar at the bottom covers just now is not out of reach
        page.set_viewport_size({"width": width, "height": tall(page)})
        if (over := sideways(page)) > 0:
            found.append(f"{over} px too wide at {width}")
        found += [f"{line} (at {width})" for line in violations(page)]
    return [f"{url}: {line}" for line in found]


def test_no_page_has_a_barrier_a_sideways_scroll_or_a_fault(office: LiveApp, browser: Browser):
    roles: dict[str, Any] = json.loads(office.run(PREPARE.format(folder=str(office.directory))).splitlines()[-1])
    faults: list[str] = []
    for role in roles.values():
        context = browser.new_context(base_url=office.url, locale="zh-CN", timezone_id="Asia/Shanghai")
        page = context.new_page()
        page.set_default_timeout(10_000)
        listen(page, faults)
        if role["user"]:
            sign_in(page, role["user"])
        for url in role["urls"]:
            faults += look(page, url)
        context.close()
    assert faults == []
