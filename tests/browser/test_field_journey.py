"""An inspector's phone of 360 px with script: every item saves itself, nothing is lost, two sign, one submits.

The same pages without script are walked in test_campaign_journey.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.axe import violations
from tests.browser.steps import PATIENCE, arrive, fits, follow, small_targets, tall
from tests.factories import PASSWORD
from tests.live_app import LiveApp, start_live_app

PREPARE = """
import json
from tests import factories as f
from tests.inspections import field as x
f.load_calendar()
for number in range(5):
    f.make_item(f.make_department("WL"), phrases=["日志不足60日", "未建立名簿"])
plan = f.make_plan(departments=["WL"], lead="WL")
places = [f.make_enterprise(name='演示' + name + '歌舞厅') for name in "甲乙丙丁戊己"]
records = f.make_records(f.make_draw(plan, places, teams=1))
users = x.inspectors(x.section_of(records[0]))
print(json.dumps({"records": [record.pk for record in records], "users": [user.username for user in users]}))
"""
WIDTH, HEIGHT = 360, 740
# 400 kbit/s and 600 ms. The server of the tests sends everything uncompressed; what nginx and whitenoise send in an
# office is less than a third of it (test_phone_weight.py counts those bytes), so the line here is three times as wide.
SLOW = {"offline": False, "latency": 600, "downloadThroughput": 3 * 50_000, "uploadThroughput": 50_000}


class Field:
    """The server, an open record for every test, whatever their order, and the two inspectors of all of them."""

    def __init__(self, app: LiveApp, browser: Browser) -> None:
        facts = json.loads(app.run(PREPARE).splitlines()[-1])
        self.app, self.browser = app, browser
        self.records: list[int] = facts["records"]
        self.users: list[str] = facts["users"]
        self.faults: list[str] = []

    def phone(self, user: int = 0) -> Page:
        context = self.browser.new_context(
            base_url=self.app.url, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True, is_mobile=True,
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2,
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

    def open(self, number: int, user: int = 0, page: str = "") -> Page:
        shown = self.phone(user)
        shown.goto(f"/jiancha/phone/{self.records[number]}/{page}")
        expect(shown.locator("html")).to_have_class("js")
        if not page:
            arrive(shown)
        return shown


@pytest.fixture(scope="module")
def field(
    new_database: Callable[[str], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Field]:
    with start_live_app(new_database("field"), redis_url, tmp_path_factory.mktemp("field")) as app:
        app.environment |= {"REQUIRE_SECOND_OFFICER": "1", "CLOCK_PIN": "2024-09-24T14:00:00+08:00"}
        app.restart()
        made = Field(app, browser)
        yield made
        assert made.faults == []


def item(page: Page, number: int) -> Locator:
    return page.locator("[data-item]").nth(number)


def answer(page: Page, number: int, value: str) -> None:
    item(page, number).locator(f"input[type=radio][value={value}]").check(force=True)


def saved(page: Page) -> None:
    expect(page.locator("[data-chip]")).to_contain_text("已保存")


def draw(page: Page, pad: Locator) -> None:
    """Three strokes with the finger."""
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    for x0, y0, x1, y1 in ((0.2, 0.3, 0.4, 0.5), (0.5, 0.2, 0.45, 0.6), (0.6, 0.4, 0.8, 0.4)):
        page.mouse.move(box["x"] + box["width"] * x0, box["y"] + box["height"] * y0)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * x1, box["y"] + box["height"] * y1, steps=6)
        page.mouse.up()


def whole(page: Page) -> list[str]:
    """Barriers of the page as it stands, looked at without bars over it: at three widths what axe finds, at the phone's
    what is too small for a finger, at half of 640 px (200 % zoom) and everywhere else what stands out sideways."""
    found: list[str] = []
    for width in (320, WIDTH, 768, 1280):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.set_viewport_size({"width": width, "height": tall(page)})
        fits(page)
        if width != 320:
            found += [f"{line} (at {width})" for line in violations(page)]
        if width == WIDTH:
            found += small_targets(page)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return found


def rows(field: Field, number: int) -> list[tuple[Any, ...]]:
    return field.app.rows(
        "SELECT f.answer, f.text, f.version FROM inspections_itemfinding f JOIN inspections_departmentsection s "
        f"ON s.id = f.section_id WHERE s.record_id = {field.records[number]} ORDER BY f.order"
    )


def test_items_save_themselves_and_a_lost_answer_has_one_effect(field: Field) -> None:
    page = field.open(0)
    assert page.locator("input[type=radio][name$=-answer]:checked").count() == 0
    expect(page.locator("[data-next]")).to_contain_text("下一未填项，还有 5 项")
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().text())  # it was stored; the phone never hears of it
        route.abort()

    page.route("**/tongbu/baocun/", lose_the_first)
    answer(page, 0, "NOT_OK")
    expect(page.locator("[data-chip]")).to_contain_text("保存失败，正在重试")
    saved(page)
    assert json.loads(lost[0])["state"] == "stored"
    item(page, 0).get_by_role("button", name="日志不足60日").click()
    item(page, 0).locator("textarea").first.press_sequentially("，另缺两页")
    saved(page)
    answer(page, 1, "NOT_APPLICABLE")
    item(page, 1).get_by_role("button", name="检查时未营业").click()
    answer(page, 2, "OK")
    item(page, 2).get_by_role("button", name="清除").click()
    saved(page)
    page.reload()
    expect(item(page, 0).locator("textarea").first).to_have_value("日志不足60日，另缺两页")
    expect(page.locator(".bar [data-filled]")).to_have_text("2")
    assert [row[:2] for row in rows(field, 0)][:3] == [
        ("NOT_OK", "日志不足60日，另缺两页"), ("NOT_APPLICABLE", "检查时未营业"), ("", ""),
    ]  # fmt: skip
    events = field.app.rows(
        "SELECT count(*), count(DISTINCT after::text) FROM registry_auditevent "
        f"WHERE action = '填写事项' AND stream = 'record:{field.records[0]}'"
    )
    assert events[0][0] == events[0][1]
    page.locator("[data-next]").click()
    focused = page.locator("[data-item]:has(input:focus)")
    expect(focused).to_be_in_viewport()
    assert focused.locator("input[name$=-answer]:checked").count() == 0
    assert whole(page) == []
    page.context.close()


def test_a_conflict_shows_both_and_overwrites_nothing(field: Field) -> None:
    mine, theirs = field.open(2, 0), field.open(2, 1)
    for number in (3, 4):
        answer(theirs, number, "OK")
    saved(theirs)
    answer(mine, 3, "NOT_OK")
    box = mine.locator("[data-conflicts]")
    expect(box).to_contain_text("1 处冲突，请选一个")
    expect(mine.locator("[data-chip]")).to_contain_text("有冲突")
    assert rows(field, 2)[3][0] == "OK"
    expect(box.locator("[data-mine]")).to_have_text("不符合")
    expect(box.locator("[data-theirs]")).to_have_text("符合")
    assert whole(mine) == []
    box.get_by_role("button", name="都保留，另一份记为备注").click()
    expect(item(mine, 3).locator("textarea").first).to_have_value(re.compile("填：符合"))
    saved(mine)
    answer(mine, 4, "NOT_APPLICABLE")
    box.get_by_role("button", name="用对方的").click()
    expect(item(mine, 4).locator("input[value=OK]")).to_be_checked()
    expect(box).to_be_hidden()
    stored = rows(field, 2)
    assert (stored[3][0], stored[4]) == ("NOT_OK", ("OK", "", 1))
    mine.context.close()
    theirs.context.close()


def test_a_session_that_ended_is_renewed_in_place_and_nothing_is_lost(field: Field, tmp_path: Path) -> None:
    page = field.open(1)
    answer(page, 0, "OK")
    saved(page)
    field.app.run("from django.contrib.sessions.models import Session; Session.objects.all().delete()")
    answer(page, 1, "NOT_OK")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("登录已失效，请重新登录")
    expect(dialog.locator("input[name=login]")).to_have_value(field.users[0])
    assert violations(page) == []
    dialog.locator("input[name=password]").fill("不对的口令")
    dialog.get_by_role("button", name="登录，继续保存").click()
    expect(dialog.get_by_role("alert")).to_contain_text("不正确")
    dialog.locator("input[name=password]").fill(PASSWORD)
    dialog.get_by_role("button", name="登录，继续保存").click()
    expect(dialog).to_be_hidden()
    saved(page)
    assert [row[0] for row in rows(field, 1)][:2] == ["OK", "NOT_OK"]
    Image.effect_noise((3000, 2000), 40).convert("RGB").save(
        tmp_path / "现场 1.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"
    )
    item(page, 1).locator("input[type=file]").set_input_files([tmp_path / "现场 1.jpg"])
    shown = item(page, 1).locator("[data-photo]")
    expect(shown).to_contain_text("已送达")
    [(size, name)] = field.app.rows("SELECT size, file FROM inspections_evidence")
    assert size < 900_000
    with Image.open(Path(field.app.environment["MEDIA_ROOT"]) / name) as stored:
        assert (stored.size, dict(stored.getexif())) == ((1600, 1067), {})
    shown.get_by_role("button").click()
    expect(shown).to_be_hidden()
    page.locator("[data-toast]").get_by_role("button", name="撤销").click()
    expect(shown).to_be_visible()
    page.reload()
    expect(item(page, 1).locator("[data-photo]")).to_contain_text("已送达")
    page.context.close()


def fill_rest(page: Page, record: str) -> None:
    """Arrival, notices, the remaining items; then the check page and the result."""
    page.goto(record)
    expect(page.locator("html")).to_have_class("js")
    arrive(page)
    for name in ("certificates_shown", "informed"):
        page.locator(f"input[name=head-{name}]").check()
    page.locator("input[name=head-methods][value=ON_SITE]").check(force=True)
    for name in ("from", "to"):
        page.locator(f"button[data-now=visit_{name}]").first.click()
    for number in range(page.locator("[data-item]").count()):
        if not item(page, number).locator("input[name$=-answer]:checked").count():
            answer(page, number, "OK" if number else "NOT_OK")
        if item(page, number).locator("input[value=NOT_OK]").is_checked():
            item(page, number).locator("input[name$=-corrected][value='1']").check(force=True)
            item(page, number).locator("textarea").first.fill("日志不足60日")
    follow(page.get_by_role("button", name="核对并签字"))
    expect(page.locator("html")).to_have_class("js")
    page.locator("input[name=measures][value=NONE]").check(force=True)
    page.locator("textarea[name=result_note]").fill("已责令改正")
    expect(page.locator("html")).to_have_class("js")
    follow(page.get_by_role("button", name="结果没有错，去签字"))


def test_two_officers_sign_with_the_enterprise_and_submit_once(field: Field) -> None:
    record = f"/jiancha/phone/{field.records[3]}/"
    first, second = field.phone(0), field.phone(1)
    first.goto(f"{record}daochang/")
    follow(first.get_by_role("button", name="生成到场码"))
    code = first.locator(".big-code").inner_text().replace(" ", "")
    assert whole(first) == []
    second.goto(f"/jiancha/phone/daochang/?b={field.records[3]}&ma={code}")
    follow(second.get_by_role("button", name="确认我和对方都在现场"))
    expect(second.locator("body")).to_contain_text("已确认：您和另一名检查人员都在现场")
    fill_rest(first, record)
    expect(first.locator("html")).to_have_class("js")
    first.locator("input[name=opinion_agrees][value='1']").check(force=True)
    first.locator("input[name=signatory_role][value=SITE_MANAGER]").check(force=True)
    first.fill("input[name=signatory_name]", "张某")
    first.get_by_role("button", name="确认签字").last.click()
    expect(first.locator("[data-problems]")).to_contain_text("请在签字板上签字")
    draw(first, first.locator("#pad canvas"))
    first.set_viewport_size({"width": HEIGHT, "height": WIDTH})  # turned over
    first.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    assert whole(first) == []
    follow(first.locator("button[form=sign]"))
    [(strokes, width)] = field.app.rows(
        f"SELECT strokes, width FROM inspections_signature WHERE record_id = {field.records[3]}"
    )
    assert len(strokes) == 3
    assert all(0 <= x <= width for stroke in strokes for x, _, _ in stroke)
    follow(first.get_by_role("button", name=re.compile("^提交")))
    expect(first.locator("body")).to_contain_text("检查记录已提交")
    expect(first.locator(".done-box ~ .card .next-list")).to_contain_text("部门复核")
    second.goto(record)
    expect(second.locator("body")).to_contain_text("内容已锁定")
    assert field.app.manage("verify_audit").returncode == 0
    first.context.close()
    second.context.close()


def test_a_refusal_with_its_witness_and_both_inspectors_signatures(field: Field) -> None:
    record = f"/jiancha/phone/{field.records[4]}/"
    page = field.phone(0)
    page.goto(record)
    expect(page.locator("html")).to_have_class("js")
    arrive(page)
    for box in page.locator("input[name=section-present]").all():
        box.check(force=True)
    fill_rest(page, record)
    follow(page.get_by_role("link", name="拒绝签字或无法签字"))
    page.locator("input[name=signature][value=REFUSED]").check(force=True)
    page.get_by_role("button", name="对检查结果有异议").click()
    page.fill("input[name=witness_name]", "刘某")
    page.fill("input[name=witness_unit]", "演示社区网格员")
    draw(page, page.locator("[data-pad=witness_drawing] canvas"))
    for _ in range(2):
        page.get_by_role("button", name="去签").first.click()
        draw(page, page.locator("[data-signing-pad] canvas"))
        page.locator("[data-signing-done]").click()
        expect(page.locator("[data-signing]")).to_be_hidden()
    expect(page.locator("[data-sign-member]")).to_have_count(0)
    assert whole(page) == []
    follow(page.get_by_role("button", name="登记，去提交"))
    follow(page.get_by_role("button", name=re.compile("^提交")))
    kinds = field.app.rows(
        f"SELECT kind, count(*) FROM inspections_signature WHERE record_id = {field.records[4]} GROUP BY 1 ORDER BY 1"
    )
    assert kinds == [("INSPECTOR", 2), ("WITNESS", 1)]
    page.context.close()


def test_several_own_records_are_printed_as_one_file(field: Field) -> None:
    page = field.phone(0)
    page.goto("/jiancha/phone/renwu/")
    ticks = page.locator("label.for-print")
    expect(ticks).to_have_count(len(field.records))
    expect(ticks.first).to_be_hidden()
    page.get_by_text("打印几份").click()
    for number in (0, 1):
        ticks.nth(number).click()
    assert whole(page) == []
    query = page.evaluate("new URLSearchParams(new FormData(document.getElementById('print'))).toString()")
    paper = page.context.request.get(f"/jiancha/dayin/?{query}")
    assert (query.count("pk="), paper.status, paper.headers["content-type"]) == (2, 200, "application/pdf")
    page.context.close()


def test_the_record_is_usable_within_five_seconds_on_a_poor_line(field: Field) -> None:
    page = field.phone(0)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    session.send("Network.emulateNetworkConditions", SLOW)
    page.goto(f"/jiancha/phone/{field.records[5]}/", wait_until="commit")
    expect(page.locator("html")).to_have_class("js")
    ready = page.evaluate("performance.now()")
    assert ready <= 5000, ready
    page.context.close()
