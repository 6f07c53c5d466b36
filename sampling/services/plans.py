"""Making and changing drafts by hand."""

import datetime as dt
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count

from registry import audit, clock, county, stale
from registry.enums import Role
from registry.errors import DomainError
from registry.models import Department, Enterprise, Industry, InspectionItem, RiskScheme, User
from sampling import beacons
from sampling.enums import Beacon, PlanState
from sampling.models import Plan, PlanDepartment, PlanRate
from sampling.services.states import lock_plan, must_be, must_lead

UNGRADED = "N"
PLAIN = (
    "task_name", "plan_name", "platform_plan_code", "platform_task_code", "document_number", "draw_type", "basis",
    "content", "methods", "duties_and_rights", "period_from", "period_to", "summary_due", "scheme", "authority",
    "registered_before", "seats", "teams", "confirm_days", "backfill_days", "publish_days", "not_before_hours",
    "sealed", "strata_public", "reveal_on", "second_person", "entropy_at", "entropy_place", "beacon", "beacon_spec",
    "recent_months", "weight_other", "weight_recent", "cap_reason",
)  # fmt: skip
# What belongs to one campaign's own dates and is not carried into a copy.
OWN_DATES = ("reveal_on", "entropy_at", "beacon", "beacon_spec", "cap_reason")
CARRIED = ("basis", "content", "methods", "duties_and_rights")  # texts that a preset or a copy takes over
LINKS = ("departments", "industries", "items", "rates", "caps", "classes")
LINK_LABELS = {"departments": "参与部门", "rates": "抽查比例", "caps": "年度检查上限", "classes": "分两类抽"}
NUMBERS = {
    "seats": ("每部门人数", 2, 20),
    "teams": ("检查队数", 1, 500),
    "confirm_days": ("确认期限", 1, 60),
    "backfill_days": ("回填期限", 1, 60),
    "publish_days": ("公示期限", 1, 60),
    "not_before_hours": ("冻结至抽取的最少小时数", 0, 720),
    "recent_months": ("近期检查月数", 0, 36),
    "weight_other": ("近期未检查的权重", 1, 100),
    "weight_recent": ("近期检查过的权重", 1, 100),
}
DISPUTE_HOURS = 24  # draw.md §0.2, §2.1: at least so long between freeze and draw of a plan that is no rehearsal
MAX_CAP = 50
REHEARSAL = "YL"  # before the numbers of a rehearsal, which has a sequence of its own
ATTEMPTS = 5


def grades_of(scheme: RiskScheme) -> list[str]:
    """The grades a plan sets a rate for: the levels of its scheme from low to high, then 未评级."""
    return [level.code for level in scheme.levels.order_by("order")] + [UNGRADED]


def _next(field: str, prefix: str) -> str:
    """The next number behind ``prefix``: three digits, counted on from the largest."""
    taken = Plan.objects.filter(**{f"{field}__startswith": prefix}).values_list(field, flat=True)
    numbers = [int(code[len(prefix) :]) for code in taken if code[len(prefix) :].isdigit()]
    return f"{prefix}{max(numbers, default=0) + 1:03d}"


def next_codes(year: int, day: dt.date, rehearsal: bool = False) -> tuple[str, str]:
    """抽查计划编号 and 抽查任务编号: region + year (or day) + "1" + running number (domain.md §3.8)."""
    region = (REHEARSAL if rehearsal else "") + county.current().region_code
    return _next("plan_code", f"{region}{year}1"), _next("task_code", f"{region}{day:%Y%m%d}1")


def _usual_authority() -> str:
    """The registration authority most enterprises name: the likely one of a county."""
    counts = Enterprise.objects.order_by().values("authority").annotate(n=Count("pk"))
    most = counts.order_by("-n", "authority").first()
    return most["authority"] if most else ""


def field_problems(plan: Plan) -> list[str]:
    """What is wrong with the plain fields of a draft, in words."""
    found = []
    if not plan.task_name.strip():
        found.append("请填写抽查任务名称。")
    if plan.period_to < plan.period_from:
        found.append("抽查时间的结束日期早于开始日期，请核对。")
    elif plan.summary_due and plan.summary_due < plan.period_from:
        found.append("总结报送期限早于抽查开始日期，请核对。")
    for name, (label, low, high) in NUMBERS.items():
        if not low <= getattr(plan, name) <= high:
            found.append(f"{label}应在 {low} 到 {high} 之间。")
    found += hurry_problems(plan)
    if plan.reveal_on and not plan.sealed:
        found.append("公开抽取不用揭示日期，请清空，或改为封存抽取结果。")
    elif plan.reveal_on and plan.reveal_on < plan.period_from:
        found.append("揭示日期早于抽查开始日期，请核对。")
    return [*found, *_beacon_problems(plan)]


