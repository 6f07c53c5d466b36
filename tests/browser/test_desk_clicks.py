"""The home and the progress page in the browser: their click budgets (ux.md §2.3), and how they fit.

One plan is dispatched and confirmed, one record is late, one inspector is on leave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.steps import PATIENCE, fits, follow
from tests.browser.test_office import Clicks
from tests.factories import PASSWORD
from tests.live_app import LiveApp, start_live_app

PREPARE = """
import datetime as dt
from inspections.models import DepartmentSection, SectionMember
from registry.models import Inspector, User
from tests.inspections.desk import make_drawn_desk
desk = make_drawn_desk()
desk.dispatch()
desk.confirm_all()
late = desk.records[0].sections.get(department__code="WL")
DepartmentSection.objects.filter(pk=late.pk).update(due_on=dt.date(2024, 6, 14))
away = SectionMember.objects.filter(section__department__code="GA").first().inspector
Inspector.objects.filter(pk=away.pk).update(status="UNAVAILABLE", unavailable_from=dt.date(2024, 6, 17), name="请假人")
for name, user in (("牵头", desk.lead), ("公安", desk.ga)):
    User.objects.filter(pk=user.pk).update(username=name)
print(desk.plan.pk)
"""


@pytest.fixture(scope="module")
def county(
    new_database: Callable[[str], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveApp, int]]:
    """The server on Tuesday, 18 June 2024, and the key of the plan."""
    with start_live_app(new_database("desk"), redis_url, tmp_path_factory.mktemp("desk")) as app:
        plan = int(app.run(PREPARE).splitlines()[-1])
        app.environment |= {"CLOCK_PIN": "2024-06-18T10:00:00+08:00"}
        app.restart()
        yield app, plan


@pytest.fixture
def sign_in(browser: Browser, county: tuple[LiveApp, int]) -> Iterator[Callable[[str], Page]]:
    """Sign somebody in; script errors and what the policy refuses fail the test."""
    faults: list[str] = []
    contexts = []

    def enter(who: str) -> Page:
        context = browser.new_context(base_url=county[0].url, locale="zh-CN", timezone_id="Asia/Shanghai")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto("/account/login/")
        page.fill("input[name=login]", who)
        page.fill("input[name=password]", PASSWORD)
        follow(page.locator("button[type=submit]"))
        return page

    yield enter
    for context in contexts:
        context.close()
    assert faults == []


def test_the_lead_bureau_reminds_the_late_in_four_clicks(county: tuple[LiveApp, int], sign_in: Callable[[str], Page]):
    app, _plan = county
    page = sign_in("牵头")
    clicks = Clicks(page)
    clicks.link("进度")
    clicks.link("逾期 1")
    expect(page.locator("table.desk-matrix tbody tr")).to_have_count(1)
    clicks.tick(page.get_by_label("全选", exact=True))
    expect(page.locator("form#remind [data-count]")).to_have_text("1")
    expect(page.locator("form#remind-late [data-count]")).to_have_text("0")
    clicks.button("提醒所选")
    assert clicks.spent <= 4
    expect(page.locator("body")).to_contain_text(re.compile("已提醒 [1-9]"))
    assert app.rows("SELECT count(*) FROM inspections_reminder WHERE kind = 'MANUAL'")[0][0] > 0


def test_an_administrator_asks_for_the_standby_in_three_clicks_and_exports_in_two(
    county: tuple[LiveApp, int], sign_in: Callable[[str], Page]
):
    app, _plan = county
    page = sign_in("公安")
    clicks = Clicks(page)
    clicks.link("请假人6月17日起请假")
    clicks.button("提交替换申请")
    assert clicks.spent <= 3
    expect(page.locator("body")).to_contain_text("替换申请已提交")
    assert app.rows("SELECT code, kind, decision FROM sampling_eventrequest") == [("leave", "I-OUT", "PENDING")]
    clicks = Clicks(page)
    clicks.link("任务")
    clicks.button("导出 Excel")
    assert clicks.spent <= 2
    clicks.heading("我的导出")
    assert app.rows("SELECT kind, title FROM publicity_exportjob") == [("list_xlsx", "检查记录")]


@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_fit_and_their_pictures_load(county: tuple[LiveApp, int], sign_in: Callable[[str], Page], width: int):
    page = sign_in("牵头")
    page.set_viewport_size({"width": width, "height": 800})
    for url in ("/daiban/", f"/jiancha/jindu/{county[1]}/", f"/jiancha/jindu/{county[1]}/shuju/", "/daochu/"):
        page.goto(url)
        fits(page)
        for picture in page.locator("main img").all():
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_js_property("complete", True)
            assert picture.evaluate("one => one.naturalWidth") > 0
