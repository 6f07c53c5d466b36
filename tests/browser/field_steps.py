"""What two inspectors do with their phones at an enterprise: both there, everything in order, signed, submitted."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import arrive, fits, follow

TODAY = "/jiancha/phone/"


def open_record(page: Page) -> str:
    """The address of the one record in today's work."""
    page.goto(TODAY)
    follow(page.get_by_role("link", name=re.compile("开始填写|继续填写")).first)
    patiently(page)
    return page.url


def patiently(page: Page) -> None:
    """A phone that waited three seconds for a busy server says so and offers to try again; a person does."""
    expect(page.locator("html")).to_have_class("js")
    again = page.get_by_role("link", name="重试")
    if page.get_by_role("heading", level=1, name="没有连上网络").count():
        follow(again)
        expect(page.locator("html")).to_have_class("js")


def both_there(first: Page, second: Page) -> None:
    """The code on the first phone is typed on the second: each confirms that the other is there too."""
    follow(first.locator("a[href$='daochang/']").first)
    patiently(first)
    follow(first.get_by_role("button", name="生成到场码"))
    code = first.locator(".big-code").inner_text().replace(" ", "")
    open_record(second)
    follow(second.locator("a[href$='daochang/']").first)
    patiently(second)
    second.fill("input[name=code]", code)
    follow(second.get_by_role("button", name="确认我和对方都在现场"))
    fits(second)
    expect(second.locator("body")).to_contain_text("已确认：您和另一名检查人员都在现场")


def fill(page: Page, *, heads: bool) -> None:
    """Arrival first, then the head of the record where nobody has filled it, then every item."""
    arrive(page)
    if heads:
        for name in ("certificates_shown", "informed"):
            page.locator(f"input[name=head-{name}]").check()
        page.locator("input[name=head-methods][value=ON_SITE]").check(force=True)
        for name in ("from", "to"):
            page.locator(f"button[data-now=visit_{name}]").first.click()
    for name in page.locator("[data-item] input[value=OK]").evaluate_all("all => all.map(one => one.id)"):
        page.locator(f"label[for='{name}']").click()
    fits(page)
    expect(page.locator("[data-chip]")).to_contain_text("已保存")


def draw_name(page: Page, pad: Locator) -> None:
    """Three strokes with the finger."""
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    for x0, y0, x1, y1 in ((0.2, 0.3, 0.4, 0.5), (0.5, 0.2, 0.45, 0.6), (0.6, 0.4, 0.8, 0.4)):
        page.mouse.move(box["x"] + box["width"] * x0, box["y"] + box["height"] * y0)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * x1, box["y"] + box["height"] * y1, steps=6)
        page.mouse.up()


def check(page: Page) -> None:
    """Everything is there, the result is right."""
    follow(page.get_by_role("button", name="核对并签字"))
    expect(page.locator("html")).to_have_class("js")
    follow(page.get_by_role("button", name=re.compile("结果没有错，去签字|确认结果和处置")))
    expect(page.locator("html")).to_have_class("js")


def sign(page: Page) -> None:
    """The enterprise signs for what all departments have found."""
    page.locator("input[name=opinion_agrees][value='1']").check(force=True)
    page.locator("input[name=signatory_role][value=SITE_MANAGER]").check(force=True)
    page.fill("input[name=signatory_name]", "张某")
    draw_name(page, page.locator("#pad canvas"))
    fits(page)
    follow(page.locator("button[form=sign]"))


def submit(page: Page) -> None:
    """The record goes to the department."""
    follow(page.get_by_role("button", name=re.compile("^提交")))
    expect(page.locator("body")).to_contain_text("检查记录已提交")
