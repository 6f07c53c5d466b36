"""The phone without a network: from opening to submission and back, and the faults that Enketo's users met.

Each test names the fault it stands for. The server runs with its clock pinned; the phone's own clock is the browser's.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, BrowserType, Error, Locator, Page, expect

from tests.browser.axe import violations
from tests.browser.steps import PATIENCE, arrive, fits, follow, go_online
from tests.factories import PASSWORD
from tests.live_app import LiveApp, start_live_app

PREPARE = """
import json
from tests import factories as f
from tests.inspections import field as x
f.load_calendar()
for number in range(4):
    f.make_item(f.make_department("WL"), phrases=["日志不足60日"])
plan = f.make_plan(departments=["WL"], lead="WL")
places = [f.make_enterprise(name='演示' + name + '歌舞厅') for name in "甲乙丙丁戊己庚辛壬癸"]
records = f.make_records(f.make_draw(plan, places, teams=1))
users = x.inspectors(x.section_of(records[0]))
for record in records[1:]:  # the first is opened by its own test as it comes
    x.arrive(x.section_of(record), at=x.VISIT_FROM.replace(hour=13))
print(json.dumps({"records": [record.pk for record in records], "users": [user.username for user in users]}))
"""
WIDTH, HEIGHT = 360, 740
PHONE: dict[str, Any] = {
    "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "has_touch": True, "is_mobile": True,
    "viewport": {"width": WIDTH, "height": HEIGHT}, "device_scale_factor": 2,
}  # fmt: skip
TODAY, QUEUE, ME = "/jiancha/phone/", "/jiancha/phone/daitongbu/", "/jiancha/phone/wode/"


class Field:
    """The server, an untouched record for every test, and the two inspectors of all of them."""

    def __init__(self, app: LiveApp, browser: Browser) -> None:
        facts = json.loads(app.run(PREPARE).splitlines()[-1])
        self.app, self.browser = app, browser
        self.records: list[int] = facts["records"]
        self.users: list[str] = facts["users"]
        self.faults: list[str] = []

    def context(self) -> BrowserContext:
        return self.browser.new_context(base_url=self.app.url, **PHONE)

    def page(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if "Security Policy" in line.text else None)
        return page

    def sign_in(self, page: Page, user: int = 0) -> None:
        page.goto("/account/login/")
        page.fill("input[name=login]", self.users[user])
        page.fill("input[name=password]", PASSWORD)
        follow(page.locator("button[type=submit]"))

    def downloaded(self, user: int = 0) -> Page:
        """A phone on 今日 with everything on it and its worker in charge."""
        page = self.page(self.context())
        self.sign_in(page, user)
        page.goto(TODAY)
        expect(page.locator("[data-downloaded]")).to_contain_text("均已下载")
        page.evaluate("navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller || 0)")
        return page

    def answers(self, number: int) -> list[tuple[Any, ...]]:
        return self.app.rows(
            "SELECT f.answer, f.text FROM inspections_itemfinding f JOIN inspections_departmentsection s "
            f'ON s.id = f.section_id WHERE s.record_id = {self.records[number]} ORDER BY f."order"'
        )

    def acts(self, number: int, action: str = "填写事项") -> int:
        stream = f"record:{self.records[number]}"
        query = f"SELECT count(*) FROM registry_auditevent WHERE action = '{action}' AND stream = '{stream}'"
        return int(self.app.rows(query)[0][0])


@pytest.fixture(scope="module")
def field(
    new_database: Callable[[str], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Field]:
    with start_live_app(new_database("offline"), redis_url, tmp_path_factory.mktemp("offline")) as app:
        app.environment |= {"REQUIRE_SECOND_OFFICER": "1", "CLOCK_PIN": "2024-09-24T14:00:00+08:00"}
        app.restart()
        made = Field(app, browser)
        yield made
        assert made.faults == []


def item(page: Page, number: int) -> Locator:
    return page.locator("[data-item]").nth(number)


def answer(page: Page, number: int, value: str) -> None:
    choice = item(page, number).locator(f"input[type=radio][value={value}]")
    choice.evaluate("one => one.closest('details')?.setAttribute('open', '')")  # 其他情况 is opened first
    tap(choice)


def tap(target: Locator) -> None:
    """A tap that no bar can catch: what lies over the page is measured by test_field_journey.py."""
    target.evaluate("element => element.click()")


def ready(page: Page) -> None:
    expect(page.locator("html.js")).to_have_count(1)


def draw(page: Page, pad: Locator) -> None:
    """Two strokes with the finger."""
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    for x0, y0, x1, y1 in ((0.2, 0.3, 0.4, 0.5), (0.5, 0.2, 0.45, 0.6)):
        page.mouse.move(box["x"] + box["width"] * x0, box["y"] + box["height"] * y0)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * x1, box["y"] + box["height"] * y1, steps=5)
        page.mouse.up()


def picture(folder: Path, name: str, colour: int) -> Path:
    path = folder / name
    Image.new("RGB", (600, 400), (colour * 7 % 256, colour * 31 % 256, 90)).save(path)
    return path


def waiting(page: Page) -> int:
    """Changes that stand in the phone's own store."""
    return int(
        page.evaluate(
            """() => new Promise((resolve) => { const asked = indexedDB.open("sja1"); asked.onsuccess = () => {
        const rows = asked.result.transaction("ops").objectStore("ops").getAll();
        rows.onsuccess = () => { asked.result.close(); resolve(rows.result.length); }; }; })"""
        )
    )