def hurry_problems(plan: Plan) -> list[str]:
    """That a real plan leaves no day to look at the frozen list and object; only a rehearsal may (draw.md §0.2)."""
    if plan.rehearsal or plan.not_before_hours >= DISPUTE_HOURS:
        return []
    return [f"正式任务冻结后至少 {DISPUTE_HOURS} 小时才能抽取，供各方核对名单；想马上试抽的，请建演练任务。"]


def _beacon_problems(plan: Plan) -> list[str]:
    """What is wrong with the announced beacon: its event must be named exactly (draw.md §1 attack 4)."""
    if plan.beacon == Beacon.NONE:
        return ["没有选择公共信标，请清空信标期次。"] if plan.beacon_spec else []
    if plan.beacon == Beacon.DRAND and beacons.drand_due(plan.beacon_spec) is None:
        return ["drand 的期次应写成 链摘要:轮次，只支持 quicknet 和默认链。"]
    if plan.beacon == Beacon.SSQ and not beacons.SSQ_ISSUE.fullmatch(plan.beacon_spec):
        return ["双色球的期次应写 7 位期号，例如 2026110。"]
    return []


def _set_links(plan: Plan, fields: Mapping[str, Any]) -> None:
    """Departments, industries, items and rates that are named in ``fields``."""
    if "departments" in fields:
        plan.departments.all().delete()
        PlanDepartment.objects.bulk_create(PlanDepartment(plan=plan, department=one) for one in fields["departments"])
    if "industries" in fields:
        plan.industries.set(fields["industries"])
    if "items" in fields:
        plan.items.set(fields["items"])
    if {"rates", "caps", "classes", "scheme"} & set(fields):
        _set_rates(plan, fields)


def _set_rates(plan: Plan, fields: Mapping[str, Any]) -> None:
    """Rates by grade, with the yearly cap of each and whether recent inspections make classes of it."""
    known, old = grades_of(plan.scheme), list(plan.rates.all())
    rates: Mapping[str, Fraction] = fields.get("rates", {row.grade: row.fraction for row in old})
    caps: Mapping[str, int | None] = fields.get("caps", {row.grade: row.cap for row in old})
    classed = set(fields.get("classes", [row.grade for row in old if row.classes]))
    named = {name: set(fields[name]) for name in ("rates", "caps", "classes") if name in fields}
    strange = sorted(set().union(*named.values()) - set(known)) if named else []
    if strange:
        raise DomainError(f"“{plan.scheme}”没有等级 {'、'.join(strange)}，请重新选择分级办法。")
    if any(not 0 <= rate <= 1 for rate in rates.values()):
        raise DomainError("抽查比例应在 0 到 100% 之间。")
    if any(cap is not None and not 1 <= cap <= MAX_CAP for cap in caps.values()):
        raise DomainError(f"年度检查次数上限应在 1 到 {MAX_CAP} 之间，不设上限就空着。")
    plan.rates.all().delete()
    PlanRate.objects.bulk_create(
        PlanRate(
            plan=plan,
            grade=grade,
            numerator=rates[grade].numerator,
            denominator=rates[grade].denominator,
            cap=caps.get(grade),
            classes=grade in classed,
        )
        for grade in known
        if grade in rates
    )


def snapshot(plan: Plan) -> dict[str, Any]:
    """Everything a draft says, as the trail keeps it."""
    said = audit.fields_of(plan, PLAIN)
    said["departments"] = [row.department.code for row in plan.departments.select_related("department")]
    said["industries"] = sorted(plan.industries.values_list("code", flat=True))
    said["items"] = sorted(plan.items.values_list("code", flat=True))
    rates = list(plan.rates.all())
    said["rates"] = {row.grade: f"{row.numerator}/{row.denominator}" for row in rates}
    said["caps"] = {row.grade: row.cap for row in rates if row.cap is not None}
    said["classes"] = [row.grade for row in rates if row.classes]
    return said


