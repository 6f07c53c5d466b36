"""每日人员检查: nothing silently stays with somebody who is gone, no certificate runs out unannounced."""

import datetime as dt
from collections import defaultdict

from django.db import IntegrityError, transaction

from inspections.absences import Absence, absences, expiring
from inspections.models import Reminder
from inspections.services import people
from registry.models import User
from sampling.models import Plan

AWAY, CERTIFICATE = "AWAY", "CERTIFICATE"


def _tell_once(kind: str, key: str, user: User, day: dt.date, text: str, url: str) -> int:
    """One message with its reminder row; 0 when the person has had it (the constraint decides)."""
    row = {"kind": kind, "object_id": key, "recipient": user, "day": day}
    if Reminder.objects.filter(**row).exists():
        return 0
    try:
        with transaction.atomic():
            (notice,) = people.notify([user], text, url)
            Reminder.objects.create(notice=notice, **row)
    except IntegrityError:
        return 0
    return 1


def _whom(rows: list[Absence], department: int) -> list[User]:
    """The department's administrators; where it has none, the lead bureaus of the plans."""
    admins = people.administrators([department])
    if admins:
        return admins
    leads = Plan.objects.filter(pk__in={row.plan for row in rows}).values("lead")
    return list(User.objects.filter(is_active=True, is_lead=True, department__in=leads).order_by("pk"))


@transaction.atomic
def check_people(*, day: dt.date) -> int:
    """Tell each department's administrators, once a day, whose records nobody will visit; tell them and the person,
    once, of a certificate that ends within 60 days. Number of notices; a second run on the same day sends none."""
    sent = 0
    of_department: dict[int, list[Absence]] = defaultdict(list)
    for row in absences(day):
        of_department[row.inspector.department_id].append(row)
    for department, rows in of_department.items():
        shown = "、".join(f"{row.inspector.name}{row.words}，名下还有 {row.count} 份记录" for row in rows[:3])
        more = f"，另有 {len(rows) - 3} 人" if len(rows) > 3 else ""
        text = f"{shown}{more}。请到待办页换人，由候补顺位接替。"
        for user in _whom(rows, department):
            sent += _tell_once(AWAY, f"department:{department}", user, day, text, "/daiban/")
    soon = list(expiring(day).select_related("user"))
    admins = people.administrators({one.department_id for one in soon})
    for one in soon:
        until = one.badge_valid_until
        text = f"{one.name}的执法证{until.year}年{until.month}月{until.day}日到期，到期后不能再被抽取，请尽快换证。"
        told = {user.pk: user for user in admins if user.department_id == one.department_id}
        if one.user is not None and one.user.is_active:
            told[one.user.pk] = one.user
        for user in told.values():  # the day of the end, not of the notice: a certificate is announced once
            sent += _tell_once(CERTIFICATE, f"inspector:{one.pk}", user, until, text, people.link("notice_list"))
    return sent
