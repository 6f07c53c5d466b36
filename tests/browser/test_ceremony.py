"""The ceremony as the room sees it: Chromium at 1280 × 720, with and without JavaScript, one person and two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.steps import PATIENCE
from tests.factories import PASSWORD
from tests.live_app import LiveApp, start_live_app

NOW = "2026-09-16T18:00:00+08:00"
DIGITS = ["48392", "01756", "60391", "48577", "20194", "63857", "11223", "40506"]
STEPPED, PLAIN, PAIR, RACE = 1, 2, 3, 4

PREPARE = """
import datetime as dt
from fractions import Fraction
from registry import clock
from registry.enums import Role
from registry.models import Industry, InspectionItem
from registry.services import load_reference_data
from sampling import services
from tests import factories as f
load_reference_data()
clock.pin(dt.datetime.fromisoformat("2026-09-15T17:00:00+08:00"))
wl = f.make_department("WL")
lead = f.make_user(Role.LEAD, department=wl, username="牵头", name="牵头经办")
f.make_user(Role.LEAD, department=wl, username="复核", name="牵头复核")
for _ in range(6):
    f.make_inspector(wl)
for number in range(40):
    f.make_enterprise("A", name=f"演示{number:02d}号网吧")
items = InspectionItem.objects.filter(code="WL-01")
for number in (1, 2, 3, 4):
    plan = services.create_plan(
        actor=lead, task_name=f"演示抽查{number}", authority="演示县市场监督管理局", period_from=dt.date(2026, 9, 16),
        period_to=dt.date(2026, 10, 31), teams=1, sealed=number == 3, second_person=number == 3,
        departments=[wl], industries=Industry.objects.filter(pk="INTERNET_CAFE"), items=items,
        rates={"A": Fraction(1, 4)},
    )
    services.freeze_plan(actor=lead, plan=plan)
    print(plan.pk)
