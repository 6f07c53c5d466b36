"""What is still owed on which day, over all apps: for the year's calendar. Reads only."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from inspections import bases
from inspections.models import Confirmation, DepartmentSection, FollowUp
from publicity.models import PublishedResult
from registry import clock
from registry.enums import Role
from registry.models import User
from sampling.enums import PlanState
from sampling.models import Plan

FINISHED = [PlanState.SUMMARISED, PlanState.ARCHIVED, PlanState.CANCELLED]
BEFORE_DISPATCH = [PlanState.DRAFT, PlanState.FROZEN, PlanState.DRAWN]
Inside = tuple[dt.date, dt.date]


@dataclass(frozen=True)
class DueLine:
    """What one department (empty: the lead bureau) owes in one plan on one day, and where it is done."""

    day: dt.date
    what: str
    plan: str
    count: int
    url: str


def deadlines_by_day(user: User, first: dt.date, last: dt.date) -> list[DueLine]:
    """All open deadlines from ``first`` to ``last`` that this person owes or oversees, the earliest first. The year's
    calendar and the month on the home both show these lines."""
    if not user.roles - {Role.SYSADMIN}:
        return []  # looks after accounts and data; owes nobody's work, and those pages are not open to that role
    inside = (first, last)
    lines = [*_confirmations(user, inside), *_sections(user, inside), *_follow_ups(user, inside)]
    lines += [*_publications(user, inside), *_reviews(user, inside), *_plans(user, inside)]
    return sorted(lines, key=lambda line: (line.day, line.plan, line.what))


def _oversees(user: User) -> bool:
    return bool(user.roles & {Role.LEAD, Role.AUDITOR})


def _confirmations(user: User, inside: Inside) -> Iterable[DueLine]:
    rows = Confirmation.objects.visible_to(user).pending().filter(due_on__range=inside).order_by()
    names = ("due_on", "record__plan", "record__plan__task_name", "department__short_name")
    for day, plan, name, department, count in rows.values_list(*names).annotate(n=Count("pk")):
        own = f"{reverse('inspections:task_inbox')}#plan-{plan}"
        yield DueLine(day, f"{department}确认 {count} 家", name, count, _progress(user, plan, own))


def _sections(user: User, inside: Inside) -> Iterable[DueLine]:
    rows = DepartmentSection.objects.listed_for(user).owed().filter(due_on__range=inside).order_by()
    names = ("due_on", "record__plan", "record__plan__task_name", "department__short_name")
    for day, plan, name, department, count in rows.values_list(*names).annotate(n=Count("pk")):
        own = f"{reverse('inspections:task_list')}?plan={plan}"
        yield DueLine(day, f"{department}回填 {count} 份", name, count, _progress(user, plan, own))


def _follow_ups(user: User, inside: Inside) -> Iterable[DueLine]:
    rows = FollowUp.objects.still_open().filter(deadline__range=inside).order_by()
    rows = rows.filter(section__in=DepartmentSection.objects.listed_for(user).values("pk"))
    own = "section__record__plan"
    names = ("deadline", own, f"{own}__task_name", "section__department__short_name")
    for day, _, name, department, count in rows.values_list(*names).annotate(n=Count("pk")):
        yield DueLine(day, f"{department}整改复查 {count} 项", name, count, reverse("inspections:follow_up_list"))


def _publications(user: User, inside: Inside) -> Iterable[DueLine]:
    if not _oversees(user):
        return
    out = PublishedResult.objects.filter(publication__record=OuterRef("record"), department=OuterRef("department"))
    rows = DepartmentSection.objects.listed_for(user).filter(bases.DUE, bases.RUNNING, record__plan__rehearsal=False)
    rows = rows.filter(~Exists(out), publish_due_on__range=inside).order_by()
    names = ("publish_due_on", "record__plan", "record__plan__task_name")
    for day, plan, name, count in rows.values_list(*names).annotate(n=Count("record", distinct=True)):
        own = reverse("publicity:publish_list")
        url = own if Role.LEAD in user.roles else _progress(user, plan, own)
        yield DueLine(day, f"公示 {count} 家的结果", name, count, url)


def _reviews(user: User, inside: Inside) -> Iterable[DueLine]:
    """What a department has to review before it can be published; who oversees sees the publication instead."""
    if _oversees(user):
        return
    rows = DepartmentSection.objects.to_review(user).filter(publish_due_on__range=inside).order_by()
    names = ("publish_due_on", "record__plan", "record__plan__task_name")
    for day, _, name, count in rows.values_list(*names).annotate(n=Count("pk")):
        yield DueLine(day, f"复核 {count} 份，等公示", name, count, reverse("inspections:review_next"))


def _plans(user: User, inside: Inside) -> Iterable[DueLine]:
    """Plan days: its start before it is dispatched (until it has passed), its end while it runs, the summary."""
    if not _oversees(user):
        return
    days = ("period_from", "period_to", "summary_due")
    wanted = Q(*((f"{name}__range", inside) for name in days), _connector=Q.OR)
    today = clock.today()
    for plan in Plan.objects.visible_to(user).exclude(state__in=FINISHED).filter(wanted):
        url = reverse("sampling:plan_detail", args=[plan.pk])
        starts = plan.state in BEFORE_DISPATCH and plan.period_from >= today
        ends = plan.state not in BEFORE_DISPATCH and plan.state != PlanState.COMPLETED
        lines = [("抽查开始", plan.period_from, starts), ("抽查截止", plan.period_to, ends),
                 ("报送总结", plan.summary_due, plan.state not in BEFORE_DISPATCH)]  # fmt: skip
        for what, day, shown in lines:
            if shown and day and inside[0] <= day <= inside[1]:
                yield DueLine(day, what, plan.task_name, 1, url)


def _progress(user: User, plan: int, own: str) -> str:
    return reverse("inspections:plan_progress", args=[plan]) if _oversees(user) else own