def test_from_opening_to_submission_without_a_network_and_back(field: Field, tmp_path: Path) -> None:
    """Also: two signatures and none lost; photos of one name, with spaces in it; media gone after success."""
    page = field.downloaded()
    record, base = field.records[0], f"{TODAY}{field.records[0]}/"
    page.context.set_offline(True)
    page.goto(TODAY)
    expect(page.locator("[data-downloaded]")).to_contain_text("离线，数据截至")
    page.locator(f"a[href='{base}']").click()
    expect(page.locator("[data-banner]")).to_contain_text("没有信号，可以继续填")
    ready(page)
    arrive(page)
    for name in ("certificates_shown", "informed"):
        tap(page.locator(f"input[name=head-{name}]"))
    tap(page.locator("input[name=head-methods][value=ON_SITE]"))
    for name in ("from", "to"):
        tap(page.locator(f"button[data-now=visit_{name}]").first)
    page.locator("input[name=section-present]").evaluate_all("all => all.forEach((one) => one.checked || one.click())")
    for number in range(4):
        answer(page, number, "OK" if number else "NOT_OK")
    item(page, 0).locator("textarea").first.fill("日志不足60日")
    tap(item(page, 0).locator("input[name$=-corrected][value='1']"))
    for colour in (1, 2):
        folder = tmp_path / str(colour)
        folder.mkdir()
        item(page, 0).locator("input[type=file]").set_input_files(picture(folder, "image 1.jpg", colour))
    expect(item(page, 0).locator("[data-photo]")).to_have_count(2)
    expect(item(page, 0).locator("[data-photo]").last).to_contain_text("已存本机")
    expect(page.locator("[data-chip]")).to_contain_text("离线，")
    page.get_by_role("button", name="核对并签字").click()
    expect(page.locator("[data-derived]")).to_contain_text("发现问题已责令改正")
    expect(page.locator("[data-gaps]")).to_contain_text("请核对并确认")
    tap(page.locator("input[name=measures][value=NONE]"))
    page.locator("textarea[name=result_note]").fill("已责令改正")
    page.get_by_role("button", name="结果没有错，去签字").click()
    expect(page.locator("[data-to-sign]")).to_contain_text("不符合 1")
    ready(page)
    for _ in range(2):
        page.get_by_role("button", name="去签").first.click()
        draw(page, page.locator("[data-signing-pad] canvas"))
        page.locator("[data-signing-done]").click()
        expect(page.locator("[data-signing]")).to_be_hidden()
    expect(page.locator("[data-sign-member]")).to_have_count(0)
    tap(page.locator("input[name=opinion_agrees][value='1']"))
    tap(page.locator("input[name=signatory_role][value=SITE_MANAGER]"))
    page.fill("input[name=signatory_name]", "张某")
    draw(page, page.locator("#pad canvas"))
    page.get_by_role("button", name="确认签字").last.click()
    page.get_by_role("button", name=re.compile("^提交")).click()
    expect(page.locator(".done-box")).to_contain_text("已保存在本机，尚未送达")
    fits(page)
    assert violations(page) == []
    assert field.answers(0) == [("", "")] * 4
    kept = waiting(page)
    go_online(page)
    expect(page.locator(".done-box h2")).to_have_text("检查记录已提交")
    assert kept > 10
    assert [row[0] for row in field.answers(0)] == ["NOT_OK", "OK", "OK", "OK"]
    for table, expected in (("evidence", 2), ("signature", 3)):
        query = f"SELECT count(*) FROM inspections_{table} WHERE record_id = {record}"
        assert field.app.rows(query) == [(expected,)]
    assert waiting(page) == 0
    page.goto(QUEUE)
    expect(page.locator("[data-summary]")).to_contain_text("全部已送达")
    assert violations(page) == []
    page.context.close()


