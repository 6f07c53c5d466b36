"""What a plan would draw from: enterprises in scope per grade, who is left out and why, people per department.

`scope_rows` is the one definition of the roster: the summary counts its rows, the freeze writes them.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from registry.enums import RegStatus
from registry.models import Department, Enterprise, Inspector, Recusal
from sampling.enums import DrawType, ExcludeReason
from sampling.models import Plan
from sampling.quotas import Group, group_number
from sampling.services.past import ClassLine, Past, cap_cases, cap_warnings, class_lines, with_past
from sampling.services.plans import UNGRADED, grades_of
from sampling.services.rates import rate_text

IN_SCOPE = ""


@dataclass(frozen=True)
class ScopeSpec:
    """What decides the roster and the pool; a plan's own, or one being typed. ``industries``: codes."""

    scheme_id: int
    grades: tuple[str, ...]
    directed: bool
    industries: frozenset[str]
    authority: str
    registered_before: dt.date | None
    rates: Mapping[str, Fraction]
    departments: tuple[Department, ...]
    seats: int
    teams: int
    period_from: dt.date
    period_to: dt.date
    caps: Mapping[str, int] = field(default_factory=dict)
    classed: frozenset[str] = frozenset()
    recent_months: int = 0
    weights: tuple[int, int] = (4, 1)
    over_cap: str = ""

    @property
    def past(self) -> Past:
        """What of the past decides: months, caps, and whether the cap only warns."""
        months = self.recent_months if self.classed else 0
        return Past(months, self.caps, bool(self.over_cap.strip()))


@dataclass(frozen=True)
class GradeLine:
    """One grade: enterprises in scope, the rate set (None = not set yet), how many will be drawn (exact ceiling)."""

    code: str
    total: int
    rate: Fraction | None
    expected: int

    @property
    def label(self) -> str:
        """A级, or 未评级."""
        return "未评级" if self.code == UNGRADED else f"{self.code}级"

    @property
    def rate_text(self) -> str:
        """The rate as it would be typed; empty when none is set."""
        return "" if self.rate is None else rate_text(self.rate)

    @property
    def share(self) -> int:
        """Drawn of all in whole percent, for a bar."""
        return self.expected * 100 // self.total if self.total else 0


@dataclass(frozen=True)
class PoolLine:
    """The people of one department: who can be drawn, how many seats there are, who cannot be drawn and why."""

    department: Department
    drawable: tuple[Inspector, ...]
    needed: int
    left_out: tuple[tuple[Inspector, str], ...]

    @property
    def standby(self) -> int:
        """How many remain behind the seats; negative when seats stay empty."""
        return len(self.drawable) - self.needed

    @property
    def shortage(self) -> int:
        """How many seats stay empty."""
        return max(-self.standby, 0)


@dataclass(frozen=True)
class ScopeSummary:
    """The numbers a plan would be frozen with on a day. ``problems`` forbid the freeze, ``warnings`` do not."""

    on: dt.date
    total: int
    excluded: dict[str, int]
    grades: list[GradeLine]
    pools: list[PoolLine]
    seats: int
    teams: int
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    classes: list[ClassLine] = field(default_factory=list)

    @property
    def picks(self) -> int:
        """How many enterprises will be drawn."""
        return sum(line.expected for line in self.grades)

    @property
    def people(self) -> int:
        """How many inspectors a team has."""
        return self.seats * len(self.pools)

    @property
    def load(self) -> str:
        """Enterprises per team: ``10`` or ``10或11``."""
        low, rest = divmod(self.picks, self.teams)
        return f"{low}或{low + 1}" if rest else str(low)

    @property
    def rate_percent(self) -> str:
        """Drawn of all, percent with two decimals, rounded half up in integers."""
        hundredths = (self.picks * 20_000 + self.total) // (2 * self.total) if self.total else 0
        return f"{hundredths // 100}.{hundredths % 100:02d}"

    @property
    def exclusions(self) -> list[tuple[str, int]]:
        """(reason in words, how many), every reason that occurs."""
        return [(one.label, self.excluded[one]) for one in ExcludeReason if self.excluded.get(one)]


