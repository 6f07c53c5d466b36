"""An office in the middle of its work (tests/county.py) in the browser: every kind of page, and what tasks cost.

One server for both tests. The page test only reads, and what the click test does takes no page away, so their order
does not matter.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from kuancheng_inspect.demo.accounts import PASSWORD
from kuancheng_inspect.demo.campaign import DIGITS
from tests.browser.axe import violations
from tests.browser.steps import PATIENCE, follow, sideways, small_targets, tall
from tests.county import photo as camera
from tests.live_app import LiveApp, start_live_app

PREPARE = """
import json
from pathlib import Path
from django.conf import settings
from tests.county import make_county
from tests.test_crawl import pages_by_role
settings.ALLOWED_HOSTS = ["testserver"]
print(json.dumps(pages_by_role(make_county(Path({folder!r})))))
"""
WIDTHS = (1280, 768, 360)
SUBMITTED = """
SELECT count(*) FROM inspections_departmentsection AS section
JOIN registry_department AS department ON department.id = section.department_id
WHERE department.code = 'XF' AND section.state = 'SUBMITTED'
"""


@pytest.fixture(scope="module")
def office(
    new_database: Callable[[str], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveApp, dict[str, Any]]]:
    """The server at the hour at which the county's story stops; and who is there: role → user and pages."""
    with start_live_app(new_database("office"), redis_url, tmp_path_factory.mktemp("office")) as app:
        app.environment |= {"CLOCK_PIN": "2026-09-22T10:00:00+08:00", "DEMO": "1"}
        roles = json.loads(app.run(PREPARE.format(folder=str(app.directory))).splitlines()[-1])
        app.restart()
        yield app, roles


