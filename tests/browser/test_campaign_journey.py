"""From sign-in to the published result, in headless Chromium, each step by the role whose step it is.

The desk is 1280 px wide, the inspectors' phone 360 px and without JavaScript: the field form must work without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.steps import PATIENCE, arrive, fits, follow
from tests.factories import PASSWORD
from tests.live_app import LiveApp

NOW, NEXT_DAY = "2026-09-16T18:00:00+08:00", "2026-09-17T18:01:00+08:00"
DIGITS = ["48392", "01756", "60391", "48577", "20194", "63857", "11223", "40506"]

PREPARE = """
import datetime as dt
from registry.enums import Role
from registry.services import load_reference_data
from sampling import services
from tests import factories as f
load_reference_data()
wl, sj = f.make_department("WL"), f.make_department("SJ")
lead = f.make_user(Role.LEAD, department=wl, username="牵头", name="牵头经办")
for code, department in (("WL", wl), ("SJ", sj)):
    f.make_user(Role.DEPT_ADMIN, department=department, username=code + "管理员", name=code + "管理员")
    for number in (1, 2):
        inspector = f.make_inspector(department, account=True, name=code + "检查员" + str(number))
        inspector.user.username = inspector.name
        inspector.user.save()
for number in range(3):
    f.make_enterprise("A", name="演示甲乙丙"[2 + number] + "号网吧", contact_name="演示某", contact_phone="13900000000")
