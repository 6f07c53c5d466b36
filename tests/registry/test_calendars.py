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
    assert (body.count(">班</small></span></td>"), 'class="today"' in body) == (6, True)


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


def test_who_may_not_load_reads_only(lead: Client) -> None:
    load_calendar(2026)
    client = Client()
    client.force_login(make_user(Role.DEPT_ADMIN))
    body = client.get(reverse("registry:calendar")).content.decode()
    assert "文号未录入" in body
    assert ("改某一天" in body, "更正 2026 年" in body) == (False, False)


def test_the_year_ahead_is_asked_for_sixty_days_before_it_begins(lead: Client) -> None:
    load_calendar(2026)
    url = reverse("registry:calendar")
    for day, missing in (((2026, 11, 1), None), ((2026, 11, 2), 2027), ((2026, 12, 31), 2027)):
        clock.pin(dt.datetime(*day, 9, tzinfo=SHANGHAI), running=False)
        assert lead.get(url).context["missing"] == missing


def test_a_deadline_is_calculated_in_words(lead: Client) -> None:
    load_calendar(2026)
    page = lead.get(reverse("registry:calendar"), {"year": "2026", "start": "2026-09-30", "n": "5"})
    assert page.context["answer"] == "2026年10月13日（周二）"
    assert page.context["because"] == "当日不算，其间 8 天休息，不计；10月10日（周六）调休上班，计入。"
    page = lead.get(reverse("registry:calendar"), {"year": "2026", "start": "2026-12-30", "n": "2"})
    assert page.context["because"].startswith("2027年日历未录入")


def test_a_correction_says_what_changes(lead: Client) -> None:
    load_calendar(2026)
    url = reverse("registry:calendar_import")
    filled = lead.get(url, {"year": "2026"}).context["form"]
    text = str(filled["text"].value())
    assert text.splitlines()[0] == "2026-01-01 休"
    text = text.replace("2026-09-20 班\n", "").replace("2026-10-10 班", "2026-10-10 休") + "\n2026-12-31 休"
    data = {"year": "2026", "notice": "更正", "number": "演示〔2026〕1号", "text": text}
    change = lead.post(url, data | {"do": "check"}).context["change"]
    assert [day for day, _kind, _name in change.added] == [dt.date(2026, 12, 31)]
    assert [day for day, _kind, _name in change.removed] == [dt.date(2026, 9, 20)]
    assert [(old[1], new[0], new[1]) for old, new in change.changed] == [("WORK", dt.date(2026, 10, 10), "OFF")]
    assert CalendarYear.objects.get(pk=2026).version == 1
    lead.post(url, data | {"do": "save"})
    row = CalendarYear.objects.get(pk=2026)
    assert (row.version, row.notice_number) == (2, "演示〔2026〕1号")


def test_a_local_closing_day_comes_and_goes_with_a_reason(lead: Client) -> None:
    load_calendar(2026)
    url = reverse("registry:calendar_day")
    key = str(lead.get(url).context["form"]["key"].value())
    data = {"day": "2026-10-10", "what": "close", "reason": "县庆", "key": key}
    assert "没有未办结的期限受影响" in lead.post(url, data | {"do": "check"}).content.decode()
    assert CalendarDay.objects.filter(kind="LOCAL_OFF").count() == 0
    for _twice in range(2):  # a double click is one change
        assert lead.post(url, data | {"do": "save"}).status_code == 302
    assert [str(row.day) for row in CalendarDay.objects.filter(kind="LOCAL_OFF")] == ["2026-10-10"]
    page = lead.get(reverse("registry:calendar"), {"year": "2026"})
    assert (page.context["total"], page.context["closed"][0][1]) == (247, "10月10日（周六）")
    again = lead.post(url, data | {"do": "save", "key": "x" * 32})
    assert "本来就不上班" in again.content.decode()
    load = {"year": "2026", "notice": "更正", "text": "2026-10-10 班", "do": "save"}
    lead.post(reverse("registry:calendar_import"), load)  # a new notice leaves the local day
    assert CalendarDay.objects.filter(day="2026-10-10").count() == 2
    back = data | {"what": "open", "reason": "照常上班", "key": "y" * 32, "do": "save"}
    assert lead.post(url, back).status_code == 302
    assert list(CalendarDay.objects.values_list("kind", flat=True)) == ["WORK"]
    assert "没有标为本地休息" in lead.post(url, back | {"key": "z" * 32}).content.decode()
    assert "2027年日历未录入" in lead.post(url, back | {"day": "2027-01-04", "key": "w" * 32}).content.decode()