def spec_of(plan: Plan) -> ScopeSpec:
    """The scope a plan is stored with."""
    rates = list(plan.rates.all())
    return ScopeSpec(
        scheme_id=plan.scheme_id,
        grades=tuple(grades_of(plan.scheme)),
        directed=plan.draw_type == DrawType.DIRECTED,
        industries=frozenset(plan.industries.values_list("code", flat=True)),
        authority=plan.authority,
        registered_before=plan.registered_before,
        rates={row.grade: row.fraction for row in rates},
        departments=tuple(row.department for row in plan.departments.select_related("department")),
        seats=plan.seats,
        teams=plan.teams,
        period_from=plan.period_from,
        period_to=plan.period_to,
        caps={row.grade: row.cap for row in rates if row.cap is not None},
        classed=frozenset(row.grade for row in rates if row.classes),
        recent_months=plan.recent_months,
        weights=(plan.weight_other, plan.weight_recent),
        over_cap=plan.cap_reason,
    )


def scope_rows(spec: ScopeSpec, on: dt.date) -> QuerySet[Any]:
    """Every enterprise of the registry with ``why_out`` (a code of exclude.tsv, empty = in scope), ``group`` (its
    grade on ``on``, N for 未评级), ``year_count`` (days inspected this year; 0 without caps) and ``recent``.

    The first reason that applies is given: industry, authority, status, after-cutoff, cap.
    """
    through = Enterprise.industries.through.objects
    cases = []
    if spec.industries or spec.directed:
        own = through.filter(enterprise_id=OuterRef("pk"), industry_id__in=sorted(spec.industries))
        cases.append(When(~Exists(own), then=Value(ExcludeReason.INDUSTRY.value)))
    cases.append(When(~Q(authority=spec.authority), then=Value(ExcludeReason.AUTHORITY.value)))
    cases.append(When(~Q(status=RegStatus.ACTIVE), then=Value(ExcludeReason.STATUS.value)))
    if spec.registered_before:
        late = Q(registered_on__gte=spec.registered_before)
        cases.append(When(late, then=Value(ExcludeReason.AFTER_CUTOFF.value)))
    rows: QuerySet[Any] = with_past(Enterprise.objects.with_grade(spec.scheme_id, on).order_by(), spec.past, on)
    cases += cap_cases(spec.past)
    rows = rows.annotate(why_out=Case(*cases, default=Value(IN_SCOPE), output_field=CharField()))
    graded = When(why_out=IN_SCOPE, grade__isnull=False, then=F("grade"))
    return rows.annotate(group=Case(graded, default=Value(UNGRADED), output_field=CharField()))


def grade_lines(spec: ScopeSpec, totals: Mapping[str, int]) -> list[GradeLine]:
    """A line for every grade of the scheme, and for grades that are found without being in it."""
    lines = []
    for code in [*spec.grades, *sorted(set(totals) - set(spec.grades))]:
        total, rate = totals.get(code, 0), spec.rates.get(code)
        drawn = 0
        if rate is not None:
            drawn = group_number(Group(code, rate=(rate.numerator, rate.denominator)), [total], [1])
        lines.append(GradeLine(code, total, rate, drawn))
    return lines


def pool_lines(spec: ScopeSpec, on: dt.date) -> list[PoolLine]:
    """Who can be drawn: in service on the later of ``on`` and the first plan day, certificate valid to the last."""
    day = max(on, spec.period_from)
    people: dict[int, list[Inspector]] = defaultdict(list)
    for inspector in Inspector.objects.filter(department__in=spec.departments).order_by("badge"):
        people[inspector.department_id].append(inspector)
    lines = []
    for department in spec.departments:
        reasons = [(one, one.why_not_drawable(day, spec.period_to)) for one in people[department.pk]]
        drawable = tuple(one for one, reason in reasons if not reason)
        left_out = tuple((one, reason) for one, reason in reasons if reason)
        lines.append(PoolLine(department, drawable, spec.seats * spec.teams, left_out))
    return lines


