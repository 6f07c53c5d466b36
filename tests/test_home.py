"""The home page of each role: what is owed, sorted by clock; readiness in words."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inspections.enums import RecordState
from kuancheng_inspect import desk
from registry.enums import JobState, Role
from registry.models import CalendarYear, Inspector, Job, User
from sampling.models import Plan
from tests import factories

pytestmark = pytest.mark.django_db
AT = dt.datetime(2024, 6, 5, 9, 0, tzinfo=factories.SHANGHAI)


def open_home(user) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(reverse("home"))
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def dispatched():
    factories.load_calendar()
    plan = factories.make_plan()
    draw = factories.make_draw(plan, [factories.make_enterprise(), factories.make_enterprise()])
    factories.make_records(draw, state=RecordState.CONFIRMING)
    return plan


@time_machine.travel(AT, tick=False)
def test_lead_sees_who_has_not_confirmed(dispatched):
    page = open_home(dispatched.created_by)
    assert "2 个部门有 4 家企业没有确认" in page
    assert [words for words in ("公安局 2 家", "旅文广电局 2 家") if words not in page] == []
    assert "今天到期" in page
    assert "各部门欠办" in page


@time_machine.travel(AT, tick=False)
def test_department_sees_only_its_own(dispatched):
    admin = factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("GA"))
    page = open_home(admin)
    assert "确认派发的 2 家企业" in page
    assert "旅文广电局有" not in page


@time_machine.travel(dt.datetime(2024, 6, 7, 9, 0, tzinfo=factories.SHANGHAI), tick=False)
def test_late_rows_come_first_and_say_by_how_much(dispatched):
    factories.make_plan(created_by=dispatched.created_by)
    mine = desk.desk_of(dispatched.created_by, dt.date(2024, 6, 7))
    assert [(todo.due, todo.kind, todo.tag) for todo in mine.todos] == [
        (dt.date(2024, 6, 5), "late", "逾期 2 个工作日"), (dt.date(2024, 6, 1), "soon", "开始日期已过"),
    ]  # fmt: skip
    assert mine.overdue == 1


def test_inspector_goes_to_the_phone_pages():
    client = Client()
    client.force_login(factories.make_user(Role.INSPECTOR))
    response = client.get(reverse("home"))
    assert (response.status_code, response.url) == (302, reverse("inspections:record_today"))


def test_auditor_and_system_administrator_have_a_home():
    assert "全部可读" in open_home(factories.make_user(Role.AUDITOR))
    factories.load_calendar(2024, 2025, 2026)
    User.objects.update(last_login=factories.NOW)
    with time_machine.travel(AT, tick=False):
        assert "现在没有要办的事" in open_home(factories.make_user(Role.SYSADMIN, last_login=factories.NOW))


@time_machine.travel(dt.datetime(2024, 12, 20, 9, 0, tzinfo=factories.SHANGHAI), tick=False)
def test_the_system_administrator_sees_accounts_failures_and_the_missing_year():
    factories.load_calendar(2024)
    factories.make_user(Role.LEAD)
    Job.objects.create(task="x", object_id="1", state=JobState.FAILED, created_at=factories.NOW)
    page = open_home(factories.make_user(Role.SYSADMIN, last_login=factories.NOW))
    assert [
        words for words in ("1 个账号从未登录", "1 个后台任务失败", "导入 2025 年的工作日历") if words not in page
    ] == []


def queries_of(user) -> int:
    client = Client()
    client.force_login(user)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(f"{reverse('home')}?zhuomian=1").status_code == 200
    return len(seen)


@time_machine.travel(AT, tick=False)
def test_every_home_needs_the_same_queries_for_one_and_for_fifty_records():
    factories.load_calendar()
    counts: dict[str, list[int]] = {}
    lead = factories.make_user(Role.LEAD, department=factories.make_department("WL"))
    others = [
        factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("GA")),
        factories.make_user(Role.AUDITOR), factories.make_user(Role.SYSADMIN),
    ]  # fmt: skip
    for size in (2, 24, 24):
        draw = factories.make_draw(
            factories.make_plan(created_by=lead), [factories.make_enterprise() for _ in range(size)]
        )
        records = factories.make_records(draw)
        factories.approve_sections(records[-1])
        person = draw.members.filter(department__code="GA").first().inspector
        Inspector.objects.filter(pk=person.pk).update(status="UNAVAILABLE", unavailable_from=AT.date())
        for user in (lead, *others, person.user):
            counts.setdefault(str(sorted(user.roles)), []).append(queries_of(user))
    assert {role: seen for role, seen in counts.items() if len(set(seen)) > 1} == {}
    assert max(seen[0] for seen in counts.values()) <= 40


@time_machine.travel(AT, tick=False)
def test_the_lead_sees_debts_with_their_sum_the_burndown_and_the_last_draw(dispatched):
    factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("GA"))
    mine = desk.desk_of(dispatched.created_by, AT.date())
    assert [(row["department"].code, row["pending"], row["never"]) for row in mine.debts] == [
        ("WL", 2, 0), ("GA", 2, 1),
    ]  # fmt: skip
    assert mine.debt_totals == {"pending": 4, "overdue": 0, "review": 0}
    assert (mine.burndown["plan"], mine.burndown["left"]) == (dispatched, 4)
    assert mine.last_draw["draw"].plan == dispatched
    page = open_home(dispatched.created_by)
    assert f"/tongji/{dispatched.pk}/shengyu/0.svg" in page
    assert "1 人从未登录" in page


@time_machine.travel(AT, tick=False)
def test_without_anything_to_do_the_next_deadline_is_named():
    factories.load_calendar()
    plan = factories.make_plan()
    factories.make_records(factories.make_draw(plan, [factories.make_enterprise()]))
    for record in plan.records.all():
        factories.approve_sections(record)
    Plan.objects.filter(pk=plan.pk).update(state="SUMMARISED")
    admin = factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("GA"))
    assert "下一个期限：7月8日（周一），公示期限" in open_home(admin)


@time_machine.travel(AT, tick=False)
def test_an_inspector_has_a_desk_too(dispatched):
    dispatched.records.update(state=RecordState.OPEN)
    user = dispatched.records.first().sections.first().members.first().inspector.user
    client = Client()
    client.force_login(user)
    assert "填写 1 份检查记录" in client.get(f"{reverse('home')}?zhuomian=1").content.decode()


@time_machine.travel(dt.datetime(2024, 11, 20, 9, 0, tzinfo=factories.SHANGHAI), tick=False)
def test_readiness_announces_a_missing_calendar():
    factories.load_calendar(2024)
    answer = Client().get("/readyz").json()
    assert answer["ok"] is True
    assert answer["checks"]["日历"].startswith("2025年日历未录入")
    CalendarYear.objects.create(year=2025, notice="测试", loaded_at=factories.NOW)
    assert Client().get("/readyz").json()["checks"]["日历"] == "正常"


def test_the_lead_bureau_is_asked_for_the_next_calendar_sixty_days_ahead():
    factories.load_calendar(2024)
    lead = factories.make_user(Role.LEAD)
    rows = {
        day: [t.title for t in desk.desk_of(lead, day).todos] for day in (dt.date(2024, 11, 1), dt.date(2024, 11, 2))
    }
    assert rows == {dt.date(2024, 11, 1): [], dt.date(2024, 11, 2): ["导入 2025 年的工作日历"]}
