"""Any list of the desk as rows for Excel: the filter and the columns of the page, what this user may see and no more.

A listing is data: who may, which rows for a query string, which columns. The page's filter is used as it stands, so
that a list and its export can never disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.db.models import Prefetch
from django.http import QueryDict

from inspections.enums import RecordState
from inspections.filters import TaskFilter
from inspections.models import Confirmation, DepartmentSection, FollowUp, SectionMember
from inspections.reads import progress_of
from inspections.tabs import CONFIRMATIONS, RETURNS
from registry import clock
from registry.enums import Role
from registry.filters import AuditFilter, EnterpriseFilter, InspectorFilter, ItemFilter, RecusalFilter, may_see_grades
from registry.models import AuditEvent, Enterprise, InspectionItem, Inspector, Recusal, RiskScheme, User
from registry.views.audit_words import changes_in_words
from sampling.filters import PlanFilter
from sampling.models import Plan

Cell = str | int
Column = tuple[str, int, Callable[[Any], Any]]
OFFICE = frozenset({Role.LEAD, Role.DEPT_ADMIN})


@dataclass(frozen=True)
class Listing:
    """``columns``: heading, width, and the cell of a row. ``personal``: holds names and telephone numbers of people."""

    title: str
    roles: frozenset[Role]
    rows: Callable[[User, QueryDict], Any]
    columns: Callable[[User], list[Column]]
    words: Callable[[User, QueryDict], list[str]]
    personal: bool = False


def _said(filters: Any) -> list[str]:
    """``部门：公安局`` for every field of a filter that is in use."""
    found = []
    filters.form.is_valid()  # cleans; a field with junk in it is left out, as the list does
    for name, value in filters.form.cleaned_data.items():
        if value in (None, "", False):
            continue
        field = filters.form.fields[name]
        label = dict(getattr(field, "choices", ()) or ()).get(value) if not hasattr(value, "pk") else value
        found.append(field.label if value is True else f"{field.label}：{label or value}")
    return found


def _day(value: Any) -> str:
    return value.astimezone(clock.SHANGHAI).date().isoformat() if hasattr(value, "hour") else str(value or "")


def _tasks(user: User, query: QueryDict) -> Any:
    members = Prefetch("members", queryset=SectionMember.objects.filter(replaced=False).select_related("inspector"))
    rows = DepartmentSection.objects.listed_for(user).exclude(record__state=RecordState.REPLACED)
    rows = rows.select_related("department", "record__plan", "record__selection__enterprise").prefetch_related(members)
    found = _task_filter(user, query, rows).qs
    return found.order_by("-record__plan_id", "record__number", "department__order")


def _task_filter(user: User, query: QueryDict, rows: Any = None) -> TaskFilter:
    rows = DepartmentSection.objects.none() if rows is None else rows
    return TaskFilter(query, queryset=rows, request=SimpleNamespace(user=user))


def _task_state(row: DepartmentSection) -> str:
    if row.record.state == RecordState.CONFIRMING and row.state == "NOT_STARTED":
        return "比对确认中"
    return str(row.get_state_display())


TASKS: list[Column] = [
    ("企业", 30, lambda row: row.record.selection.enterprise.name),
    ("统一社会信用代码", 22, lambda row: row.record.selection.enterprise.uscc),
    ("编号", 22, lambda row: row.record.number),
    ("任务", 30, lambda row: row.record.plan.task_name),
    ("部门", 14, lambda row: row.department.short_name),
    ("检查人员", 18, lambda row: "、".join(member.inspector.name for member in row.members.all())),
    ("回填期限", 12, lambda row: _day(row.due_on)),
    ("提交日期", 12, lambda row: _day(row.submitted_at)),
    ("逾期回填", 10, lambda row: "是" if row.late else ""),
    ("状态", 12, _task_state),
]


def _inbox(user: User, query: QueryDict) -> Any:
    tab = query.get("tab", "")
    chosen = CONFIRMATIONS.get(tab, CONFIRMATIONS["pending"])[1]
    rows = Confirmation.objects.inbox_of(user).filter(chosen).with_inbox_columns()
    return rows.order_by("due_on", "record__number")


INBOX: list[Column] = [
    ("企业", 30, lambda row: row.record.selection.enterprise.name),
    ("统一社会信用代码", 22, lambda row: row.record.selection.enterprise.uscc),
    ("登记状态", 10, lambda row: row.record.selection.enterprise.get_status_display()),
    ("住所", 34, lambda row: row.record.selection.enterprise.address),
    ("检查事项", 10, lambda row: row.items or 0),
    ("上次被查", 12, lambda row: _day(row.last_day)),
    ("上次结果", 18, lambda row: row.last_result or ""),
    ("检查队", 8, lambda row: row.record.team),
    ("确认期限", 12, lambda row: _day(row.due_on)),
    ("结果", 12, lambda row: row.get_decision_display()),
    ("退回原因", 14, lambda row: row.get_reason_display() if row.reason else ""),
]


def _people(user: User, query: QueryDict) -> Any:
    rows = Inspector.objects.visible_to(user).select_related("department").prefetch_related("specialties")
    return InspectorFilter(query, queryset=rows).qs


PEOPLE: list[Column] = [
    ("姓名", 12, lambda row: row.name),
    ("执法证号", 22, lambda row: row.badge),
    ("部门", 16, lambda row: row.department.short_name),
    ("职务", 16, lambda row: row.position),
    ("执法证有效期至", 14, lambda row: _day(row.badge_valid_until)),
    ("状态", 12, lambda row: row.get_status_display()),
    ("不在岗自", 12, lambda row: _day(row.unavailable_from)),
    ("不在岗至", 12, lambda row: _day(row.unavailable_to)),
    ("专业", 18, lambda row: "、".join(one.name for one in row.specialties.all())),
    ("手机", 16, lambda row: row.phone),
]


def _enterprise_filter(user: User, query: QueryDict) -> EnterpriseFilter:
    rows = Enterprise.objects.visible_to(user).order_by("name_sort", "uscc").prefetch_related("industries")
    grades = may_see_grades(user.roles)
    return EnterpriseFilter(query, queryset=rows, scheme=RiskScheme.objects.first(), may_see_grades=grades)


def _enterprises(user: User, query: QueryDict) -> Any:
    rows, scheme = _enterprise_filter(user, query).qs, RiskScheme.objects.first()
    return rows.with_grade(scheme.pk if scheme else 0, clock.today()) if may_see_grades(user.roles) else rows


def _enterprise_columns(user: User) -> list[Column]:
    columns: list[Column] = [
        ("企业", 30, lambda row: row.name),
        ("统一社会信用代码", 22, lambda row: row.uscc),
        ("行业", 24, lambda row: "、".join(one.name for one in row.industries.all())),
        ("乡镇", 14, lambda row: row.township),
        ("登记状态", 10, lambda row: row.get_status_display()),
    ]
    if may_see_grades(user.roles):
        columns.append(("信用风险等级", 12, lambda row: row.grade or "未评级"))
    return [*columns, ("成立日期", 12, lambda row: _day(row.registered_on)), ("住所", 34, lambda row: row.address)]


def _follow_ups(user: User, query: QueryDict) -> Any:
    rows = FollowUp.objects.visible_to(user).select_related(
        "section__department", "section__record__plan", "section__record__selection__enterprise"
    )
    closed = rows.filter(closed_on__isnull=False).order_by("-closed_on", "pk")
    return closed if query.get("tab") == "closed" else rows.still_open().order_by("deadline", "pk")


FOLLOW_UPS: list[Column] = [
    ("企业", 30, lambda row: row.section.record.selection.enterprise.name),
    ("统一社会信用代码", 22, lambda row: row.section.record.selection.enterprise.uscc),
    ("任务", 30, lambda row: row.section.record.plan.task_name),
    ("部门", 14, lambda row: row.section.department.short_name),
    ("处置措施", 20, lambda row: row.get_measure_display()),
    ("说明", 34, lambda row: row.text),
    ("整改期限", 12, lambda row: _day(row.deadline)),
    ("完结日期", 12, lambda row: _day(row.closed_on)),
    ("完结说明", 30, lambda row: row.closing_text),
]


def _items(user: User, query: QueryDict) -> Any:
    rows = InspectionItem.objects.effective(clock.today()).select_related("department")
    rows = rows.prefetch_related("industries", "bases").order_by("department__order", "code")
    return ItemFilter(query, queryset=rows).qs


ITEMS: list[Column] = [
    ("编号", 10, lambda row: row.code),
    ("抽查事项", 34, lambda row: row.name),
    ("部门", 14, lambda row: row.department.short_name),
    ("事项类别", 16, lambda row: row.get_priority_display()),
    ("适用行业", 24, lambda row: "、".join(one.name for one in row.industries.all())),
    ("检查依据", 50, lambda row: "；".join(str(one) for one in row.bases.all())),
    ("使用中", 8, lambda row: "是" if row.active else "否"),
]


def _recusals(user: User, query: QueryDict) -> Any:
    rows = Recusal.objects.visible_to(user).select_related("inspector__department", "enterprise", "decided_by")
    return RecusalFilter(query, queryset=rows.order_by("-declared_at", "pk")).qs


RECUSALS: list[Column] = [
    ("检查人员", 14, lambda row: row.inspector.name),
    ("部门", 14, lambda row: row.inspector.department.short_name),
    ("企业", 30, lambda row: row.enterprise.name),
    ("回避理由", 34, lambda row: row.reason),
    ("申报时间", 12, lambda row: _day(row.declared_at)),
    ("决定", 10, lambda row: {None: "待决定", True: "准许", False: "不准许"}[row.accepted]),
    ("决定人", 14, lambda row: str(row.decided_by or "")),
]


def plan_of(user: User, query: QueryDict) -> Plan | None:
    """The plan a query names, if this user may see it."""
    key = query.get("plan", "")
    return Plan.objects.visible_to(user).filter(pk=int(key)).first() if key.isdecimal() else None


def _progress(user: User, query: QueryDict) -> Any:
    plan = plan_of(user, query)
    rows = progress_of(plan, clock.first_open_day()).rows if plan else []
    chosen = {"late": "overdue", "never": "never"}.get(query.get("show", ""))
    return [row for row in rows if not chosen or row[chosen]]


def _progress_words(user: User, query: QueryDict) -> list[str]:
    shown = {"late": ["逾期"], "never": ["有人从未登录"]}.get(query.get("show", ""), [])
    return [*(f"任务：{plan}" for plan in [plan_of(user, query)] if plan), *shown]


PROGRESS: list[Column] = [
    ("部门", 18, lambda row: row["department"].short_name),
    ("派发", 8, lambda row: row["sent"]),
    ("未确认", 8, lambda row: row["pending"]),
    ("已确认", 8, lambda row: row["confirmed"]),
    ("应填", 8, lambda row: row["total"]),
    ("检查中", 8, lambda row: row["visiting"]),
    ("已回填", 8, lambda row: row["filled"]),
    ("已复核", 8, lambda row: row["approved"]),
    ("已公示", 8, lambda row: row["published"]),
    ("逾期未确认", 12, lambda row: row["late_confirm"]),
    ("逾期未回填", 12, lambda row: row["late_fill"]),
    ("人数", 8, lambda row: row["people"]),
    ("从未登录", 10, lambda row: row["never"]),
]


def _returns(user: User, query: QueryDict) -> Any:
    rows = Confirmation.objects.returned_to(user)
    chosen = rows.exclude(lead_decision="") if query.get("tab") == "done" else rows.returned()
    return chosen.order_by("-at", "pk")


RETURNED: list[Column] = [
    ("企业", 30, lambda row: row.record.selection.enterprise.name),
    ("统一社会信用代码", 22, lambda row: row.record.selection.enterprise.uscc),
    ("编号", 22, lambda row: row.record.number),
    ("任务", 30, lambda row: row.record.plan.task_name),
    ("退回部门", 14, lambda row: row.department.short_name),
    ("退回人", 14, lambda row: str(row.by or "")),
    ("退回日期", 12, lambda row: _day(row.at)),
    ("退回原因", 14, lambda row: row.get_reason_display()),
    ("说明", 34, lambda row: row.note),
    ("登记状态（今天）", 14, lambda row: row.record.selection.enterprise.get_status_display()),
    ("处理结果", 16, lambda row: row.get_lead_decision_display()),
    ("处理人", 14, lambda row: str(row.lead_by or "")),
    ("处理日期", 12, lambda row: _day(row.lead_at)),
]


def _plans(user: User, query: QueryDict) -> Any:
    rows = Plan.objects.visible_to(user).with_counts().order_by("-created_at", "-pk")
    return PlanFilter(query, queryset=rows.select_related("lead").prefetch_related("departments__department")).qs


PLANS: list[Column] = [
    ("任务编号", 22, lambda row: row.task_code),
    ("任务", 40, lambda row: row.task_name),
    ("年度", 8, lambda row: row.year),
    ("状态", 12, lambda row: f"{row.get_state_display()}（演练）" if row.rehearsal else row.get_state_display()),
    ("牵头部门", 14, lambda row: row.lead.short_name),
    ("参与部门", 34, lambda row: "、".join(one.department.short_name for one in _in_order(row))),
    ("名单", 8, lambda row: "" if row.total is None else row.total),
    ("抽中", 8, lambda row: "" if row.picks is None else row.picks),
    ("抽查开始", 12, lambda row: _day(row.period_from)),
    ("抽查结束", 12, lambda row: _day(row.period_to)),
    ("总结报送期限", 14, lambda row: _day(row.summary_due)),
]


def _in_order(plan: Plan) -> Any:
    return sorted(plan.departments.all(), key=lambda one: one.department.order)


def _trail(user: User, query: QueryDict) -> Any:
    return AuditFilter(query, queryset=AuditEvent.objects.visible_to(user)).qs


TRAIL: list[Column] = [
    ("时间", 20, lambda row: f"{row.at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}"),
    ("操作人", 14, lambda row: row.actor_name),
    ("操作", 18, lambda row: row.action),
    ("对象", 34, lambda row: row.object_text or f"{row.object_type} {row.object_id}"),
    ("改动", 60, changes_in_words),
    ("理由", 30, lambda row: row.reason),
    ("记录流", 14, lambda row: row.stream),
    ("序号", 8, lambda row: row.seq),
    ("本条摘要", 66, lambda row: row.hash),
    ("请求编号", 20, lambda row: row.request_id),
]


def _tab(names: dict[str, str]) -> Callable[[User, QueryDict], list[str]]:
    return lambda user, query: [names.get(query.get("tab", ""), next(iter(names.values())))]


LISTINGS: dict[str, Listing] = {
    "renwu": Listing("检查记录", OFFICE, _tasks, lambda user: TASKS,
                     lambda user, query: _said(_task_filter(user, query)), personal=True),
    "queren": Listing("比对确认", frozenset({Role.DEPT_ADMIN}), _inbox, lambda user: INBOX,
                      _tab({name: label for name, (label, _) in CONFIRMATIONS.items()})),
    "renyuan": Listing("执法检查人员", OFFICE, _people, lambda user: PEOPLE,
                       lambda user, query: _said(InspectorFilter(query, queryset=Inspector.objects.none())),
                       personal=True),
    "qiye": Listing("企业名录", OFFICE, _enterprises, _enterprise_columns,
                    lambda user, query: _said(_enterprise_filter(user, query))),
    "houxu": Listing("后续处置", OFFICE, _follow_ups, lambda user: FOLLOW_UPS,
                     _tab({"open": "未完结", "closed": "已完结"})),
    "shixiang": Listing("抽查事项", OFFICE, _items, lambda user: ITEMS,
                        lambda user, query: _said(ItemFilter(query, queryset=InspectionItem.objects.none()))),
    "huibi": Listing("回避", OFFICE, _recusals, lambda user: RECUSALS,
                     lambda user, query: _said(RecusalFilter(query, queryset=Recusal.objects.none())), personal=True),
    "jihua": Listing("抽查计划", OFFICE, _plans, lambda user: PLANS,
                     lambda user, query: _said(PlanFilter(query, queryset=Plan.objects.none()))),
    "tuihui": Listing("退回的企业", frozenset({Role.LEAD}), _returns, lambda user: RETURNED, _tab(RETURNS)),
    "jilu": Listing("操作记录", frozenset({Role.SYSADMIN}), _trail, lambda user: TRAIL,
                    lambda user, query: _said(AuditFilter(query, queryset=AuditEvent.objects.none())), personal=True),
    "jindu": Listing("部门进度", frozenset({Role.LEAD}), _progress, lambda user: PROGRESS, _progress_words),
}  # fmt: skip
