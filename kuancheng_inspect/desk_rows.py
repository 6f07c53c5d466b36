"""The rows of the home pages: what is owed, by when, and where it is done. One function a kind of work, reads only."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q
from django.urls import reverse

from inspections.absences import Absence, absences, expiring
from inspections.models import Confirmation, Delivery, DepartmentSection, FollowUp, InspectionRecord
from publicity import reads
from publicity.enums import ExportState
from publicity.models import ExportJob, Feedback
from registry import clock as the_clock
from registry import workdays
from registry.enums import JobState
from registry.models import Inspector, Job, User
from registry.services import current_calendar
from sampling.enums import Decision, PlanState
from sampling.models import DrawRequest, EventRequest, Plan, VoidRequest

WEEKDAYS = "一二三四五六日"
CALENDAR_AHEAD = dt.timedelta(days=60)
BEFORE_DISPATCH = [PlanState.DRAFT, PlanState.FROZEN, PlanState.DRAWN]


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

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two rows the same, for people with two roles."""
        return self.title, self.note, self.url


class Clock:
    """Turns a due day into the tag of a row."""

    def __init__(self, today: dt.date) -> None:
        self.today, self.first_open = today, the_clock.first_open_day()
        self.calendar, _ = current_calendar()

    def tag(self, due: dt.date | None) -> dict[str, Any]:
        """``due``, ``kind`` and ``tag`` for a Todo: late in red, due today or tomorrow in amber."""
        if due is None:
            return {}
        standing = workdays.countdown(due, self.today, self.calendar, self.first_open)
        return {"due": due, "tag": standing.text, "kind": standing.kind}


def plans(user: User, clock: Clock) -> Iterable[Todo]:
    """What the lead bureau has to do with each plan before it is dispatched and after it is complete."""
    states = [*BEFORE_DISPATCH, PlanState.COMPLETED]
    for plan in Plan.objects.led_by(user).filter(state__in=states).select_related("lead").with_counts():
        name = f"{plan.task_code} · {plan.lead}"
        begin = {**clock.tag(plan.period_from), "due_words": "抽查开始"}
        if plan.state == PlanState.DRAFT:
            url = reverse("sampling:plan_detail", args=[plan.pk])
            yield Todo(f"写完“{plan.task_name}”", f"{name} · 核对后冻结名单", url, "pencil-square", **begin)
        elif plan.state == PlanState.FROZEN:
            url = reverse("sampling:plan_draw", args=[plan.pk])
            yield Todo(f"抽取“{plan.task_name}”", f"{name} · {plan.total} 家 · 名单已冻结", url, "dice-5", **begin)
        elif plan.state == PlanState.DRAWN:
            url = reverse("sampling:plan_result", args=[plan.pk])
            yield Todo(f"派发“{plan.task_name}”", f"{name} · 已抽取，部门还看不到名单", url, "send", **begin)
        else:
            url = reverse("publicity:plan_summary", args=[plan.pk])
            yield Todo(f"总结“{plan.task_name}”", "亮点、经验做法、存在问题和统计表", url, "file-earmark-text",
                       **clock.tag(plan.summary_due), due_words="总结报送期限")  # fmt: skip


def _several(names: Counter[str], unit: str) -> tuple[str, str]:
    """(who, how many of each) for a row that stands for one or several departments."""
    who = next(iter(names)) if len(names) == 1 else f"{len(names)} 个部门"
    return who, "、".join(f"{name} {n} {unit}" for name, n in names.most_common()) if len(names) > 1 else ""


