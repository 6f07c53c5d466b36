"""Making and changing a plan while it is a draft."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from registry import audit, clock
from registry.enums import Role
from registry.errors import DomainError
from registry.models import Department, Industry, InspectionItem, RiskScheme, User
from sampling.enums import PlanState
from sampling.models import Plan, PlanAttachment, PlanDepartment, PlanRate
from sampling.services.scope import UNRATED
from sampling.services.states import lock_plan, must_lead, stream_of

PLAIN = [
    "plan_code", "plan_name", "task_code", "task_name", "platform_plan_code", "platform_task_code", "document_number",
    "draw_type", "basis", "content", "methods", "duties_and_rights", "period_from", "period_to", "summary_due",
    "scheme", "authority", "registered_before", "seats", "teams", "confirm_days", "backfill_days", "publish_days",
    "not_before_hours",
]  # fmt: skip
MAX_ATTACHMENT = 20 << 20


def next_plan_code(year: int) -> str:
    """抽查计划编号: region, year, ``1``, three digits (domain.md §3.8)."""
    prefix = f"{settings.REGION_CODE}{year}1"
    return f"{prefix}{_next(prefix, 'plan_code'):03d}"


def next_task_code(day: dt.date) -> str:
    """抽查任务编号: region, date, ``1``, three digits (domain.md §3.8)."""
    prefix = f"{settings.REGION_CODE}{day:%Y%m%d}1"
    return f"{prefix}{_next(prefix, 'task_code'):03d}"


def _next(prefix: str, field: str) -> int:
    codes = Plan.objects.filter(**{f"{field}__startswith": prefix}).values_list(field, flat=True)
    numbers = [int(code[len(prefix) :]) for code in codes if code[len(prefix) :].isdigit()]
    return max(numbers, default=0) + 1


def _check(plan: Plan) -> None:
    try:
        plan.full_clean(exclude=["created_by", "lead"])
    except ValidationError as error:
        raise DomainError(error.messages[0], problems=error.messages) from None


@transaction.atomic
def create_plan(*, actor: User, **fields: Any) -> Plan:
    """A draft led by the actor's department; numbers left empty are generated. Raises DomainError."""
    if Role.LEAD not in actor.roles or actor.department is None:
        raise DomainError("只有牵头部门的经办人能编制抽查任务。")
    unknown = set(fields) - set(PLAIN) - {"copied_from"}
    if unknown:
        raise TypeError(f"not fields of a plan: {sorted(unknown)}")
    now = clock.now()
    start = fields["period_from"]
    plan = Plan(lead=actor.department, year=start.year, created_by=actor, created_at=now, **fields)
    plan.plan_code = plan.plan_code or next_plan_code(plan.year)
    plan.task_code = plan.task_code or next_task_code(start)
    plan.scheme_id = plan.scheme_id or RiskScheme.objects.values_list("pk", flat=True)[0]
    _check(plan)
    plan.save(force_insert=True)
    PlanDepartment.objects.create(plan=plan, department=actor.department)
    audit.record(stream=stream_of(plan), actor=actor, action="编制任务", obj=plan, after=audit.fields_of(plan, PLAIN))
    return plan


def _draft(actor: User, plan: Plan) -> Plan:
    plan = lock_plan(plan)
    must_lead(actor, plan)
    if plan.state != PlanState.DRAFT:
        raise DomainError(f"任务现在是“{plan.get_state_display()}”，名单冻结以后范围、比例和人员都不能再改。")
    return plan


@transaction.atomic
def update_plan(
    *,
    actor: User,
    plan: Plan,
    items: Iterable[InspectionItem] | None = None,
    industries: Iterable[Industry] | None = None,
    departments: Iterable[Department] | None = None,
    rates: Mapping[str, Fraction] | None = None,
    **fields: Any,
) -> Plan:
    """Change what one step of the wizard holds; whatever is left out stays. Only while it is a draft."""
    plan = _draft(actor, plan)
    unknown = set(fields) - set(PLAIN)
    if unknown:
        raise TypeError(f"not fields of a plan: {sorted(unknown)}")
    before = audit.fields_of(plan, fields)
    for name, value in fields.items():
        setattr(plan, name, value)
    if fields:
        _check(plan)
        plan.year = plan.period_from.year
        plan.save(update_fields=[*fields, "year"])
    after: dict[str, Any] = audit.fields_of(plan, fields)
    if departments is not None:
        chosen = list(departments)
        plan.departments.exclude(department__in=chosen).delete()
        for department in chosen:
            PlanDepartment.objects.get_or_create(plan=plan, department=department)
        plan.items.remove(*plan.items.exclude(department__in=chosen))
        after["departments"] = [department.code for department in chosen]
    if items is not None:
        plan.items.set(items)
        after["items"] = sorted(plan.items.values_list("code", flat=True))
    if industries is not None:
        plan.industries.set(industries)
        after["industries"] = sorted(plan.industries.values_list("code", flat=True))
    if rates is not None:
        after["rates"] = _store_rates(plan, rates)
    audit.record(stream=stream_of(plan), actor=actor, action="修改任务", obj=plan, before=before, after=after)
    return plan


