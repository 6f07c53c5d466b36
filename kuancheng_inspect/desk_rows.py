"""The rows of the home pages: what is owed, by when, and where it is done. One function a kind of work, reads only."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse

from inspections import bases
from inspections.absences import Absence, absences, expiring
from inspections.models import Confirmation, Delivery, DepartmentSection, FollowUp, InspectionRecord
from publicity import reads
from publicity.enums import ExportState
from publicity.models import ExportJob, Feedback
from registry import clock as the_clock
from registry import workdays
from registry.enums import JobState
from registry.models import Department, Inspector, Job, User
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
    """One row of the list: the whole row is a link.

    ``about``: what the row is about (kind and key of a plan, a department, a person…). It alone says whether two rows
    are the same, for people with two roles; words may be equal by chance.
    """

    about: str
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
        """The deadline as a date with its weekday; with its year when that is another one."""
        if self.due is None:
            return ""
        year = f"{self.due.year}年" if self.due.year != the_clock.today().year else ""
        return f"{year}{day_text(self.due)}"

    @property
    def order(self) -> tuple[bool, dt.date, str]:
        """The worst first: what is late, then the earliest deadline, rows without one last."""
        return self.kind != "late", self.due or dt.date.max, self.title


def each_once(parts: Iterable[Iterable[Todo]]) -> list[Todo]:
    """One row a subject, the most urgent of those that are about the same, in the order of their deadlines."""
    found: dict[str, Todo] = {}
    for todo in chain.from_iterable(parts):
        known = found.get(todo.about)
        found[todo.about] = min(known, todo, key=lambda one: one.order) if known else todo
    return sorted(found.values(), key=lambda one: one.order)


def late_words(late: int, of: int, unit: str) -> str:
    """What a row that sums up adds: ``，其中 4 份逾期``; nothing while nothing is late."""
    if not late:
        return ""
    return f"，其中 {late} {unit}逾期" if late < of else "，逾期" if of == 1 else "，全部逾期"


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
        name, about = f"{plan.task_code} · {plan.lead}", f"plan:{plan.pk}"
        begin = _beginning(plan.period_from, clock)
        if plan.state == PlanState.DRAFT:
            url = reverse("sampling:plan_detail", args=[plan.pk])
            yield Todo(about, f"写完“{plan.task_name}”", f"{name} · 核对后冻结名单", url, "pencil-square", **begin)
        elif plan.state == PlanState.FROZEN:
            url = reverse("sampling:plan_draw", args=[plan.pk])
            note = f"{name} · {plan.total} 家 · 名单已冻结"
            yield Todo(about, f"抽取“{plan.task_name}”", note, url, "dice-5", **begin)
        elif plan.state == PlanState.DRAWN:
            url = reverse("sampling:plan_result", args=[plan.pk])
            yield Todo(about, f"派发“{plan.task_name}”", f"{name} · 已抽取，部门还看不到名单", url, "send", **begin)
        else:
            url = reverse("publicity:plan_summary", args=[plan.pk])
            yield Todo(about, f"总结“{plan.task_name}”", "亮点、经验做法、存在问题和统计表", url, "file-earmark-text",
                       **clock.tag(plan.summary_due), due_words="总结报送期限")  # fmt: skip


def _beginning(day: dt.date, clock: Clock) -> dict[str, Any]:
    """The first day of a plan that is not dispatched yet. Once it has passed nobody is late by law: the day is to be
    set anew, or the work to be done soon."""
    if day >= clock.today:
        return {**clock.tag(day), "due_words": "抽查开始"}
    return {"due": day, "due_words": "抽查开始", "kind": "soon", "tag": "开始日期已过"}


class Overview:
    """What all departments owe in the plans one lead bureau leads, by plan and department; read once, five queries."""

    def __init__(self, user: User, clock: Clock) -> None:
        by, led = ("record__plan_id", "department_id"), {"record__plan__lead_id": user.department_id}
        self.asked = bases.count_confirmations(Confirmation.objects.led_by(user), clock.first_open, *by)
        self.made = bases.count_sections(DepartmentSection.objects.filter(**led), clock.first_open, *by)
        orders = FollowUp.objects.still_open().filter(section__record__plan__lead_id=user.department_id).order_by()
        names = ("section__record__plan_id", "section__department_id", "deadline")
        self.orders: dict[tuple[int, int], bases.Counts] = defaultdict(lambda: bases.Counts(["open", "late"]))
        for plan, department, day, n in orders.values_list(*names).annotate(n=Count("pk")):
            one = self.orders[plan, department]
            one.number.update({"open": n, "late": n * bool(day and day < clock.first_open)})
            one.due_on.update({day: n} if day else {})
        plans = {plan for plan, _ in {*self.asked, *self.made, *self.orders}}
        self.plans = Plan.objects.in_bulk(plans)
        self.departments = Department.objects.in_bulk()

    def rows(
        self, counts: Mapping[Any, bases.Counts], name: str, unit: str
    ) -> Iterable[tuple[Plan, str, str, bases.Counts]]:
        """Per plan with something under ``name``: (plan, who owes it and how much, how much each, the sum)."""
        for key in sorted({plan for (plan, _), one in counts.items() if one[name]}):
            mine = {dept: one for (plan, dept), one in counts.items() if plan == key and one[name]}
            total = bases.total_of(mine.values(), [name, "late"])
            who = str(self.departments[next(iter(mine))]) if len(mine) == 1 else f"{len(mine)} 个部门"
            most = sorted(mine.items(), key=lambda pair: (-pair[1][name], self.departments[pair[0]].order))
            each = "、".join(f"{self.departments[dept]} {one[name]} {unit}" for dept, one in most)
            yield self.plans[key], who, each if len(mine) > 1 else "", total


def departments(user: User, clock: Clock, all_of: Overview) -> Iterable[Todo]:
    """What the departments owe the lead bureau: a row per plan of confirmations, of entries and of follow-ups."""
    kinds = [
        ("confirm", all_of.asked, "pending", "家", "有 {} 家企业没有确认", "building-exclamation", "最早的确认期限"),
        ("fill", all_of.made, "open", "份", "有 {} 份记录没有回填", "clipboard-x", "最早的回填期限"),
        ("orders", all_of.orders, "open", "项", "有 {} 项后续处置没有完结", "arrow-repeat", "最早的整改期限"),
    ]
    for kind, counts, name, unit, words, icon, due_words in kinds:
        for plan, who, each, total in all_of.rows(counts, name, unit):
            page = "inspections:follow_up_list" if kind == "orders" else "inspections:plan_progress"
            url = reverse(page) if kind == "orders" else reverse(page, args=[plan.pk])
            title = who + words.format(total[name]) + late_words(total["late"], total[name], unit)
            note = " · ".join(filter(None, [plan.task_name, each]))
            yield Todo(f"lead-{kind}:{plan.pk}", title, note, url, icon, **clock.tag(total.earliest()),
                       due_words=due_words)  # fmt: skip
    returned = sum(one["sent_back"] for one in all_of.asked.values())
    if returned:
        yield Todo(f"returns:{user.department_id}", f"处理退回的 {returned} 家企业", "保留、按状态结案或由候补递补",
                   reverse("inspections:return_list"), "arrow-return-left", kind="doing", tag="待处理")  # fmt: skip


def publishing(user: User, clock: Clock) -> Iterable[Todo]:
    """A row per plan with results that can be published today; one query."""
    led = Plan.objects.led_by(user).exclude(state__in=BEFORE_DISPATCH)
    found = reads.publishable(InspectionRecord.objects.filter(plan__in=led), clock.today)
    rows: dict[tuple[int, str], list[dt.date | None]] = defaultdict(list)
    for plan, name, due in found.values_list("plan", "plan__task_name", "publish_by"):
        rows[plan, name].append(due)
    for (plan, name), days in rows.items():
        known = [day for day in days if day]
        late = late_words(sum(day < clock.first_open for day in known), len(days), "家")
        yield Todo(f"publish:{plan}", f"公示 {len(days)} 家企业的检查结果{late}", name,
                   reverse("publicity:publish_list"), "megaphone",
                   **clock.tag(min(known, default=None)), due_words="最早的公示期限")  # fmt: skip


def second_looks(user: User) -> Iterable[Todo]:
    """What waits for another account of the lead bureau: digits and voids to confirm, replacements to decide."""
    own = {"roster__plan__lead_id": user.department_id}
    typed = DrawRequest.objects.filter(**own, withdrawn_at=None, confirmed_at=None, roster__open_freeze__isnull=False)
    for asked in typed.exclude(requested_by=user).select_related("roster__plan"):
        plan = asked.roster.plan
        yield Todo(f"draw-request:{asked.pk}", f"确认“{plan.task_name}”的抽取数字", "另一人已录入，核对后确认即抽取",
                   reverse("sampling:plan_draw", args=[plan.pk]), "dice-5")  # fmt: skip
    voids = VoidRequest.objects.filter(**own, decision=Decision.PENDING).exclude(requested_by=user)
    for void in voids.select_related("roster__plan"):
        yield Todo(f"void-request:{void.pk}", f"确认“{void.roster.plan.task_name}”的作废申请", void.reason,
                   reverse("sampling:plan_void", args=[void.roster.plan_id]), "x-circle")  # fmt: skip
    waiting = EventRequest.objects.filter(draw__plan__lead_id=user.department_id, decision=Decision.PENDING).count()
    if waiting:
        yield Todo(f"event-requests:{user.department_id}", f"批准 {waiting} 份替换申请",
                   "按抽取时的候补顺序递补，一起批准的作为一批",
                   reverse("inspections:event_list"), "arrow-left-right")  # fmt: skip


def feedback(user: User) -> Iterable[Todo]:
    """举报 and 咨询 that wait for an answer."""
    waiting = Feedback.objects.visible_to(user).filter(answered_at=None).count()
    if waiting:
        url = reverse("publicity:feedback_list")
        yield Todo("feedback", f"答复 {waiting} 条举报或咨询", "来自公示页", url, "chat-left-text")


def department(user: User, clock: Clock) -> Iterable[Todo]:
    """What a department owes: 待确认, 待审批, 待复核, 没有回填, 后续处置; a row per plan, how many of it are late."""
    own = user.department_id
    asked = _by_plan(Confirmation.objects.inbox_of(user).pending(), "record__plan", "due_on", clock)
    for plan, name, count, late, due in asked:
        yield Todo(f"confirm:{plan}:{own}", f"确认派发的 {count} 家企业" + late_words(late, count, "家"), name,
                   f"{reverse('inspections:task_inbox')}#plan-{plan}", "building",
                   **clock.tag(due), due_words="最早的确认期限")  # fmt: skip
    approvals = DepartmentSection.objects.to_approve(user).count()
    if approvals:
        yield Todo(f"approve:{own}", f"登记 {approvals} 家企业的检查审批", "检查前经本部门负责人批准，可打印检查通知书",
                   reverse("inspections:approval"), "pen")  # fmt: skip
    past = Count("pk", filter=Q(publish_due_on__lt=clock.first_open))
    reviews = DepartmentSection.objects.to_review(user).aggregate(n=Count("pk"), due=Min("publish_due_on"), late=past)
    if reviews["n"]:
        late = late_words(reviews["late"], reviews["n"], "份")
        yield Todo(f"review:{own}", f"复核 {reviews['n']} 份检查记录{late}", "通过后由牵头部门公示",
                   reverse("inspections:review_next"), "clipboard-check", **clock.tag(reviews["due"]),
                   due_words="最早的公示期限")  # fmt: skip
    owed = DepartmentSection.objects.filter(department_id=own).owed()
    for plan, name, count, late, due in _by_plan(owed, "record__plan", "due_on", clock):
        url = f"{reverse('inspections:task_list')}?plan={plan}" + ("&overdue=on" if late else "")
        title = f"本部门有 {count} 份记录没有回填" + late_words(late, count, "份")
        yield Todo(f"fill:{plan}:{own}", title, name, url, "clipboard-x", **clock.tag(due),
                   due_words="最早的回填期限")  # fmt: skip
    orders = FollowUp.objects.still_open().filter(section__department_id=own)
    for plan, name, count, late, due in _by_plan(orders, "section__record__plan", "deadline", clock):
        title = f"{count} 项后续处置没有完结" + late_words(late, count, "项")
        yield Todo(f"orders:{plan}:{own}", title, f"{name} · 复查后登记完结", reverse("inspections:follow_up_list"),
                   "arrow-repeat", **clock.tag(due), due_words="最早的整改期限")  # fmt: skip


def _by_plan(
    rows: QuerySet[Any], plan: str, day: str, clock: Clock
) -> Iterable[tuple[int, str, int, int, dt.date | None]]:
    """(plan, its name, how many, how many of them late, the earliest day) of each plan; one query."""
    late = Count("pk", filter=Q(**{f"{day}__lt": clock.first_open}))
    found = rows.order_by().values_list(plan, f"{plan}__task_name")
    return found.annotate(n=Count("pk"), late=late, due=Min(day))


def gone(clock: Clock, **scope: Any) -> Iterable[Todo]:
    """People who are away and what stands under their names; the row leads to the next standby."""
    for one in absences(clock.today, **scope):
        title = f"{one.inspector.name}{one.words}，名下还有 {one.count} 份记录"
        note = f"{one.plan_name} · {one.inspector.department} · "
        then = "由候补顺位接替" if one.member else "检查已进行，由同队人员回填"
        note += "替换申请等牵头部门办理" if one.asked else then
        yield Todo(f"gone:{one.plan}:{one.inspector.pk}", title, note, _standby(one), "person-exclamation",
                   **clock.tag(one.due), due_words="最早的回填期限")  # fmt: skip


def _standby(one: Absence) -> str:
    if one.member:
        return reverse("inspections:task_assign", args=[one.member])
    return f"{reverse('inspections:task_list')}?plan={one.plan}&person={one.inspector.pk}"


def certificates(user: User, clock: Clock) -> Iterable[Todo]:
    """The department's certificates that end within 60 days."""
    for one in expiring(clock.today, Inspector.objects.filter(department_id=user.department_id)):
        yield Todo(f"certificate:{one.pk}", f"{one.name}的执法证快到期", "到期后不能再被抽取；换证后登记新的有效期",
                   reverse("registry:inspector", args=[one.pk]), "person-badge", due=one.badge_valid_until,
                   due_words="执法证到期", kind="soon", tag="60 天内到期")  # fmt: skip


