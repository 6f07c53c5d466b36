"""The to-do list: one row a subject whatever its words, the worst first, sums that say how many of them are late."""

import datetime as dt

import pytest
import time_machine

from inspections.enums import RecordState
from inspections.models import Confirmation, DepartmentSection, FollowUp, SectionMember
from kuancheng_inspect import desk
from kuancheng_inspect.desk_rows import Todo, each_once
from publicity.services import deadlines_by_day
from registry import clock
from registry.enums import Role
from registry.models import User
from sampling.enums import PlanState
from sampling.models import Plan
from tests import factories

pytestmark = pytest.mark.django_db
DAY = dt.date
AT = dt.datetime(2024, 6, 20, 9, 0, tzinfo=factories.SHANGHAI)


def home(user: User) -> desk.Desk:
    return desk.desk_of(user, clock.today())


def rows(user: User, words: str) -> list[tuple[str, str, dt.date | None, str]]:
    """(title, plan or department of the note, due, how it stands) of the to-dos whose title has the words."""
    return [(one.title, one.note.split(" · ")[0], one.due, one.kind) for one in home(user).todos if words in one.title]


def campaign(enterprises: int = 1, **plan) -> Plan:
    made = factories.make_plan(**plan)
    factories.make_records(factories.make_draw(made, [factories.make_enterprise() for _ in range(enterprises)]))
    return made


def order(plan: Plan, code: str, deadline: dt.date | None) -> None:
    section = DepartmentSection.objects.filter(record__plan=plan, department__code=code, follow_ups=None).first()
    FollowUp.objects.create(section=section, measure="ORDER_CORRECT", deadline=deadline)


@pytest.fixture(autouse=True)
def june():
    factories.load_calendar()
    with time_machine.travel(AT, tick=False):
        yield


def test_two_rows_of_equal_words_both_stand_there_and_the_late_one_first():
    """The fire brigade's two orders: one 547 days late, one in time, in two plans of the same name."""
    admin = factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("GA"))
    for deadline in (DAY(2024, 9, 23), DAY(2024, 6, 6)):
        order(campaign(task_name="同名任务"), "GA", deadline)
    assert rows(admin, "后续处置") == [
        ("1 项后续处置没有完结，逾期", "同名任务", DAY(2024, 6, 6), "late"),
        ("1 项后续处置没有完结", "同名任务", DAY(2024, 9, 23), "todo"),
    ]
    assert home(admin).overdue == 1


def test_every_kind_of_row_keeps_plans_of_the_same_name_apart():
    lead = factories.make_user(Role.LEAD, Role.DEPT_ADMIN, department=factories.make_department("WL"))
    plans = [campaign(2, task_name="同名任务", created_by=lead) for _ in range(2)]
    for number, plan in enumerate(plans):
        waiting, open_one = plan.records.order_by("pk")
        type(waiting).objects.filter(pk=waiting.pk).update(state=RecordState.CONFIRMING)
        Confirmation.objects.filter(record=waiting).update(
            decision="PENDING", at=None, due_on=DAY(2024, 6, 21 + number)
        )
        DepartmentSection.objects.filter(record=open_one).update(due_on=DAY(2024, 6, 18 + number))
        order(plan, "WL", DAY(2024, 6, 25 + number))
    own = [todo for todo in home(lead).todos if "同名任务" in todo.note]
    assert len({todo.about for todo in own}) == len(own) == 2 * 6
    own_sections = [DepartmentSection.objects.filter(record__plan=plan, record__state="OPEN")[0] for plan in plans]
    inspector = own_sections[0].members.first().inspector.user
    seat = own_sections[1].members.filter(inspector__department=own_sections[0].department).first()
    SectionMember.objects.filter(pk=seat.pk).update(inspector=inspector.inspector)
    assert [title for title, *_ in rows(inspector, "填写")] == ["填写 1 份检查记录，逾期", "填写 1 份检查记录，逾期"]


def test_one_subject_is_one_row_with_its_earliest_day():
    late = Todo("plan:1", "甲", "", "/", "x", DAY(2024, 6, 1), kind="late")
    later = Todo("plan:1", "乙", "", "/", "x", DAY(2024, 5, 1), kind="todo")
    other = Todo("plan:2", "甲", "", "/", "x", DAY(2024, 6, 1), kind="late")
    assert each_once([[later], [late, other]]) == [late, other]