def _store_rates(plan: Plan, rates: Mapping[str, Fraction]) -> dict[str, str]:
    known = {*plan.scheme.levels.values_list("code", flat=True), UNRATED}
    if wrong := sorted(set(rates) - known):
        raise DomainError(f"分级办法“{plan.scheme}”没有等级 {'、'.join(wrong)}。")
    for grade, rate in rates.items():
        values = {"numerator": rate.numerator, "denominator": rate.denominator}
        PlanRate.objects.update_or_create(plan=plan, grade=grade, defaults=values)
    return {grade: f"{rate.numerator}/{rate.denominator}" for grade, rate in sorted(rates.items())}


def set_rates(*, actor: User, plan: Plan, rates: Mapping[str, Fraction]) -> Plan:
    """Set the rate of each named grade (``N`` = 未评级), in lowest terms."""
    return update_plan(actor=actor, plan=plan, rates=rates)


@transaction.atomic
def create_plan_from_preset(*, actor: User, preset: Mapping[str, Any]) -> Plan:
    """A draft from ``fixtures/plan_2024.json`` (or the same with other dates): the notice's plan, editable."""

    def day(name: str) -> dt.date | None:
        return dt.date.fromisoformat(preset[name]) if preset.get(name) else None

    plan = create_plan(
        actor=actor,
        plan_name=f"{preset['year']}年度全县跨部门联合抽查计划",
        task_name=preset["title"],
        document_number=preset["document_number"],
        draw_type=preset["draw_type"],
        basis=preset["basis"],
        content=preset["content"],
        methods=preset["methods"],
        duties_and_rights=preset["duties_and_rights"],
        period_from=day("period_start"),
        period_to=day("period_end"),
        summary_due=day("summary_due"),
        scheme=RiskScheme.objects.get(code=preset["risk_scheme"]),
        authority=preset["authority"],
        registered_before=day("registered_before"),
        seats=preset["inspectors_per_department"],
        teams=preset["teams"],
        confirm_days=preset["confirm_days"],
        backfill_days=preset["backfill_days"],
        publish_days=preset["publish_days"],
    )
    codes = [code for industry in preset["industries"] for code in industry["codes"]]
    departments = list(Department.objects.filter(code__in=preset["departments"]))
    in_force = InspectionItem.objects.in_force(plan.period_from)
    return update_plan(
        actor=actor,
        plan=plan,
        departments=departments,
        industries=Industry.objects.filter(code__in=codes),
        items=in_force.filter(department__in=departments, industries__in=codes).distinct(),
        rates={row["group"]: Fraction(row["numerator"], row["denominator"]) for row in preset["rates"]},
    )


@transaction.atomic
def copy_plan(*, actor: User, plan: Plan) -> Plan:
    """A new draft with the same scope, rates and people, one year later, with fresh numbers."""
    must_lead(actor, plan)
    values = {name: getattr(plan, name) for name in PLAIN}
    values |= {"plan_code": "", "task_code": "", "platform_plan_code": "", "platform_task_code": ""}
    values |= {"document_number": "", "copied_from": plan}
    for name in ("period_from", "period_to", "summary_due", "registered_before"):
        values[name] = _year_later(values[name])
    for name in ("plan_name", "task_name"):
        values[name] = values[name].replace(str(plan.year), str(plan.year + 1))
    copy = create_plan(actor=actor, **values)
    return update_plan(
        actor=actor,
        plan=copy,
        departments=[row.department for row in plan.departments.select_related("department")],
        industries=plan.industries.all(),
        items=plan.items.filter(active=True),
        rates={rate.grade: rate.fraction for rate in plan.rates.all()},
    )


def _year_later(day: dt.date | None) -> dt.date | None:
    if day is None:
        return None
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 1, day=28)


@transaction.atomic
def attach_document(*, actor: User, plan: Plan, title: str, upload: UploadedFile) -> PlanAttachment:
    """A department's own 现场检查文书 for this plan (通知六(一)2): PDF, handed out with each record."""
    plan = lock_plan(plan)
    roles = actor.roles
    taking_part = plan.departments.filter(department=actor.department_id).exists()
    if not taking_part or not roles & {Role.LEAD, Role.DEPT_ADMIN} or actor.department is None:
        raise DomainError("现场检查文书由参与部门的管理员上传。")
    if not title.strip():
        raise DomainError("请填写文书名称，例如：消防监督检查记录。")
    content = upload.read(MAX_ATTACHMENT + 1)
    if len(content) > MAX_ATTACHMENT:
        raise DomainError("文件超过 20 MB，请压缩后再上传。")
    if not content.startswith(b"%PDF-"):
        raise DomainError("现场检查文书请上传 PDF 文件。")
    upload.seek(0)
    row = PlanAttachment(
        plan=plan,
        department=actor.department,
        title=title.strip(),
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_by=actor,
        uploaded_at=clock.now(),
    )
    row.file.save(f"{row.sha256[:32]}.pdf", upload, save=False)
    row.save(force_insert=True)
    after = {"title": row.title, "sha256": row.sha256, "department": row.department}
    audit.record(stream=stream_of(plan), actor=actor, action="上传现场检查文书", obj=row, after=after)
    return row
