"""开办清单: what a new office still has to set up, who does it and where; gone once the first draw has been held.

Reads only, a fixed number of queries; one query when nothing is left to show.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Max, Q
from django.urls import reverse

from registry import clock
from registry.enums import ImportKind, ImportState, InspectorStatus, Role
from registry.models import CalendarYear, CountyProfile, Department, Enterprise, ImportBatch, InspectionItem, User
from sampling.enums import PlanState
from sampling.models import Draw, Plan

READERS = {Role.LEAD, Role.SYSADMIN}
TEAM = 2  # 每个部门至少 2 名执法人员（通知第六部分（二）2）
MANY = 10_000  # enterprises are counted so far and no farther
FOURTH_QUARTER = 10


@dataclass
class Step:
    """One line. ``state``: done, doing (part of it stands) or todo; ``links``: role → (address, words)."""

    title: str
    act: str
    note: str
    state: str
    roles: tuple[Role, ...]
    links: dict[Role, tuple[str, str]]
    number: int = 0
    by: str = ""
    waits: str = ""
    mine: bool = False
    current: bool = False
    url: str = ""
    words: str = ""

    @property
    def who(self) -> str:
        """Who does it, in words."""
        return "、".join(str(role.label) for role in self.roles)


@dataclass
class Setup:
    """The list as one person sees it."""

    steps: list[Step]
    admins: list[Any] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(step.state == "done" for step in self.steps)

    @property
    def mine(self) -> int:
        """How many of the open steps are this person's."""
        return sum(step.mine for step in self.steps)

    @property
    def others(self) -> int:
        """How many open steps somebody else does."""
        return len(self.steps) - self.done - self.mine

    @property
    def next(self) -> Step | None:
        """The first open step of this person."""
        return next((step for step in self.steps if step.current), None)


def setup_of(user: User, today: dt.date) -> Setup | None:
    """The list for the lead bureau and the system administrator; None for others, and when all of it is done."""
    roles = user.roles & READERS
    if not roles or Draw.objects.filter(plan__rehearsal=False).exists():
        return None
    alive = Q(users__is_active=True, users__is_dept_admin=True)
    departments = list(
        Department.objects.filter(active=True)
        .annotate(admins=Count("users", filter=alive, distinct=True), seen=Max("users__last_login", filter=alive))
        .order_by("order", "code")
    )
    steps = [
        _county(departments), _accounts(departments), _calendar(today), _enterprises(), _items(departments, today),
        _people(departments), _plan(),
    ]  # fmt: skip
    for number, step in enumerate(steps, 1):
        step.number = number
        step.mine = step.state != "done" and bool(roles & set(step.roles))
        step.url, step.words = next((step.links[role] for role in Role if role in roles & set(step.links)), ("", ""))
    last = steps[-1]
    open_ones = [str(step.number) for step in steps[2:-1] if step.state != "done"]
    last.waits = f"等第 {'、'.join(open_ones)} 步" if open_ones and last.state != "done" else ""
    for step in [one for one in steps if one.mine][:1]:
        step.current = True
    return None if all(step.state == "done" for step in steps) else Setup(steps, departments)


def _state(done: bool, begun: bool) -> str:
    return "done" if done else "doing" if begun else "todo"


def _told(who: Any, when: dt.datetime | None) -> str:
    """韩某，9月1日."""
    if when is None:
        return ""
    day = when.astimezone(clock.SHANGHAI).date()
    return f"{who}，{day.month}月{day.day}日" if who else f"{day.month}月{day.day}日"


def _county(departments: Sequence[Any]) -> Step:
    saved = CountyProfile.objects.select_related("saved_by").exclude(saved_by=None).first()
    if not departments:
        note = "一个部门还没有。把通知里的部门逐个加进来"
    elif saved is None:
        names = "、".join(str(one) for one in departments[:5]) + ("等" if len(departments) > 5 else "")
        note = f"现有 {len(departments)} 个部门：{names}。核对县名、区划代码、举报电话后存一次"
    else:
        note = f"{saved.name}，{len(departments)} 个部门"
    url = reverse("registry:county")
    return Step(
        "本县和部门", "核对本县设置", note, _state(saved is not None and bool(departments), bool(departments)),
        (Role.SYSADMIN,), {Role.SYSADMIN: (url, "看本县设置" if saved else "核对本县设置")},
        by=_told(saved.saved_by, saved.since) if saved else "",
    )  # fmt: skip


def _accounts(departments: Sequence[Any]) -> Step:
    leads = User.objects.filter(is_active=True, is_lead=True).count()
    missing = [str(one) for one in departments if not one.admins]
    parts = [f"牵头部门账号 {leads} 个" if leads else "还没有牵头部门的账号"]
    if departments:
        parts.append(f"还没有管理员的部门：{'、'.join(missing)}" if missing else f"{len(departments)} 个部门都有管理员")
    done = bool(departments) and not missing and leads > 0
    url = reverse("registry:account_list" if done else "registry:account_new")
    return Step(
        "账号", "开设部门账号", "，".join(parts), _state(done, leads > 0 or len(missing) < len(departments)),
        (Role.SYSADMIN,), {Role.SYSADMIN: (url, "看账号" if done else "开设账号")},
    )  # fmt: skip


