"""The calendar page and loading a year."""

import datetime as dt
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from registry import clock
from registry.enums import Role
from registry.models import CalendarDay, CalendarYear
from tests.factories import SHANGHAI, load_calendar, make_user

pytestmark = pytest.mark.django_db
LINES = "2027-01-01 休 元旦\n2027年1月2日，休，元旦\n2027-01-03,班,元旦调休"


@pytest.fixture
def lead() -> Client:
    clock.pin(dt.datetime(2026, 9, 23, 9, 0, tzinfo=SHANGHAI), running=False)
    client = Client()
    client.force_login(make_user(Role.LEAD))
    return client


def test_a_year_as_twelve_months_with_working_days_counted(lead: Client) -> None:
    load_calendar(2026)
    page = lead.get(reverse("registry:calendar"))
    assert page.context["total"] == 248
    assert [month["workdays"] for month in page.context["months"]] == [21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23]
    body = page.content.decode()
    assert (body.count(">班</small>"), "today" in body) == (6, True)


@pytest.mark.parametrize("year", ["2027", "abc", "99999999999", "-1", "２０２７"])
def test_a_year_that_is_not_loaded_says_so(lead: Client, year: str) -> None:
    page = lead.get(reverse("registry:calendar"), {"year": year})
    assert page.status_code == 200
    assert "日历未录入" in page.content.decode()


def test_a_year_is_checked_then_saved(lead: Client) -> None:
    url = reverse("registry:calendar_import")
    assert lead.get(url, {"year": "2027"}).status_code == 200
    data = {"year": "2027", "notice": "国务院办公厅通知", "text": LINES}
    page = lead.post(url, data | {"do": "check"})
    assert page.status_code == 200
    assert "核对 2027 年的安排" in page.content.decode()
    assert CalendarYear.objects.count() == 0
    saved = lead.post(url, data | {"do": "save"})
    assert saved["Location"] == f"{reverse('registry:calendar')}?year=2027"
    rows = list(CalendarDay.objects.values_list("day", "kind", "name"))
    assert rows == [
        (dt.date(2027, 1, 1), "OFF", "元旦"),
        (dt.date(2027, 1, 2), "OFF", "元旦"),
        (dt.date(2027, 1, 3), "WORK", "元旦调休"),
    ]
    lead.post(url, data | {"do": "save"})
    assert CalendarYear.objects.get().version == 2


def test_wrong_lines_are_all_named(lead: Client) -> None:
    url = reverse("registry:calendar_import")
    data = {"year": "2027", "notice": "通知", "do": "save"}
    page = lead.post(url, data | {"text": "2027-02-30 休\n2027-01-04\n2027-01-05 加班"}).content.decode()
    for message in ("第1行 日期: 没有2027年2月30日这一天", "第2行 安排: 请写", "第3行 安排: 请写"):
        assert message in page
    page = lead.post(
        url, data | {"text": "2026-01-01 休\n2027-01-04 班\n2027-01-01 休\n2027-01-01 休"}
    ).content.decode()
    for message in ("2026-01-01不在2027年", "2027-01-04本来就是工作日", "2027-01-01重复出现"):
        assert message in page
    assert "还没有一天" in lead.post(url, data | {"text": " "}).content.decode()
    assert CalendarYear.objects.count() == 0


def test_a_year_from_a_spreadsheet(lead: Client) -> None:
    book = openpyxl.Workbook()
    for row in (["日期", "安排", "说明"], [dt.date(2027, 1, 1), "休", "元旦"], ["2027/1/3", "班", None]):
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    data = {"year": "2027", "notice": "通知", "do": "check"}
    file = SimpleUploadedFile("2027.xlsx", target.getvalue())
    page = lead.post(reverse("registry:calendar_import"), data | {"file": file}).content.decode()
    assert "2027-01-01 休 元旦\n2027-01-03 班" in page
    bad = SimpleUploadedFile("2027.xlsx", b"x")
    page = lead.post(reverse("registry:calendar_import"), data | {"file": bad})
    assert page.status_code == 422
