"""The home page of each role: what is owed, sorted by clock; readiness in words."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from inspections.enums import RecordState
from kuancheng_inspect import desk
from registry.enums import Role
from registry.models import CalendarYear
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
    assert "公安局有 2 家企业没有确认" in page
    assert "旅文广电局有 2 家企业没有确认" in page
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
    assert [todo.kind for todo in mine.todos][:1] == ["late"] or mine.todos[0].due == dt.date(2024, 6, 1)
    late = [todo for todo in mine.todos if todo.due == dt.date(2024, 6, 5)]
    assert {todo.tag for todo in late} == {"逾期 2 个工作日"}
    assert mine.overdue == len([todo for todo in mine.todos if todo.due and todo.due < dt.date(2024, 6, 7)])


def test_inspector_goes_to_the_phone_pages():
    client = Client()
    client.force_login(factories.make_user(Role.INSPECTOR))
    response = client.get(reverse("home"))
    assert (response.status_code, response.url) == (302, reverse("inspections:record_today"))


def test_auditor_and_system_administrator_have_a_home():
    assert "全部可读" in open_home(factories.make_user(Role.AUDITOR))
    assert "今天没有待办" in open_home(factories.make_user(Role.SYSADMIN))


def test_home_needs_the_same_queries_for_one_and_many_records(django_assert_max_num_queries):
    factories.load_calendar()
    plan = factories.make_plan()
    draw = factories.make_draw(plan, [factories.make_enterprise() for _ in range(20)])
    factories.make_records(draw, state=RecordState.CONFIRMING)
    client = Client()
    client.force_login(plan.created_by)
    with django_assert_max_num_queries(40):
        assert client.get(reverse("home")).status_code == 200


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
