"""How long the verification page takes in headless Chromium, from the files in hand to the verdict on the screen.

The page is the one that is handed out as a single file, opened from disk: the same modules as on the site, no network.
100,000 enterprises of the large vector (7 strata, 5,100 drawn) at full speed, and 20,000 with the processor slowed down
six times (a cheap phone). The median of the runs counts.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import TINY
from benchmarks.draw import DRAW_ID, roster_to, small_files
from publicity import offline
from sampling import bundle

ROUNDS = 1 if TINY else 5
DICE = "4839201756603914857720194638572019463857"


def folder_of(folder: Path, rows: int) -> tuple[list[str], int]:
    """A frozen and drawn folder of `rows` enterprises: its files, and how many were drawn."""
    roster_to(folder / "roster.tsv", rows)
    files = small_files() | {"roster": (folder / "roster.tsv").read_bytes()}
    freeze = bundle.freeze_file(
        DRAW_ID, seq=18, prev=bundle.GENESIS, time="2026-04-17T09:00:00+08:00", files=files, nonces={},
        entropy=[("dice10", "40 digits")], not_before="2026-04-20T08:00:00+08:00",
    )  # fmt: skip
    files |= {"freeze": freeze, "entropy": bundle.entropy_file([("dice10", DICE)])}
    outcome = bundle.compute(files, reserve=0)
    files["result"] = outcome.result_tsv
    lines = [
        bundle.log_line(number, f"2026-04-2{number}T10:00:00+08:00", kind, DRAW_ID, files[kind.lower()])
        for number, kind in enumerate(("FREEZE", "ENTROPY", "RESULT"), start=1)
    ]
    files["log"] = bundle.log_file(DRAW_ID, lines, bundle.GENESIS)
    for name, data in files.items():
        (folder / f"{name}.tsv").write_bytes(data)
    return [str(folder / f"{name}.tsv") for name in files], len(outcome.picks)


def seconds(browser: Any, page_file: Path, chosen: list[str], picks: int, slower: int) -> list[float]:
    """What the page says it took, run after run, in a fresh page."""
    page = browser.new_page()
    page.goto(page_file.as_uri())
    if slower > 1:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    took = []
    for turn in range(ROUNDS):
        if turn == 0:
            page.set_input_files("#own-files", chosen)
        else:
            page.evaluate("delete document.querySelector('.verdict').dataset.verdict")
            page.get_by_role("button", name="重新验证").click()
        page.wait_for_selector(".verdict[data-verdict]", timeout=60_000)
        verdict = page.locator(".verdict").get_attribute("data-verdict")
        if verdict != f"VERIFIED {picks} picks":
            raise RuntimeError(f"the page says {verdict}")
        took.append(float(page.locator(".verdict").get_attribute("data-seconds")))
    page.close()
    return took


def run() -> dict[str, dict[str, Any]]:
    """Figures by name; none, with a note, without Chromium."""
    from shutil import which  # noqa: PLC0415 -- with the browser below

    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- a development package

    program = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        print("verify_page: Chromium is not installed, left out", file=sys.stderr)
        return {}
    figures: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        top = Path(directory)
        page_file = top / "yanzheng.html"
        page_file.write_text(offline.page(), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for name, rows, slower, limit in (
            ("verify_page_100k", 500 if TINY else 100_000, 1, 0.5),
            ("verify_page_20k_throttled", 500 if TINY else 20_000, 6, 0.8),
        ):  # fmt: skip
            folder = top / name
            folder.mkdir()
            chosen, picks = folder_of(folder, rows)
            took = seconds(browser, page_file, chosen, picks, slower)
            against = f"{rows:,} enterprises, {picks:,} drawn, in headless Chromium" + (
                f", processor {slower} times slower" if slower > 1 else ""
            )
            figures[name] = {
                "value": round(statistics.median(took), 3), "unit": "s", "against": against, "limit": ["<=", limit],
            }  # fmt: skip
        browser.close()
    return figures