def test_work_survives_reload_a_killed_tab_and_a_killed_browser(
    field: Field, browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> None:
    """Autosave lost media; the draft was gone; the queue was not sent until a reload."""
    options = {name: value for name, value in browser_type_launch_args.items() if name != "headless"}
    profile = str(tmp_path / "profile")
    context = browser_type.launch_persistent_context(profile, base_url=field.app.url, **options, **PHONE)
    page = field.page(context)
    field.sign_in(page)
    page.goto(TODAY)
    expect(page.locator("[data-downloaded]")).to_contain_text("均已下载")
    context.set_offline(True)
    base = f"{TODAY}{field.records[1]}/"
    page.goto(base)
    ready(page)
    answer(page, 0, "NOT_OK")
    item(page, 0).locator("textarea").first.fill("名簿不全")
    item(page, 0).locator("textarea").first.blur()
    item(page, 0).locator("input[type=file]").set_input_files(picture(tmp_path, "现场 1.jpg", 3))
    expect(item(page, 0).locator("[data-photo]")).to_contain_text("已存本机")
    answer(page, 1, "OK")
    expect(item(page, 1)).to_have_class(re.compile("is-local"))
    page.reload()
    ready(page)
    expect(item(page, 0).locator("textarea").first).to_have_value("名簿不全")
    expect(item(page, 0).locator("[data-photo]")).to_contain_text("已存本机")
    expect(page.locator(".bar [data-filled]")).to_have_text("2")
    killer = context.browser or context
    with contextlib.suppress(Error):
        page.goto("chrome://crash")  # the tab is killed, and the browser with it below
    killer.close()
    context = browser_type.launch_persistent_context(profile, base_url=field.app.url, **options, **PHONE)
    page = field.page(context)
    field.sign_in(page)  # the session ended with the browser
    page.goto(QUEUE)
    expect(page.locator("[data-summary]")).to_contain_text("全部已送达")
    assert field.answers(1)[:2] == [("NOT_OK", "名簿不全"), ("OK", "")]
    assert field.app.rows(f"SELECT count(*) FROM inspections_evidence WHERE record_id = {field.records[1]}") == [(1,)]
    context.close()


def test_two_tabs_send_each_change_once_and_a_changed_mind_is_one_change(field: Field) -> None:
    """Two pages of one browser; what was changed three times before anything flew is sent once."""
    first = field.downloaded()
    second = field.page(first.context)
    base = f"{TODAY}{field.records[2]}/"
    first.context.set_offline(True)
    for page in (first, second):
        page.goto(base)
        ready(page)
    for value in ("OK", "NOT_APPLICABLE", "OK"):
        answer(first, 0, value)
    answer(second, 1, "OK")
    expect(item(first, 0)).to_have_class(re.compile("is-local"))
    expect(item(second, 1)).to_have_class(re.compile("is-local"))
    assert waiting(first) == 2
    go_online(first)
    second.evaluate("window.dispatchEvent(new Event('online'))")
    for page in (first, second):
        expect(page.locator("[data-chip]")).to_contain_text("已保存")
    assert field.answers(2)[:2] == [("OK", ""), ("OK", "")]
    assert field.acts(2) == 2
    first.context.close()


def test_quota_and_an_unreadable_photo_stop_nobody_else(field: Field, tmp_path: Path) -> None:
    """The disk of the phone is full; one file that cannot be read does not block the queue for ever."""
    page = field.downloaded()
    page.context.set_offline(True)
    page.goto(f"{TODAY}{field.records[3]}/")
    ready(page)
    answer(page, 0, "NOT_OK")
    item(page, 0).locator("input[type=file]").set_input_files(picture(tmp_path, "a.jpg", 4))
    expect(item(page, 0).locator("[data-photo]")).to_contain_text("已存本机")
    page.evaluate(
        """() => new Promise((resolve) => { const asked = indexedDB.open("sja1"); asked.onsuccess = () => {
        const blobs = asked.result.transaction("blobs", "readwrite").objectStore("blobs");
        blobs.getAll().onsuccess = ({ target }) => { for (const row of target.result) { row.data = new ArrayBuffer(8);
        blobs.put(row); } }; blobs.transaction.oncomplete = () => { asked.result.close(); resolve(); }; }; })"""
    )
    # Chromium's quota override does not reach the store of a private context: the store itself says that it is full.
    page.evaluate("""() => { const put = IDBObjectStore.prototype.put;
        window.free = () => { IDBObjectStore.prototype.put = put; };
        IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); }; }""")
    answer(page, 1, "OK")
    expect(page.locator("[data-chip]")).to_contain_text("本机存不下，请勿关闭")
    page.evaluate("() => { window.free(); }")
    go_online(page)
    expect(item(page, 0).locator("[data-photo]")).to_contain_text("没送成")
    expect(page.locator("[data-chip]")).to_contain_text("已保存")
    assert field.answers(3)[:2] == [("NOT_OK", ""), ("OK", "")]
    page.goto(QUEUE)
    expect(page.locator("[data-state=failed]")).to_contain_text("这张照片在本机读不出来")
    assert violations(page) == []
    fits(page)
    page.get_by_role("button", name="不要这一项了").click()
    page.get_by_role("button", name="确定删除").click()
    expect(page.locator("[data-summary]")).to_contain_text("全部已送达")
    page.context.close()


def test_thirty_photos_go_one_by_one_and_the_clock_of_the_phone_may_be_wrong(field: Field, tmp_path: Path) -> None:
    """Many photos of one name from an iOS camera; a phone two hours ahead keeps no change waiting for two hours."""
    page = field.downloaded()
    page.clock.set_system_time(page.evaluate("Date.now() / 1000") + 2 * 3600)
    page.context.set_offline(True)
    page.goto(f"{TODAY}{field.records[4]}/")
    ready(page)
    for number in range(4):
        answer(page, number, "NOT_OK")
        files = []
        for colour in range(8 if number < 2 else 7):
            folder = tmp_path / f"{number}-{colour}"
            folder.mkdir()
            files.append(picture(folder, "image.jpg", number * 9 + colour))
        item(page, number).locator("input[type=file]").set_input_files(files)
        expect(item(page, number).locator("[data-photo]", has_text="已存本机")).to_have_count(len(files))
    go_online(page)
    expect(page.locator("[data-photo]", has_text="已送达")).to_have_count(30)
    assert waiting(page) == 0
    query = f"SELECT count(*) FROM inspections_evidence WHERE record_id = {field.records[4]}"
    assert field.app.rows(query) == [(30,)]
    page.context.close()


def test_a_session_that_ended_and_another_user_get_nothing_by_mistake(field: Field) -> None:
    """Logout made the queue unsendable without saying so; a draft was sent by mistake under another name."""
    page = field.downloaded()
    page.context.set_offline(True)
    page.goto(f"{TODAY}{field.records[5]}/")
    ready(page)
    answer(page, 0, "OK")
    expect(item(page, 0)).to_have_class(re.compile("is-local"))
    page.context.clear_cookies()
    go_online(page)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("登录已失效，请重新登录")
    other = field.page(page.context)
    field.sign_in(other, 1)
    other.goto(TODAY)
    expect(other.locator("main")).to_contain_text("这部手机上还有别人的 1 项没有送达")
    assert field.answers(5)[0] == ("", "")
    assert waiting(other) == 1
    other.context.clear_cookies()
    field.sign_in(other, 0)
    other.goto(QUEUE)
    expect(other.locator("[data-summary]")).to_contain_text("全部已送达")
    assert field.answers(5)[0] == ("OK", "")
    page.context.close()


def test_signing_out_warns_exports_and_leaves_nothing_behind(field: Field, tmp_path: Path) -> None:
    """What is unsent is not thrown away in silence; afterwards the phone holds nothing of the person."""
    page = field.downloaded()
    page.context.set_offline(True)
    page.goto(f"{TODAY}{field.records[6]}/")
    ready(page)
    answer(page, 0, "NOT_OK")
    item(page, 0).locator("input[type=file]").set_input_files(picture(tmp_path, "a.jpg", 5))
    expect(item(page, 0).locator("[data-photo]")).to_contain_text("已存本机")
    raw = page.evaluate(
        """() => new Promise((resolve) => { const asked = indexedDB.open("sja1"); asked.onsuccess = () => {
        const all = asked.result.transaction(["ops", "pages"]); const found = [];
        for (const name of ["ops", "pages"]) all.objectStore(name).getAll().onsuccess = ({ target }) =>
        found.push(...target.result.map((row) =>
        JSON.stringify(row) + new TextDecoder().decode(row.data ?? row.sealed.data)));
        all.oncomplete = () => { asked.result.close(); resolve(found.join()); }; }; })"""
    )
    assert "item-" in raw
    assert not any(word in raw for word in ("NOT_OK", "歌舞厅", "检查员"))
    go_online(page, without="**/tongbu/**")
    assert field.answers(6)[0] == ("", "")  # nothing slipped out before the gate was shut: both are still to be sent
    page.goto(ME)
    expect(page.locator("html[data-ready]")).to_have_count(1)
    page.get_by_role("button", name="退出登录").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("还有 2 项没有送达")
    assert violations(page) == []
    expect(dialog.get_by_role("button", name="已导出，删除并退出")).to_be_disabled()
    page.once("dialog", lambda asked: asked.accept())
    with page.expect_download() as download:
        dialog.get_by_role("button", name="导出到文件").click()
    exported = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert [change["name"][:5] for change in exported["changes"]] == ["item-", "photo"]
    assert exported["changes"][1]["photo"]
    follow(dialog.get_by_role("button", name="已导出，删除并退出"))
    left = page.evaluate(
        """() => new Promise((resolve) => { const asked = indexedDB.open("sja1"); asked.onsuccess = () => {
        const names = [...asked.result.objectStoreNames]; const all = asked.result.transaction(names); let rows = 0;
        for (const name of names) all.objectStore(name).count().onsuccess = ({ target }) => (rows += target.result);
        all.oncomplete = () => { asked.result.close(); resolve(rows); }; }; })"""
    )
    assert left == 0
    page.context.close()


def test_a_closed_record_keeps_the_work_readable_and_says_why(field: Field) -> None:
    """Submitted by a colleague meanwhile: nothing lost, nothing retried for ever."""
    page = field.downloaded()
    page.context.set_offline(True)
    page.goto(f"{TODAY}{field.records[7]}/")
    ready(page)
    answer(page, 0, "OK")
    expect(item(page, 0)).to_have_class(re.compile("is-local"))
    field.app.run(
        "from inspections.models import DepartmentSection as D; from registry import clock; "
        f"D.objects.filter(record_id={field.records[7]}).update(state='SUBMITTED', submitted_at=clock.now())"
    )
    go_online(page)
    expect(page.locator("[data-refused]")).to_be_visible()
    page.goto(QUEUE)
    expect(page.locator("[data-state=failed]")).to_contain_text("演示")
    assert waiting(page) == 1
    page.context.close()


@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        ("Object.defineProperty(window, 'isSecureContext', {get: () => false})", "不是 https"),
        ("delete Navigator.prototype.serviceWorker", "不支持离线"),
        ("navigator.storage.estimate = async () => ({quota: 300e6, usage: 200e6})", "不足 200 MB"),
    ],
)
def test_a_browser_that_lacks_something_says_so_and_saves_with_a_network(field: Field, lacks: str, words: str) -> None:
    """Plain http, a browser inside an app, a full phone: one sentence on 今日, and the online form as it is."""
    page = field.page(field.context())
    page.add_init_script(lacks)
    field.sign_in(page, 1)
    page.goto(TODAY)
    expect(page.locator("main")).to_contain_text(words)
    page.goto(f"{TODAY}{field.records[9]}/")
    ready(page)
    before = field.acts(9)
    answer(page, before % 3, "OK")
    expect(page.locator(".chip-sync")).to_contain_text("已保存")
    assert field.acts(9) == before + 1
    page.context.close()


