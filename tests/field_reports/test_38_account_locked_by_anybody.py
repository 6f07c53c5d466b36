"""Report 38: five wrong passwords from anywhere, and the owner's right one was refused for a quarter of an hour."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client

from registry.enums import Role
from registry.models import SignInFailure, User
from registry.services import create_account, reset_password, signin
from tests.factories import NOW, PASSWORD, make_department, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/account/login/"
HOME, STRANGER = "203.0.113.1", "198.51.100.1"


@pytest.fixture(autouse=True)
def behind_a_proxy(settings: Any) -> Any:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def owner() -> User:
    return make_user(Role.LEAD, department=make_department("WL"), username="牵头复核")


def attempt(address: str, typed: str = "wrong", *, client: Client | None = None, login: str = "牵头复核") -> Any:
    meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": address}
    return (client or Client()).post(LOGIN, {"login": login, "password": typed}, **meta)


def leave(client: Client) -> None:
    """The session ends; the browser keeps what it knows besides."""
    del client.cookies["sessionid"]


def test_strangers_do_not_lock_the_owner_out(owner: User) -> None:
    browser = Client()
    assert attempt(HOME, PASSWORD, client=browser).status_code == 302
    leave(browser)
    for number in range(60):
        attempt(f"198.51.100.{number}")
    assert attempt(HOME, PASSWORD).status_code == 302  # a fresh browser at another address than theirs
    assert attempt(STRANGER, PASSWORD, client=browser).status_code == 302  # and the own one even at theirs


def test_whoever_guesses_waits_longer_each_time(owner: User, behind_a_proxy: Any) -> None:
    said = []
    for _ in range(4):
        assert attempt(STRANGER).status_code == 200
    for minutes in (1, 2, 4, 8, 15, 15):
        assert attempt(STRANGER).status_code == 200  # this one is looked at, and then
        refused = attempt(STRANGER, PASSWORD)  # not even the right one
        said.append((refused.status_code, refused["Retry-After"]))
        assert f"请等 {minutes} 分钟再试" in refused.content.decode()
        behind_a_proxy.shift(dt.timedelta(minutes=minutes))
    assert said == [(429, str(60 * minutes)) for minutes in (1, 2, 4, 8, 15, 15)]
    assert attempt(STRANGER, PASSWORD).status_code == 302
    assert SignInFailure.objects.count() == 0


def test_from_changing_addresses_there_are_a_hundred_tries_an_hour(owner: User) -> None:
    known = Client()
    assert attempt(HOME, PASSWORD, client=known).status_code == 302
    leave(known)
    answers = [attempt(f"198.51.{number // 200}.{number % 200}").status_code for number in range(130)]
    assert answers == [200] * signin.GUESSES + [429] * (130 - signin.GUESSES)
    assert attempt(HOME, PASSWORD).status_code == 429  # a fresh browser cannot be told from theirs
    assert attempt(HOME, PASSWORD, client=known).status_code == 302


def test_the_administrator_lets_a_fresh_browser_in_at_once(owner: User) -> None:
    for number in range(signin.GUESSES + 1):
        attempt(f"198.51.100.{number}")
    assert attempt(HOME, PASSWORD).status_code == 429
    password = reset_password(actor=make_user(Role.SYSADMIN), user=owner, reason="本人来办公室核对过身份")
    for number in range(signin.GUESSES + 1):  # they go on; nobody guesses a one-time password
        attempt(f"198.51.100.{number}")
    assert attempt(HOME, password).status_code == 302


def test_an_address_that_tries_many_names_waits_and_an_office_behind_it_does_not(owner: User) -> None:
    browser = Client()
    assert attempt(HOME, PASSWORD, client=browser).status_code == 302
    leave(browser)
    answers = [attempt(HOME, login=f"无此人{number}").status_code for number in range(signin.SPRAY + 3)]
    assert answers == [200] * signin.SPRAY + [429] * 3
    assert attempt(HOME, PASSWORD, client=browser).status_code == 302


def test_a_name_that_nobody_has_is_answered_alike(owner: User) -> None:
    def course(login: str) -> list[Any]:
        rows = [attempt(STRANGER, login=login) for _ in range(7)]
        return [(row.status_code, row.content.decode().count("请等 1 分钟再试")) for row in rows]

    assert course("牵头复核") == course("无此人")


def test_the_owner_is_told_once(owner: User) -> None:
    for _ in range(3):
        attempt(STRANGER)
    browser = Client()
    answer = attempt(HOME, PASSWORD, client=browser)
    told = [str(one) for one in browser.get(answer["Location"]).context["messages"]]
    assert "上次登录以来，有人在别处用您的用户名输错了 3 次密码。不是您本人的，请告诉系统管理员。" in told
    leave(browser)
    again = attempt(HOME, PASSWORD, client=browser)
    assert [one for one in browser.get(again["Location"]).context["messages"] if "输错" in str(one)] == []


def test_what_a_browser_says_of_itself_is_signed(owner: User) -> None:
    browser = Client()
    assert attempt(HOME, PASSWORD, client=browser).status_code == 302
    cookie = browser.cookies["device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 180 * 86400)
    other = Client()
    other.cookies["device"] = cookie.value.replace(cookie.value[0], "A" if cookie.value[0] != "A" else "B", 1)
    for _ in range(5):
        attempt(STRANGER)
    assert attempt(STRANGER, PASSWORD, client=other).status_code == 429


def test_no_cache_that_is_full_forgets(owner: User) -> None:
    for _ in range(5):
        attempt(STRANGER)
    for number in range(40):
        attempt("192.0.2.77", login=f"别人{number}")
    assert attempt(STRANGER, PASSWORD).status_code == 429


def test_rows_go_after_a_week(owner: User, behind_a_proxy: Any) -> None:
    attempt(STRANGER)
    behind_a_proxy.shift(signin.KEPT + dt.timedelta(seconds=1))
    attempt("192.0.2.1")
    assert SignInFailure.objects.count() == 1


def test_an_account_just_made_gets_in_whatever_strangers_do() -> None:
    _, password = create_account(
        actor=None, username="新来的", name="新来的", department=make_department("WL"), roles=[Role.LEAD]
    )
    for number in range(signin.GUESSES + 5):
        attempt(f"198.51.100.{number}", login="新来的")
    assert attempt(HOME, password, login="新来的").status_code == 302
