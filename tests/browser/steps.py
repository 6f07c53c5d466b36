"""What browser tests do on every page: follow a link or a button to the next page, and measure what arrived."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

# How long anything may take before a test calls it missing, in ms. A bound against waiting for ever, not a measure of
# speed: a busy machine needs many times what a quiet one does, and whoever is quick never waits for it.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)


def follow(target: Locator) -> None:
    """Click, and wait until the page the click leads to (after redirects) has loaded.

    A click alone returns while the next document may still be empty; whatever is measured, opened or read from the
    database right after it would then race the answer.
    """
    with target.page.expect_navigation(wait_until="load"):
        target.click()


def go_online(page: Page, *, without: str = "") -> None:
    """Give the phone its network back, and tell the page so.

    ``without``: a pattern of addresses that must not get through. It is closed BEFORE the network is there: a phone
    sends within milliseconds of having one, and what it sends then is no longer waiting when the test counts.
    """
    if without:
        page.context.route(without, lambda route: route.abort())
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")


def arrive(page: Page, outcome: str = "NORMAL") -> None:
    """Answer the first question of a visit; one that was answered stays as it is."""
    if not page.locator("input[name=section-arrival]:checked").count():
        page.locator(f"input[name=section-arrival][value={outcome}]").evaluate("one => one.click()")
        without_script = page.get_by_role("button", name="保存，往下填")
        if without_script.is_visible():
            follow(without_script)


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def tall(page: Page) -> int:
    """The height in pixels at which the whole page is in the window."""
    return 200 + int(page.evaluate("document.documentElement.scrollHeight"))


SMALL = """least => {
  const seen = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const label = (one) => one.closest("label") || (one.matches("[type=checkbox], [type=radio]") && one.labels[0]);
  const area = (one) => (one.matches("input") && label(one)) || one;
  const inText = (one) => one.matches("a") && getComputedStyle(one).display === "inline" && one.closest("p");
  return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter((one) => seen(area(one)) && !inText(one) && !one.closest(".visually-hidden, .skip, .demo-strip"))
    .map((one) => [one, area(one).getBoundingClientRect()])
    .filter(([, box]) => box.width && box.height && Math.min(box.width, box.height) < least - 0.5)
    .map(([one, box]) => `${one.outerHTML.slice(0, 90)}: ${Math.round(box.width)} × ${Math.round(box.height)}`);
}"""


def small_targets(page: Page, least: int = 44) -> list[str]:
    """What a finger is to hit and is smaller than ``least`` px; links within a sentence apart (WCAG 2.5.8)."""
    return [str(line) for line in page.evaluate(SMALL, least)]


def fits(page: Page) -> None:
    """Nothing makes the page scroll sideways."""
    assert sideways(page) <= 0, page.url