@contextlib.contextmanager
def desk(browser: Browser, app: LiveApp, who: str | None) -> Iterator[Page]:
    """A page of somebody signed in; script errors and what the policy refuses fail the test."""
    faults: list[str] = []
    context = browser.new_context(base_url=app.url, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    if who:
        page.goto("/account/login/")
        page.fill("input[name=login]", who)
        page.fill("input[name=password]", PASSWORD)
        follow(page.locator("button[type=submit]"))
    yield page
    context.close()
    assert faults == []


# ----------------------------------------------------------------------------------------------------- every page


def look(page: Page, url: str) -> list[str]:
    """Everything wrong with a page at every width; on the phone's pages also what a finger would miss."""
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
    if page.locator("body.phone").count():
        found += [f"too small at 360: {line}" for line in small_targets(page)]
        page.set_viewport_size({"width": 320, "height": 800})
        if (over := sideways(page)) > 0:
            found.append(f"{over} px too wide at 320")
    return [f"{url}: {line}" for line in found]


def test_no_page_has_a_barrier_a_sideways_scroll_or_a_fault(office: tuple[LiveApp, Any], browser: Browser):
    app, roles = office
    found: list[str] = []
    for role in roles.values():
        with desk(browser, app, role["user"]) as page:
            for url in role["urls"]:
                found += look(page, url)
    assert "\n".join(found) == ""


# --------------------------------------------------------------------------------------------------------- clicks


class Clicks:
    """Clicks from the home page on; typing is not counted (ux.md §2.3)."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.spent = 0
        page.goto("/daiban/")

    def go(self, target: Locator) -> None:
        """A click that leads to another page."""
        self.spent += 1
        follow(target)

    def link(self, words: str) -> None:
        self.go(self.page.get_by_role("link", name=words).first)

    def button(self, words: str) -> None:
        self.go(self.page.get_by_role("button", name=words).first)

    def tick(self, target: Locator) -> None:
        """A click that stays."""
        self.spent += 1
        target.click()

    def choose(self, target: Locator, path: Path) -> None:
        """The click that opens the file dialogue; choosing must lead on by itself."""
        self.spent += 1
        with self.page.expect_navigation(wait_until="load"):
            target.set_input_files(path)

    def heading(self, words: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(words)


def import_registry(clicks: Clicks, file: Path) -> None:
    """Lead bureau 1."""
    clicks.link("名录")
    clicks.link("导入企业")
    clicks.choose(clicks.page.locator("input[type=file]"), file)
    clicks.heading("核对要导入的")
    clicks.button("导入 1 家")
    expect(clicks.page.locator("body")).to_contain_text("更新 1")


def draw_and_dispatch(clicks: Clicks) -> int:
    """Lead bureau 3 and 4; returns what the first cost."""
    clicks.link("抽取“")
    page = clicks.page
    page.keyboard.press("Enter")  # the list; on the projector everything but the draw itself goes by keyboard
    page.fill("input[name=witness_name_1]", "见证人甲")
    page.fill("input[name=witness_unit_1]", "演示单位")
    page.keyboard.press("Enter")
    for start in range(0, len(DIGITS), 5):
        page.keyboard.type(DIGITS[start : start + 5])
        page.keyboard.press("Enter")  # read back
    page.keyboard.press("Enter")
    clicks.button("开始抽取")
    clicks.link("看完整结果")
    clicks.heading("抽中")
    spent = clicks.spent
    clicks.link("派发给")
    clicks.button("派发给")
    return spent


def publish(clicks: Clicks) -> None:
    """Lead bureau 6."""
    clicks.link("公示 1 家企业的检查结果")
    clicks.tick(clicks.page.get_by_label("全选"))
    clicks.button("公示所选")


def confirm(clicks: Clicks) -> None:
    """Department admin 1: whatever waits on the first page."""
    clicks.link("确认派发的")
    clicks.tick(clicks.page.get_by_label("全选《").first)
    clicks.button("确认所选")


def review(clicks: Clicks, waiting: int) -> None:
    """Department admin 3: the next opens by itself."""
    clicks.link("份检查记录")
    for _ in range(waiting):
        clicks.button("通过")


def changed(file: Path) -> Path:
    """The registry file with one enterprise that has moved."""
    book = openpyxl.load_workbook(file)
    book.active.cell(3, 7).value = "宽城演示县演示镇新街1号"
    book.save(file.with_name("迁址.xlsx"))
    return file.with_name("迁址.xlsx")


def test_the_tasks_of_the_office_keep_their_click_budgets(office: tuple[LiveApp, Any], browser: Browser):
    app, roles = office
    with desk(browser, app, roles["lead"]["user"]) as page:
        clicks = Clicks(page)
        import_registry(clicks, changed(app.directory / "企业名录.xlsx"))
        assert clicks.spent <= 4
        clicks = Clicks(page)
        drawing = draw_and_dispatch(clicks)
        assert (drawing <= 4, clicks.spent - drawing <= 2) == (True, True)
        assert app.rows("SELECT count(*) FROM inspections_dispatch") == [(3,)]
        clicks = Clicks(page)
        publish(clicks)
        assert clicks.spent <= 3
        expect(page.locator("body")).to_contain_text("已公示")
    with desk(browser, app, roles["admin"]["user"]) as page:
        clicks = Clicks(page)
        confirm(clicks)
        assert clicks.spent <= 3
        waiting = app.rows(SUBMITTED)[0][0]
        assert waiting > 0
        clicks = Clicks(page)
        review(clicks, waiting)
        assert clicks.spent <= waiting + 1
        assert app.rows(SUBMITTED) == [(0,)]


# ------------------------------------------------------------------------------------------ what a phone could not send

HELD = """
import json
from inspections.models import ItemFinding
from registry.models import Inspector
row = ItemFinding.objects.filter(answer="NOT_OK", section__state="DRAFT").order_by("pk").last()
member = row.section.members.select_related("inspector__user").exclude(inspector__user=row.updated_by)[0]
rest = [one for one in row.section.findings.order_by("order") if not one.answer]
found = {"user": member.inspector.user_id, "record": row.section.record_id, "conflict": row.pk}
print(json.dumps(found | {"new": [one.pk for one in rest]}))
"""


def exported(held: dict[str, Any]) -> bytes:
    """A phone's file: one answer that collides, one that does not, a photo, a signature, and a record of nobody."""
    made = "2026-09-22T01:40:00.000Z"

    def change(number: int, name: str, record: int, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        key = f"{number:032x}"
        body = {"key": key, "user": held["user"], "record": record} | body
        return {"key": key, "name": name, "record": record, "what": name, "at": made, "body": body} | more

    def item(number: int, pk: int, answer: str, text: str, record: int = held["record"]) -> dict[str, Any]:
        value = {"answer": answer, "text": text, "corrected": False}
        return change(number, f"item-{pk}", record, {"target": "item", "id": pk, "value": value, "base_version": 0})

    picture = {"finding": str(held["new"][0]), "kind": "PHOTO", "file_name": "灭火器.jpg"}
    photo = base64.b64encode(camera().read()).decode()
    head = {"target": "head", "field": "overall", "value": "正常营业，前台有人", "base_version": 1, "base_value": ""}
    changes = [
        change(1, "head-overall", held["record"], head),
        item(2, held["conflict"], "NOT_OK", "灭火器压力不足，安全出口堆放纸箱，已当面告知负责人"),
        item(3, held["new"][0], "OK", ""),
        change(4, "photo-1", held["record"], picture, type="image/jpeg", photo=photo),
        change(5, "sign-enterprise", held["record"], {"kind": "enterprise"}) | {"what": "企业签字"},
        item(6, 1, "OK", "", record=99999),
    ]  # fmt: skip
    data = {"format": "kuancheng-unsent-1", "user": held["user"], "made": made, "changes": changes}
    return json.dumps(data).encode()


def test_a_phones_file_is_looked_at_and_taken_over(
    office: tuple[LiveApp, Any], browser: Browser, tmp_path: Path
) -> None:
    app, roles = office
    file = tmp_path / "待同步.json"
    file.write_bytes(exported(json.loads(app.run(HELD).splitlines()[-1])))
    with desk(browser, app, roles["lead"]["user"]) as page:
        page.goto("/jiancha/jindu/")
        follow(page.get_by_role("link", name="接收未送达的内容"))
        page.set_input_files("input[name=file]", file)
        page.get_by_role("button", name="预览要接收的内容").click()
        expect(page.get_by_text("企业签字")).to_be_visible()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert sideways(page) <= 0, width
            assert violations(page) == []
            page.screenshot(path=app.directory / f"handover-{width}.png", full_page=True)
        page.get_by_label("改成手机里的").check()
        page.fill("textarea[name=reason]", "检查人员已调离，手机里的内容送不出来（演示）")
        follow(page.get_by_role("button", name="接收所列内容"))
        expect(page.locator("body")).to_contain_text("已接收 4 项，涉及 1 份一企一表")
    assert app.rows("SELECT count(*) FROM registry_auditevent WHERE action = '接收未送达的内容'") == [(4,)]
