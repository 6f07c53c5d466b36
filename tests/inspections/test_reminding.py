"""Reminders: once per person, plan and day; the day before, the day itself, daily after."""

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.test import override_settings

from inspections import services, tasks
from inspections.enums import SectionState
from inspections.models import DepartmentSection, Notice, Reminder
from registry.errors import DomainError
from registry.models import AuditEvent, Department, Job
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
        ("2024-06-09", 2, "逾期 2 个工作日"),  # a Sunday: daily after
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
    assert send("2024-06-07") == 2  # WL: Tuesday after 端午; GA: overdue
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
    with time_machine.travel("2024-06-05T08:30:00+08:00", tick=False):
        call_command("send_reminders", stdout=out)
        assert tasks.send_reminders() == 0
    assert out.getvalue() == "已发送 2 条提醒。\n"


def test_mail_only_where_it_is_set_up() -> None:
    desk = dispatched()
    desk.wl.email = "wl@example.org"
    desk.wl.save()
    assert send("2024-06-04") == 2
    assert Job.objects.count() == 0
    with override_settings(
        EMAIL_URL="smtp://x", EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend", PUBLIC_ORIGIN="https://x"
    ):
        assert send("2024-06-05") == 2
        job = Job.objects.get()
        notice = Notice.objects.filter(recipient=desk.wl).latest("pk")
        assert (job.task, job.object_id) == ("inspections.tasks.mail_notice", str(notice.pk))
        tasks.mail_notice(job.object_id)
    [sent] = mail.outbox
    assert (sent.to, sent.body) == (["wl@example.org"], f"{notice.text}\n\nhttps://x/jiancha/queren/")


def test_own_messages_only_are_marked_read() -> None:
    desk = dispatched()
    send("2024-06-05")
    assert services.read_notices(actor=desk.wl, notices=Notice.objects.all()) == 1
    assert list(Notice.objects.unread()) == [Notice.objects.get(recipient=desk.ga)]
