"""到场情况 on a phone of 360 px: an empty shop in eight taps, a mind that changes, with and without a network."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.steps import PATIENCE, fits, follow, go_online, small_targets, tall
from tests.factories import PASSWORD
from tests.live_app import LiveApp, start_live_app

PREPARE = """
import json
from tests import factories as f
from tests.inspections import field as x
f.load_calendar()
for number in range(7):
    f.make_item(f.make_department("WL"), phrases=["日志不足60日"])
plan = f.make_plan(departments=["WL"], lead="WL")
places = [f.make_enterprise(name='演示' + name + '网吧') for name in "甲乙丙丁戊己"]
records = f.make_records(f.make_draw(plan, places, teams=1))
users = x.inspectors(x.section_of(records[0]))
print(json.dumps({"records": [record.pk for record in records], "users": [user.username for user in users]}))
"""
WIDTH, HEIGHT = 360, 740
TODAY = "/jiancha/phone/"
OUTCOMES = {
    "NORMAL": "", "UNREACHABLE": "无法联系", "CLOSED": "已关闭", "MOVED": "搬走", "REFUSED": "拒绝检查", "ABSENT": "",
}  # fmt: skip
NOBODY = {"UNREACHABLE", "CLOSED", "MOVED"}


class Field:
    """The server, an open record for every test, and the two inspectors of all of them."""

    def __init__(self, app: LiveApp, browser: Browser) -> None:
        facts = json.loads(app.run(PREPARE).splitlines()[-1])
        self.app, self.browser = app, browser
        self.records: list[int] = facts["records"]
        self.users: list[str] = facts["users"]
        self.faults: list[str] = []

    def phone(self, user: int = 0, **options: Any) -> Page:
        context = self.browser.new_context(
            base_url=self.app.url, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True, is_mobile=True,
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2, **options,
        )  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if "Security Policy" in line.text else None)
        page.goto("/account/login/")
        page.fill("input[name=login]", self.users[user])
        page.fill("input[name=password]", PASSWORD)
        follow(page.locator("button[type=submit]"))
        return page

    def at(self, number: int) -> str:
        return f"{TODAY}{self.records[number]}/"

    def both_here(self, number: int, first: Page) -> None:
        """The code of the first officer, entered by the second on another phone."""
        code = first.locator(".big-code").inner_text().replace(" ", "")
        second = self.phone(1)
        second.goto(f"{TODAY}daochang/?b={self.records[number]}&ma={code}")
        follow(second.get_by_role("button", name="确认我和对方都在现场"))
        second.context.close()

    def section(self, number: int) -> tuple[Any, ...]:
        return self.app.rows(
            "SELECT s.state, s.arrival, s.id, r.certificates_shown, r.informed, r.signature "
            "FROM inspections_departmentsection s JOIN inspections_inspectionrecord r ON r.id = s.record_id "
            f"WHERE s.record_id = {self.records[number]}"
        )[0]

    def answers(self, number: int) -> list[tuple[Any, ...]]:
        return self.app.rows(
            "SELECT f.answer, f.text, f.outcome FROM inspections_itemfinding f JOIN inspections_departmentsection s "
            f'ON s.id = f.section_id WHERE s.record_id = {self.records[number]} ORDER BY f."order"'
        )

    def results(self, number: int) -> list[str]:
        query = f"SELECT code FROM inspections_sectionresult WHERE section_id = {self.section(number)[2]}"
        return [row[0] for row in self.app.rows(query)]


class Thumb:
    """Counts what a finger does."""

    def __init__(self) -> None:
        self.taps = 0

    def tap(self, target: Locator, *, leads: bool = False) -> None:
        self.taps += 1
        if leads:
            follow(target)
        else:
            target.click()

    def shoot(self, target: Locator, path: Path) -> None:
        """The camera button of the page; what follows in the camera is the phone's own."""
        self.taps += 1
        target.set_input_files(path)