def departments(user: User, clock: Clock) -> Iterable[Todo]:
    """What the departments owe the lead bureau: a row per plan and day of confirmation, one per plan of entries."""
    waiting: dict[tuple[int, str, dt.date], Counter[str]] = defaultdict(Counter)
    confirmations = Confirmation.objects.led_by(user)
    for row in confirmations.pending_by_plan(clock.first_open):
        waiting[row["plan"], row["plan_name"], row["due_on"]][row["department_name"]] += row["count"]
    for (plan, name, due), names in waiting.items():
        who, each = _several(names, "家")
        url = reverse("inspections:plan_progress", args=[plan])
        yield Todo(f"{who}有 {names.total()} 家企业没有确认", " · ".join(filter(None, [name, each])), url,
                   "building-exclamation", **clock.tag(due), due_words="确认期限")  # fmt: skip
    returned = confirmations.returned().count()
    if returned:
        yield Todo(f"处理退回的 {returned} 家企业", "保留、按状态结案或由候补递补", reverse("inspections:return_list"),
                   "arrow-return-left", kind="doing", tag="待处理")  # fmt: skip
    owed: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    earliest: dict[int, dt.date] = {}
    sections = DepartmentSection.objects.filter(record__plan__lead_id=user.department_id)
    for row in sections.owed_by_department(clock.first_open):
        owed[row["plan"], row["plan_name"]][row["department_name"]] += row["count"]
        if row["earliest"]:
            earliest[row["plan"]] = min(earliest.get(row["plan"], dt.date.max), row["earliest"])
    for (plan, name), names in owed.items():
        who, each = _several(names, "份")
        url = reverse("inspections:plan_progress", args=[plan])
        note = " · ".join(filter(None, [name, each]))
        yield Todo(f"{who}有 {names.total()} 份记录没有回填", note, url, "clipboard-x", **clock.tag(earliest.get(plan)),
                   due_words="最早的回填期限")  # fmt: skip


def publishing(user: User, clock: Clock) -> Iterable[Todo]:
    """A row per plan with results that can be published today; one query."""
    led = Plan.objects.led_by(user).exclude(state__in=BEFORE_DISPATCH)
    found = reads.publishable(InspectionRecord.objects.filter(plan__in=led), clock.today)
    rows: dict[tuple[int, str], list[dt.date | None]] = defaultdict(list)
    for plan, name, due in found.values_list("plan", "plan__task_name", "publish_by"):
        rows[plan, name].append(due)
    for (_, name), days in rows.items():
        due = min((day for day in days if day), default=None)
        yield Todo(f"公示 {len(days)} 家企业的检查结果", name, reverse("publicity:publish_list"), "megaphone",
                   **clock.tag(due), due_words="公示期限")  # fmt: skip


def second_looks(user: User) -> Iterable[Todo]:
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


def feedback(user: User) -> Iterable[Todo]:
    """举报 and 咨询 that wait for an answer."""
    waiting = Feedback.objects.visible_to(user).filter(answered_at=None).count()
    if waiting:
        yield Todo(f"答复 {waiting} 条举报或咨询", "来自公示页", reverse("publicity:feedback_list"), "chat-left-text")


def department(user: User, clock: Clock) -> Iterable[Todo]:
    """What a department owes: 待确认, 待审批, 待复核, 没有回填, 后续处置."""
    for row in Confirmation.objects.inbox_of(user).pending_by_plan(clock.first_open):
        yield Todo(f"确认派发的 {row['count']} 家企业", row["plan_name"], reverse("inspections:task_inbox"), "building",
                   **clock.tag(row["due_on"]), due_words="确认期限")  # fmt: skip
    approvals = DepartmentSection.objects.to_approve(user).count()
    if approvals:
        yield Todo(f"登记 {approvals} 家企业的检查审批", "检查前经本部门负责人批准，可打印检查通知书",
                   reverse("inspections:approval"), "pen")  # fmt: skip
    reviews = DepartmentSection.objects.to_review(user).aggregate(n=Count("pk"), due=Min("publish_due_on"))
    if reviews["n"]:
        yield Todo(f"复核 {reviews['n']} 份检查记录", "通过后由牵头部门公示", reverse("inspections:review_next"),
                   "clipboard-check", **clock.tag(reviews["due"]), due_words="公示期限")  # fmt: skip
    owed = DepartmentSection.objects.filter(department_id=user.department_id)
    for row in owed.owed_by_department(clock.first_open):
        late = f"，其中 {row['overdue']} 份逾期" if row["overdue"] else ""
        url = f"{reverse('inspections:task_list')}?plan={row['plan']}" + ("&overdue=on" if late else "")
        yield Todo(f"本部门有 {row['count']} 份记录没有回填", row["plan_name"] + late, url, "clipboard-x",
                   **clock.tag(row["earliest"]), due_words="最早的回填期限")  # fmt: skip
    follow_ups = FollowUp.objects.still_open().filter(section__department_id=user.department_id)
    for deadline, count in sorted(Counter(follow_ups.values_list("deadline", flat=True)).items(), key=str):
        yield Todo(f"{count} 项后续处置没有完结", "复查后登记完结", reverse("inspections:follow_up_list"),
                   "arrow-repeat", **clock.tag(deadline), due_words="整改期限")  # fmt: skip


