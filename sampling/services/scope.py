"""Who is in scope of a plan, how many that gives, and what stands in the way. Reads only."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from django.db.models import Exists, OuterRef

from registry.enums import RegStatus
from registry.models import CalendarYear, Department, Enterprise, Inspector, Recusal
from registry.querysets import EnterpriseQuerySet
from sampling.enums import ExcludeReason
from sampling.models import Plan
from sampling.services.rates import percent_text

UNRATED = "N"


@dataclass(frozen=True)
class GradeRow:
    """One grade: how many enterprises, the set rate, and the exact ceiling of it."""

    code: str
    name: str
    size: int
    rate: Fraction
    picks: int

    @property
    def rate_text(self) -> str:
        """The set rate in percent."""
        return percent_text(self.rate)

    @property
    def expected_text(self) -> str:
        """Size times rate before rounding, two decimals for reading."""
        hundredths = self.rate * self.size * 100
        return f"{hundredths.numerator // hundredths.denominator / 100:.2f}"

    @property
    def takes_all(self) -> bool:
        """Whether every enterprise of this grade is drawn."""
        return 0 < self.size == self.picks


@dataclass(frozen=True)
class PoolRow:
    """One department: who can be drawn, how many are needed, who is left out and why."""

    department: Department
    available: list[Inspector]
    needed: int
    left_out: list[tuple[Inspector, str]]

    @property
    def spare(self) -> int:
        """How many stand by when all teams are full."""
        return len(self.available) - self.needed


@dataclass
class ScopeSummary:
    """What a plan would draw from as of ``on``; ``problems`` refuse the freeze, ``warnings`` do not."""

    on: dt.date
    rows: list[tuple[str, str]]
    grades: list[GradeRow]
    exclusions: list[tuple[str, str]]
    pools: list[PoolRow]
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Enterprises in scope."""
        return len(self.rows)

    @property
    def picks(self) -> int:
        """Enterprises that will be drawn: exact, whatever the seed."""
        return sum(row.picks for row in self.grades)

    @property
    def rate_text(self) -> str:
        """Drawn of all, in percent with two decimals."""
        return f"{self.picks * 10000 // self.total / 100:.2f}" if self.total else "0"

    @property
    def excluded(self) -> list[tuple[str, int]]:
        """Reason in words and number, the most frequent first; zero rows left out."""
        counts = Counter(reason for _, reason in self.exclusions)
        return [(ExcludeReason(code).label, count) for code, count in counts.most_common()]


def pool_day(plan: Plan, on: dt.date) -> dt.date:
    """The day on which inspectors must be available: the later of the freeze day and the first plan day."""
    return max(on, plan.period_from)


def scope_enterprises(plan: Plan) -> EnterpriseQuerySet:
    """Enterprises in scope: existing, of the authority and industries, registered before the cut-off."""
    found: EnterpriseQuerySet = Enterprise.objects.active().filter(authority=plan.authority)
    if plan.registered_before:
        found = found.filter(registered_on__lt=plan.registered_before)
    tagged = Enterprise.industries.through.objects.filter(
        enterprise=OuterRef("pk"), industry__in=plan.industries.values("pk")
    )
    return found.filter(Exists(tagged))


def _exclusions(plan: Plan, drawn_from: set[str]) -> list[tuple[str, str]]:
    """Everybody of the registry who is not in scope, with the first reason that applies (draw.md §2.2)."""
    tagged = set(
        Enterprise.objects.filter(industries__in=plan.industries.all()).values_list("uscc", flat=True).distinct()
    )
    rows = []
    snapshot = Enterprise.objects.order_by("uscc").values_list("uscc", "status", "authority")
    for uscc, status, authority in snapshot:
        if uscc in drawn_from:
            continue
        if uscc not in tagged:
            reason = ExcludeReason.INDUSTRY
        elif status != RegStatus.ACTIVE:
            reason = ExcludeReason.STATUS
        elif authority != plan.authority:
            reason = ExcludeReason.AUTHORITY
        else:
            reason = ExcludeReason.AFTER_CUTOFF
        rows.append((uscc, str(reason)))
    return rows


