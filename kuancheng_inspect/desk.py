"""What a person owes, sorted by clock: the home page of each role. Reads only; the rows are in desk_rows.py."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.urls import reverse

from inspections import bases, reads
from inspections.burndown import track
from inspections.enums import OPEN_FOR_ENTRY, RecordState
from inspections.models import DepartmentSection, InspectionRecord
from kuancheng_inspect import desk_rows as rows
from kuancheng_inspect.desk_rows import Clock, Todo, day_text
from publicity.models import ExportJob
from publicity.services import deadlines_by_day
from registry import clock as clocks
from registry.enums import InspectorStatus, Role
from registry.models import AuditHead, Department, Inspector, User
from registry.months import Day, counts_by_day, month_after, weeks_of
from registry.workdays import CalendarNotLoaded
from sampling.enums import PlanState
from sampling.models import Draw, LogEntry, Plan

RUNNING = [PlanState.DISPATCHED, PlanState.INSPECTING]


@dataclass
class Desk:
    """The home page of one person; what a role does not have stays empty."""

    todos: list[Todo] = field(default_factory=list)
    debts: list[dict[str, Any]] = field(default_factory=list)
    people: list[Inspector] = field(default_factory=list)
    weeks: list[list[Day | None]] = field(default_factory=list)
    burndown: dict[str, Any] | None = None
    last_draw: dict[str, Any] | None = None
    upcoming: str = ""

    @property
    def overdue(self) -> int:
        """How many rows are late."""
        return sum(todo.kind == "late" for todo in self.todos)

    @property
    def debt_totals(self) -> dict[str, int]:
        """The last row of the table of debts."""
        return {name: sum(row[name] for row in self.debts) for name in ("pending", "overdue", "review")}


def desk_of(user: User, today: dt.date) -> Desk:
    """The rows of every role the person holds, the earliest deadline first, rows without one last."""
    desk, clock = Desk(), Clock(today)
    roles = user.roles
    found: list[Iterable[Todo]] = []
    if Role.LEAD in roles:
        all_of = rows.Overview(user, clock)
        found += [rows.plans(user, clock), rows.departments(user, clock, all_of), rows.publishing(user, clock),
                  rows.feedback(user), rows.calendar(clock),
                  rows.second_looks(user),
                  rows.gone(clock, section__record__plan__lead_id=user.department_id)]  # fmt: skip
        desk.debts = _debts(all_of)
        desk.burndown = _burndown(all_of, clock)
        desk.last_draw = _last_draw(user)
    if Role.DEPT_ADMIN in roles:
        found += [rows.department(user, clock), rows.gone(clock, section__department_id=user.department_id),
                  rows.certificates(user, clock)]  # fmt: skip
        desk.people = _people(user, clock.first_open)
    if Role.INSPECTOR in roles:
        found.append(rows.own_records(user, clock))
        found.append(rows.own_certificate(user, clock))
    if Role.SYSADMIN in roles:
        found += [rows.accounts(), rows.calendar(clock)]
    desk.todos = rows.each_once(found)
    if roles & {Role.LEAD, Role.DEPT_ADMIN}:
        desk.weeks = weeks_of(today.replace(day=1), today, clock.calendar, _marks(user, clock))
        desk.upcoming = "" if desk.todos else _upcoming(user, clock)
    return desk


def _marks(user: User, clock: Clock) -> dict[dt.date, dict[str, Any]]:
    """Day of this month → what the year's calendar says of it: how many are due, and how that day stands."""
    first = clock.today.replace(day=1)
    lines = deadlines_by_day(user, first, month_after(first) - dt.timedelta(days=1))
    found = {}
    for day, number in counts_by_day(lines).items():
        url = f"{reverse('registry:calendar')}?year={day.year}&day={day}"
        found[day] = {"kind": clock.tag(day)["kind"], "words": f"{number} 件", "count": number, "url": url}
    return found


def _debts(all_of: rows.Overview) -> list[dict[str, Any]]:
    """Department → 未确认, 逾期, 待复核 over the plans this user leads, and the last sign-in of its people."""
    keys = {department for _, department in {*all_of.asked, *all_of.made}}
    departments = Department.objects.filter(pk__in=keys).annotate(
        last_seen=Max("users__last_login", filter=Q(users__is_dept_admin=True)),
        never=Count("users", filter=Q(users__is_dept_admin=True, users__last_login=None, users__is_active=True)),
    )
    found = []
    for one in departments:
        asked = _of_department(all_of.asked, one.pk, bases.CONFIRMATION_COUNTS)
        made = _of_department(all_of.made, one.pk, bases.SECTION_COUNTS)
        found.append(
            {
                "department": one,
                "pending": asked["pending"],
                "overdue": asked["late"] + made["late"],
                "review": made["submitted"],
                "last_seen": one.last_seen,
                "never": one.never,
            }
        )
    return sorted(found, key=lambda row: (-row["overdue"], -row["pending"], row["department"].order))


