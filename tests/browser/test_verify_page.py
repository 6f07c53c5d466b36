"""The verification page in headless Chromium: on the site, from own files, as one file from disk; right and wrong."""

from __future__ import annotations

import base64
import gzip
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from publicity import offline
from tests.browser.axe import violations
from tests.live_app import LiveApp
from tests.sampling.draws import BIG_SEED, vector
from tests.sampling.test_bundle import changed_bytes, complete
from tests.sampling.test_javascript import python_verdict
from tests.sampling.test_public import partial

SHOW = """
from tests.factories import make_plan
from tests.publicity.vector_draws import show_all
show_all(make_plan())
"""
OPEN, INSIDE, SEALED, VOID = (
    f"/gs/chouqu/2026-{number}/yanzheng/" for number in ("000017", "000901", "000902", "000903")
)


@pytest.fixture(scope="module")
def draws(live_app: LiveApp) -> None:
    """The four kinds of draw, in the running instance."""
    live_app.run(SHOW)


def verdict_of(page: Page, action: Any = None) -> str:
    """The verdict line after `action`."""
    if action is not None:
        page.evaluate("document.querySelector('.verdict').removeAttribute('data-verdict')")
        action()
    page.wait_for_selector(".verdict[data-verdict]")
    return page.locator(".verdict").get_attribute("data-verdict") or ""


def give(page: Page, files: dict[str, bytes]) -> str:
    """Choose own files; the verdict line."""
    chosen = [{"name": f"{name}.tsv", "mimeType": "text/plain", "buffer": data} for name, data in files.items()]
    return verdict_of(page, lambda: page.set_input_files("#own-files", chosen))  # type: ignore[arg-type]


def states(page: Page) -> list[str]:
    """The four lights."""
    return page.locator(".light-row").evaluate_all("rows => rows.map(row => row.dataset.state)")


def test_an_open_draw_at_the_desk(desk: Page, draws: None) -> None:
    sizes: dict[str, int] = {}

    def count(response: Any) -> None:
        if response.ok and not response.url.endswith(".tsv"):
            sizes[response.url] = len(gzip.compress(response.body(), 6))

    desk.on("response", count)
    answer = desk.goto(OPEN)
    assert answer is not None
    assert "set-cookie" not in answer.headers
    assert verdict_of(desk) == "VERIFIED 9 picks"
    assert states(desk) == ["ok"] * 4
    expect(desk.locator(".verdict h2")).to_have_text("验证通过：四项全部一致")
    expect(desk.locator(".verdict p").first).to_contain_text("在您的浏览器中完成")
    lights, files, side = (desk.locator(where).bounding_box() for where in (".lights", "[data-listed]", "[data-help]"))
    assert lights is not None
    assert files is not None
    assert side is not None
    assert files["x"] == lights["x"]
    assert abs(files["y"] + files["height"] - side["y"] - side["height"]) < 600  # no column stands empty
    desk.locator(".light-row summary").nth(2).click()
    expect(desk.locator(".working").nth(2)).to_contain_text(
        "08c75503572c6c30514e24f849260d555fc71e9a24902af07a0396bb542fe386"
    )
    expect(desk.locator(".working").nth(2)).to_contain_text("28/31")
    for code, words in {
        "91350100000000370R": "它在第 3 组 5 家企业里排第 2 名，前 2 名抽中。",
        "91350100000000111B": "它在第 1 组 7 家企业里排第 1 名，前 1 名抽中。后来它退出了检查，由后备企业按次序递补。",
        "91350100000000000H": "它在第 1 组 7 家企业里排第 2 名，前 1 名抽中，差 1 名。"
        "后来有企业退出，它作为后备按次序递补，接受检查。",
        "91350100000000999X": "请核对代码；不在名单里的企业不会被抽中。",
    }.items():
        desk.fill("#find-who", code.lower())
        desk.locator("form.find button").click()
        expect(desk.locator(".find-answer p").first).to_have_text(words)
    desk.get_by_role("button", name="改一位数字").click()
    expect(desk.get_by_text("9 家里只剩 5 家相同（其中 4 家所在的组本来就全部抽中）")).to_be_visible()
    assert violations(desk) == []
    head = complete()["log"].decode().splitlines()[-1].split("\t")
    desk.locator(".light-row summary").nth(3).click()
    desk.fill("#noted-head", f"4:{head[-1]}")
    assert verdict_of(desk, lambda: desk.get_by_role("button", name="对照").click()) == "VERIFIED 9 picks"
    expect(desk.locator(".light-row").nth(3)).to_contain_text("与您留存的链首相同")
    desk.fill("#noted-head", f"4:{'0' * 64}")
    assert "与留存的链首不符" in verdict_of(desk, lambda: desk.get_by_role("button", name="对照").click())
    assert 30 * 1024 < sum(sizes.values()) <= 60 * 1024, sizes  # a first visit, nothing cached (ux.md 2.13)
    drawn = set(desk.locator("use").evaluate_all("uses => uses.map(use => use.getAttribute('href'))"))
    assert "#logo" in drawn
    assert [href for href in drawn if desk.locator(f"symbol{href}").count() != 1] == []


