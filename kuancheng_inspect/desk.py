"""What a person owes, sorted by clock: the home page of each role. Reads only; the rows are in desk_rows.py."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.urls import reverse

from inspections import reads
from inspections.burndown import track
from inspections.enums import OPEN_FOR_ENTRY, RecordState, SectionState
from inspections.models import Confirmation, DepartmentSection, InspectionRecord
from kuancheng_inspect import desk_rows as rows
from kuancheng_inspect.desk_rows import Clock, Todo, day_text
from publicity.models import ExportJob
from registry import clock as clocks
from registry.enums import InspectorStatus, Role
from registry.models import AuditHead, Department, Inspector, User
from registry.months import Day, weeks_of
from registry.workdays import CalendarNotLoaded
from sampling.enums import PlanState
from sampling.models import Draw, LogEntry, Plan

RUNNING = [PlanState.DISPATCHED, PlanState.INSPECTING]
WORST = {"late": 0, "soon": 1, "doing": 2, "todo": 3}


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
        found += [rows.plans(user, clock), rows.departments(user, clock), rows.publishing(user, clock),
                  rows.feedback(user), rows.calendar(clock),
                  rows.second_looks(user),
                  rows.gone(clock, section__record__plan__lead_id=user.department_id)]  # fmt: skip
        desk.debts = _debts(user, clock.first_open)
        desk.burndown = _burndown(user, clock)
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
    once = {todo.key: todo for part in found for todo in part}
    desk.todos = sorted(once.values(), key=lambda todo: (todo.due or dt.date.max, todo.title))
    if roles & {Role.LEAD, Role.DEPT_ADMIN}:
        desk.weeks = weeks_of(today.replace(day=1), today, clock.calendar, _marks(desk.todos))
        desk.upcoming = "" if desk.todos else _upcoming(user, clock)
    return desk


def _marks(todos: list[Todo]) -> dict[dt.date, dict[str, Any]]:
    """Day → what is due on it: the words of one row, or how many there are, the worst of them in colour."""
    days: dict[dt.date, list[Todo]] = {}
    for todo in todos:
        if todo.due:
            days.setdefault(todo.due, []).append(todo)
    found = {}
    for day, due in days.items():
        kind = min((todo.kind for todo in due), key=WORST.__getitem__)
        words = due[0].due_words.removeprefix("最早的")[:2] if len(due) == 1 else f"{len(due)} 件"
        found[day] = {"kind": kind, "words": words, "url": due[0].url if len(due) == 1 else "#h-todo"}
    return found


def _debts(user: User, first_open: dt.date) -> list[dict[str, Any]]:
    """Department → 未确认, 逾期, 待复核 over the plans this user leads, and the last sign-in of its people."""
    confirm = Confirmation.objects.led_by(user).stage_counts(first_open)
    sections = DepartmentSection.objects.filter(record__plan__lead_id=user.department_id).stage_counts(first_open)
    departments = Department.objects.filter(pk__in={*confirm, *sections}).annotate(
        last_seen=Max("users__last_login", filter=Q(users__is_dept_admin=True)),
        never=Count("users", filter=Q(users__is_dept_admin=True, users__last_login=None, users__is_active=True)),
    )
    found = []
    for one in departments:
        waiting, filled = confirm.get(one.pk, {}), sections.get(one.pk, {})
        found.append(
            {
                "department": one,
                "pending": waiting.get("pending", 0),
                "overdue": waiting.get("overdue", 0) + filled.get("overdue", 0),
                "review": filled.get("submitted", 0),
                "last_seen": one.last_seen,
                "never": one.never,
            }
        )
    return sorted(found, key=lambda row: (-row["overdue"], -row["pending"], row["department"].order))


def _burndown(user: User, clock: Clock) -> dict[str, Any] | None:
    """How the running plan with the most left stands against its plan; None without one."""
    alive = DepartmentSection.objects.filter(record__state__in=reads.ALIVE).exclude(
        state__in=[SectionState.NO_ITEMS, SectionState.NOT_MINE, SectionState.CLOSED]
    )
    left = Count("pk", filter=~Q(state__in=list(reads.ENTERED)))
    led = alive.filter(record__plan__lead_id=user.department_id, record__plan__state__in=RUNNING).order_by()
    row = led.values("record__plan").annotate(total=Count("pk"), left=left).order_by("-left", "record__plan").first()
    if row is None:
        return None
    plan = reads.with_dispatch(Plan.objects.filter(pk=row["record__plan"])).get()
    found: dict[str, Any] = {"plan": plan, "left": row["left"], "behind": None, "gap": ""}
    try:
        days = track(plan.dispatched_at.astimezone(clocks.SHANGHAI).date(), plan.period_to, clock.today, clock.calendar)
    except CalendarNotLoaded:
        return found
    behind = days.behind(row["total"], row["left"])
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