def gone(clock: Clock, **scope: Any) -> Iterable[Todo]:
    """People who are away and what stands under their names; the row leads to the next standby."""
    for one in absences(clock.today, **scope):
        title = f"{one.inspector.name}{one.words}，名下还有 {one.count} 份记录"
        note = f"{one.plan_name} · {one.inspector.department} · "
        then = "由候补顺位接替" if one.member else "检查已进行，由同队人员回填"
        note += "替换申请等牵头部门办理" if one.asked else then
        yield Todo(title, note, _standby(one), "person-exclamation", **clock.tag(one.due), due_words="最早的回填期限")


def _standby(one: Absence) -> str:
    if one.member:
        return reverse("inspections:task_assign", args=[one.member])
    return f"{reverse('inspections:task_list')}?plan={one.plan}&person={one.inspector.pk}"


def certificates(user: User, clock: Clock) -> Iterable[Todo]:
    """The department's certificates that end within 60 days."""
    for one in expiring(clock.today, Inspector.objects.filter(department_id=user.department_id)):
        yield Todo(f"{one.name}的执法证快到期", "到期后不能再被抽取；换证后登记新的有效期",
                   reverse("registry:inspector", args=[one.pk]), "person-badge", due=one.badge_valid_until,
                   due_words="执法证到期", kind="soon", tag="60 天内到期")  # fmt: skip


def own_certificate(user: User, clock: Clock) -> Iterable[Todo]:
    """One's own certificate, when it ends within 60 days."""
    for one in expiring(clock.today, Inspector.objects.filter(user_id=user.pk)):
        yield Todo("您的执法证快到期", "请联系部门管理员换证", reverse("inspections:record_me"), "person-badge",
                   due=one.badge_valid_until, due_words="执法证到期", kind="soon", tag="60 天内到期")  # fmt: skip


def own_records(user: User, clock: Clock) -> Iterable[Todo]:
    """What an inspector still has to enter, a row per plan."""
    mine = DepartmentSection.objects.fillable_by(user).owed().order_by()
    rows = mine.values_list("record__plan__task_name").annotate(n=Count("pk"), due=Min("due_on"))
    for name, count, due in rows:
        yield Todo(f"填写 {count} 份检查记录", name, reverse("inspections:record_list"), "clipboard",
                   **clock.tag(due), due_words="最早的回填期限")  # fmt: skip


def accounts() -> Iterable[Todo]:
    """For the system administrator: accounts never used, and jobs that failed."""
    people = User.objects.filter(is_active=True).aggregate(
        waiting=Count("pk", filter=Q(must_change_password=True)), never=Count("pk", filter=Q(last_login=None))
    )
    users = reverse("admin:registry_user_changelist")
    if people["waiting"]:
        yield Todo(f"{people['waiting']} 个账号还没有换掉一次性密码", "提醒本人登录", users, "person")
    if people["never"]:
        yield Todo(f"{people['never']} 个账号从未登录", "核对是否还需要，或重新发放密码", users, "person-x")
    unsent = Delivery.objects.failed().count()
    if unsent:
        title, ways = f"{unsent} 条邮件或群机器人消息没有送达", reverse("inspections:notice_settings")
        yield Todo(title, "看原因，修好后重发", ways, "send", kind="late", tag="没有送达")
    failed = Job.objects.filter(state=JobState.FAILED).count()
    exports = ExportJob.objects.filter(state=ExportState.FAILED).count()
    if failed or exports:
        yield Todo(f"{failed + exports} 个后台任务失败", "看失败原因，处理后重试", reverse("publicity:export_list"),
                   "exclamation-circle-fill", kind="late", tag="失败")  # fmt: skip


def calendar(clock: Clock) -> Iterable[Todo]:
    """The notice of a year that begins within 60 days, while it is not loaded."""
    ahead = clock.today + CALENDAR_AHEAD
    if ahead.year not in clock.calendar.years:
        yield Todo(f"导入 {ahead.year} 年的工作日历", "按国务院办公厅放假通知；不导入，跨年的期限算不出来",
                   f"{reverse('registry:calendar_import')}?year={ahead.year}", "calendar3", dt.date(ahead.year, 1, 1),
                   "新年第一天", "soon", f"{ahead.year}年日历未录入")  # fmt: skip
