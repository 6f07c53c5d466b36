"""The people of an office in the browser: each signs in with the one-time password of a slip and makes it their own."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.steps import PATIENCE, follow

STEP = 30  # seconds a code of the second factor holds


def code_at(secret: str, moment: float) -> str:
    """The six digits an authenticator shows (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(moment) // STEP), "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


@dataclass
class Person:
    """Somebody with a slip, at a desk or with a phone of 360 px. `now`: what time it is where the server stands."""

    browser: Browser
    origin: str
    login: str
    password: str
    now: Callable[[], float]
    phone: bool = False
    two_factors: bool = False
    faults: list[str] = field(default_factory=list)
    secret: str = ""
    used: int = 0
    page: Page = field(init=False)

    def open(self) -> Page:
        """A browser of one's own with the time of the server; the test fails on faults of a script or of the policy."""
        size = {"width": 360, "height": 740} if self.phone else {"width": 1280, "height": 800}
        options: dict[str, Any] = {"viewport": size, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
        if self.phone:
            options |= {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
        context = self.browser.new_context(base_url=self.origin, **options)
        if self.now() - time.time() > STEP:
            context.clock.install(time=self.now())
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.login}: {error}"))
        self.page.on("console", self._note)
        return self.page

    def _note(self, line: Any) -> None:
        if line.type == "error":
            self.faults.append(f"{self.login}: {line.text} ({line.location.get('url', '')})")

    def sign_in(self) -> Page:
        """With the password of the slip the first time, with one's own later; the page that stands then."""
        page = self.open()
        page.goto("/account/login/")
        page.fill("input[name=login]", self.login)
        page.fill("input[name=password]", self.password)
        follow(page.get_by_role("button", name="登录", exact=True))
        if self.secret:
            page.fill("input[name=code]", self._code())
            follow(page.get_by_role("button", name="登录", exact=True))
        return page

    def first_sign_in(self) -> Page:
        """The slip's password goes, the second factor comes where the office asks for it; then the work."""
        page = self.sign_in()
        expect(page.get_by_role("heading", level=1)).to_have_text("修改密码")
        own = f"{self.login}改成自己的密码·7"
        page.fill("input[name=oldpassword]", self.password)
        page.fill("input[name=password1]", own)
        page.fill("input[name=password2]", own)
        follow(page.get_by_role("button", name="保存新密码"))
        self.password = own
        if self.two_factors:
            self._second_factor(page)
        return page

    def _second_factor(self, page: Page) -> None:
        expect(page.get_by_role("heading", level=1)).to_have_text("开通两步验证")
        self.secret = page.locator(".hash").inner_text()
        page.fill("input[name=code]", self._code())
        follow(page.get_by_role("button", name="开通"))
        expect(page.locator(".code-list li")).to_have_count(10)
        follow(page.get_by_role("link", name="返回"))
        follow(page.get_by_role("link", name="回到待办"))

    def _code(self) -> str:
        """A code that was not used yet: the server takes each but once."""
        while int(self.now()) // STEP <= self.used:
            time.sleep(0.2)
        self.used = int(self.now()) // STEP
        return code_at(self.secret, self.used * STEP)

    def leave(self) -> None:
        """Close the browser without signing out."""
        self.page.context.close()
