"""Reviewing at the desk and the page behind the notice's QR code, in the browser at 360, 768 and 1280 px.

One server; the page of the notice only reads, and each test of the review has a record of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.steps import PATIENCE, fits, follow
from tests.factories import PASSWORD
from tests.live_app import LiveApp, start_live_app

PREPARE = """
import json
from inspections.models import DepartmentSection, InspectionRecord
from inspections.services import add_evidence
from registry.enums import Role
from tests import factories as f
from tests.inspections import field as x
f.load_calendar()
for code in ("WL", "GA"):
    for number in range(4):
        f.make_item(f.make_department(code), check_points="核对、登记有效身份证件")
plan = f.make_plan()
places = [f.make_enterprise(name="演示" + name + "歌舞厅") for name in "甲乙丙"]
records = f.make_records(f.make_draw(plan, places, teams=1))
for record in records:
    section = x.section_of(record)
    x.fill(section)
    bad = section.findings.first()
    section.findings.filter(pk=bad.pk).update(answer="NOT_OK", text="日志不足60日", version=2)
    bad.refresh_from_db()
    for shade in (40, 200):
        picture = x.picture((600, 400), name=f"照片{shade}.jpg", colour=(shade, 90, 90))
        add_evidence(actor=x.inspectors(section)[0], record=record, kind="PHOTO", upload=picture, finding=bad)
    DepartmentSection.objects.filter(pk=section.pk).update(
        state="SUBMITTED", submitted_at=f.NOW, publish_due_on="2024-10-25", version=1
    )
admin = f.make_user(Role.DEPT_ADMIN, department=f.make_department("WL"), username="复核人", name="复核人")
seat = x.section_of(records[0]).members.select_related("inspector").first()
print(json.dumps({
    "sections": [x.section_of(record).pk for record in records], "token": records[0].token,
    "badge": seat.inspector.badge, "person": seat.inspector.name, "inspector": seat.inspector.user.username,
    "record": records[0].pk,
}))
"""
WIDTHS = (360, 768, 1280)
FOCUS_IN_SIGHT = """() => new Promise((done) => {
  const one = document.activeElement, bar = document.querySelector(".actionbar");
  const look = (frames) => {
    const seen = bar.contains(one) || one.getBoundingClientRect().top < bar.getBoundingClientRect().top;
    if (seen || frames > 60) done(seen);
    else requestAnimationFrame(() => look(frames + 1));  // the page scrolls a frame after the focus
  };
  look(0);
})"""


class Office:
    """The server and what stands in it."""

    def __init__(self, app: LiveApp, browser: Browser) -> None:
        self.app, self.browser = app, browser
        self.facts: dict[str, Any] = json.loads(app.run(PREPARE).splitlines()[-1])
        self.faults: list[str] = []

    def page(self, who: str = "") -> Page:
        """A page of somebody signed in, or of nobody; script errors and what the policy refuses fail the run."""
        context = self.browser.new_context(base_url=self.app.url, locale="zh-CN", timezone_id="Asia/Shanghai")
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if "Security Policy" in line.text else None)
        if who:
            page.goto("/account/login/")
            page.fill("input[name=login]", who)
            page.fill("input[name=password]", PASSWORD)
            follow(page.locator("button[type=submit]"))
        return page

    def review(self, number: int) -> tuple[Page, str]:
        """The reviewer's page of a section, and its address."""
        page, address = self.page("复核人"), f"/jiancha/fuhe/{self.facts['sections'][number]}/"
        page.goto(address)
        return page, address


