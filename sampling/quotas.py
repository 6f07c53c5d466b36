"""How many from each stratum: the plan of a draw and ALLOCATE of protocol `dr1`, in exact integers and fractions.

A *group* (a credit grade, or a whole fixed total) promises a number: rate p/q of its enterprises, rounded up once, or a
total n. Its *strata* share that number in proportion to weight x size, none above its size (capped proportional), and
the shares x_h are rounded by one uniform number U_G per group (systematic rounding): the total is exact, n_h is floor
or ceil of x_h, and the mean of n_h is x_h exactly. Floats never occur: `ceil(7/100*100)` is 7 here.

Public: `Group`, `Stratum`, `Department`, `CategoryQuota`, `Plan`, `Allocation`, `read_plan`, `plan_rows`,
`group_number`, `shares`, `round_shares`, `rounding_number`, `allocate`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sampling.canonical import DrawFileError, parse, ticket


@dataclass(frozen=True, slots=True)
class Group:
    """A promised number: `rate` p/q (not reduced, as written) when `total` is None, else exactly `total`."""

    code: str
    rate: tuple[int, int] | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Stratum:
    """A cell of the roster; weight 0 is never drawn."""

    code: str
    group: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Department:
    """`seats` people of this department sit in every team."""

    code: str
    seats: int


@dataclass(frozen=True, slots=True)
class CategoryQuota:
    """At least `count` people of `dept` who hold `category` in every team."""

    dept: str
    category: str
    count: int


@dataclass(frozen=True, slots=True)
class Plan:
    """plan.tsv as read. `teams` is None when the plan draws enterprises only."""

    draw_id: str
    groups: tuple[Group, ...]
    strata: tuple[Stratum, ...]
    depts: tuple[Department, ...]
    quotas: tuple[CategoryQuota, ...]
    teams: int | None


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a stratum got: `size` enterprises, `drawn` of them, `expected` = x_h before rounding (exact)."""

    stratum: str
    size: int
    drawn: int
    expected: Fraction


def _group_from(line: int, code: str, mode: str, value: str) -> Group:
    """One `group` row."""
    if mode == "total":
        return Group(code, total=int(value))
    p, q = (int(part) for part in value.split("/"))
    if p > q:
        raise DrawFileError("plan", line, f"分组 {code} 的比例 {value} 大于 1")
    return Group(code, rate=(p, q))


def _check_plan(plan: Plan) -> None:
    """References and double definitions inside a plan. Raises DrawFileError."""

    def refuse(reason: str) -> DrawFileError:
        return DrawFileError("plan", None, reason)

    for what, codes in (
        ("分组", [g.code for g in plan.groups]),
        ("分层", [s.code for s in plan.strata]),
        ("部门", [d.code for d in plan.depts]),
        ("专业人数", [f"{q.dept}/{q.category}" for q in plan.quotas]),
    ):
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise refuse(f"{what} {twice[0]} 写了两次")
    groups = {g.code for g in plan.groups}
    for stratum in plan.strata:
        if stratum.group not in groups:
            raise refuse(f"分层 {stratum.code} 属于未写明的分组 {stratum.group}")
    depts = {d.code for d in plan.depts}
    for quota in plan.quotas:
        if quota.dept not in depts:
            raise refuse(f"专业人数 {quota.category} 属于未写明的部门 {quota.dept}")
    if (plan.teams is None) != (not plan.depts):
        raise refuse("部门与队数要么都写，要么都不写")


def read_plan(data: bytes, draw_id: str | None = None) -> Plan:
    """plan.tsv as a Plan, everything by code. Raises DrawFileError."""
    parsed = parse(data, "plan", draw_id)
    groups: list[Group] = []
    strata: list[Stratum] = []
    depts: list[Department] = []
    quotas: list[CategoryQuota] = []
    teams: list[int] = []
    for line, row in enumerate(parsed.rows, start=2):
        match row:
            case ("group", code, mode, value):
                groups.append(_group_from(line, code, mode, value))
            case ("stratum", code, group, weight):
                strata.append(Stratum(code, group, int(weight)))
            case ("dept", code, seats):
                depts.append(Department(code, int(seats)))
            case ("quota", dept, category, count):
                quotas.append(CategoryQuota(dept, category, int(count)))
            case (_, count):
                teams.append(int(count))
    if len(teams) > 1:
        raise DrawFileError("plan", None, "队数（teams）写了两次")
    plan = Plan(
        parsed.draw_id,
        tuple(sorted(groups, key=lambda g: g.code)),
        tuple(sorted(strata, key=lambda s: s.code)),
        tuple(sorted(depts, key=lambda d: d.code)),
        tuple(sorted(quotas, key=lambda q: (q.dept, q.category))),
        teams[0] if teams else None,
    )
    _check_plan(plan)
    return plan