def recusals_in(spec: ScopeSpec, on: dt.date, pools: Sequence[PoolLine]) -> list[Recusal]:
    """Recusals in force between people of the pool and enterprises in scope, by code of the enterprise."""
    drawable = [one.pk for line in pools for one in line.drawable]
    found = Recusal.objects.in_force().filter(inspector_id__in=drawable).select_related("inspector", "enterprise")
    rows = list(found.order_by("enterprise__uscc", "inspector__badge"))
    concerned = {row.enterprise_id for row in rows}
    if not concerned:
        return []
    inside = set(scope_rows(spec, on).filter(pk__in=concerned, why_out=IN_SCOPE).values_list("pk", flat=True))
    return [row for row in rows if row.enterprise_id in inside]


def _people_problems(spec: ScopeSpec, pools: Sequence[PoolLine], recusals: Sequence[Recusal]) -> list[str]:
    found = [
        f"{line.department}只有 {len(line.drawable)} 名可抽取人员，"
        f"每队 {spec.seats} 人、{spec.teams} 队需要 {line.needed} 人"
        for line in pools
        if line.standby < 0
    ]
    avoided: dict[Enterprise, list[str]] = defaultdict(list)
    for row in recusals:
        avoided[row.enterprise].append(row.inspector.name)
    found += [
        f"{enterprise}有 {len(names)} 名可抽取人员须回避（{'、'.join(names)}），而只有 {spec.teams} 队，可能无队可去；"
        "请增加队数，或先让须回避的人员不参加"
        for enterprise, names in avoided.items()
        if len(names) >= spec.teams
    ]
    return found


def _warnings(lines: Sequence[GradeLine], pools: Sequence[PoolLine], teams: int) -> list[str]:
    found = [f"{line.department}没有候补，有人请假就补不上" for line in pools if line.standby == 0]
    found += [
        f"{line.label}的 {line.total} 家会全部抽中，这一级没有随机性，结果页会照实写明"
        for line in lines
        if line.total and line.expected == line.total
    ]
    without = [(line.department, sum(one.user_id is None for one in line.drawable)) for line in pools]
    if any(count for _, count in without):
        words = "、".join(f"{department} {count} 名" for department, count in without if count)
        found.append(f"还没有登录账号的可抽取人员：{words}。抽中后不能在线填写，请系统管理员先开通账号")
    picks = sum(line.expected for line in lines)
    if 0 < picks < teams:
        found.append(f"预计只抽 {picks} 家，却有 {teams} 队，有的队会没有任务")
    return found


def scope_summary(plan: Plan, on: dt.date, spec: ScopeSpec | None = None) -> ScopeSummary:
    """What ``plan`` (or ``spec``, while it is being typed) would be frozen with on the day ``on``. Reads only, in a
    fixed number of queries.

    ``problems`` are what makes a draw impossible: no enterprise, a grade without a rate, too few people, an enterprise
    recused by as many people as there are teams. What a plan still lacks otherwise: ``freeze_problems``.
    """
    spec = spec or spec_of(plan)
    totals: Counter[str] = Counter()
    excluded: Counter[str] = Counter()
    cells: Counter[tuple[str, bool, int]] = Counter()
    rows: Any = scope_rows(spec, on).values("why_out", "group", "recent", "year_count").annotate(n=Count("pk"))
    for row in rows:
        if row["why_out"] == IN_SCOPE:
            totals[row["group"]] += row["n"]
            cells[row["group"], row["recent"], row["year_count"]] += row["n"]
        else:
            excluded[row["why_out"]] += row["n"]
    lines = grade_lines(spec, totals)
    classes = class_lines(spec.past, spec.classed, spec.weights, {line.code: line.expected for line in lines}, cells)
    pools = pool_lines(spec, on)
    problems = [f"{line.label}有 {line.total} 家，还没有设置比例" for line in lines if line.total and line.rate is None]
    if not totals:
        problems.append("没有一家企业符合范围，请核对行业、登记机关和登记日期")
    elif not problems and not any(line.expected for line in lines):
        problems.append("按现在的比例一家也抽不到，请提高比例")
    problems += _people_problems(spec, pools, recusals_in(spec, on, pools))
    return ScopeSummary(
        on=on,
        total=sum(totals.values()),
        excluded={reason: excluded[reason] for reason in sorted(excluded)},
        grades=lines,
        pools=pools,
        seats=spec.seats,
        teams=spec.teams,
        problems=problems,
        warnings=[*_warnings(lines, pools, spec.teams), *cap_warnings(spec.past, cells)],
        classes=classes,
    )