"""


@pytest.fixture(scope="module")
def office(
    new_database: Callable[[str], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveApp]:
    """One lead bureau with two accounts and four frozen plans of 40 cafés."""
    with start_live_app(new_database("ceremony"), redis_url, tmp_path_factory.mktemp("ceremony")) as app:
        app.environment["CLOCK_PIN"] = NOW
        app.restart()
        assert app.run(PREPARE).split() == ["1", "2", "3", "4"]
        yield app


Enter = Callable[..., Page]


@pytest.fixture
def enter(browser: Browser, office: LiveApp) -> Iterator[Enter]:
    """Sign in, in a browser of one's own; script and policy faults fail the test."""
    faults: list[str] = []
    contexts = []

    def sign_in(who: str, **options: Any) -> Page:
        size = {"width": 1280, "height": 720}
        context = browser.new_context(base_url=office.url, viewport=size, locale="zh-CN", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto("/account/login/")
        page.fill("input[name=login]", who)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert faults == []


def fits(page: Page) -> None:
    """The step at hand needs no scrolling, in either direction."""
    sizes = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert (sizes[0] <= 1280, sizes[1] <= 720) == (True, True), (page.url, sizes)


def onward(page: Page, step: str) -> None:
    fits(page)
    page.locator(f"[data-step={step}] [data-next]").click()


def witnesses(page: Page) -> None:
    page.fill("input[name=witness_name_1]", "见证人甲")
    page.fill("input[name=witness_unit_1]", "演示县公证处")


def to_the_last_look(page: Page, plan: int) -> None:
    """List, witnesses and 40 digits with read-back, by keyboard."""
    page.goto(f"/jihua/{plan}/chouqu/")
    onward(page, "list")
    witnesses(page)
    onward(page, "witnesses")
    for digits in DIGITS:
        page.keyboard.type(digits)
        page.keyboard.press("Enter")  # 复述一致
    onward(page, "digits")


def draws(app: LiveApp, plan: int) -> list[tuple[Any, ...]]:
    return app.rows(f"SELECT digits FROM sampling_draw WHERE plan_id = {plan}")


def test_the_steps_the_read_back_and_one_draw_for_two_clicks(office: LiveApp, enter: Enter):
    page = enter("牵头")
    page.goto(f"/jihua/{STEPPED}/chouqu/")
    expect(page.locator("[data-step=witnesses]")).to_be_hidden()
    onward(page, "list")
    page.locator("[data-step=witnesses] [data-next]").click()
    expect(page.locator("[data-step=witnesses] [data-told]")).to_have_text("至少要有 1 名见证人，请填写姓名和单位。")
    witnesses(page)
    onward(page, "witnesses")
    page.keyboard.type("4839a")  # a letter is no digit
    expect(page.locator("[data-read-back]")).to_be_hidden()
    page.keyboard.type("2")
    expect(page.locator("[data-read-digits]")).to_have_text("48392")
    expect(page.locator("[data-read-aloud]")).to_have_text("四八三九二")
    fits(page)
    page.keyboard.press("Enter")
    page.keyboard.type("99999")
    page.locator("[data-wrong]").click()
    for digits in DIGITS[1:]:
        page.keyboard.type(digits)
        page.keyboard.press("Enter")
    page.locator("[data-group]").nth(2).get_by_role("button", name="改第 3 组").click()  # one group, typed again
    page.keyboard.type(DIGITS[2])
    page.keyboard.press("Enter")
    onward(page, "digits")
    expect(page.locator("[data-sum-digits]")).to_have_text("".join(DIGITS))
    expect(page.locator("[data-sum-witnesses]")).to_have_text("见证人甲（演示县公证处）")
    fits(page)
    assert draws(office, STEPPED) == []
    page.get_by_role("button", name="开始抽取").dblclick()
    page.wait_for_url("**/liangxiang/")
    fits(page)
    page.locator("[data-skip]").click()
    expect(page.locator("circle.on")).to_have_count(10)
    expect(page.locator("[data-lit]")).to_have_text("10")
    fits(page)
    assert draws(office, STEPPED) == [("".join(DIGITS),)]
    page.goto(f"/jihua/{STEPPED}/chouqu/")  # a lost connection, reopened
    expect(page.get_by_role("heading", level=1)).to_contain_text("40 家企业抽中 10 家")
    still = enter("牵头", reduced_motion="reduce")
    still.goto(f"/jihua/{STEPPED}/liangxiang/")
    expect(still.locator("[data-show][data-done]")).to_have_count(1)
    expect(still.locator("circle.on")).to_have_count(10)
    expect(still.locator("[data-skip]")).to_be_hidden()


def test_enter_of_an_input_method_never_moves_the_ceremony(enter: Enter):
    page = enter("牵头")
    page.goto(f"/jihua/{PAIR}/chouqu/")
    onward(page, "list")
    page.fill("input[name=witness_unit_1]", "演示县公证处")
    page.focus("input[name=witness_name_1]")
    chrome = page.context.new_cdp_session(page)
    chrome.send("Input.imeSetComposition", {"text": "zhang", "selectionStart": 5, "selectionEnd": 5})
    taken = {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    chrome.send("Input.dispatchKeyEvent", taken)
    expect(page.locator("[data-step=witnesses]")).to_be_visible()
    expect(page.locator("[data-step=digits]")).to_be_hidden()
    chrome.send("Input.insertText", {"text": "张三"})
    expect(page.locator("input[name=witness_name_1]")).to_have_value("张三")
    page.keyboard.press("Enter")  # meant
    expect(page.locator("[data-step=digits]")).to_be_visible()
    chrome.send("Input.imeSetComposition", {"text": "４８３９２", "selectionStart": 5, "selectionEnd": 5})
    expect(page.locator("[data-read-back]")).to_be_hidden()
    chrome.send("Input.insertText", {"text": "４８３９２"})
    expect(page.locator("[data-read-digits]")).to_have_text("48392")


def test_the_same_form_draws_without_javascript(office: LiveApp, enter: Enter):
    page = enter("牵头", java_script_enabled=False)
    page.goto(f"/jihua/{PLAIN}/chouqu/")
    witnesses(page)
    for number, digits in enumerate(DIGITS, 1):
        page.fill(f"input[name=group_{number}]", digits if number != 8 else "4050")
    page.get_by_role("button", name="开始抽取").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("第 8 组要 5 位数字（0 到 9）。")
    page.fill("input[name=group_8]", DIGITS[7])
    page.get_by_role("button", name="开始抽取").click()
    page.wait_for_url("**/liangxiang/")
    expect(page.locator("circle.on")).to_have_count(10)
    assert draws(office, PLAIN) == [("".join(DIGITS),)]


def test_the_second_person_confirms_in_another_browser(office: LiveApp, enter: Enter):
    first, second = enter("牵头"), enter("复核")
    to_the_last_look(first, PAIR)
    first.get_by_role("button", name="提交，等第二人确认").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("等待第二人在本人账号确认")
    assert draws(office, PAIR) == []
    second.goto("/daiban/")
    second.get_by_role("link", name="确认“演示抽查3”的抽取数字").click()
    expect(second.locator(".pj-forty")).to_have_text("".join(DIGITS))
    fits(second)
    second.get_by_role("button", name="确认抽取").dblclick()
    second.wait_for_url("**/liangxiang/")
    assert "演示0" not in second.locator("main").inner_text()  # sealed: no names in the room
    first.wait_for_url("**/jieguo/")  # its own page found the stored draw
    assert draws(office, PAIR) == [("".join(DIGITS),)]


def test_two_browsers_at_once_give_one_draw(office: LiveApp, enter: Enter):
    first, second = enter("牵头"), enter("复核")
    for page in (first, second):
        to_the_last_look(page, RACE)
    for page in (first, second):  # neither waits for the answer of the other
        page.evaluate("setTimeout(() => document.querySelector('.pj-draw').click(), 200)")
    for page in (first, second):
        page.wait_for_url("**/liangxiang/")
        expect(page.get_by_role("heading", level=1)).to_have_text("抽取完成：40 家企业抽中 10 家")
    assert draws(office, RACE) == [("".join(DIGITS),)]