def _grades(plan: Plan, counts: Counter[str]) -> list[GradeRow]:
    names = {level.code: level.name for level in plan.scheme.levels.all()} | {UNRATED: "未评级"}
    rates = {rate.grade: rate.fraction for rate in plan.rates.all()}
    rows = []
    for code in [*names, *sorted(set(counts) - set(names))]:
        rate, size = rates.get(code, Fraction(0)), counts[code]
        share = rate * size
        rows.append(GradeRow(code, names.get(code, code), size, rate, -(-share.numerator // share.denominator)))
    return rows


def _pools(plan: Plan, on: dt.date) -> list[PoolRow]:
    departments = [row.department for row in plan.departments.select_related("department")]
    people = Inspector.objects.filter(department__in=departments).prefetch_related("specialties").order_by("badge")
    sorted_out: dict[int, tuple[list[Inspector], list[tuple[Inspector, str]]]] = defaultdict(lambda: ([], []))
    for inspector in people:
        why = inspector.why_not_drawable(pool_day(plan, on), plan.period_to)
        available, left_out = sorted_out[inspector.department_id]
        if why:
            left_out.append((inspector, why))
        else:
            available.append(inspector)
    needed = plan.seats * plan.teams
    return [PoolRow(one, sorted_out[one.pk][0], needed, sorted_out[one.pk][1]) for one in departments]


def short_of_people(pool: PoolRow, plan: Plan) -> str:
    """The sentence for a department without enough inspectors; empty when there are enough."""
    if pool.spare >= 0:
        return ""
    return (
        f"{pool.department}只有 {len(pool.available)} 名可抽取人员，每队 {plan.seats} 人、{plan.teams} 队"
        f"需要 {pool.needed} 人。请补充人员或减少队数。"
    )


def recused_too_often(plan: Plan, pools: Iterable[PoolRow], in_scope: set[str]) -> list[str]:
    """Enterprises from which as many pool members are recused as there are teams: perhaps no team could go there."""
    people = [inspector.pk for pool in pools for inspector in pool.available]
    found: dict[tuple[str, str], int] = Counter()
    recusals = (
        Recusal.objects.in_force().filter(inspector__in=people).values_list("enterprise__uscc", "enterprise__name")
    )
    for uscc, name in recusals.order_by("enterprise__uscc"):
        if uscc in in_scope:
            found[uscc, name] += 1
    return [
        f"{name}（{uscc}）有 {count} 名备选人员须回避，而只有 {plan.teams} 队，可能无队可去。请增加队数或复核回避。"
        for (uscc, name), count in found.items()
        if count >= plan.teams
    ]


def _problems(plan: Plan, summary: ScopeSummary) -> list[str]:
    problems = []
    item_departments = set(plan.items.values_list("department_id", flat=True))
    if not summary.pools:
        problems.append("还没有选择参与部门。")
    bare = (pool.department for pool in summary.pools if pool.department.pk not in item_departments)
    problems += [f"{department}还没有选抽查事项。" for department in bare]
    if plan.lead_id not in {pool.department.pk for pool in summary.pools}:
        problems.append(f"牵头部门{plan.lead}也要参加检查，请在参与部门里勾选。")
    if not summary.total:
        problems.append("没有符合范围的企业：请核对行业、登记机关和登记日期。")
    elif not summary.picks:
        problems.append("各等级的比例都是 0，一家也抽不到：请设置比例。")
    years = {plan.period_from.year, plan.period_to.year, summary.on.year}
    missing = sorted(years - set(CalendarYear.objects.filter(year__in=years).values_list("year", flat=True)))
    problems += [f"{year}年日历未录入：请在“日历”导入国务院办公厅放假通知后再冻结。" for year in missing]
    if plan.period_to < summary.on:
        problems.append(f"抽查时间已在 {plan.period_to} 结束，请改抽查时间。")
    problems += filter(None, (short_of_people(pool, plan) for pool in summary.pools))
    return problems + recused_too_often(plan, summary.pools, {uscc for uscc, _ in summary.rows})


def scope_summary(plan: Plan, on: dt.date) -> ScopeSummary:
    """Roster, exclusions, pools and everything that refuses the freeze, as of ``on`` (decisions: roster, pool)."""
    graded = scope_enterprises(plan).with_grade(plan.scheme_id, on).order_by("uscc").values_list("uscc", "grade")
    rows = [(uscc, grade or UNRATED) for uscc, grade in graded]
    summary = ScopeSummary(
        on=on,
        rows=rows,
        grades=_grades(plan, Counter(grade for _, grade in rows)),
        exclusions=_exclusions(plan, {uscc for uscc, _ in rows}),
        pools=_pools(plan, on),
    )
    summary.problems = _problems(plan, summary)
    summary.warnings = [
        f"{pool.department}没有候补：{len(pool.available)} 名持证人员正好用完，有人请假就补不上。"
        for pool in summary.pools
        if pool.spare == 0
    ]
    summary.warnings += [
        f"{row.code}级只有 {row.size} 家，比例 {row.rate_text}%，会全部抽中，这一级没有随机性，结果页会照实写明。"
        if row.code != UNRATED
        else f"未评级的 {row.size} 家会全部抽中。"
        for row in summary.grades
        if row.takes_all
    ]
    return summary
