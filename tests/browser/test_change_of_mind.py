"""Change of mind on an inspector's phone of 360 px: what was left is gone from the page, the phone and the record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import violations
from tests.browser.steps import arrive, fits, follow, go_online, tall
from tests.browser.test_offline import HEIGHT, TODAY, WIDTH, Field, answer, draw, item, picture, ready, tap
from tests.live_app import start_live_app

ACCUSED = "曲库有禁止内容"
BOXES = {"NOT_OK": "text_bad", "NOT_APPLICABLE": "text_na", "NOT_CHECKED": "text_skip"}
TEXTS = {"": "", "OK": "", "NOT_OK": ACCUSED, "NOT_APPLICABLE": "没有这项设备", "NOT_CHECKED": "设备停用"}
PATIENCE = 20_000


@pytest.fixture(scope="module")
def field(
    new_database: Callable[[str], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Field]:
    with start_live_app(new_database("mind"), redis_url, tmp_path_factory.mktemp("mind")) as app:
        app.environment |= {"REQUIRE_SECOND_OFFICER": "0", "CLOCK_PIN": "2024-09-24T14:00:00+08:00"}
        app.restart()
        made = Field(app, browser)
        yield made
        assert made.faults == []


def stored(field: Field, number: int) -> tuple[str, str, bool]:
    [row] = field.app.rows(
        "SELECT f.answer, f.text, f.corrected FROM inspections_itemfinding f JOIN inspections_departmentsection s "
        f'ON s.id = f.section_id WHERE s.record_id = {field.records[number]} ORDER BY f."order" LIMIT 1'
    )
    return row[0], row[1], bool(row[2])


def conclusion(field: Field, number: int) -> tuple[list[str], str, list[str]]:
    of = f"JOIN inspections_departmentsection s ON s.id = x.section_id WHERE s.record_id = {field.records[number]}"
    codes = [row[0] for row in field.app.rows(f"SELECT x.code FROM inspections_sectionresult x {of} ORDER BY 1")]
    measures = [row[0] for row in field.app.rows(f"SELECT x.measure FROM inspections_followup x {of} ORDER BY 1")]
    [(note,)] = field.app.rows(
        f"SELECT result_note FROM inspections_departmentsection WHERE record_id = {field.records[number]}"
    )
    return codes, note, measures


def write(page: Page, value: str) -> None:
    if value in BOXES:
        item(page, 0).locator(f"textarea[name$={BOXES[value]}]").fill(TEXTS[value])
        item(page, 0).locator(f"textarea[name$={BOXES[value]}]").blur()
    if value == "NOT_OK":
        tap(item(page, 0).locator("input[name$=-corrected][value='1']"))


def seen_whole(page: Page) -> None:
    """No barrier, nothing sideways; looked at without bars over it."""
    page.set_viewport_size({"width": WIDTH, "height": tall(page)})
    fits(page)
    assert violations(page) == []
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def choose(page: Page, value: str) -> None:
    if value:
        answer(page, 0, value)
    else:
        tap(item(page, 0).locator("[data-clear-item]"))


def sent(page: Page) -> None:
    expect(page.locator("[data-chip]")).to_contain_text("已保存", timeout=PATIENCE)
    page.wait_for_timeout(300)


def test_every_answer_to_every_other_on_the_page(field: Field) -> None:
    page = field.page(field.context())
    field.sign_in(page)
    page.goto(f"{TODAY}{field.records[0]}/")
    ready(page)
    arrive(page)
    for left, taken in permutations(TEXTS, 2):
        choose(page, left) if left else choose(page, "OK")
        write(page, left)
        if not left:
            choose(page, "")
        choose(page, taken)
        for box in BOXES.values():
            expect(item(page, 0).locator(f"textarea[name$={box}]")).to_have_value("")
        assert item(page, 0).locator("input[name$=-corrected]:checked[value='1']").count() == 0
    choose(page, "OK")
    choose(page, "NOT_OK")
    write(page, "NOT_OK")
    sent(page)
    assert stored(field, 0) == ("NOT_OK", ACCUSED, True)
    choose(page, "OK")
    expect(page.locator("[data-toast]")).to_contain_text("原来的文字已撤下")
    sent(page)
    assert stored(field, 0) == ("OK", "", False)
    page.locator("[data-toast]").get_by_role("button", name="撤销").click()
    expect(item(page, 0).locator("textarea[name$=text_bad]")).to_have_value(ACCUSED)
    sent(page)
    assert stored(field, 0) == ("NOT_OK", ACCUSED, True)
    choose(page, "OK")
    sent(page)
    page.reload()
    ready(page)
    expect(page.locator("main")).not_to_contain_text(ACCUSED)
    assert stored(field, 0) == ("OK", "", False)
    page.context.close()


def test_photos_go_with_the_finding_and_come_back_with_undo(field: Field, tmp_path: Path) -> None:
    page = field.page(field.context())
    field.sign_in(page)
    page.goto(f"{TODAY}{field.records[1]}/")
    ready(page)
    choose(page, "NOT_OK")
    for colour in (1, 2):
        item(page, 0).locator("input[type=file]").set_input_files(picture(tmp_path, f"{colour}.jpg", colour))
    expect(item(page, 0).locator("[data-photo]").nth(1)).to_contain_text("已送达", timeout=PATIENCE)
    choose(page, "OK")
    expect(page.locator("[data-toast]")).to_contain_text("照片")
    sent(page)
    live = f"SELECT count(*) FROM inspections_evidence WHERE record_id = {field.records[1]} AND withdrawn_at IS NULL"
    assert field.app.rows(live) == [(0,)]
    page.locator("[data-toast]").get_by_role("button", name="撤销").click()
    expect(item(page, 0).locator("[data-photo]:visible")).to_have_count(2)
    sent(page)
    assert field.app.rows(live) == [(2,)]
    page.context.close()


def fill(page: Page, field: Field, number: int) -> None:
    """Everything but the conclusion: one item not put right, the others in order."""
    page.goto(f"{TODAY}{field.records[number]}/")
    ready(page)
    for name in ("certificates_shown", "informed"):
        tap(page.locator(f"input[name=head-{name}]"))
    tap(page.locator("input[name=head-methods][value=ON_SITE]"))
    for name in ("from", "to"):
        tap(page.locator(f"button[data-now=visit_{name}]").first)
    page.locator("input[name=section-present]").evaluate_all("all => all.forEach((one) => one.checked || one.click())")
    for place in range(4):
        answer(page, place, "OK" if place else "NOT_OK")
    item(page, 0).locator("textarea").first.fill(ACCUSED)
    tap(item(page, 0).locator("input[name$=-corrected][value='0']"))
    page.get_by_role("button", name="核对并签字").click()
    expect(page.locator("[data-derived]")).to_contain_text("发现问题待后续处理")
    ready(page)


def result(page: Page, code: str) -> Any:
    return page.locator(f"input[name=results][value={code}]")


@pytest.mark.parametrize("offline", [False, True])
def test_what_is_unticked_is_not_sent_and_the_page_saves_by_itself(field: Field, offline: bool) -> None:
    """Uncheck the derived result, choose another; go away and come back; change the mind; confirm."""
    number = 3 if offline else 2
    page = field.downloaded() if offline else field.page(field.context())
    if offline:
        page.context.set_offline(True)
    else:
        field.sign_in(page)
    fill(page, field, number)
    names = page.locator("input[name=results]").evaluate_all("all => all.map((one) => one.value)")
    assert len(names) == len(set(names)) == 13
    expect(result(page, "PENDING")).to_be_checked()
    expect(result(page, "CORRECTED")).to_be_disabled()
    note = page.locator("textarea[name=result_note]")
    expect(note).to_have_value(re.compile(ACCUSED))
    tap(result(page, "UNCOOPERATIVE"))
    note.fill("拒绝提供台账")
    tap(page.locator("input[name=measures][value=ORDER_CORRECT]"))
    page.fill("input[name=ORDER_CORRECT-deadline]", "2024-10-14")
    page.locator("input[name=ORDER_CORRECT-deadline]").blur()
    page.wait_for_timeout(1000)
    page.goto(f"{TODAY}{field.records[number]}/")
    ready(page)
    page.goto(f"{TODAY}{field.records[number]}/hedui/")
    ready(page)
    expect(note).to_have_value("拒绝提供台账")
    expect(result(page, "UNCOOPERATIVE")).to_be_checked()
    expect(page.locator("input[name=ORDER_CORRECT-deadline]")).to_have_value("2024-10-14")
    tap(result(page, "UNCOOPERATIVE"))
    page.fill("input[name=ORDER_CORRECT-deadline]", "")
    page.locator(".thumb button").click()
    expect(page.locator("[data-field='ORDER_CORRECT-deadline']")).to_contain_text("要填整改期限")
    expect(page.locator("[data-field='ORDER_CORRECT-deadline'] [data-asked]")).to_have_text("必填")
    page.fill("input[name=ORDER_CORRECT-deadline]", "2024-10-14")
    page.locator("input[name=ORDER_CORRECT-deadline]").blur()
    seen_whole(page)
    page.locator(".thumb button").click()
    expect(page).to_have_url(re.compile("qianzi"), timeout=PATIENCE)
    if offline:
        go_online(page)
        page.goto(f"{TODAY}daitongbu/")
        expect(page.locator("[data-summary]")).to_contain_text("全部已送达", timeout=PATIENCE)
    assert conclusion(field, number) == (["PENDING"], "拒绝提供台账", ["ORDER_CORRECT"])
    page.context.close()


def test_a_refusal_that_home_would_not_take_is_not_taken_at_the_door(field: Field) -> None:
    """Offline: name, witness and reason survive a reload; what the server would ask is asked here, once."""
    page = field.downloaded()
    page.context.set_offline(True)
    page.goto(f"{TODAY}{field.records[4]}/qianzi/?refused=1")
    ready(page)
    tap(page.locator("input[name=signature][value=REFUSED]"))
    page.fill("textarea[name=refusal_reason]", "称无权签字")
    expect(page.locator("[data-field=witness_name] [data-asked]")).to_have_text("二选一")
    page.locator("button[form=sign]").click()
    words = "请填写见证人姓名和单位；没有见证人的，请写明原因。"
    expect(page.locator("[data-problems] li")).to_have_text([words])
    expect(page.locator("[data-field=witness_name] .errorlist")).to_have_text(words)
    page.fill("input[name=witness_name]", "刘某")
    expect(page.locator("[data-field=witness_unit] [data-asked]")).to_have_text("必填")
    page.wait_for_timeout(800)
    page.reload()
    ready(page)
    expect(page.locator("input[name=witness_name]")).to_have_value("刘某")
    expect(page.locator("textarea[name=refusal_reason]")).to_have_value("称无权签字")
    page.fill("input[name=witness_unit]", "演示社区")
    seen_whole(page)
    page.locator("button[form=sign]").click()
    expect(page).to_have_url(re.compile("hedui"), timeout=PATIENCE)
    page.context.close()


def test_changed_after_the_enterprise_signed(field: Field) -> None:
    page = field.page(field.context())
    field.sign_in(page)
    fill(page, field, 5)
    tap(page.locator("input[name=measures][value=FEEDBACK_ROUTINE]"))
    page.locator(".thumb button").click()
    expect(page).to_have_url(re.compile("qianzi"), timeout=PATIENCE)
    ready(page)
    tap(page.locator("input[name=opinion_agrees][value='1']"))
    tap(page.locator("input[name=signatory_role][value=SITE_MANAGER]"))
    page.fill("input[name=signatory_name]", "张某")
    draw(page, page.locator("#pad canvas"))
    page.locator("button[form=sign]").click()
    expect(page.locator(".thumb")).to_contain_text("提交旅文", timeout=PATIENCE)
    page.goto(f"{TODAY}{field.records[5]}/")
    ready(page)
    item(page, 0).locator("textarea").first.fill("曲库缺台账")
    item(page, 0).locator("textarea").first.blur()
    sent(page)
    page.goto(f"{TODAY}{field.records[5]}/hedui/")
    ready(page)
    expect(page.locator("#resign")).to_contain_text("企业确认之后内容有改动")
    expect(page.locator("[data-gaps]")).to_contain_text("请重新签字，或登记“已电话确认”")
    page.locator(".thumb button").click()
    expect(page).to_have_url(re.compile("qianzi"), timeout=PATIENCE)
    page.goto(f"{TODAY}{field.records[5]}/dianhua/")
    page.fill("input[name=name]", "张某")
    tap(page.locator("input[name=role][value=SITE_MANAGER]"))
    page.fill("input[name=phone]", "13800001234")
    page.fill("input[name=called_at]", "2024-09-24T14:00")
    seen_whole(page)
    follow(page.locator("button[form=call]"))
    ready(page)
    expect(page.locator("main")).to_contain_text("138****1234")
    expect(page.locator(".thumb")).to_contain_text("提交旅文")
    page.context.close()