@pytest.fixture(scope="module")
def field(
    new_database: Callable[[str], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Field]:
    with start_live_app(new_database("arrival"), redis_url, tmp_path_factory.mktemp("arrival")) as app:
        app.environment |= {"REQUIRE_SECOND_OFFICER": "1", "CLOCK_PIN": "2024-09-24T14:00:00+08:00"}
        app.restart()
        made = Field(app, browser)
        yield made
        assert made.faults == []


@pytest.fixture
def door(tmp_path: Path) -> Path:
    path = tmp_path / "门口.jpg"
    Image.new("RGB", (600, 400), (139, 147, 158)).save(path)
    return path


def ready(page: Page) -> None:
    expect(page.locator("html.js")).to_have_count(1)


def saved(page: Page) -> None:
    """Everything that was changed has been received."""
    expect(page.locator("[data-chip]")).to_contain_text("已保存")


def choose(page: Page, outcome: str) -> None:
    """One tap; a further one opens the folded question when it was answered before."""
    if not page.locator("#arrival").evaluate("one => one.open"):
        page.locator("#arrival > summary").click()
    choice(page, outcome).click()


def choice(page: Page, outcome: str) -> Locator:
    return page.locator(f".arrive-pick:has(input[value={outcome}])")


def whole(page: Page) -> list[str]:
    """What axe finds on the phone and on a desk, what is too small for a finger, what stands out sideways."""
    found: list[str] = []
    for width in (WIDTH, 1280):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.set_viewport_size({"width": width, "height": tall(page)})
        fits(page)
        found += [f"{line} (at {width})" for line in violations(page)]
        found += small_targets(page) if width == WIDTH else []
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return found


def test_an_empty_shop_takes_eight_taps(field: Field, door: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, thumb = field.phone(), Thumb()
    page.goto(field.at(0))
    ready(page)
    expect(page.locator("#head")).to_be_hidden()
    expect(page.locator("[data-item]").first).to_be_hidden()
    assert whole(page) == []
    thumb.tap(page.locator(f"a[href='{field.at(0)}daochang/']"), leads=True)
    thumb.tap(page.get_by_role("button", name="生成到场码"), leads=True)
    field.both_here(0, page)
    thumb.tap(page.locator("a.back"), leads=True)
    ready(page)
    thumb.tap(choice(page, "UNREACHABLE"))
    expect(page.locator("[data-finish]")).to_contain_text("还差 2 样：请拍一张门口的照片")
    for hidden in ("#certificates", "#informed", "#methods", "#said", "#found_at"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator(".is-quiet")).to_contain_text("7 项记为“未检查”，原因自动写“无法联系”")
    thumb.shoot(page.locator("#door input[type=file]"), door)
    thumb.tap(page.get_by_role("button", name="敲门"))
    thumb.tap(page.get_by_role("button", name="打电话"))
    expect(page.locator("[data-finish]")).to_have_text("确认结果并提交")
    expect(page.locator("#door [data-photo]")).to_contain_text("已送达")
    assert whole(page) == []
    thumb.tap(page.locator("[data-finish]"))
    expect(page.locator("body")).to_contain_text("检查记录已提交")
    with capsys.disabled():
        print(f"\n无法联系：从打开记录到提交 {thumb.taps} 次点按")
    assert thumb.taps == 8
    assert field.section(0)[:2] == ("SUBMITTED", "UNREACHABLE")
    assert field.section(0)[3:] == (False, False, "PENDING")
    assert field.answers(0) == [("NOT_CHECKED", "无法联系", "UNREACHABLE")] * 7
    assert field.results(0) == ["UNREACHABLE"]
    page.context.close()


def test_the_same_without_a_network(field: Field, door: Path) -> None:
    page = field.phone()
    page.goto(f"{field.at(1)}daochang/")
    follow(page.get_by_role("button", name="生成到场码"))
    field.both_here(1, page)
    page.goto(TODAY)
    expect(page.locator("[data-downloaded]")).to_contain_text("均已下载")
    page.evaluate("navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller || 0)")
    page.context.set_offline(True)
    page.goto(field.at(1))
    ready(page)
    choice(page, "UNREACHABLE").click()
    page.locator("#door input[type=file]").set_input_files(door)
    page.get_by_role("button", name="敲门").click()
    page.get_by_role("button", name="问邻居").click()
    page.reload()  # what stands on the phone comes back
    ready(page)
    expect(page.locator("#arrival [data-outcome]")).to_have_text("无法联系")
    expect(page.locator(".try")).to_have_count(2)
    expect(page.locator("#door [data-photo]")).to_contain_text("已存本机")
    expect(page.locator(".bar [data-filled]")).to_have_text("7")
    expect(page.locator("[data-finish]")).to_have_text("确认结果并提交")
    page.locator("[data-finish]").click()
    expect(page.locator(".done-box")).to_contain_text("已保存在本机，尚未送达")
    assert field.section(1)[:2] != ("SUBMITTED", "UNREACHABLE")
    go_online(page)
    expect(page.locator(".done-box h2")).to_have_text("检查记录已提交")
    assert field.section(1)[:2] == ("SUBMITTED", "UNREACHABLE")
    assert field.answers(1) == [("NOT_CHECKED", "无法联系", "UNREACHABLE")] * 7
    assert field.results(1) == ["UNREACHABLE"]
    page.context.close()


def test_every_outcome_after_every_other_keeps_what_was_answered_by_hand(field: Field, door: Path) -> None:
    """All thirty changes on one page: the hand-made answer and the photo stay, the rest follows the last outcome."""
    page = field.phone()
    page.goto(field.at(2))
    ready(page)
    choose(page, "NORMAL")
    page.locator("[data-item]").first.locator("input[value=OK]").check(force=True)
    choose(page, "CLOSED")
    page.locator("#door input[type=file]").set_input_files(door)
    expect(page.locator("#door [data-photo]")).to_contain_text("已送达")
    here = "CLOSED"
    for one, other in itertools.permutations(OUTCOMES, 2):
        for outcome in (one, other):
            if outcome == here:
                continue
            choose(page, outcome)
            here = outcome
            said = page.locator("[data-item]").nth(1).locator("textarea[name$=-text_skip]")
            expect(said).to_have_value(OUTCOMES[outcome])
            expect(page.locator("#certificates")).to_be_hidden() if outcome in NOBODY else None
            checked = page.locator("[data-item] input[value=NOT_CHECKED]:checked")
            expect(checked).to_have_count(6 if OUTCOMES[outcome] else 0)
            expect(page.locator("[data-item]").first.locator("input[value=OK]")).to_be_checked()
    saved(page)
    page.reload()
    ready(page)
    expect(page.locator("#arrival [data-outcome]")).to_have_text("负责人不在" if here == "ABSENT" else "拒绝检查")
    said = OUTCOMES[here]
    rest = ("NOT_CHECKED", said, here) if said else ("", "", "")
    assert field.answers(2) == [("OK", "", ""), *[rest] * 6]
    choose(page, "CLOSED")
    expect(page.locator("#door [data-photo]")).to_have_count(1)
    for box in page.locator("[name=section-present]").all():
        box.check(force=True)
    expect(page.locator("[data-finish]")).to_contain_text("还差 1 样：1 演示事项1：到场情况是“已关闭”")
    page.context.close()


def test_they_came_back_and_found_it_open(field: Field) -> None:
    """Told online that nobody was there; offline the officers come back, find it open, and answer by hand."""
    page = field.phone()
    page.goto(field.at(3))
    ready(page)
    choose(page, "UNREACHABLE")
    saved(page)
    page.goto(TODAY)
    expect(page.locator("[data-downloaded]")).to_contain_text("均已下载")
    page.evaluate("navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller || 0)")
    page.context.set_offline(True)
    page.goto(field.at(3))
    ready(page)
    choose(page, "NORMAL")
    expect(page.locator(".bar [data-filled]")).to_have_text("0")
    for number in range(7):
        page.locator("[data-item]").nth(number).locator("input[value=OK]").check(force=True)
    page.locator("input[name=head-certificates_shown]").check()
    go_online(page)
    saved(page)
    expect(page.locator("[data-conflicts]")).to_be_hidden()
    assert field.answers(3) == [("OK", "", "")] * 7
    assert field.section(3)[1:4:2] == ("NORMAL", True)
    assert field.results(3) == []
    page.context.close()


def test_a_refusal_asks_for_words_and_a_witness(field: Field) -> None:
    page = field.phone()
    page.goto(field.at(4))
    ready(page)
    choose(page, "REFUSED")
    for asked in ("#said", "#onlooker", "#certificates", "#informed"):
        expect(page.locator(asked)).to_be_visible()
    for name, value in (("said", "没有会员卡谁都不让进"), ("onlooker_name", "刘某"), ("onlooker_unit", "演示社区")):
        page.fill(f"[name=section-{name}]", value)
        page.locator(f"[name=section-{name}]").blur()
    saved(page)
    follow(page.locator("[data-check]"))
    expect(page.locator("input[name=results][value=UNCOOPERATIVE]")).to_be_checked()
    expect(page.locator("[data-gaps]")).not_to_contain_text("见证人")
    expect(page.locator("[data-gaps]")).to_contain_text("请确认已出示执法证件。")
    page.context.close()


def test_without_script_the_same_form(field: Field, door: Path) -> None:
    page = field.phone(java_script_enabled=False)
    page.goto(field.at(5))
    choice(page, "MOVED").click()
    follow(page.get_by_role("button", name="保存，往下填"))
    expect(page.locator("#found_at")).to_be_visible()
    expect(page.locator("#attempts")).to_be_visible()
    expect(page.locator("#certificates")).to_be_hidden()
    page.fill("[name=section-found_at]", "东街示例9号")
    for box in page.locator("input[name=section-present]").all():
        box.check(force=True)
    page.select_option("[name=section-try_how]", "NEIGHBOUR")
    follow(page.get_by_role("button", name="保存并拍照"))
    page.locator("input[type=file]").set_input_files(door)
    follow(page.get_by_role("button", name="上传"))
    page.goto(field.at(5))
    expect(page.locator("#attempts")).to_contain_text("问邻居")
    expect(page.locator("#door [data-photo]")).to_have_count(1)
    follow(page.get_by_role("button", name="确认结果并提交"))
    expect(page.locator("body")).to_contain_text("还没有签字，也没有用自己的账号确认到场")  # the guard holds here too
    assert field.results(5) == ["MOVED_OUT"]
    assert field.answers(5) == [("NOT_CHECKED", "搬走", "MOVED")] * 7
    page.context.close()
