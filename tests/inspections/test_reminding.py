"""Reminders: once per person, plan and day; the day before, the day itself, daily after."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from inspections import services, tasks
from inspections.enums import SectionState
from inspections.models import Confirmation, DepartmentSection, FollowUp, Mention, Notice, Reminder, ReminderRun
from registry.errors import DomainError
from registry.models import AuditEvent, Department, User
from tests import factories
from tests.inspections.desk import Desk, make_desk

D = dt.date
pytestmark = pytest.mark.django_db


def dispatched(count: int = 2) -> Desk:
    desk = make_desk(count)
    desk.dispatch()
    Notice.objects.all().delete()
    return desk


def send(day: str) -> int:
    with time_machine.travel(f"{day}T08:30:00+08:00", tick=False):
        return services.send_due_reminders(day=dt.date.fromisoformat(day))


@pytest.mark.parametrize(
    ("day", "sent", "words"),
    [
        ("2024-06-03", 0, ""),
        ("2024-06-04", 2, "还剩 1 个工作日"),
        ("2024-06-05", 2, "今天到期"),
        ("2024-06-06", 2, "逾期 1 个工作日"),
        ("2024-06-09", 3, "逾期 2 个工作日"),  # a Sunday: daily after
    ],
)
def test_confirmations(day: str, sent: int, words: str) -> None:
    desk = dispatched()
    assert send(day) == sent
    if sent:
        notice = Notice.objects.get(recipient=desk.wl)
        assert notice.text == f"《{desk.plan}》您有 2 家企业待比对确认，最早一份 6月5日到期，{words}。"
        assert notice.url == "/jiancha/queren/"


def test_a_second_run_of_the_day_sends_nothing_and_the_next_day_sends_again() -> None:
    dispatched()
    assert [send("2024-06-05"), send("2024-06-05"), send("2024-06-06")] == [2, 0, 2]
    assert (Notice.objects.count(), Reminder.objects.count()) == (4, 4)


def test_on_a_friday_what_is_due_on_the_next_working_day() -> None:
    desk = dispatched()
    rows = desk.confirmations("WL")
    type(rows[0]).objects.filter(department=desk.wl.department).update(due_on=D(2024, 6, 11))
    assert send("2024-06-07") == 3  # WL: Tuesday after 端午; GA: two days late, so the lead bureau too
    assert Notice.objects.get(recipient=desk.wl).text.endswith("还剩 1 个工作日。")


def test_confirmed_or_returned_is_not_reminded() -> None:
    desk = dispatched()
    with time_machine.travel("2024-06-04T09:00:00+08:00", tick=False):
        services.confirm_records(actor=desk.wl, confirmations=desk.confirmations("WL"))
        services.return_record(actor=desk.ga, confirmation=desk.confirmations("GA")[0], reason="REVOKED", note="")
        services.return_record(actor=desk.ga, confirmation=desk.confirmations("GA")[1], reason="REVOKED", note="")
    assert send("2024-06-05") == 0


def test_sections_go_to_their_inspectors_grouped() -> None:
    desk = dispatched(4)
    desk.confirm_all()
    Notice.objects.all().delete()
    owed = DepartmentSection.objects.filter(record__plan=desk.plan, department__code="WL")
    owed.update(due_on=D(2024, 6, 14), state=SectionState.DRAFT)
    done = owed.filter(record=desk.records[0])
    done.update(state=SectionState.SUBMITTED, submitted_at=factories.NOW)
    assert send("2024-06-13") == 4
    texts = {n.recipient_id: n.text for n in Notice.objects.all()}
    of_team = {
        team: desk.draw.members.filter(department__code="WL", team=team).first().inspector.user_id for team in (1, 2)
    }
    assert texts[of_team[1]] == f"《{desk.plan}》您有 1 份检查记录待填报，最早一份 6月14日到期，还剩 1 个工作日。"
    assert texts[of_team[2]] == f"《{desk.plan}》您有 2 份检查记录待填报，最早一份 6月14日到期，还剩 1 个工作日。"


def test_without_an_account_the_administrator_hears_of_it() -> None:
    desk = dispatched(1)
    desk.confirm_all()
    Notice.objects.all().delete()
    section = desk.records[0].sections.get(department__code="WL")
    DepartmentSection.objects.filter(pk=section.pk).update(due_on=D(2024, 6, 14))
    for member in section.members.all():
        member.inspector.user = None
        member.inspector.save()
    assert send("2024-06-14") == 1
    assert Notice.objects.get().recipient == desk.wl


def test_by_hand_once_a_day_and_in_the_trail() -> None:
    desk = dispatched()
    departments = Department.objects.filter(code__in=["WL", "GA"])
    with time_machine.travel("2024-06-04T10:00:00+08:00", tick=False):
        assert services.remind(actor=desk.lead, plan=desk.plan, departments=departments) == 2
        assert services.remind(actor=desk.lead, plan=desk.plan, departments=departments) == 0
        with pytest.raises(DomainError, match="由牵头部门"):
            services.remind(actor=desk.wl, plan=desk.plan, departments=departments)
        with pytest.raises(DomainError, match="请先勾选"):
            services.remind(actor=desk.lead, plan=desk.plan, departments=[])
    assert Notice.objects.get(recipient=desk.wl).text.startswith("牵头部门提醒：")
    assert AuditEvent.objects.filter(action="提醒").first().after == {
        "departments": ["旅文广电局", "公安局"],
        "people": 0,
        "deadlines": 4,
    }


def test_nobody_owes_anything() -> None:
    desk = dispatched()
    with time_machine.travel("2024-06-04T10:00:00+08:00", tick=False):
        services.confirm_records(actor=desk.wl, confirmations=desk.confirmations("WL"))
        with pytest.raises(DomainError, match="没有欠办的事"):
            services.remind(actor=desk.lead, plan=desk.plan, departments=[desk.wl.department])


def test_task_and_command() -> None:
    dispatched()
    out = StringIO()
    with time_machine.travel("2024-06-05T08:29:59+08:00", tick=False):
        assert tasks.send_reminders() == 0  # not before half past eight
    with time_machine.travel("2024-06-05T08:30:00+08:00", tick=False):
        call_command("send_reminders", stdout=out)
        assert tasks.send_reminders() == 0
    assert out.getvalue() == "已发送 2 条提醒。\n"
    with time_machine.travel("2024-06-06T11:40:00+08:00", tick=False):
        assert tasks.send_reminders() == 2  # the run of the morning was missed: made up by the next call


def test_once_a_day_is_asked_for_in_one_query(django_assert_num_queries: Any) -> None:
    dispatched()
    assert send("2024-06-05") == 2
    with time_machine.travel("2024-06-05T09:00:00+08:00", tick=False), django_assert_num_queries(1):
        assert tasks.send_reminders() == 0


def lines_of(user: User) -> list[str]:
    return [notice.text for notice in Notice.objects.filter(recipient=user).order_by("pk")]


def late_sections() -> Desk:
    """Two records open since Monday, the back-fill of GA due on Tuesday, 4 June."""
    desk = dispatched()
    desk.confirm_all()
    Notice.objects.all().delete()
    DepartmentSection.objects.filter(department__code="GA").update(due_on=D(2024, 6, 4), state=SectionState.DRAFT)
    return desk


def test_escalation_after_one_and_two_working_days() -> None:
    desk = late_sections()
    people = {user.pk for section in DepartmentSection.objects.filter(department__code="GA")
              for user in services.people.inspectors_of([section])}  # fmt: skip
    told = {}
    for day in ("2024-06-03", "2024-06-04", "2024-06-05", "2024-06-06", "2024-06-07"):
        Notice.objects.all().update(read_at=None)
        first = Notice.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        send(day)
        told[day[-2:]] = set(Notice.objects.filter(pk__gt=first).values_list("recipient", flat=True))
    assert told["03"] == told["04"] == people  # the day before, the day itself
    assert told["05"] == people | {desk.ga.pk}
    assert told["06"] == told["07"] == people | {desk.ga.pk, desk.lead.pk}
    line = f"《{desk.plan}》公安局有 2 份检查记录待填报，最早一份 6月4日到期，逾期 2 个工作日。"
    assert lines_of(desk.lead) == [line, line.replace("逾期 2", "逾期 3")]
    assert set(Mention.objects.filter(day=D(2024, 6, 6)).values_list("days_late", flat=True)) == {2}
    mention = Mention.objects.filter(day=D(2024, 6, 6)).first()
    own = {user.pk for user in services.people.inspectors_of([DepartmentSection(pk=mention.object_id)])}
    assert set(mention.told) == own | {desk.ga.pk, desk.lead.pk}


def test_a_weekend_does_not_count_towards_the_escalation() -> None:
    desk = late_sections()
    DepartmentSection.objects.filter(department__code="GA").update(due_on=D(2024, 6, 7))
    for day in ("2024-06-08", "2024-06-09", "2024-06-10"):  # the weekend and 端午
        send(day)
        assert lines_of(desk.ga) == []
    send("2024-06-11")
    assert lines_of(desk.ga) == [f"《{desk.plan}》公安局有 2 份检查记录待填报，最早一份 6月7日到期，逾期 1 个工作日。"]


def test_one_message_for_everything_a_person_owes() -> None:
    desk = dispatched()
    section = desk.records[0].sections.get(department__code="WL")
    FollowUp.objects.create(section=section, measure="ORDER_CORRECT", deadline=D(2024, 6, 5))
    section.members.all().delete()
    assert send("2024-06-05") == 2
    assert lines_of(desk.wl) == [
        f"《{desk.plan}》您有 2 家企业待比对确认，最早一份 6月5日到期，今天到期。"
        f"《{desk.plan}》您有 1 项后续处置待完结，最早一份 6月5日到期，今天到期。"
    ]
    assert Notice.objects.get(recipient=desk.wl).url == reverse("home")


def test_publication_and_summary_are_the_lead_bureaus() -> None:
    desk = dispatched()
    Confirmation.objects.update(decision="CONFIRMED", at=factories.NOW)
    DepartmentSection.objects.filter(record=desk.records[0]).update(
        state=SectionState.APPROVED, submitted_at=factories.NOW, publish_due_on=D(2024, 6, 6)
    )
    type(desk.plan).objects.filter(pk=desk.plan.pk).update(state="COMPLETED", summary_due=D(2024, 6, 7))
    assert send("2024-06-06") == 1
    assert lines_of(desk.lead) == [
        f"《{desk.plan}》您有 2 份检查结果待公示，最早一份 6月6日到期，今天到期。"
        f"《{desk.plan}》您有 1 份总结待报送，最早一份 6月7日到期，还剩 1 个工作日。"
    ]


def test_three_days_without_beat_are_made_up_in_one_message_each() -> None:
    desk = dispatched()
    assert send("2024-06-04") == 2
    assert send("2024-06-08") == 3  # 5, 6 and 7 June went by
    [late] = [text for text in lines_of(desk.wl) if text.startswith("补发")]
    assert late == (
        f"补发（6月5日起的提醒没有发出）：《{desk.plan}》您有 2 家企业待比对确认，"
        "最早一份 6月5日到期，逾期 2 个工作日。"
    )
    assert len(lines_of(desk.lead)) == 1
    run = ReminderRun.objects.get(day=D(2024, 6, 8))
    assert (run.notices, run.missed_from) == (3, D(2024, 6, 5))
    assert set(Mention.objects.filter(day=run.day).values_list("caught_up", flat=True)) == {True}
    assert send("2024-06-08") == 0
    assert send("2024-06-09") == 3
    assert not lines_of(desk.wl)[-1].startswith("补发")


def test_what_came_up_after_the_outage_is_not_called_late() -> None:
    desk = dispatched()
    assert send("2024-06-04") == 2
    Confirmation.objects.update(due_on=D(2024, 6, 12))
    assert send("2024-06-11") == 2
    assert lines_of(desk.wl)[-1].startswith("《")


def test_over_new_year_with_the_next_calendar_missing() -> None:
    desk = dispatched()
    Confirmation.objects.update(due_on=D(2025, 12, 31))
    assert send("2025-12-30") == 2
    assert lines_of(desk.wl)[-1].endswith("还剩 1 个工作日。")
    assert send("2026-01-04") == 2
    assert lines_of(desk.wl)[-1].endswith("已逾期：2026年日历未录入，天数待定。")


def test_single_late_ones_by_hand() -> None:
    desk = dispatched()
    [one, other] = desk.confirmations("WL")
    with time_machine.travel("2024-06-06T10:00:00+08:00", tick=False):
        told = services.remind(actor=desk.lead, plan=desk.plan, confirmations=[one])
        assert told == 1
        assert services.remind(actor=desk.lead, plan=desk.plan, confirmations=[other]) == 0  # told today
    assert lines_of(desk.wl) == [
        f"牵头部门提醒：《{desk.plan}》您有 1 家企业待比对确认，最早一份 6月5日到期，逾期 1 个工作日。"
    ]
    [mention] = Mention.objects.all()
    assert (mention.object_id, mention.manual, mention.days_late, mention.told) == (one.pk, True, 1, [desk.wl.pk])


def test_the_progress_page_sends_single_ones(client: Client) -> None:
    desk = dispatched()
    client.force_login(desk.lead)
    url = reverse("inspections:plan_remind", args=[desk.plan.pk])
    with time_machine.travel("2024-06-06T10:00:00+08:00", tick=False):
        assert "请先勾选" in client.post(url, {"key": "a" * 32}).content.decode()
        data = {"key": "b" * 32, "confirmation": [str(row.pk) for row in desk.confirmations("GA")]}
        for _double_click in range(2):
            assert client.post(url, data).status_code == 302
    assert Notice.objects.count() == 1
    assert AuditEvent.objects.filter(action="提醒").count() == 1


def test_own_messages_only_are_marked_read() -> None:
    desk = dispatched()
    send("2024-06-05")
    assert services.read_notices(actor=desk.wl, notices=Notice.objects.all()) == 1
    assert list(Notice.objects.unread()) == [Notice.objects.get(recipient=desk.ga)]


def test_a_message_that_sums_up_says_how_many_are_late_and_of_which_year() -> None:
    desk = dispatched()
    one, *_ = desk.confirmations("WL")
    Confirmation.objects.filter(pk=one.pk).update(due_on=dt.date(2023, 12, 29))
    send("2024-06-04")
    [text] = lines_of(desk.wl)
    assert text == (
        f"《{desk.plan}》您有 2 家企业待比对确认，其中 1 家已逾期，最早一份 2023年12月29日到期，"
        "已逾期：2023年日历未录入，天数待定。"
    )