plan = services.create_plan(
    actor=lead, task_name="2026年度演示联合抽查", plan_name="演示计划", authority="演示县市场监督管理局",
    period_from=dt.date(2026, 9, 16), period_to=dt.date(2026, 10, 31), teams=1,
)
from fractions import Fraction
from registry.models import Industry, InspectionItem
items = InspectionItem.objects.filter(code__in=["WL-01", "WL-02", "SJ-01"])
cafes = Industry.objects.filter(pk="INTERNET_CAFE")
services.update_plan(
    actor=lead, plan=plan, departments=[wl, sj], industries=cafes, items=items, rates={"A": Fraction(1, 3)}
)
print(plan.pk)
"""


@pytest.fixture
def prepared(new_live_app: LiveApp) -> LiveApp:
    """An office with two departments, four inspectors, three internet cafés and a finished draft of a plan."""
    new_live_app.environment["CLOCK_PIN"] = NOW
    new_live_app.restart()
    assert new_live_app.run(PREPARE).strip().endswith("1")
    return new_live_app


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(browser: Browser, prepared: LiveApp) -> Iterator[SignIn]:
    """Sign somebody in, in a browser context of the person's own; script and policy faults fail the test."""
    faults: list[str] = []
    contexts = []

    def enter(who: str, *, phone: bool = False) -> Page:
        size = {"width": 360, "height": 740} if phone else {"width": 1280, "height": 800}
        options: dict[str, Any] = {"viewport": size, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
        context = browser.new_context(base_url=prepared.url, java_script_enabled=not phone, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        if who:
            page.goto("/account/login/")
            page.fill("input[name=login]", who)
            page.fill("input[name=password]", PASSWORD)
            follow(page.locator("button[type=submit]"))
        return page

    yield enter
    for context in contexts:
        context.close()
    assert faults == []


def freeze_and_draw(page: Page, app: LiveApp) -> None:
    page.goto("/jihua/1/5/")
    fits(page)
    page.goto("/jihua/1/dongjie/")
    page.check("input[name=checked]")
    follow(page.get_by_role("button", name="冻结名单"))
    page.goto("/jihua/1/chouqu/")
    expect(page.locator("body")).to_contain_text("还有")
    app.environment["CLOCK_PIN"] = NEXT_DAY
    app.restart()
    page.goto("/jihua/1/chouqu/")
    fits(page)
    page.locator("[data-step=list] [data-next]").click()
    page.fill("input[name=witness_name_1]", "见证人甲")
    page.fill("input[name=witness_unit_1]", "演示单位")
    page.locator("[data-step=witnesses] [data-next]").click()
    for digits in DIGITS:
        page.keyboard.type(digits)
        page.keyboard.press("Enter")
    page.locator("[data-step=digits] [data-next]").click()
    page.get_by_role("button", name="开始抽取").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("3 家企业抽中 1 家")
    page.get_by_role("link", name="看完整结果").click()
    fits(page)
    page.reload()
    assert app.rows("SELECT count(*) FROM sampling_draw") == [(1,)]


def dispatch(page: Page) -> None:
    follow(page.get_by_role("link", name=re.compile("派发")).first)
    follow(page.get_by_role("button", name=re.compile("^派发给")))
    expect(page.locator("body")).to_contain_text("派发")


def confirm_and_approve(page: Page) -> None:
    follow(page.get_by_role("link", name=re.compile("确认派发的 1 家企业")))
    fits(page)
    page.locator("input[name=pk]").check()
    follow(page.get_by_role("button", name=re.compile("确认所选")))
    page.goto("/daiban/")
    follow(page.get_by_role("link", name=re.compile("检查审批")))
    page.locator("input[name=pk]").check()
    page.fill("input[name=approver]", "演示局长")
    follow(page.get_by_role("button", name=re.compile("审批")))


def fill_and_submit(page: Page, *, signs: bool) -> None:
    follow(page.get_by_role("link", name=re.compile("开始填写")))
    arrive(page)
    head = page.locator("details:has(input[name=head-visit_from]) > summary")
    if signs:
        if not page.locator("input[name=head-visit_from]").is_visible():
            head.first.click()
        page.fill("input[name=head-visit_from]", "2026-09-17T10:05")
        page.fill("input[name=head-visit_to]", "2026-09-17T11:00")
        page.fill("input[name=head-place]", "演示镇示例街")
        page.locator("input[name=head-methods][value=ON_SITE]").check(force=True)
        page.locator("input[name=head-certificates_shown]").check(force=True)
        page.locator("input[name=head-informed]").check(force=True)
    for box in page.locator("input[name=section-present]").all():
        box.check(force=True)
    for choice in page.locator("input[type=radio][value=OK]").all():
        choice.check(force=True)
    follow(page.locator("button[form=entry]").last)
    follow(page.get_by_role("button", name=re.compile("结果没有错，去签字|确认结果和处置")))
    if signs:
        page.locator("input[name=signature][value=SIGNED]").check(force=True)
        page.fill("input[name=signatory_name]", "演示负责人")
        page.locator("input[name=signatory_role][value=LEGAL_REP]").check(force=True)
        page.locator("input[name=opinion_agrees][value='1']").check(force=True)
        follow(page.locator("button[form=sign]"))
    elif page.locator("button[form=sign]").count():
        follow(page.locator("button[form=sign]"))
    follow(page.get_by_role("button", name=re.compile("提交")))
    expect(page.locator("body")).to_contain_text("已提交")


def review(page: Page) -> None:
    follow(page.get_by_role("link", name=re.compile("复核 1 份检查记录")))
    follow(page.get_by_role("button", name=re.compile("通过")))


def publish(page: Page) -> None:
    follow(page.get_by_role("link", name=re.compile("公示 1 家企业的检查结果")))
    fits(page)
    page.locator("input[type=checkbox][form=publish]:not([data-select-all])").check()
    follow(page.get_by_role("button", name="公示所选"))


def test_a_campaign_goes_from_sign_in_to_the_public_page(prepared: LiveApp, sign_in: SignIn):
    lead = sign_in("牵头")
    # Of three departments that the county has, nobody is there yet: the set-up list says so until the first draw.
    expect(lead.get_by_role("heading", level=1)).to_have_text("下一步：导入检查人员")
    freeze_and_draw(lead, prepared)
    dispatch(lead)
    for code in ("WL", "SJ"):
        confirm_and_approve(sign_in(f"{code}管理员"))
    assert prepared.rows("SELECT state FROM inspections_inspectionrecord") == [("OPEN",)]
    for code in ("WL", "SJ"):
        fill_and_submit(sign_in(f"{code}检查员1", phone=True), signs=code == "WL")
    states = prepared.rows("SELECT DISTINCT state FROM inspections_departmentsection")
    assert states == [("SUBMITTED",)]
    for code in ("WL", "SJ"):
        review(sign_in(f"{code}管理员"))
    lead.goto("/daiban/")
    publish(lead)
    public = sign_in("")
    public.goto("/gs/jieguo/")
    fits(public)
    expect(public.locator("body")).to_contain_text("未发现问题")
    name = prepared.rows("SELECT name FROM publicity_publication")[0][0]
    expect(public.locator("body")).to_contain_text(name)
    public.goto(f"/gs/qiye/?q={name}")
    expect(public.locator("body")).to_contain_text(name)
    assert prepared.manage("verify_audit").returncode == 0