def _of_department(counts: Mapping[Any, bases.Counts], key: int, names: Iterable[str]) -> bases.Counts:
    return bases.total_of((one for (_, department), one in counts.items() if department == key), names)


def _burndown(all_of: rows.Overview, clock: Clock) -> dict[str, Any] | None:
    """How the running plan that stands worst goes down: the most late, then the most behind; None without one."""
    running = [plan for plan in all_of.plans.values() if plan.state in RUNNING]
    plans = reads.with_dispatch(Plan.objects.filter(pk__in=[plan.pk for plan in running]))
    found = [one for plan in plans.order_by("pk") if (one := _standing(plan, all_of, clock))]
    return max(found, key=lambda one: (one["late"], one["behind"] or 0, one["left"]), default=None)


def _standing(plan: Plan, all_of: rows.Overview, clock: Clock) -> dict[str, Any] | None:
    """What is left of a plan and by how much that is behind; None when nobody has anything to enter in it."""
    made = bases.total_of((one for (key, _), one in all_of.made.items() if key == plan.pk), bases.SECTION_COUNTS)
    asked = bases.total_of((one for (key, _), one in all_of.asked.items() if key == plan.pk), bases.CONFIRMATION_COUNTS)
    if not made["due"]:
        return None
    found: dict[str, Any] = {
        "plan": plan, "left": made["left"], "total": made["due"], "open": made["open"],
        "confirming": made["confirming"], "late": made["late"] + asked["late"], "behind": None, "gap": "",
    }  # fmt: skip
    try:
        days = track(plan.dispatched_at.astimezone(clocks.SHANGHAI).date(), plan.period_to, clock.today, clock.calendar)
    except CalendarNotLoaded:
        return found
    behind = days.behind(made["due"], made["left"])
    return found | {"behind": behind, "gap": str(abs(behind))}


def _last_draw(user: User) -> dict[str, Any] | None:
    """The newest draw of the plans this user leads (rehearsals apart), with the head of the log at which it stands."""
    draw = (
        Draw.objects.filter(plan__lead_id=user.department_id, plan__rehearsal=False)
        .select_related("plan", "roster")
        .first()
    )
    if draw is None:
        return None
    line = LogEntry.objects.filter(roster=draw.roster_id).order_by("-seq").values_list("chain", flat=True).first()
    return {"draw": draw, "head": line or ""}


def _people(user: User, first_open: dt.date) -> list[Inspector]:
    """The department's people on duty with what each still has to enter; those without a task last."""
    open_seats = Q(section_members__replaced=False, section_members__section__record__state__in=reads.ALIVE)
    open_seats &= Q(section_members__section__state__in=list(OPEN_FOR_ENTRY))
    open_seats &= ~Q(section_members__section__record__plan__state=PlanState.CANCELLED)
    late = open_seats & Q(section_members__section__due_on__lt=first_open)
    late &= Q(section_members__section__record__state=RecordState.OPEN)
    people = Inspector.objects.filter(department_id=user.department_id, status=InspectorStatus.ACTIVE)
    counted = people.select_related("user").annotate(
        open=Count("section_members", filter=open_seats), late=Count("section_members", filter=late)
    )
    return list(counted.order_by("-late", "-open", "badge")[:20])


def _upcoming(user: User, clock: Clock) -> str:
    """``下一个期限：7月8日（周一），公示期限``, or nothing when no clock runs."""
    sections = DepartmentSection.objects.filter(record__in=InspectionRecord.objects.visible_to(user).values("pk"))
    later = sections.filter(publish_due_on__gte=clock.today, record__publications=None)
    found = [
        (later.aggregate(day=Min("publish_due_on"))["day"], "公示期限"),
        (_next(user, clock, "period_from"), "抽查开始"),
        (_next(user, clock, "summary_due"), "总结报送期限"),
    ]
    known = sorted((day, words) for day, words in found if day)
    return f"下一个期限：{day_text(known[0][0])}，{known[0][1]}" if known else ""


def _next(user: User, clock: Clock, name: str) -> dt.date | None:
    plans = Plan.objects.visible_to(user).filter(**{f"{name}__gte": clock.today})
    day: dt.date | None = plans.aggregate(day=Min(name))["day"]
    return day


def facts_for_auditor(now: dt.datetime) -> dict[str, Any]:
    """Numbers for the auditor's home page."""
    week = ExportJob.objects.filter(requested_at__gte=now - dt.timedelta(days=7))
    return {
        "plans": Plan.objects.count(),
        "records": InspectionRecord.objects.count(),
        "streams": AuditHead.objects.count(),
        "events": sum(AuditHead.objects.values_list("seq", flat=True)),
        "exports": week.count(),
        "head": LogEntry.objects.order_by("-seq").values_list("chain", flat=True).first() or "",
        "log_url": reverse("registry:audit_log"),
    }
