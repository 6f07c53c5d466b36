"""The browser reaches the product: a page arrives whole at desk and phone width, and nothing breaks its policy."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.policies import HEADERS, headers

LOGIN = "/account/login/"


def _sign_in_page_arrives(page: Page) -> None:
    answer = page.goto(LOGIN)
    assert answer is not None
    assert answer.status == 200
    assert headers({name: answer.headers.get(name.lower(), "") for name in HEADERS}) == HEADERS
    assert page.locator("input[type=password]").count() == 1
    wide, screen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= screen, "the page is wider than the screen"


def test_the_sign_in_page_arrives_at_the_desk(desk: Page) -> None:
    _sign_in_page_arrives(desk)


def test_the_sign_in_page_arrives_on_the_phone(phone: Page) -> None:
    _sign_in_page_arrives(phone)


def test_a_script_that_the_policy_refuses_is_noticed(page: Page) -> None:
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text))
    page.goto(LOGIN)
    page.evaluate("document.body.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))")
    page.wait_for_timeout(100)
    assert [text for text in refused if "Content Security Policy" in text] != []
