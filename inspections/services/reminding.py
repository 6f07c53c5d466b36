"""提醒: who still owes a confirmation or a section hears of it, once a day, however often the job runs."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction

from inspections import deadlines
from inspections.models import Confirmation, DepartmentSection, Notice, Reminder
from inspections.services import people
from registry import audit, clock, jobs
from registry.errors import DomainError
from registry.models import Department, User
from registry.services import current_calendar
from registry.workdays import Calendar, CalendarNotLoaded
from sampling.models import Plan

CONFIRM, SECTION, MANUAL = "CONFIRM", "SECTION", "MANUAL"


@dataclass
class Debt:
    """What one person owes in one plan: how many, and the earliest due day (None = no clock runs yet)."""

    count: int = 0
    earliest: dt.date | None = None
    seen: set[int] = field(default_factory=set)

    def add(self, key: int, due: dt.date | None) -> None:
        """Count an object once."""
        if key in self.seen:
            return
        self.seen.add(key)
        self.count += 1
        if due and (self.earliest is None or due < self.earliest):
            self.earliest = due


Debts = dict[tuple[int, int], Debt]


def countdown(due: dt.date, today: dt.date, calendar: Calendar) -> str:
    """``registry.workdays.words``, or what is missing for it."""
    try:
        return deadlines.words(due, today, calendar)
    except CalendarNotLoaded as error:
        return f"期限待定：{error.year}年日历未录入"


@transaction.atomic
def send_due_reminders(*, day: dt.date) -> int:
    """Remind everybody of what is due on the next working day, today, or overdue on ``day``; number of notices sent.

    Confirmations go to the department's administrators, sections to their inspectors (to the administrators where
    none has an account). One notice per person, plan and kind; a second run on the same day sends nothing.
    """
    calendar, _version = current_calendar()
    until = deadlines.reminded_by(day, calendar)
    sent = 0
    confirmations = Confirmation.objects.due_by(until).select_related("record")
    for (plan_id, user_id), debt in _owed_confirmations(confirmations).items():
        sent += _remind_once(CONFIRM, plan_id, user_id, day, debt, calendar)
    sections = DepartmentSection.objects.due_by(until).select_related("record")
    for (plan_id, user_id), debt in _owed_sections(sections).items():
        sent += _remind_once(SECTION, plan_id, user_id, day, debt, calendar)
    return sent


def _owed_confirmations(rows: Iterable[Confirmation]) -> Debts:
    rows = list(rows)
    debts: Debts = defaultdict(Debt)
    admins = defaultdict(list)
    for user in people.administrators({row.department_id for row in rows}):
        admins[user.department_id].append(user.pk)
    for row in rows:
        for user_id in admins[row.department_id]:
            debts[row.record.plan_id, user_id].add(row.pk, row.due_on)
    return debts


def _owed_sections(rows: Iterable[DepartmentSection]) -> Debts:
    rows = list(rows)
    debts: Debts = defaultdict(Debt)
    members = defaultdict(list)
    told = DepartmentSection.objects.filter(pk__in=[row.pk for row in rows], members__replaced=False)
    told = told.filter(members__inspector__user__is_active=True)
    for section_id, user_id in told.values_list("pk", "members__inspector__user_id"):
        members[section_id].append(user_id)
    alone = {row.department_id for row in rows if not members[row.pk]}
    admins = defaultdict(list)
    for user in people.administrators(alone):
        admins[user.department_id].append(user.pk)
    for row in rows:
        for user_id in members[row.pk] or admins[row.department_id]:
            debts[row.record.plan_id, user_id].add(row.pk, row.due_on)
    return debts


def _words(kind: str, plan: Plan, debt: Debt, day: dt.date, calendar: Calendar) -> str:
    what = f"{debt.count} 家企业待比对确认" if kind == CONFIRM else f"{debt.count} 份检查记录待填报"
    text = f"《{plan}》您有 {what}"
    if debt.earliest:
        due = debt.earliest
        text += f"，最早一份 {due.month}月{due.day}日到期，{countdown(due, day, calendar)}"
    return text + "。"


def _remind_once(kind: str, plan_id: int, user_id: int, day: dt.date, debt: Debt, calendar: Calendar) -> int:
    plan = Plan.objects.get(pk=plan_id)
    link = people.link("task_inbox") if kind == CONFIRM else people.link("record_today")
    return _give(kind, plan, user_id, day, _words(kind, plan, debt, day, calendar), link)


def _give(kind: str, plan: Plan, user_id: int, day: dt.date, text: str, url: str) -> int:
    """One notice with its reminder row, or nothing when the person has had it today (the constraint decides)."""
    key = {"kind": kind, "object_id": f"plan:{plan.pk}", "recipient_id": user_id, "day": day}
    if Reminder.objects.filter(**key).exists():
        return 0
    try:
        with transaction.atomic():
            notice = Notice.objects.create(recipient_id=user_id, text=text[:300], url=url, at=clock.now())
            Reminder.objects.create(notice=notice, **key)
    except IntegrityError:
        return 0
    if settings.EMAIL_URL and notice.recipient.email:
        jobs.enqueue("inspections.tasks.mail_notice", notice.pk)
    return 1


def mail_notice(*, notice_id: int) -> None:
    """Send a notice by e-mail too; only where mail is set up and the person has an address."""
    notice = Notice.objects.select_related("recipient").get(pk=notice_id)
    if settings.EMAIL_URL and notice.recipient.email:
        body = f"{notice.text}\n\n{settings.PUBLIC_ORIGIN}{notice.url}"
        send_mail(f"【{settings.BRAND_NAME}】待办提醒", body, None, [notice.recipient.email])


@transaction.atomic
def remind(*, actor: User, plan: Plan, departments: Iterable[Department]) -> int:
    """Remind by hand, from the progress page: everybody of these departments who owes something; number of people.

    Once per person, plan and day; who has been reminded today by hand is left alone. Raises DomainError when nothing
    is chosen or nobody owes anything.
    """
    plan = people.lock_plans([plan.pk])[plan.pk]
    people.must_lead(actor, plan)
    chosen = list(departments)
    if not chosen:
        raise DomainError("请先勾选要提醒的部门。")
    today, (calendar, _version) = clock.today(), current_calendar()
    keys = [department.pk for department in chosen]
    confirmations = Confirmation.objects.pending().filter(record__plan=plan, department__in=keys)
    sections = DepartmentSection.objects.owed().filter(record__plan=plan, department__in=keys)
    kinds = {CONFIRM: _owed_confirmations(confirmations.select_related("record"))}
    kinds[SECTION] = _owed_sections(sections.select_related("record"))
    if not any(kinds.values()):
        raise DomainError("所选部门没有欠办的事，不用提醒。")
    texts: dict[int, list[str]] = defaultdict(list)
    for kind, debts in kinds.items():
        for (_plan_id, user_id), debt in debts.items():
            texts[user_id].append(_words(kind, plan, debt, today, calendar))
    told = 0
    for user_id, lines in sorted(texts.items()):
        told += _give(MANUAL, plan, user_id, today, f"牵头部门提醒：{''.join(lines)}", people.link("notice_list"))
    after = {"departments": [str(department) for department in chosen], "people": told}
    audit.record(stream=f"plan:{plan.pk}", actor=actor, action="提醒", obj=plan, after=after)
    return told


@transaction.atomic
def read_notices(*, actor: User, notices: Iterable[Notice]) -> int:
    """Mark a person's own notices as read; number changed."""
    keys = [notice.pk for notice in notices]
    return Notice.objects.filter(pk__in=keys, recipient=actor, read_at=None).update(read_at=clock.now())
