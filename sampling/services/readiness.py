"""Everything that stands between a draft and its freeze, in words."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from registry.models import CalendarYear, Department, Industry
from sampling.enums import DrawType
from sampling.models import Plan
from sampling.services.plans import hurry_problems
from sampling.services.scope import ScopeSummary


def _missing_items(plan: Plan) -> list[str]:
    """Industries nobody would check anything in. The dispatch would have to stop at such an enterprise."""
    items = list(plan.items.prefetch_related("industries"))
    if not items:
        return ["还没有选择抽查事项，请在第 2 步选择"]
    covered = [{one.pk for one in item.industries.all()} for item in items]
    if any(not own for own in covered):
        return []
    wanted: Sequence[Industry] = list(plan.industries.all())
    bare = [one.name for one in wanted if not any(one.pk in own for own in covered)]
    return [f"{'、'.join(bare)}没有任何部门的抽查事项，请在第 2 步选择，或去掉这个行业"] if bare else []


def items_per_department(plan: Plan) -> list[tuple[Department, int]]:
    """Every participating department with the number of items it checks."""
    counts = Counter(plan.items.values_list("department_id", flat=True))
    rows = plan.departments.select_related("department")
    return [(row.department, counts[row.department_id]) for row in rows]


def departments_without_items(plan: Plan) -> list[str]:
    """Participating departments for which no item is chosen: allowed, and worth a look."""
    return [
        f"{department}没有选择任何抽查事项，派发时记为“无检查事项”"
        for department, count in items_per_department(plan)
        if not count
    ]


def _calendar(plan: Plan, on: dt.date) -> list[str]:
    wanted = range(min(on.year, plan.period_from.year), plan.period_to.year + 1)
    loaded = set(CalendarYear.objects.values_list("year", flat=True))
    return [
        f"{year}年日历未录入，期限算不出来；请先在“日历”录入国务院办公厅放假通知"
        for year in wanted
        if year not in loaded
    ]


def freeze_problems(plan: Plan, on: dt.date, summary: ScopeSummary) -> list[str]:
    """Why ``plan`` cannot be frozen on the day ``on``: what it lacks, then what makes its draw impossible."""
    found = []
    if not summary.pools:
        found.append("还没有选择参与部门，请在第 2 步选择")
    if plan.draw_type == DrawType.DIRECTED and not plan.industries.exists():
        found.append("定向抽查要写明行业，请在第 3 步选择")
    if not plan.authority:
        found.append("还没有写明登记机关，请在第 3 步选择")
    found += [f"{words.rstrip('。')}（第 1 步）" for words in hurry_problems(plan)]
    if plan.period_to < on + dt.timedelta(days=-(-plan.not_before_hours // 24)):
        found.append(
            f"抽查时间到 {plan.period_to} 为止，而冻结后至少 {plan.not_before_hours} 小时才能抽取，"
            "请在第 1 步延后结束日期"
        )
    return [*found, *_missing_items(plan), *_calendar(plan, on), *summary.problems]
