"""What a person owes, sorted by clock: the rows of the home page, for each role. Reads only."""

import calendar as months
import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Q
from django.urls import reverse

from inspections.models import Confirmation, Delivery, DepartmentSection, FollowUp, InspectionRecord
from publicity.models import Feedback
from publicity.services import publishable_records
from registry import workdays
from registry.enums import DayKind, Role
from registry.models import AuditHead, CalendarDay, Department, Inspector, User
from registry.services import current_calendar
from sampling.enums import Decision, PlanState
from sampling.models import DrawRequest, EventRequest, Plan, VoidRequest

WEEKDAYS = "一二三四五六日"
CERTIFICATE_DAYS = 60
CALENDAR_AHEAD = dt.timedelta(days=60)


def day_text(day: dt.date) -> str:
    """9月21日（周一）."""
    return f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


@dataclass(frozen=True)
class Todo:
    """One row of the list: the whole row is a link."""

    title: str
    note: str
    url: str
    icon: str
    due: dt.date | None = None
    due_words: str = ""
    kind: str = "todo"
    tag: str = "待办"

    @property
    def due_text(self) -> str:
        """The deadline as a date with its weekday."""
        return day_text(self.due) if self.due else ""


@dataclass
class Desk:
    """The home page of one person."""

    todos: list[Todo] = field(default_factory=list)
    debts: list[dict[str, Any]] = field(default_factory=list)
    marks: dict[dt.date, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def overdue(self) -> int:
        """How many rows are late."""
        return sum(todo.kind == "late" for todo in self.todos)


class Clock:
    """Turns a due day into the tag of a row."""

    def __init__(self, today: dt.date) -> None:
        self.today = today
        self.calendar, _ = current_calendar()

    def tag(self, due: dt.date | None) -> dict[str, Any]:
        """``due``, ``kind`` and ``tag`` for a Todo: late in red, due today or tomorrow in amber."""
        if due is None:
            return {}
        standing = workdays.countdown(due, self.today, self.calendar)
        return {"due": due, "tag": standing.text, "kind": standing.kind}


def desk_of(user: User, today: dt.date) -> Desk:
    """The rows of every role the person holds, the earliest deadline first, rows without one last."""
    desk, clock = Desk(), Clock(today)
    roles = user.roles
    if Role.LEAD in roles:
        desk.todos += [
            *_lead(user, clock),
            *_publish(user, clock),
            *_feedback(user),
            *_calendar(clock),
            *_second_looks(user),
        ]
        desk.debts = _debts(user, today)
    if Role.DEPT_ADMIN in roles:
        desk.todos += [*_department(user, clock), *_certificates(user, today)]
    if Role.SYSADMIN in roles:
        desk.todos += _accounts()
    desk.todos.sort(key=lambda todo: (todo.due or dt.date.max, todo.title))
    for todo in desk.todos:
        if todo.due:
            desk.marks.setdefault(todo.due, []).append((todo.kind, todo.due_words))
    return desk


def _lead(user: User, clock: Clock) -> Iterable[Todo]:
    for plan in Plan.objects.led_by(user).filter(state__in=[PlanState.DRAFT, PlanState.FROZEN, PlanState.DRAWN]):
        name = f"{plan.task_code} · {plan.lead}"
        if plan.state == PlanState.DRAFT:
            url = reverse("sampling:plan_detail", args=[plan.pk])
            yield Todo(f"写完“{plan.task_name}”", f"{name} · 核对后冻结名单", url, "pencil",
                       **clock.tag(plan.period_from), due_words="抽查开始")  # fmt: skip
        elif plan.state == PlanState.FROZEN:
            roster = plan.roster.order_by("-round").first()
            url = reverse("sampling:plan_draw", args=[plan.pk])
            total = f"{roster.total} 家 · 名单已冻结" if roster else ""
            yield Todo(f"抽取“{plan.task_name}”", f"{name} · {total}", url, "dice-5", **clock.tag(plan.period_from),
                       due_words="抽查开始")  # fmt: skip
        else:
            url = reverse("sampling:plan_result", args=[plan.pk])
            yield Todo(f"派发“{plan.task_name}”", f"{name} · 已抽取，部门还看不到名单", url, "send",
                       **clock.tag(plan.period_from), due_words="抽查开始")  # fmt: skip
    confirmations = Confirmation.objects.led_by(user)
    for row in confirmations.pending_by_plan(clock.today):
        url = reverse("inspections:plan_progress", args=[row["plan"]])
        yield Todo(f"{row['department_name']}有 {row['count']} 家企业没有确认", row["plan_name"], url, "building",
                   **clock.tag(row["due_on"]), due_words="确认期限")  # fmt: skip
    returned = confirmations.returned().count()
    if returned:
        yield Todo(f"处理退回的 {returned} 家企业", "保留、按状态结案或由候补递补", reverse("inspections:return_list"),
                   "arrow-left", kind="doing", tag="待处理")  # fmt: skip
    sections = DepartmentSection.objects.filter(record__plan__lead_id=user.department_id)
    for row in sections.owed_by_department(clock.today):
        url = reverse("inspections:plan_progress", args=[row["plan"]])
        yield Todo(f"{row['department_name']}有 {row['count']} 份记录没有回填", row["plan_name"], url, "clipboard",
                   **clock.tag(row["earliest"]), due_words="回填期限")  # fmt: skip
    for plan in Plan.objects.led_by(user).filter(state=PlanState.COMPLETED):
        url = reverse("publicity:plan_summary", args=[plan.pk])
        yield Todo(f"总结“{plan.task_name}”", "亮点、经验做法、存在问题和统计表", url, "file-earmark-text",
                   **clock.tag(plan.summary_due), due_words="总结报送期限")  # fmt: skip


def _publish(user: User, clock: Clock) -> Iterable[Todo]:
    for plan in Plan.objects.led_by(user).exclude(state__in=[PlanState.DRAFT, PlanState.FROZEN, PlanState.DRAWN]):
        waiting = publishable_records(plan, clock.today)
        if waiting:
            due = min((one.due for one in waiting if one.due), default=None)
            yield Todo(f"公示 {len(waiting)} 家企业的检查结果", plan.task_name, reverse("publicity:publish_list"),
                       "megaphone", **clock.tag(due), due_words="公示期限")  # fmt: skip


def _calendar(clock: Clock) -> Iterable[Todo]:
    """The notice of a year that begins within 60 days, while it is not loaded."""
    ahead = clock.today + CALENDAR_AHEAD
    if ahead.year not in clock.calendar.years:
        yield Todo(f"导入 {ahead.year} 年的工作日历", "按国务院办公厅放假通知；不导入，跨年的期限算不出来",
                   f"{reverse('registry:calendar_import')}?year={ahead.year}", "calendar3", dt.date(ahead.year, 1, 1),
                   "新年第一天", "soon", f"{ahead.year}年日历未录入")  # fmt: skip


def _second_looks(user: User) -> Iterable[Todo]:
    """What waits for another account of the lead bureau: digits and voids to confirm, replacements to decide."""
    own = {"roster__plan__lead_id": user.department_id}
    typed = DrawRequest.objects.filter(**own, withdrawn_at=None, confirmed_at=None, roster__open_freeze__isnull=False)
    for asked in typed.exclude(requested_by=user).select_related("roster__plan"):
        plan = asked.roster.plan
        yield Todo(f"确认“{plan.task_name}”的抽取数字", "另一人已录入，核对后确认即抽取",
                   reverse("sampling:plan_draw", args=[plan.pk]), "dice-5")  # fmt: skip
    voids = VoidRequest.objects.filter(**own, decision=Decision.PENDING).exclude(requested_by=user)
    for void in voids.select_related("roster__plan"):
        yield Todo(f"确认“{void.roster.plan.task_name}”的作废申请", void.reason,
                   reverse("sampling:plan_void", args=[void.roster.plan_id]), "x-circle")  # fmt: skip
    waiting = EventRequest.objects.filter(draw__plan__lead_id=user.department_id, decision=Decision.PENDING).count()
    if waiting:
        yield Todo(f"批准 {waiting} 份替换申请", "按抽取时的候补顺序递补，一起批准的作为一批",
                   reverse("inspections:event_list"), "arrow-left-right")  # fmt: skip


def _feedback(user: User) -> Iterable[Todo]:
    waiting = Feedback.objects.visible_to(user).filter(answered_at=None).count()
    if waiting:
        yield Todo(f"答复 {waiting} 条举报或咨询", "来自公示页", reverse("publicity:feedback_list"), "chat-left-text")


def _department(user: User, clock: Clock) -> Iterable[Todo]:
    for row in Confirmation.objects.inbox_of(user).pending_by_plan(clock.today):
        yield Todo(f"确认派发的 {row['count']} 家企业", row["plan_name"], reverse("inspections:task_inbox"), "building",
                   **clock.tag(row["due_on"]), due_words="确认期限")  # fmt: skip
    approvals = DepartmentSection.objects.to_approve(user).count()
    if approvals:
        yield Todo(f"登记 {approvals} 家企业的检查审批", "检查前经本部门负责人批准，可打印检查通知书",
                   reverse("inspections:approval"), "clipboard")  # fmt: skip
    reviews = DepartmentSection.objects.to_review(user).aggregate(n=Count("pk"), due=Max("publish_due_on"))
    if reviews["n"]:
        yield Todo(f"复核 {reviews['n']} 份检查记录", "通过后由牵头部门公示", reverse("inspections:review_next"),
                   "clipboard-check", **clock.tag(reviews["due"]), due_words="公示期限")  # fmt: skip
    owed = DepartmentSection.objects.filter(department_id=user.department_id)
    for row in owed.owed_by_department(clock.today):
        yield Todo(f"本部门有 {row['count']} 份记录没有回填", row["plan_name"], reverse("inspections:task_list"),
                   "pencil", **clock.tag(row["earliest"]), due_words="回填期限")  # fmt: skip
    follow_ups = FollowUp.objects.still_open().filter(section__department_id=user.department_id)
    for deadline, count in sorted(Counter(follow_ups.values_list("deadline", flat=True)).items(), key=str):
        yield Todo(f"{count} 项后续处置没有完结", "复查后登记完结", reverse("inspections:follow_up_list"),
                   "arrow-repeat", **clock.tag(deadline), due_words="整改期限")  # fmt: skip


def _certificates(user: User, today: dt.date) -> Iterable[Todo]:
    soon = Inspector.objects.visible_to(user).filter(
        status="ACTIVE", badge_valid_until__range=(today, today + dt.timedelta(days=CERTIFICATE_DAYS))
    )
    for inspector in soon:
        yield Todo(f"{inspector.name}的执法证快到期", f"{inspector.badge_valid_until} 到期后不能再被抽取",
                   reverse("registry:inspector_list"), "person", kind="soon", tag="60 天内到期")  # fmt: skip


def _accounts() -> Iterable[Todo]:
    waiting = User.objects.filter(must_change_password=True, is_active=True).count()
    if waiting:
        yield Todo(f"{waiting} 个账号还没有换掉一次性口令", "提醒本人登录", reverse("admin:registry_user_changelist"),
                   "person")  # fmt: skip
    failed = Delivery.objects.failed().count()
    if failed:
        url = reverse("inspections:notice_settings")
        yield Todo(
            f"{failed} 条邮件或群机器人消息没有送达", "看原因，修好后重发", url, "send", kind="late", tag="没有送达"
        )


def _debts(user: User, today: dt.date) -> list[dict[str, Any]]:
    """Department → 未确认, 逾期, 待复核 over the plans this user leads, and when its people last signed in."""
    confirm = Confirmation.objects.led_by(user).stage_counts(today)
    sections = DepartmentSection.objects.filter(record__plan__lead_id=user.department_id).stage_counts(today)
    departments = Department.objects.filter(pk__in={*confirm, *sections}).annotate(
        last_seen=Max("users__last_login", filter=Q(users__is_dept_admin=True)),
        never=Count("users", filter=Q(users__is_dept_admin=True, users__last_login=None), distinct=True),
    )
    rows = []
    for one in departments:
        waiting, filled = confirm.get(one.pk, {}), sections.get(one.pk, {})
        rows.append(
            {
                "department": one,
                "pending": waiting.get("pending", 0),
                "overdue": waiting.get("overdue", 0) + filled.get("overdue", 0),
                "review": filled.get("submitted", 0),
                "last_seen": one.last_seen,
                "never": one.never,
            }
        )
    return rows


def month_of(today: dt.date, marks: dict[dt.date, list[tuple[str, str]]]) -> list[list[dict[str, Any]]]:
    """The weeks of this month as rows of days: rest and make-up days marked, deadlines in words."""
    special = dict(CalendarDay.objects.filter(day__year=today.year, day__month=today.month).values_list("day", "kind"))
    weeks = []
    for week in months.Calendar().monthdatescalendar(today.year, today.month):
        row = []
        for day in week:
            kind = special.get(day, "")
            rest = kind in (DayKind.OFF, DayKind.LOCAL_OFF) or (day.weekday() >= 5 and kind != DayKind.WORK)
            row.append(
                {
                    "day": day if day.month == today.month else None,
                    "rest": rest,
                    "mark": {DayKind.OFF: "休", DayKind.LOCAL_OFF: "休", DayKind.WORK: "班"}.get(kind, ""),
                    "today": day == today,
                    "due": marks.get(day, []),
                }
            )
        weeks.append(row)
    return weeks


def facts_for_auditor() -> dict[str, Any]:
    """Numbers for the auditor's home page."""
    return {
        "plans": Plan.objects.count(),
        "records": InspectionRecord.objects.count(),
        "streams": AuditHead.objects.count(),
        "events": sum(AuditHead.objects.values_list("seq", flat=True)),
    }
