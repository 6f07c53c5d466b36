"""The progress page: burndown and months as pure functions, numbers that lead to the list they count, the calendar."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inspections.burndown import track
from inspections.enums import RecordState, SectionState
from inspections.models import Confirmation, DepartmentSection, InspectionRecord, Notice
from inspections.reads import progress_of
from inspections.services import is_late, remind, send_due_reminders
from publicity.services import publish_records
from publicity.statistics import gather
from registry import clock
from registry.months import month_after, month_before, weeks_of
from registry.operations import new_key
from registry.workdays import Calendar, CalendarNotLoaded
from sampling.models import Plan
from tests import factories
from tests.inspections.desk import Desk, make_desk

DAY = dt.date
HOLIDAY = Calendar(frozenset({2024}), off=[DAY(2024, 6, 10)])


def test_a_plan_runs_down_over_its_working_days():
    days = track(DAY(2024, 6, 6), DAY(2024, 6, 14), DAY(2024, 6, 12), HOLIDAY)  # 7, 11, 12, 13, 14 June
    assert [day.day for day in days.days] == [6, 7, 11, 12, 13, 14]
    assert (days.planned, days.now) == (5, 3)
    assert [days.expected(10, index) for index in range(7)] == [10, 8, 6, 4, 2, 0, 0]
    assert [days.expected(3, index) for index in range(6)] == [3, 3, 2, 2, 1, 0]  # rounded up: never early
    done = {DAY(2024, 6, 8): 1, DAY(2024, 6, 11): 2, DAY(2024, 6, 12): 1}  # Saturday counts on Tuesday
    assert days.left(10, done) == [10, 10, 7, 6]
    assert days.behind(10, 6) == 2


def test_a_plan_past_its_end_goes_on_to_today_and_one_of_a_day_stands():
    days = track(DAY(2024, 6, 3), DAY(2024, 6, 4), DAY(2024, 6, 6), HOLIDAY)
    assert ([day.day for day in days.days], days.planned, days.now) == ([3, 4, 5, 6], 1, 3)
    assert days.behind(5, 2) == 2
    rest = track(DAY(2024, 6, 7), DAY(2024, 6, 12), DAY(2024, 6, 8), HOLIDAY)
    assert (rest.now, rest.left(4, {DAY(2024, 6, 8): 3})) == (0, [1])
    assert track(DAY(2024, 6, 7), DAY(2024, 6, 1), DAY(2024, 6, 7), HOLIDAY).expected(9, 0) == 0
    with pytest.raises(CalendarNotLoaded):
        track(DAY(2024, 12, 30), DAY(2025, 1, 6), DAY(2024, 12, 30), HOLIDAY)


def test_a_month_marks_rest_and_make_up_days():
    cal = Calendar(frozenset({2024}), off=[DAY(2024, 9, 16)], working=[DAY(2024, 9, 14)])
    weeks = weeks_of(DAY(2024, 9, 1), DAY(2024, 9, 13), cal, {DAY(2024, 9, 18): "due"})
    days = {one.day.day: one for week in weeks for one in week if one}
    assert len(days) == 30
    assert [week.count(None) for week in weeks] == [6, 0, 0, 0, 0, 6]
    assert [(days[n].mark, days[n].rest) for n in (13, 14, 15, 16)] == [
        ("", False), ("班", False), ("", True), ("休", True),
    ]  # fmt: skip
    assert (days[13].today, days[18].due, days[19].due) == (True, "due", None)
    assert (month_before(DAY(2024, 1, 31)), month_after(DAY(2024, 12, 1))) == (DAY(2023, 12, 1), DAY(2025, 1, 1))


@pytest.fixture
def desk(db) -> Desk:
    """Four cafés dispatched on Monday 3 June: one still confirming, one in work, one late, one published."""
    with time_machine.travel("2024-06-18T10:00:00+08:00", tick=False):
        made = make_desk(4)
        made.dispatch()
        made.confirm_all()
        waiting, draft, late, public = made.records
        InspectionRecord.objects.filter(pk=waiting.pk).update(state=RecordState.CONFIRMING)
        Confirmation.objects.filter(record=waiting, department__code="GA").update(decision="PENDING", at=None)
        DepartmentSection.objects.filter(record=draft, department__code="GA").update(state=SectionState.DRAFT)
        DepartmentSection.objects.filter(record=late, department__code="WL").update(due_on=DAY(2024, 6, 14))
        factories.approve_sections(public)
        publish_records(actor=made.lead, records=[public])
        yield made


def page(desk: Desk, query: str = "", name: str = "inspections:plan_progress"):
    client = Client()
    client.force_login(desk.lead)
    return client.get(reverse(name, args=[desk.plan.pk]) + query)


def test_every_number_leads_to_the_list_it_counts(desk: Desk):
    client = Client()
    client.force_login(desk.lead)
    stages = {"pending": "pending", "confirmed": "confirmed", "visiting": "visiting", "filled": "filled",
              "approved": "approved", "published": "published"}  # fmt: skip
    seen = {}
    for row in page(desk).context["rows"]:
        for stage, name in stages.items():
            query = f"?plan={desk.plan.pk}&department={row['department'].pk}&stage={stage}"
            listed = client.get(reverse("inspections:task_list") + query).context["page"].paginator.count
            seen[row["department"].code, name] = (row[name], listed)
    assert {pair for pair in seen.values() if pair[0] != pair[1]} == set()
    assert [seen["GA", name][0] for name in stages] == [1, 3, 1, 1, 1, 1]
    assert [seen["WL", name][0] for name in stages] == [0, 4, 0, 1, 1, 1]


def test_late_departments_first_and_the_pace_against_the_plan(desk: Desk):
    Plan.objects.filter(pk=desk.plan.pk).update(period_to=DAY(2024, 6, 28))
    context = page(desk).context
    assert [(row["department"].code, row["overdue"]) for row in context["rows"]] == [("GA", 1), ("WL", 1)]
    # 18 working days to 28 June (10 June rests), 10 gone: of 4 records 2 may be left, 3 are
    paces = [(one["department"].code, one["left"], one["total"], one["behind"]) for one in context["paces"]]
    assert paces == [("WL", 3, 4, 1), ("GA", 3, 4, 1)]
    assert "比计划慢 1 份" in page(desk).content.decode()


def test_the_calendar_counts_what_is_due_and_leads_to_it(desk: Desk):
    days = {one.day: one.due for week in page(desk).context["weeks"] for one in week if one and one.due}
    assert {day: (due["confirm"], due["fill"], due["kind"]) for day, due in days.items()} == {
        DAY(2024, 6, 5): (1, 0, "late"), DAY(2024, 6, 14): (0, 1, "late"),
    }  # fmt: skip
    assert [one for week in page(desk, "?month=2024-07").context["weeks"] for one in week if one and one.due] == []
    assert page(desk, "?month=xx").context["month"] == DAY(2024, 6, 1)
    client = Client()
    client.force_login(desk.lead)
    for day, code in (("2024-06-05", "GA"), ("2024-06-14", "WL")):
        rows = client.get(f"{reverse('inspections:task_list')}?plan={desk.plan.pk}&due={day}").context["page"]
        assert [row.department.code for row in rows] == [code]


def test_burndown_pictures_have_their_own_address_and_their_table(desk: Desk):
    client = Client()
    client.force_login(desk.lead)
    department = factories.make_department("GA")
    for key, words in ((department.pk, "公安局剩余记录"), (0, "各部门剩余记录")):
        address = reverse("publicity:burndown", args=[desk.plan.pk, key])
        answer = client.get(address)
        assert answer.headers["Content-Type"] == "image/svg+xml"
        picture = answer.content.decode()
        assert (words in picture, len(answer.content) <= 8192) == (True, True)
        assert [
            bad for bad in ("<script", "<style", "style=", "class=", "http://www.w3.org/1999/xlink") if bad in picture
        ] == []
        assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert f"剩 {2 * 3}" in picture
    assert client.get(reverse("publicity:burndown", args=[desk.plan.pk, 10**6])).status_code == 404
    rows = page(desk, name="inspections:plan_burndown").context["rows"]
    assert rows[0][1:3] == ([3, 3], 6)
    assert rows[-1][1:] == ([3, 3], 6, 8)  # entered on the day of dispatch, in this invented history


def test_single_late_ones_are_reminded_from_their_rows(desk: Desk):
    late = page(desk).context["late"]
    assert [(row["kind"], row["department"].code) for row in late] == [("confirmation", "GA"), ("section", "WL")]
    client = Client()
    client.force_login(desk.lead)
    data = {"key": new_key(), late[0]["kind"]: late[0]["pk"]}
    client.post(reverse("inspections:plan_remind", args=[desk.plan.pk]), data)
    assert [notice.recipient for notice in Notice.objects.filter(text__contains="牵头部门提醒")] == [desk.ga]


def test_a_late_row_says_how_often_somebody_was_reminded(desk: Desk):
    assert [(row["times"], row["reminded"]) for row in page(desk).context["late"]] == [(0, ""), (0, "")]
    send_due_reminders(day=DAY(2024, 6, 18))
    section = DepartmentSection.objects.get(pk=page(desk).context["late"][1]["pk"])
    with time_machine.travel("2024-06-19T09:05:00+08:00", tick=False):
        remind(actor=desk.lead, plan=desk.plan, sections=[section])
    late = page(desk).context["late"]
    assert [(row["times"], row["reminded"]) for row in late] == [(1, "6月18日 10:00"), (2, "6月19日 09:05")]
    assert "提醒过 2 次" in page(desk).content.decode()


def test_the_page_takes_fifteen_queries(desk: Desk):
    client = Client()
    client.force_login(desk.lead)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(reverse("inspections:plan_progress", args=[desk.plan.pk])).status_code == 200
    assert len(seen) <= 15


@pytest.mark.parametrize(("hour", "late"), [("17:30:00", False), ("17:30:01", True)])
def test_after_the_close_of_business_every_page_says_late(desk: Desk, settings, hour: str, late: bool):
    settings.CLOSE_OF_BUSINESS = dt.time(17, 30)
    section = DepartmentSection.objects.get(due_on=DAY(2024, 6, 14))
    client = Client()
    with time_machine.travel(f"2024-06-14T{hour}+08:00", tick=False):
        row = page(desk).context["late"][1:]
        assert [(one["pk"], one["due"].text) for one in row] == [(section.pk, "今天到期，已逾期")][:late]
        client.force_login(desk.lead)
        listed = client.get(reverse("inspections:task_list") + "?overdue=on").context["page"]
        assert [one.pk for one in listed] == [section.pk][:late]
        home = client.get(reverse("home")).context["desk"]
        words = "今天到期，已逾期" if late else "今天到期"
        assert [todo.tag for todo in home.todos if "没有回填" in todo.title] == [words]
        assert sum(row["overdue"] for row in home.debts) == 1 + late
        factories.approve_sections(section.record)
        DepartmentSection.objects.filter(pk=section.pk).update(due_on=section.due_on, submitted_at=clock.now())
        assert is_late(section.due_on, clock.now()) is late
    fact = next(one for one in gather(desk.plan, DAY(2024, 6, 18)).records if one.record == section.record)
    assert [one.late for one in fact.sections if one.department_id == section.department_id] == [late]


def test_without_its_calendar_the_page_says_so(desk: Desk):
    Plan.objects.filter(pk=desk.plan.pk).update(period_to=DAY(2027, 1, 20))
    assert "2026年日历未录入，画不出进度图" in page(desk).content.decode()
    client = Client()
    client.force_login(desk.lead)
    assert "日历未录入" in client.get(reverse("publicity:burndown", args=[desk.plan.pk, 0])).content.decode()


def test_the_matrix_takes_five_queries(desk: Desk, django_assert_num_queries):
    with django_assert_num_queries(5):
        progress_of(desk.plan, DAY(2024, 6, 18))
