"""The oldest browser (docs/adr/0007-oldest-browser.md), and what a phone's camera and a finger bring in.

Chromium stands for an old browser by losing what that one lacks: features by a script before the page's own, rules with
``:has`` out of every style sheet on the way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.steps import PATIENCE, fits, follow, go_online
from tests.browser.test_offline import PHONE, QUEUE, TODAY, Field, answer, item, ready, tap
from tests.live_app import start_live_app

RULE = re.compile(r"[^{}]*:(?:has|is|where)\([^{}]*\{[^{}]*\}")
INK = """() => { const one = document.querySelector("[data-pad=drawing] canvas");
  const seen = one.getContext("2d").getImageData(0, 0, one.width, one.height);
  let [left, right, top, bottom] = [1e9, 0, 1e9, 0];
  for (let i = 3; i < seen.data.length; i += 4) if (seen.data[i] > 128) {
    const [x, y] = [((i - 3) / 4) % one.width, Math.floor((i - 3) / 4 / one.width)];
    left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y); bottom = Math.max(bottom, y); }
  return [left, right, top, bottom]; }"""


@pytest.fixture(scope="module")
def field(
    new_database: Callable[[str], str], redis_url: str, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[Field]:
    with start_live_app(new_database("older"), redis_url, tmp_path_factory.mktemp("older")) as app:
        app.environment |= {"REQUIRE_SECOND_OFFICER": "1", "CLOCK_PIN": "2024-09-24T14:00:00+08:00"}
        app.restart()
        made = Field(app, browser)
        yield made
        assert made.faults == []


def stripped(route: Route) -> None:
    """A style sheet as a browser without the later selectors reads it."""
    response = route.fetch()
    route.fulfill(response=response, body=RULE.sub("", response.text()))


def signed_in(field: Field, **options: Any) -> tuple[BrowserContext, Page]:
    context = field.browser.new_context(base_url=field.app.url, **PHONE | options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    field.sign_in(page)
    return context, page


def style(page: Page, selector: str, name: str) -> str:
    return str(page.locator(selector).first.evaluate(f"one => getComputedStyle(one).{name}"))


def meet(page: Page) -> None:
    """正常检查, where the page asks first what was found on arrival."""
    choice = page.locator("input[name=section-arrival][value=NORMAL]")
    if choice.count():
        tap(choice)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_without_later_selectors_the_choice_shows_and_opens_its_questions(field: Field, script: bool) -> None:
    _, page = signed_in(field, java_script_enabled=script)
    page.route("**/*.css", stripped)
    page.goto(f"{TODAY}{field.records[0 if script else 6]}/")
    if script:
        ready(page)
        meet(page)
    else:
        page.locator("input[name=section-arrival][value=NORMAL]").check(force=True)
        follow(page.get_by_role("button", name="保存，往下填"))
    first = page.locator("[data-item]").first
    chosen, other = first.locator("label.answer-bad"), first.locator("label.answer-ok")
    expect(first.locator(".follow-bad")).to_be_hidden()
    page.locator("[data-item] input[value=NOT_OK]").first.check(force=True)
    expect(first.locator(".follow-bad textarea")).to_be_visible()
    expect(first.locator(".follow-na textarea")).to_be_hidden()
    assert chosen.evaluate("one => getComputedStyle(one).fontWeight") == "700"
    assert other.evaluate("one => getComputedStyle(one).fontWeight") == "400"
    expect(chosen.locator(".on")).to_be_visible()
    expect(chosen.locator(".off")).to_be_hidden()
    expect(other.locator(".on")).to_be_hidden()
    page.locator("[data-item] input[value=OK]").first.check(force=True)
    expect(first.locator(".follow-bad")).to_be_hidden()
    fits(page)
    page.context.close()


LACKS = [
    "delete Promise.prototype.finally",
    "delete window.fetch",
    "CSS.supports = () => false",
    "delete Object.fromEntries",
]


@pytest.mark.parametrize("lacks", LACKS)
def test_below_the_floor_every_page_says_so_before_anything_is_typed(field: Field, lacks: str) -> None:
    context, page = signed_in(field)
    context.add_init_script(lacks)
    record = f"{TODAY}{field.records[1]}/"
    for address in (record, f"{record}hedui/", f"{record}qianzi/", f"{record}cailiao/", TODAY, QUEUE):
        page.goto(address)
        expect(page.locator("[data-too-old]")).to_contain_text("这个浏览器太旧，不能填检查记录")
        expect(page.locator("[data-address]")).to_have_text(field.app.url + address)
        assert page.locator(".sheet > :not(.too-old-box):visible, .thumb:visible, .tabs:visible").count() == 0
        fits(page)
    page.goto(record)
    assert page.locator("[data-too-old] a").get_attribute("href") == f"/jiancha/dayin/{field.records[1]}/?blank=1"
    context.clear_cookies()
    page.goto("/account/login/")
    expect(page.locator("[data-too-old]")).to_contain_text("至少要Chrome 80 或 Safari 14.1")
    expect(page.locator("input[name=login]")).to_be_visible()
    context.close()


@pytest.mark.parametrize("lost", ["js/phone-page.js", "js/older.js", "js/phone/start.js"])
def test_a_script_that_does_not_arrive_is_said_as_well(field: Field, lost: str) -> None:
    context, page = signed_in(field, service_workers="block")
    page.route(f"**/{lost}", lambda route: route.abort())
    page.goto(f"{TODAY}{field.records[1]}/")
    expect(page.locator("[data-too-old]")).to_contain_text("这一页没有载全，点的内容存不住")
    expect(page.locator("form#entry")).to_be_hidden()
    context.close()


def test_a_browser_that_can_is_told_nothing(field: Field) -> None:
    context, page = signed_in(field)
    for address in (TODAY, f"{TODAY}{field.records[1]}/", QUEUE):
        page.goto(address)
        expect(page.locator("[data-too-old]")).to_be_hidden()
        expect(page.locator(".sheet > :not(.too-old-box):visible").first).to_be_visible()
    context.close()


def test_one_stroke_signs_and_turning_the_phone_there_and_back_changes_nothing(field: Field) -> None:
    context, page = signed_in(field)
    page.goto(f"{TODAY}{field.records[2]}/qianzi/")
    ready(page)
    canvas = page.locator("[data-pad=drawing] canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 80)
    page.mouse.down()
    for step in range(1, 40):
        page.mouse.move(box["x"] + 30 + 5 * step, box["y"] + 80 + 30 * (step % 5))
    page.mouse.up()
    before = page.evaluate(INK)
    for width, height in ((740, 360), (360, 740), (740, 360), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            "width => document.querySelector('[data-pad=drawing] canvas').clientWidth > width / 2", arg=width
        )
        page.wait_for_timeout(300)
        if height < width:
            canvas.scroll_into_view_if_needed()
            shown = canvas.bounding_box()
            assert shown is not None
            assert shown["height"] <= height - 80
    after = page.evaluate(INK)
    assert [abs(a - b) <= 3 for a, b in zip(before, after, strict=True)] == [True] * 4, (before, after)
    page.locator("[data-large]").first.evaluate("one => one.click()")
    expect(page.locator("[data-small]").first).to_be_visible()
    page.locator("[data-small]").first.evaluate("one => one.click()")
    page.fill("input[name=signatory_name]", "张某")
    tap(page.locator("input[name=opinion_agrees][value='1']"))
    tap(page.locator("input[name=signatory_role][value=SITE_MANAGER]"))
    follow(page.locator("button[form=sign]"))
    rows = field.app.rows(f"SELECT strokes FROM inspections_signature WHERE record_id = {field.records[2]}")
    assert len(rows) == 1
    context.close()


def photo(folder: Path, *, mega: int = 12, taken: str = "2023:01:02 03:04:05") -> Path:
    """A JPEG of ``mega`` megapixels that hardly compresses, held sideways, with the camera's time."""
    path = folder / "IMG_0001.jpg"
    high = int((mega * 1_000_000 / 1.5) ** 0.5)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = taken
    Image.effect_noise((high * 3 // 2, high), 90).convert("RGB").save(path, quality=97, exif=exif)
    return path


def stored(field: Field, number: int) -> list[tuple[Any, ...]]:
    query = (
        f"SELECT kind, size, taken_from, taken_at FROM inspections_evidence WHERE record_id = {field.records[number]}"
    )
    return [(kind, size < 8 << 20, source, str(at)[:16]) for kind, size, source, at in field.app.rows(query)]


def test_an_old_photo_of_an_item_keeps_its_time_and_is_pointed_out(field: Field, tmp_path: Path) -> None:
    context, page = signed_in(field)
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": 30.123456, "longitude": 104.654321, "accuracy": 15})
    page.goto(f"{TODAY}{field.records[3]}/")
    ready(page)
    meet(page)
    answer(page, 0, "NOT_OK")
    tap(item(page, 0).locator("[data-locate]"))
    expect(item(page, 0).locator("[data-locate]")).to_contain_text("位置已记下，误差约 15 米")
    item(page, 0).locator("input[type=file]").set_input_files(photo(tmp_path))
    expect(page.locator("[data-toast]")).to_contain_text("2023年1月2日 03:04 拍的，比检查早 631 天")
    expect(item(page, 0).locator("[data-photo] figcaption")).to_contain_text("已送达")
    expect(item(page, 0).locator("[data-photo] .taken")).to_have_text("2023年1月2日 03:04")
    assert stored(field, 3) == [("PHOTO", True, "EXIF", "2023-01-01 19:04")]
    [place] = field.app.rows(
        f"SELECT latitude, longitude, accuracy FROM inspections_evidence WHERE record_id = {field.records[3]}"
    )
    assert [float(one) for one in place] == [30.123456, 104.654321, 15.0]
    context.close()


def test_a_signed_sheet_of_eleven_megabytes_is_taken_with_a_network_and_without(field: Field, tmp_path: Path) -> None:
    page = field.downloaded()
    large = photo(tmp_path)
    assert large.stat().st_size > 8 << 20
    address = f"{TODAY}{field.records[4]}/cailiao/?kind=SIGNED_SCAN"
    page.goto(address)
    ready(page)
    expect(page.locator("html[data-ready]")).to_have_count(1)
    page.set_input_files("form#upload input[type=file]", large)
    with page.expect_navigation():
        page.locator("button[form=upload]").click()
    assert stored(field, 4) == [("SIGNED_SCAN", True, "EXIF", "2023-01-01 19:04")]
    page.context.set_offline(True)
    page.goto(address)
    ready(page)
    expect(page.locator("[data-banner]")).to_contain_text("没有信号，可以继续填")
    expect(page.locator("html[data-ready]")).to_have_count(1)
    tap(page.locator("input[name=kind][value=SIGNED_SCAN]"))
    page.set_input_files("form#upload input[type=file]", photo(tmp_path, mega=2, taken="2024:09:24 13:50:00"))
    page.locator("button[form=upload]").click()
    expect(page.locator("[data-upload-said]")).to_contain_text("这份记录有 1 个文件存在本机，有信号后自动送出")
    go_online(page)
    page.goto(QUEUE)
    expect(page.locator("[data-summary]")).to_contain_text("全部已送达")
    assert stored(field, 4)[1:] == [("SIGNED_SCAN", True, "EXIF", "2024-09-24 05:50")]
    page.context.close()


def test_heif_is_said_where_the_photo_is_chosen(field: Field, tmp_path: Path) -> None:
    context, page = signed_in(field)
    path = tmp_path / "IMG_1.heic"
    path.write_bytes(b"\x00\x00\x00\x18ftypheic" + bytes(5000))
    page.goto(f"{TODAY}{field.records[5]}/")
    ready(page)
    meet(page)
    answer(page, 0, "NOT_OK")
    item(page, 0).locator("input[type=file]").set_input_files(path)
    expect(page.locator("[data-toast]")).to_contain_text("关掉“高效图片”")
    expect(item(page, 0).locator("[data-photo]")).to_have_count(0)
    context.close()
