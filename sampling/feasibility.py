"""What would make a draw impossible whatever the seed: asked before the freeze, answered with all problems at once.

Public: `Problem`, `check_feasible`, and for the other modules of the draw `need`, `recused_pairs`, `check_people`.
Standard library only.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sampling.canonical import DrawFileError, parse
from sampling.draw import Roster
from sampling.matching import Person, read_pool
from sampling.quotas import Plan, read_plan


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason why a plan cannot be drawn, known before any seed. `kind`:

    people        dept has `available` in the pool, `needed` = seats x teams
    quota         dept has `available` holders of `category`, `needed` = quota x teams
    quota-seats   quotas of dept add up to `needed` per team, it has `available` seats
    recused       enterprise `id` has `needed` recused pool members, as many as teams or more (`available` = teams)
    need          `needed` enterprises need `category`, which nobody in the pool holds
    total         group `dept` should draw `needed`, only `available` can be drawn
    stratum       roster rows of stratum `id` that the plan does not know (`needed` rows)
    """

    kind: str
    dept: str = ""
    category: str = ""
    id: str = ""
    needed: int = 0
    available: int = 0

    @property
    def message(self) -> str:
        """A Chinese sentence with codes; services may put names in their place."""
        match self.kind:
            case "people":
                return (
                    f"部门 {self.dept} 只有 {self.available} 名可抽取人员，各队合计需要 {self.needed} 人。"
                    "请补充人员、减少每队人数或减少队数"
                )
            case "quota":
                return (
                    f"部门 {self.dept} 具备专业 {self.category} 的只有 {self.available} 人，"
                    f"各队合计需要 {self.needed} 人。请补充人员、降低要求或减少队数"
                )
            case "quota-seats":
                return (
                    f"部门 {self.dept} 每队 {self.available} 席，各专业人数合计却要 {self.needed} 人。"
                    "请增加席位或降低要求"
                )
            case "recused":
                return (
                    f"主体 {self.id} 有 {self.needed} 名备选人员须回避，而只有 {self.available} 队，可能无队可去。"
                    "请减少须回避的备选人员或增加队数"
                )
            case "need":
                return f"{self.needed} 家主体需要专业 {self.category}，备选人员中无人具备。请补充人员或改正需要"
            case "total":
                return f"分组 {self.dept} 要抽 {self.needed} 家，可抽的只有 {self.available} 家。请减少总数或扩大范围"
        return f"名单中有 {self.needed} 家属于分层 {self.id}，计划没有写明这一分层"


def need(files: Mapping[str, bytes], name: str) -> bytes:
    """A file that must be there."""
    try:
        return files[name]
    except KeyError:
        raise DrawFileError(name, None, "缺少这个文件") from None


def recused_pairs(files: Mapping[str, bytes], draw_id: str) -> frozenset[tuple[str, str]]:
    """(pid, id) of recuse.tsv; none when the draw has no such file."""
    if "recuse" not in files:
        return frozenset()
    return frozenset((row[0], row[1]) for row in parse(files["recuse"], "recuse", draw_id).rows)


def check_people(plan: Plan, pool: Sequence[Person], recused: Iterable[tuple[str, str]]) -> list[Problem]:
    """What makes TEAMS or MATCH impossible (or possibly so) whatever the seed; empty when nothing does."""
    problems: list[Problem] = []
    if plan.teams is None:
        return problems
    for dept in plan.depts:
        people = [person for person in pool if person.dept == dept.code]
        if len(people) < dept.seats * plan.teams:
            problems.append(Problem("people", dept.code, needed=dept.seats * plan.teams, available=len(people)))
        quotas = [quota for quota in plan.quotas if quota.dept == dept.code]
        if sum(quota.count for quota in quotas) > dept.seats:
            wanted = sum(quota.count for quota in quotas)
            problems.append(Problem("quota-seats", dept.code, needed=wanted, available=dept.seats))
        for quota in quotas:
            holders = sum(quota.category in person.categories for person in people)
            if holders < quota.count * plan.teams:
                problems.append(
                    Problem("quota", dept.code, quota.category, needed=quota.count * plan.teams, available=holders)
                )
    depts = {dept.code for dept in plan.depts}
    drawable = {person.pid for person in pool if person.dept in depts}
    avoided = Counter(identifier for pid, identifier in set(recused) if pid in drawable)
    for identifier in sorted(avoided):
        if avoided[identifier] >= plan.teams:
            problems.append(Problem("recused", id=identifier, needed=avoided[identifier], available=plan.teams))
    return problems


def check_feasible(files: Mapping[str, bytes]) -> list[Problem]:
    """What would make the draw impossible whatever the seed, from plan, pool, recuse and roster; empty when nothing.

    Raises DrawFileError when a file itself is wrong. The freeze refuses a plan with problems.
    """
    plan = read_plan(need(files, "plan"))
    roster = Roster.from_bytes(need(files, "roster"), plan.draw_id)
    known = {stratum.code for stratum in plan.strata}
    problems = [Problem("stratum", id=code, needed=roster.counts[code]) for code in roster.counts if code not in known]
    for group in plan.groups:
        weighted = (s.code for s in plan.strata if s.group == group.code and s.weight > 0)
        drawable = sum(roster.counts.get(code, 0) for code in weighted)
        if group.total is not None and group.total > drawable:
            problems.append(Problem("total", group.code, needed=group.total, available=drawable))
    if plan.teams is None:
        return problems
    pool = read_pool(need(files, "pool"), plan.draw_id)
    recused = recused_pairs(files, plan.draw_id)
    ids = frozenset(roster.ids()) if recused else frozenset()
    problems += check_people(plan, pool, (pair for pair in recused if pair[1] in ids))
    depts = {dept.code for dept in plan.depts}
    held = {category for person in pool if person.dept in depts for category in person.categories}
    wanted: Counter[str] = Counter()
    for needs, rows in roster.needs().items():
        wanted.update({category: rows for category in needs.split(",") if needs != "-"})
    problems += [Problem("need", category=c, needed=wanted[c]) for c in sorted(wanted) if c not in held]
    return problems