def own_certificate(user: User, clock: Clock) -> Iterable[Todo]:
    """One's own certificate, when it ends within 60 days."""
    for one in expiring(clock.today, Inspector.objects.filter(user_id=user.pk)):
        yield Todo(f"own-certificate:{one.pk}", "您的执法证快到期", "请联系部门管理员换证",
                   reverse("inspections:record_me"), "person-badge",
                   due=one.badge_valid_until, due_words="执法证到期", kind="soon", tag="60 天内到期")  # fmt: skip


def own_records(user: User, clock: Clock) -> Iterable[Todo]:
    """What an inspector still has to enter, a row per plan."""
    mine = DepartmentSection.objects.fillable_by(user).owed()
    for plan, name, count, late, due in _by_plan(mine, "record__plan", "due_on", clock):
        yield Todo(f"own:{plan}", f"填写 {count} 份检查记录" + late_words(late, count, "份"), name,
                   reverse("inspections:record_list"), "clipboard", **clock.tag(due),
                   due_words="最早的回填期限")  # fmt: skip


def accounts() -> Iterable[Todo]:
    """For the system administrator: accounts never used, and jobs that failed."""
    people = User.objects.filter(is_active=True).aggregate(
        waiting=Count("pk", filter=Q(must_change_password=True)), never=Count("pk", filter=Q(last_login=None))
    )
    users = reverse("registry:account_list")
    if people["waiting"]:
        title = f"{people['waiting']} 个账号还没有换掉一次性密码"
        yield Todo("accounts-waiting", title, "提醒本人登录", f"{users}?state=waiting", "person")
    if people["never"]:
        title = f"{people['never']} 个账号从未登录"
        yield Todo("accounts-unused", title, "核对是否还需要，或重新发放密码", f"{users}?state=never", "person-x")
    unsent = Delivery.objects.failed().count()
    if unsent:
        title, ways = f"{unsent} 条邮件或群机器人消息没有送达", reverse("inspections:notice_settings")
        yield Todo("deliveries", title, "看原因，修好后重发", ways, "send", kind="late", tag="没有送达")
    failed = Job.objects.filter(state=JobState.FAILED).count()
    exports = ExportJob.objects.filter(state=ExportState.FAILED).count()
    if failed or exports:
        yield Todo("jobs", f"{failed + exports} 个后台任务失败", "看失败原因，处理后重试",
                   reverse("publicity:export_list"),
                   "exclamation-circle-fill", kind="late", tag="失败")  # fmt: skip


def calendar(clock: Clock) -> Iterable[Todo]:
    """The notice of a year that begins within 60 days, while it is not loaded."""
    ahead = clock.today + CALENDAR_AHEAD
    if ahead.year not in clock.calendar.years:
        yield Todo(f"calendar:{ahead.year}", f"导入 {ahead.year} 年的工作日历",
                   "按国务院办公厅放假通知；不导入，跨年的期限算不出来",
                   f"{reverse('registry:calendar_import')}?year={ahead.year}", "calendar3", dt.date(ahead.year, 1, 1),
                   "新年第一天", "soon", f"{ahead.year}年日历未录入")  # fmt: skip