def test_the_other_kinds_on_the_phone(phone: Page, draws: None) -> None:
    for address, verdict, lights, words in (
        (INSIDE, "PARTIAL 9 tickets", ["part", "ok", "part", "ok"], "验证通过（公开部分）：9 家的号码逐一相同"),
        (SEALED, "PARTIAL 0 tickets", ["part", "skip", "skip", "ok"], "已抽取、封存待揭示：现在能核对的没有问题"),
        (VOID, "VERIFIED 9 picks", ["ok"] * 4, "验证通过：四项全部一致"),
    ):
        phone.goto(address)
        assert verdict_of(phone) == verdict
        assert states(phone) == lights
        expect(phone.locator(".verdict h2")).to_have_text(words)
        wide, screen = phone.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= screen
    expect(phone.locator(".verdict-notes")).to_contain_text("作废（记录链第 4 条），结果不用于检查")
    phone.goto(INSIDE)
    verdict_of(phone)
    ticket = phone.locator("a[data-file=public]").evaluate(
        "async a => (await (await fetch(a.href)).text()).split('\\n')[2]"
    )
    _, code, number = str(ticket).split("\t")
    phone.fill("#find-who", code)
    phone.fill("#find-ticket", f"{number[:8]} {number[8:]}")
    phone.fill("#find-limit", "f" * 64)
    phone.locator("form.find button").click()
    expect(phone.locator(".find-answer h3")).to_have_text(f"{code}被抽中了。")
    expect(phone.locator(".find-answer p").first).to_have_text(
        "公布的号码与重算的相同。通知书上的号码与重算的相同。按分界号码，它应当抽中，与公布的一致。"
    )


def test_a_changed_byte_is_named_as_the_command_line_names_it(desk: Page, draws: None, tmp_path: Path) -> None:
    desk.goto(OPEN)
    verdict_of(desk)
    number = 0
    for files in (complete(), partial()):
        for name in files:
            changed = {**files, name: sorted(changed_bytes(files[name]))[-1]}
            number += 1
            expected = python_verdict(tmp_path / str(number), changed)
            assert give(desk, changed) == expected
            assert "bad" in states(desk) or expected.startswith("PARTIAL")
    swapped = complete()["result"].replace(b"91350100000000370R", b"91350100000000518P")
    first, *rows = swapped.splitlines(keepends=True)
    give(desk, {**complete(), "result": first + b"".join(sorted(rows))})
    expect(desk.locator(".verdict h2")).to_have_text("第③步不一致：公布的名单里有 1 家算不出来")
    expect(desk.locator(".working").nth(2)).to_contain_text("重算应当是")
    expect(desk.locator("[data-help]")).to_contain_text("监督电话")
    assert violations(desk) == []
    assert verdict_of(desk, lambda: desk.get_by_role("button", name="用本站数据重新验证").click()) == "VERIFIED 9 picks"


def test_the_zip_of_the_site_is_taken_as_it_was_downloaded(desk: Page, draws: None, tmp_path: Path) -> None:
    desk.goto(INSIDE)
    verdict_of(desk)
    with desk.expect_download() as download:
        desk.get_by_role("link", name="全部下载").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert saved.name == "2026-000901.zip"
    assert verdict_of(desk, lambda: desk.set_input_files("#own-files", saved)) == "PARTIAL 9 tickets"
    expect(desk.get_by_role("button", name="用本站数据重新验证")).to_be_visible()


def test_the_method_page(phone: Page, draws: None) -> None:
    phone.goto("/gs/shuoming/")
    assert violations(phone) == []
    wide, screen = phone.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= screen


def test_files_out_of_reach_and_no_script(page: Page, browser: Browser, draws: None, base_url: str) -> None:
    page.route("**/log.tsv", lambda route: route.abort())
    page.goto(OPEN)
    expect(page.locator(".verdict h2")).to_have_text("公布的文件没有下载下来")
    expect(page.locator(".verdict")).to_contain_text("log.tsv 下载不了")
    page.unroute("**/log.tsv")
    assert verdict_of(page, lambda: page.get_by_role("button", name="再试一次").click()) == "VERIFIED 9 picks"
    with browser.new_context(base_url=base_url, java_script_enabled=False) as context:
        plain = context.new_page()
        plain.goto(OPEN)
        expect(plain.locator("[data-verify]")).to_contain_text("python verify.py 压缩包.zip")
        expect(plain.locator("a[data-file]")).to_have_count(10)


def test_the_large_vector_in_chromium(desk: Page, draws: None) -> None:
    desk.goto(OPEN)
    given = {name: base64.b64encode(vector(f"big_{name}.tsv")).decode() for name in ("plan", "roster")}
    result = desk.evaluate(
        """async ([files, seed]) => {
          const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const { readRoster } = await import("/static/js/verify/roster.js");
          const { compute } = await import("/static/js/verify/outcome.js");
          const roster = await readRoster(bytes(files.roster));
          return (await compute(new Map([["plan", bytes(files.plan)]]), roster, seed)).result;
        }""",
        [given, BIG_SEED],
    )
    assert result.encode() == vector("big_result.tsv")


def test_one_file_from_disk(new_context: Any, tmp_path: Path) -> None:
    saved = tmp_path / "yanzheng.html"
    saved.write_text(offline.page(), encoding="utf-8")
    page = new_context().new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: errors.append(line.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(saved.as_uri())
    assert give(page, complete()) == "VERIFIED 9 picks"
    assert states(page) == ["ok"] * 4
    assert give(page, partial()) == "PARTIAL 9 tickets"
    bad = {**complete(), "roster": complete()["roster"].replace(b"37A\tA1", b"37A\tA0")}
    assert give(page, bad).startswith("FAILED roster.tsv：冻结后被改动")
    expect(page.locator(".verdict h2")).to_have_text("第①步不一致：roster.tsv 不对")
    archive = tmp_path / "2026-000017.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in complete().items():
            target.writestr(f"2026-000017/{name}.tsv", data)
    assert verdict_of(page, lambda: page.set_input_files("#own-files", archive)) == "VERIFIED 9 picks"
    archive.write_bytes(archive.read_bytes()[:-100])
    page.set_input_files("#own-files", archive)
    expect(page.locator(".verdict")).to_contain_text("这不是 ZIP 压缩包，或者没有下载完整。")
    assert asked == [saved.as_uri()]
    assert errors == []