def _calendar(today: dt.date) -> Step:
    """This year's notice, and in the fourth quarter the next one's."""
    wanted = [today.year] + ([today.year + 1] if today.month >= FOURTH_QUARTER else [])
    loaded = {row.year: row for row in CalendarYear.objects.select_related("loaded_by").filter(year__in=wanted)}
    missing = [year for year in wanted if year not in loaded]
    have = "、".join(f"{year}" for year in wanted if year in loaded)
    lacks = "、".join(str(year) for year in missing)
    note = f"{have} 年已导入" if have else ""
    note += ("；" if have and lacks else "") + (f"{lacks} 年还没有，跨年的期限算不出来" if lacks else "")
    url = f"{reverse('registry:calendar_import')}?year={missing[0]}" if missing else reverse("registry:calendar")
    link = (url, f"导入 {missing[0]} 年日历" if missing else "看日历")
    newest = max(loaded.values(), key=lambda row: row.loaded_at, default=None)
    return Step(
        "工作日历", "导入工作日历", note, _state(not missing, bool(have)), (Role.LEAD, Role.SYSADMIN),
        {Role.LEAD: link, Role.SYSADMIN: link},
        by=_told(newest.loaded_by, newest.loaded_at) if newest and not missing else "",
    )  # fmt: skip


def _enterprises() -> Step:
    count = Enterprise.objects.order_by()[: MANY + 1].count()
    last = ImportBatch.objects.filter(kind=ImportKind.ENTERPRISES, state=ImportState.IMPORTED)
    batch = last.select_related("uploaded_by").order_by(F("imported_at").desc(nulls_last=True)).first()
    words = f"{MANY:,} 家以上" if count > MANY else f"{count:,} 家"
    note = f"名录里有 {words}" if count else "一家还没有。先下载模板，把市场监管部门导出的名单填进去，导入前逐行核对"
    url = reverse("registry:enterprise_list" if count else "registry:import")
    return Step(
        "企业名录", "导入企业名录", note, _state(count > 0, False), (Role.LEAD,),
        {Role.LEAD: (url, "看名录" if count else "导入企业名录")},
        by=_told(batch.uploaded_by, batch.imported_at) if batch and count else "",
    )  # fmt: skip


def _by_department(departments: Sequence[Any], counts: dict[int, int], unit: str, least: int = 1) -> tuple[str, bool]:
    """(旅文 20 项、公安 12 项；市监、卫健还没有, whether every department has enough)."""
    have = [f"{one} {counts[one.pk]} {unit}" for one in departments if counts.get(one.pk)]
    lack = [str(one) for one in departments if not counts.get(one.pk)]
    few = [str(one) for one in departments if 0 < counts.get(one.pk, 0) < least]
    parts = [
        "、".join(have),
        f"{'、'.join(lack)}还没有" if lack else "",
        f"{'、'.join(few)}不足 {least} {unit}" if few else "",
    ]
    return "；".join(filter(None, parts)), bool(departments) and not lack and not few


def _items(departments: Sequence[Any], today: dt.date) -> Step:
    rows = InspectionItem.objects.in_force(today).order_by().values_list("department").annotate(n=Count("pk"))
    words, done = _by_department(departments, dict(rows), "项")
    return Step(
        "抽查事项", "录入抽查事项", words or "一项还没有", _state(done, bool(rows)), (Role.SYSADMIN,),
        {
            Role.LEAD: (reverse("registry:item_list"), "看事项"),
            Role.SYSADMIN: (reverse("admin:registry_inspectionitem_changelist"), "看事项" if done else "录入事项"),
        },
    )  # fmt: skip


def _people(departments: Sequence[Any]) -> Step:
    """Imported by the lead bureau; then each of them gets an account by the administrator."""
    on_duty = Q(inspectors__status=InspectorStatus.ACTIVE)
    rows = Department.objects.filter(pk__in=[one.pk for one in departments]).order_by()
    counted = rows.values_list("pk").annotate(
        people=Count("inspectors", filter=on_duty), bare=Count("inspectors", filter=on_duty & Q(inspectors__user=None))
    )
    found = list(counted)
    words, enough = _by_department(departments, {pk: people for pk, people, _ in found}, "人", TEAM)
    bare = sum(number for _, _, number in found)
    words += f"；{bare} 人还没有账号，抽中后不能在手机上填表" if bare else ""
    begun = any(people for _, people, _ in found)
    open_one = reverse("registry:account_inspectors" if bare else "registry:inspector_list")
    address = (
        reverse("registry:inspector_list") if enough else f"{reverse('registry:import')}?kind={ImportKind.INSPECTORS}"
    )
    return Step(
        "检查人员", "导入检查人员" if not enough else "给检查人员开账号",
        words if begun else "一个还没有。各部门交来持证人员名单，先下载模板，填好后导入",
        _state(enough and not bare, begun),
        (Role.LEAD,) if not enough else (Role.SYSADMIN,),
        {Role.LEAD: (address, "看人员" if enough else "导入检查人员"),
         Role.SYSADMIN: (open_one, "给检查人员开账号" if bare else "看人员")},
    )  # fmt: skip


def _plan() -> Step:
    plans = dict(Plan.objects.real().order_by().values_list("state").annotate(n=Count("pk")))
    drafts, frozen = plans.get(PlanState.DRAFT, 0), sum(n for state, n in plans.items() if state in _FROZEN)
    note = "名单已冻结，到约定的时间当众抽取" if frozen else (
        f"草稿 {drafts} 份，前面几步办完就能冻结名单" if drafts else "草稿现在就能写，前面几步办完才能冻结名单"
    )  # fmt: skip
    url = reverse("sampling:plan_list" if plans else "sampling:plan_new")
    return Step(
        "第一个计划", "编第一个计划", note, _state(frozen > 0, drafts > 0), (Role.LEAD,),
        {Role.LEAD: (url, "看计划" if plans else "写草稿")},
    )  # fmt: skip


_FROZEN = set(PlanState) - {PlanState.DRAFT, PlanState.CANCELLED}