def _insert(plan: Plan) -> None:
    """Save a new plan under the next free numbers; who takes the same number at the same moment tries the next."""
    for attempt in range(ATTEMPTS):
        plan.plan_code, plan.task_code = next_codes(plan.year, clock.today(), plan.rehearsal)
        try:
            with transaction.atomic():
                plan.save(force_insert=True)
            return
        except IntegrityError:
            if attempt == ATTEMPTS - 1:
                raise


@transaction.atomic
def create_plan(*, actor: User, past_start: bool = False, rehearsal: bool = False, **fields: Any) -> Plan:
    """A new draft led by the actor's department. ``fields``: names in PLAIN and LINKS, and ``year``.

    task_name, period_from and period_to are required; scheme, authority and departments have defaults. Numbers are
    generated. ``rehearsal``: 演练, settled here and never changed: its numbers and its draw log are apart. Raises
    DomainError with all problems at once; a start in the past is one, unless ``past_start``.
    """
    if Role.LEAD not in actor.roles or actor.department is None:
        raise DomainError("只有牵头部门可以编制抽查任务。")
    plain = {name: value for name, value in fields.items() if name in PLAIN}
    scheme = plain.pop("scheme", None) or RiskScheme.objects.first()
    if scheme is None:
        raise DomainError("还没有信用风险分级办法，请系统管理员先载入基础数据。")
    plan = Plan(lead=actor.department, scheme=scheme, created_by=actor, created_at=clock.now(), **plain)
    plan.rehearsal = rehearsal
    plan.year = fields.get("year") or plan.period_from.year
    plan.plan_name = plan.plan_name or f"{plan.year}年度{county.current().name}跨部门双随机抽查计划"
    plan.authority = plan.authority or _usual_authority()
    problems = field_problems(plan)
    if plan.period_from < clock.today() and not past_start:
        problems.append("抽查开始日期已经过去，请改为今天或以后。")
    if problems:
        raise DomainError(" ".join(problems), problems=problems)
    _insert(plan)
    links = {name: fields[name] for name in LINKS if name in fields}
    _set_links(plan, {"departments": [actor.department], **links})
    audit.record(stream=f"plan:{plan.pk}", actor=actor, action="编制任务", obj=plan, after=snapshot(plan))
    return plan


@transaction.atomic
def update_plan(*, actor: User, plan: Plan, seen: Mapping[str, str] | None = None, **fields: Any) -> Plan:
    """Change a draft: any of PLAIN and LINKS. Raises DomainError once the plan is no draft any more.

    ``seen``: the marks of the snapshot that the page was made from; what somebody else changed since is not wiped.
    """
    locked = lock_plan(plan)
    must_lead(actor, locked)
    must_be(locked, PlanState.DRAFT)
    before = snapshot(locked)
    start = locked.period_from
    for name in PLAIN:
        if name in fields:
            setattr(locked, name, fields[name])
    problems = field_problems(locked)
    if locked.period_from != start and locked.period_from < clock.today():
        problems.append("抽查开始日期已经过去，请改为今天或以后。")
    if problems:
        raise DomainError(" ".join(problems), problems=problems)
    locked.save(update_fields=[name for name in PLAIN if name in fields])
    _set_links(locked, fields)
    after = snapshot(Plan.objects.get(pk=locked.pk))
    author = stale.from_trail(locked, f"plan:{locked.pk}")
    label = stale.labels_of(Plan, **LINK_LABELS)
    stale.refuse_overwriting(seen, actor=actor, before=before, after=after, author=author, label=label)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        audit.record(
            stream=f"plan:{locked.pk}",
            actor=actor,
            action="修改任务",
            obj=locked,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return locked


def by_code(model: Any, codes: Iterable[str], what: str) -> list[Any]:
    """Rows by code, in the order of ``codes``. Raises DomainError naming what is missing."""
    wanted = list(codes)
    found = {row.code: row for row in model.objects.filter(code__in=wanted)}
    missing = [code for code in wanted if code not in found]
    if missing:
        raise DomainError(f"系统中没有{what} {'、'.join(missing)}，请系统管理员先载入基础数据。")
    return [found[code] for code in wanted]


def suitable_items(
    departments: Iterable[Department], industries: Iterable[Industry], day: dt.date
) -> list[InspectionItem]:
    """The items in force on ``day`` that these departments check in these industries."""
    items = InspectionItem.objects.in_force(day).filter(department__in=list(departments))
    wanted = {one.pk for one in industries}
    found = []
    for item in items.prefetch_related("industries").order_by("department__order", "code"):
        own = {one.pk for one in item.industries.all()}
        if not own or own & wanted:
            found.append(item)
    return found