def test_a_row_that_sums_up_says_how_many_are_late():
    plan = campaign(5)
    lead, sections = plan.created_by, DepartmentSection.objects.filter(record__plan=plan).order_by("pk")
    keys = list(sections.values_list("pk", flat=True))
    DepartmentSection.objects.filter(pk__in=keys[:4]).update(due_on=DAY(2024, 6, 17))
    DepartmentSection.objects.filter(pk__in=keys[4:]).update(due_on=DAY(2024, 6, 21))
    assert rows(lead, "没有回填") == [
        ("2 个部门有 10 份记录没有回填，其中 4 份逾期", plan.task_name, DAY(2024, 6, 17), "late")
    ]
    admin = factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("GA"))
    assert rows(admin, "没有回填")[0][0] == "本部门有 5 份记录没有回填，其中 2 份逾期"


def test_the_lead_bureau_sees_the_open_follow_ups_of_its_own_plans():
    plan, foreign = campaign(2), campaign(lead="GA")
    for code, day in (("GA", DAY(2024, 6, 6)), ("WL", DAY(2024, 7, 6)), ("GA", None)):
        order(plan, code, day)
    order(foreign, "WL", DAY(2024, 6, 6))
    assert rows(plan.created_by, "后续处置") == [
        ("2 个部门有 3 项后续处置没有完结，其中 1 项逾期", plan.task_name, DAY(2024, 6, 6), "late")
    ]


def test_a_draft_whose_first_day_has_passed_is_not_called_late():
    plan = factories.make_plan()
    assert rows(plan.created_by, "写完") == [(f"写完“{plan.task_name}”", plan.task_code, DAY(2024, 6, 1), "soon")]
    assert home(plan.created_by).overdue == 0


def test_nothing_is_owed_to_a_cancelled_plan():
    plan = campaign(2)
    waiting = plan.records.first()
    type(waiting).objects.filter(pk=waiting.pk).update(state=RecordState.CONFIRMING)
    Confirmation.objects.filter(record=waiting).update(decision="PENDING", at=None)
    DepartmentSection.objects.filter(record__plan=plan).update(due_on=DAY(2024, 6, 17))
    admin = factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("GA"))
    before = [len(home(user).todos) for user in (plan.created_by, admin)]
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.CANCELLED)
    assert (before, [home(user).todos for user in (plan.created_by, admin)]) == ([2, 3], [[], []])


def test_the_home_shows_the_plan_that_stands_worst_not_the_one_with_most_left():
    worst = campaign(2)
    lead = worst.created_by
    big = campaign(9, created_by=lead)
    DepartmentSection.objects.filter(record__plan=worst).update(due_on=DAY(2024, 6, 17))
    seen = home(lead).burndown
    assert (seen["plan"], seen["left"], seen["late"]) == (worst, 4, 4)
    DepartmentSection.objects.filter(record__plan=worst).update(due_on=DAY(2024, 7, 17))
    Plan.objects.filter(pk=worst.pk).update(period_to=DAY(2024, 6, 19))
    seen = home(lead).burndown
    assert (seen["plan"], seen["behind"], seen["late"]) == (worst, 4, 0)  # nothing late: the most behind its own line
    Plan.objects.filter(pk=worst.pk).update(period_to=DAY(2024, 10, 31))
    seen = home(lead).burndown
    assert (seen["plan"], seen["behind"], seen["left"]) == (big, 2, 18)


@pytest.mark.parametrize("role", [Role.LEAD, Role.DEPT_ADMIN])
def test_the_month_on_the_home_is_the_month_of_the_calendar(role: Role):
    """Also what is due tomorrow, although the row that sums it up names an earlier day."""
    plan = campaign(3)
    user = plan.created_by if role == Role.LEAD else factories.make_user(
        Role.DEPT_ADMIN, department=factories.make_department("GA")
    )  # fmt: skip
    for record, day in zip(plan.records.order_by("pk"), (18, 21, 21), strict=True):
        DepartmentSection.objects.filter(record=record).update(due_on=DAY(2024, 6, day))
    order(plan, "GA", DAY(2024, 6, 27))
    marks = {
        one.day: (one.due["kind"], one.due["count"]) for week in home(user).weeks for one in week if one and one.due
    }
    each = 2 if role == Role.LEAD else 1
    assert marks == {
        DAY(2024, 6, 18): ("late", each), DAY(2024, 6, 21): ("soon", 2 * each), DAY(2024, 6, 27): ("todo", 1),
    }  # fmt: skip
    lines = deadlines_by_day(user, DAY(2024, 6, 1), DAY(2024, 6, 30))
    assert {day: sum(one.count for one in lines if one.day == day) for day in {one.day for one in lines}} == {
        day: count for day, (_, count) in marks.items()
    }