def test_a_new_version_waits_and_the_office_can_switch_it_all_off(field: Field) -> None:
    """Cached form lost after an update of the worker; offline disabled but the old app lived on."""
    page = field.downloaded()
    names = "caches.keys().then((names) => names.filter((name) => name.startsWith('sja1-')))"
    [old] = page.evaluate(names)
    field.app.environment["DEMO"] = "1"
    field.app.restart()
    try:
        page.goto(TODAY)
        expect(page.locator("[data-update]")).to_contain_text("有新版本")
        assert old in page.evaluate(names)
        page.get_by_role("button", name="点此更新").click()
        expect(page.locator("[data-update]")).to_have_count(0)
        expect(page.locator("[data-downloaded]")).to_contain_text("均已下载")
        assert old not in page.evaluate(names)
        page.context.set_offline(True)
        page.goto(f"{TODAY}{field.records[8]}/")
        ready(page)
        go_online(page)
        del field.app.environment["DEMO"]
        field.app.environment["PHONE_OFFLINE"] = "0"
        field.app.restart()
        page.goto(TODAY)
        page.wait_for_function(
            "async () => !(await navigator.serviceWorker.getRegistrations()).length && !(await caches.keys()).length",
            timeout=PATIENCE,
        )
        page.context.set_offline(True)
        with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
            page.goto(TODAY)
    finally:
        field.app.environment.pop("DEMO", None)
        field.app.environment.pop("PHONE_OFFLINE", None)
        field.app.restart()
    page.context.close()
