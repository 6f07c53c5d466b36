"""What browser tests do on every page: follow a link or a button to the next page, and measure what arrived."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


def follow(target: Locator) -> None:
    """Click, and wait until the page the click leads to (after redirects) has loaded.

    A click alone returns while the next document may still be empty; whatever is measured, opened or read from the
    database right after it would then race the answer.
    """
    with target.page.expect_navigation(wait_until="load"):
        target.click()


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def tall(page: Page) -> int:
    """The height in pixels at which the whole page is in the window."""
    return 200 + int(page.evaluate("document.documentElement.scrollHeight"))


def fits(page: Page) -> None:
    """Nothing makes the page scroll sideways."""
    assert sideways(page) <= 0, page.url