def plan_rows(plan: Plan) -> list[tuple[str, ...]]:
    """The rows of plan.tsv, in no particular order. Raises DrawFileError for a plan that `read_plan` would refuse."""
    _check_plan(plan)
    rows: list[tuple[str, ...]] = []
    for group in plan.groups:
        if (group.rate is None) == (group.total is None):
            raise DrawFileError("plan", None, f"分组 {group.code} 应写比例或总数之一")
        if group.rate is not None:
            p, q = group.rate
            if not 0 <= p <= q or q < 1:
                raise DrawFileError("plan", None, f"分组 {group.code} 的比例 {p}/{q} 不在 0 与 1 之间")
            rows.append(("group", group.code, "rate", f"{p}/{q}"))
        else:
            rows.append(("group", group.code, "total", str(group.total)))
    rows += [("stratum", s.code, s.group, str(s.weight)) for s in plan.strata]
    rows += [("dept", d.code, str(d.seats)) for d in plan.depts]
    rows += [("quota", q.dept, q.category, str(q.count)) for q in plan.quotas]
    if plan.teams is not None:
        rows.append(("teams", str(plan.teams)))
    return rows


def group_number(group: Group, sizes: Sequence[int], weights: Sequence[int]) -> int:
    """How many the group draws: ceil(p N / q), at most what has a weight; or its total.

    Raises DrawFileError when a total is larger than what can be drawn.
    """
    drawable = sum(size for size, weight in zip(sizes, weights, strict=True) if weight > 0)
    if group.rate is not None:
        p, q = group.rate
        return min((p * sum(sizes) + q - 1) // q, drawable)
    total = group.total or 0
    if total > drawable:
        reason = f"分组 {group.code} 要抽 {total} 家，可抽的只有 {drawable} 家。请减少总数或扩大范围"
        raise DrawFileError("plan", None, reason)
    return total


def shares(number: int, sizes: Sequence[int], weights: Sequence[int]) -> list[Fraction]:
    """Capped proportional shares x_h of `number` among cells of the given sizes and integer weights; they add up to
    `number` (0 <= number <= sum of sizes with weight > 0) and x_h <= size_h. Exact water-filling solution.
    """
    result = [Fraction(0)] * len(sizes)
    active = [h for h in range(len(sizes)) if sizes[h] * weights[h] > 0]
    rest = number
    while active and rest:
        mass = sum(weights[h] * sizes[h] for h in active)
        full = [h for h in active if rest * weights[h] >= mass]
        if not full:
            for h in active:
                result[h] = Fraction(rest * weights[h] * sizes[h], mass)
            break
        for h in full:
            result[h] = Fraction(sizes[h])
            rest -= sizes[h]
        active = [h for h in active if h not in full]
    return result


def round_shares(expected: Sequence[Fraction], uniform: Fraction) -> list[int]:
    """Systematic rounding: n_h = floor(U + x_1+..+x_h) - floor(U + x_1+..+x_{h-1}), 0 <= U < 1."""
    drawn: list[int] = []
    running = uniform
    before = 0
    for x in expected:
        running += x
        now = running.numerator // running.denominator
        drawn.append(now - before)
        before = now
    return drawn


def rounding_number(seed: str, group: str) -> Fraction:
    """U_G: SHA256(seed "/R/" G) as a 256-bit integer over 2^256."""
    return Fraction(int(ticket(seed, "R", group), 16), 2**256)


def allocate(plan: Plan, counts: Mapping[str, int], seed: str) -> tuple[Allocation, ...]:
    """ALLOCATE: numbers for every stratum of the plan, by code. `counts`: stratum -> rows in the roster (missing = 0).

    Raises DrawFileError for a roster stratum that the plan does not know or an impossible total.
    """
    unknown = sorted(set(counts) - {stratum.code for stratum in plan.strata})
    if unknown:
        raise DrawFileError("roster", None, f"分层 {'、'.join(unknown)} 不在 plan.tsv 中")
    allocations: list[Allocation] = []
    for group in plan.groups:
        cells = [stratum for stratum in plan.strata if stratum.group == group.code]
        sizes = [counts.get(cell.code, 0) for cell in cells]
        weights = [cell.weight for cell in cells]
        expected = shares(group_number(group, sizes, weights), sizes, weights)
        drawn = round_shares(expected, rounding_number(seed, group.code))
        allocations += [
            Allocation(cell.code, size, number, x)
            for cell, size, number, x in zip(cells, sizes, drawn, expected, strict=True)
        ]
    return tuple(sorted(allocations, key=lambda a: a.stratum))
