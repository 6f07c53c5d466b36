"""From a machine with an empty database to the first published result that anybody can verify, as an office does it.

The server is made by executing docs/operations.md with production's own settings (tests/office.py); from then on there
are pages and Excel files only. The day between the freeze and the draw passes by faketime, for all programs alike.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType, Page, expect

from tests import servers
from tests.browser import desk_steps as desk
from tests.browser import field_steps as field
from tests.browser.people import Person
from tests.browser.steps import PATIENCE, fits
from tests.office import Office, faketime_library, nginx_program, office

CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
DEPARTMENTS = {"旅文管理": "旅文广电局", "市监管理": "市场监管局"}
INSPECTORS = 2 * len(DEPARTMENTS)
DAY = 24 * 3600

NewPerson = Callable[..., Person]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Office]:
    """The machine, set up by the manual; whoever lacks a program of the distribution is told which package has it."""
    try:
        faketime_library(), nginx_program()
        servers.postgres_programs(), servers.redis_program()
    except servers.ServerMissing as missing:
        (pytest.fail if CI else pytest.skip)(str(missing))
    with office(tmp_path) as place:
        yield place


@pytest.fixture
def person(server: Office, browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[NewPerson]:
    """People with a browser that finds the server under its public name; no script or policy may have failed."""
    faults: list[str] = []
    found = f"--host-resolver-rules=MAP {server.host}:443 127.0.0.1:{server.environment['INSPECT_HTTPS']}"
    arguments = [*browser_type_launch_args["args"], found, "--ignore-certificate-errors"]
    browser = browser_type.launch(**browser_type_launch_args | {"args": arguments})

    def come(login: str, password: str, **options: Any) -> Person:
        origin = server.settings["PUBLIC_ORIGIN"]
        return Person(browser, origin, login, password, server.now, faults=faults, **options)

    yield come
    browser.close()
    assert faults == []


def open_accounts(admin: Page) -> dict[str, str]:
    """What the administrator does first: the county, then an account for each desk; login name → password."""
    desk.county_settings(admin)
    found = {"牵头": desk.open_account(admin, "牵头", "李某某", "市场监管局", "牵头部门")}
    for login, department in DEPARTMENTS.items():
        found[login] = desk.open_account(admin, login, f"{department[0]}某某", department, "部门管理员")
    return found | {"审计员": desk.open_account(admin, "审计员", "冯某某", "", "审计")}


def import_registry(lead: Page, folder: Path, today: dt.date) -> None:
    """The calendars that are missing, three enterprises, two inspectors of each department."""
    desk.load_calendars(lead, [today.year, today.year + 1])
    desk.import_file(lead, "enterprises", desk.enterprises(folder / "企业.xlsx"), 3)
    until = dt.date(today.year + 2, 12, 31)
    people = desk.inspectors(folder / "人员.xlsx", list(DEPARTMENTS.values()), until)
    desk.import_file(lead, "inspectors", people, INSPECTORS)


def next_afternoon(now: float) -> float:
    """Three in the afternoon, when a day and five minutes have gone by."""
    earliest = dt.datetime.fromtimestamp(now + DAY + 300, desk.SHANGHAI)
    then = earliest.replace(hour=15, minute=0, second=0)
    return (then if then >= earliest else then + dt.timedelta(days=1)).timestamp()


def inspect(phones: list[Page]) -> None:
    """Two of each department at the door: both there, everything filled in; the enterprise signs what
    each has confirmed, for a result that is added after a signature asks for a new one."""
    firsts = phones[::2]
    for first, second in zip(firsts, phones[1::2], strict=True):
        address = field.open_record(first)
        field.both_there(first, second)
        first.goto(address)
        field.patiently(first)
        field.fill(first, heads=first is firsts[0])
    for first in firsts:
        field.check(first)
        field.sign(first)
        field.submit(first)


def look_up(page: Page, draw_id: str, verdict: str) -> None:
    """Anybody: the results, and the draw calculated anew in the own browser."""
    page.goto("/gs/jieguo/")
    fits(page)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(len(DEPARTMENTS))
    for row in rows.all():
        expect(row).to_contain_text("未发现问题")
    page.goto(f"/gs/chouqu/{draw_id}/yanzheng/")
    expect(page.locator(".verdict")).to_have_attribute("data-verdict", verdict, timeout=PATIENCE)


def test_an_office_begins(server: Office, person: NewPerson, tmp_path: Path) -> None:
    """The whole way. What `check --deploy` says about the settings of the manual is part of it."""
    printed = "".join(server.printed)
    assert "System check identified no issues (0 silenced)." in printed
    found = re.search(r"账号 (\S+) 已开设，一次性密码 (\S+?)（", printed)
    assert found is not None, printed
    admin = person(*found.groups(), two_factors=True)
    admin.first_sign_in()
    passwords = open_accounts(admin.page)
    lead = person("牵头", passwords["牵头"], two_factors=True)
    today = desk.day_of(server.now())
    import_registry(lead.first_sign_in(), tmp_path, today)
    slips = desk.inspectors_accounts(admin.page, INSPECTORS)
    desk.make_plan(lead.page, today, list(DEPARTMENTS.values()))
    draw_id = desk.freeze(lead.page)
    for one in (admin, lead):
        one.leave()

    server.wait_until(next_afternoon(server.now()))
    desk.draw(lead.sign_in())
    desk.dispatch(lead.page)
    desks = [person(login, passwords[login], two_factors=True) for login in DEPARTMENTS]
    for one in desks:
        desk.confirm_and_approve(one.first_sign_in())
    inspect([person(*slip, phone=True).first_sign_in() for slip in slips.items()])
    for one in desks:
        desk.review(one.page)
    desk.publish(lead.page)
    look_up(person("", "").open(), draw_id, "PARTIAL 1 tickets")
    desk.look_through(person("审计员", passwords["审计员"], two_factors=True).first_sign_in())
    assert server.command("verify_draws").strip().startswith("VERIFIED 1 次抽取")