@pytest.fixture(scope="module")
def office(
    new_database: Callable[[str], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Office]:
    with start_live_app(new_database("review"), redis_url, tmp_path_factory.mktemp("review")) as app:
        app.environment["CLOCK_PIN"] = "2024-09-24T16:00:00+08:00"
        app.restart()
        made = Office(app, browser)
        yield made
        assert made.faults == []


def look(page: Page) -> None:
    """In order at every width: nothing sideways, nothing axe finds."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        fits(page)
        assert violations(page) == [], width


def test_the_enterprise_reads_the_notice_page_and_checks_a_certificate(office: Office) -> None:
    page = office.page()
    page.goto(f"/gs/tongzhi/{office.facts['token']}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 个部门将一起来检查")
    for summary in page.locator(".visit-parts summary").all():
        summary.click()
    look(page)
    page.set_viewport_size({"width": 360, "height": 740})
    targets = page.locator("main :is(a, button, summary, input)").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert min(targets) >= 44
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.visit p')).fontSize)") >= 18
    page.fill("input[name=zheng]", office.facts["badge"].lower())
    follow(page.get_by_role("button", name="核对"))
    expect(page.get_by_role("status")).to_contain_text(re.compile(rf"相符.*{office.facts['person']}", re.DOTALL))
    page.fill("input[name=zheng]", "假证0001")
    follow(page.get_by_role("button", name="核对"))
    expect(page.get_by_role("status")).to_contain_text("不符")
    look(page)
    assert page.context.cookies() == []
    page.set_viewport_size({"width": 360, "height": 740})
    follow(page.get_by_role("link", name="提出异议"))
    expect(page.get_by_label("涉及的企业或事项")).to_have_value(re.compile("演示甲歌舞厅（记录表 "))
    page.get_by_label("具体情况").fill("检查时已经补齐")
    follow(page.get_by_role("button", name="提交"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("已收到，受理编号")
    assert office.app.rows("SELECT kind FROM publicity_feedback") == [("OBJECTION",)]


def test_the_same_code_opens_the_record_for_its_inspector(office: Office) -> None:
    page = office.page(office.facts["inspector"])
    page.goto(f"/gs/tongzhi/{office.facts['token']}/")
    assert page.url.endswith(f"/jiancha/phone/{office.facts['record']}/")


def test_photos_open_large_and_nothing_typed_is_lost(office: Office) -> None:
    page, _ = office.review(0)
    look(page)
    page.locator(".desk-finding summary").first.click()
    page.locator("textarea[name^=item_]").first.fill("请补拍近照")
    expect(page.get_by_role("button", name=re.compile(r"退回修改\s*（1 条意见）"))).to_be_visible()
    page.locator("a[data-photo]").first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="照片")
    expect(dialog).to_contain_text("第 1 张，共 2 张")
    picture = dialog.get_by_role("img")
    expect(picture).to_have_js_property("naturalWidth", 600)
    assert violations(page) == []
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("第 2 张，共 2 张")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.evaluate("document.activeElement.matches('a[data-photo]')")
    expect(page.locator("textarea[name^=item_]").first).to_have_value("请补拍近照")


def test_by_keyboard_alone_and_what_has_focus_is_never_under_the_bar(office: Office) -> None:
    page, _ = office.review(1)
    page.set_viewport_size({"width": 1280, "height": 600})
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.value || document.activeElement.textContent.trim()")
        assert page.evaluate(FOCUS_IN_SIGHT), name
        reached.add(name)
        if name == "PASS":
            break
    assert {"RETURN", "PASS"} <= reached
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("已通过复核，可以公示")
    assert re.search(r"/jiancha/fuhe/\d+/$", page.url)  # the next one opened by itself


def test_a_newer_version_is_told_and_an_old_one_not_decided_on(office: Office) -> None:
    page, address = office.review(2)
    key = office.facts["sections"][2]
    office.app.run(
        "from inspections.models import *\n"
        f"DepartmentSection.objects.filter(pk={key}).update(version=9)\n"
        f"ItemFinding.objects.filter(section={key}, answer='NOT_OK').update(text='日志只有20日', version=3)"
    )
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#newer")).to_contain_text("这份记录有了新的版本")
    look(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("button", name=re.compile("^通过")).click()
    assert sent.value.status == 409
    changes = page.locator("#changes")
    expect(changes).to_contain_text("日志不足60日")
    expect(changes).to_contain_text("日志只有20日")
    look(page)
    assert office.app.rows(f"SELECT state FROM inspections_departmentsection WHERE id = {key}") == [("SUBMITTED",)]
    assert page.url.endswith(address)
