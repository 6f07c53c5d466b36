"""The rows of a freeze: roster, pool, recusals and plan as they stand in the registry, and the files they become."""

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Mapping

from registry.errors import DomainError
from registry.models import Enterprise, Inspector, RiskLevel, Specialty
from sampling import bundle
from sampling.canonical import CODE, ID
from sampling.models import Plan, PoolMember, Roster
from sampling.services import files as storage
from sampling.services.needs import Needs, needs_of
from sampling.services.scope import IN_SCOPE, ScopeSpec, pool_lines, recusals_in, scope_rows
from sampling.strata import CARRIED, RECENT

CARRY = "CARRY"


class Draft:
    """The rows of a freeze, read once, and their files."""

    def __init__(
        self,
        draw_id: str,
        plan: Plan,
        spec: ScopeSpec,
        on: dt.date,
        salts: Mapping[str, str] | None,
        carry: frozenset[str],
    ) -> None:
        """``carry``: codes of the enterprises that a void draw had picked; they are taken with certainty."""
        self.draw_id, self.spec, self.on = draw_id, spec, on
        self.needs = needs_of(plan)
        self.listed: list[tuple[str, str, str]] = []
        self.excluded: list[tuple[str, str]] = []
        self.names: dict[str, str] = {}
        self._read_enterprises(carry)
        self.pools = pool_lines(spec, on)
        self.people: dict[int, tuple[str, str]] = {}
        for line in self.pools:
            for one in line.drawable:
                salt = secrets.token_hex(16) if salts is None else salts[one.badge]
                self.people[one.pk] = (bundle.pid(draw_id, line.department.code, one.badge, salt), salt)

    def _read_enterprises(self, carry: frozenset[str]) -> None:
        """Every enterprise of the registry goes into the roster or onto the exclusions, by one statement."""
        rows = scope_rows(self.spec, self.on)
        fields = ("pk", "uscc", "name", "entity_type", "why_out", "group", "recent")
        for pk, uscc, name, entity_type, why_out, group, recent in rows.values_list(*fields).iterator(chunk_size=5000):
            if why_out == IN_SCOPE:
                stratum = group + (CARRIED if uscc in carry else RECENT if recent and self._classed(group) else "")
                self.listed.append((uscc, stratum, self.needs.of(pk, entity_type)))
                self.names[uscc] = name
            else:
                self.excluded.append((uscc, why_out))

    def _classed(self, grade: str) -> bool:
        return bool(self.spec.recent_months) and grade in self.spec.classed

    def counts(self) -> dict[str, int]:
        """Enterprises per stratum."""
        return dict(sorted(Counter(stratum for _, stratum, _ in self.listed).items()))

    def files(self) -> dict[str, bytes]:
        """The digested files. Raises DomainError, in words, for what would make the draw impossible."""
        recused = recusals_in(self.spec, self.on, self.pools)
        try:
            written = {
                "plan": self._plan(),
                "pool": bundle.pool_file(self.draw_id, self._pool_rows()),
                "recuse": bundle.recuse_file(
                    self.draw_id, [(self.people[row.inspector_id][0], row.enterprise.uscc) for row in recused]
                ),
                "roster": bundle.roster_file(self.draw_id, self.listed),
                "exclude": bundle.exclude_file(self.draw_id, self.excluded),
            }
            problems = bundle.check_feasible(written)
        except bundle.DrawFileError as error:
            raise _refused(error, self.spec) from error
        if problems:
            words = [_in_words(problem, self.spec, self.needs) for problem in problems]
            raise DomainError("还不能冻结，请先处理下面的问题。", problems=words)
        return written

    def _plan(self) -> bytes:
        """plan.tsv: a group per grade; its stratum with weight 1, or two with the weights of their classes. Carried
        enterprises are a group of their own at 1/1."""
        spec = self.spec
        groups = [bundle.Group(code, rate=(rate.numerator, rate.denominator)) for code, rate in spec.rates.items()]
        strata = [bundle.Stratum(code, code, spec.weights[0] if self._classed(code) else 1) for code in spec.rates]
        strata += [bundle.Stratum(code + RECENT, code, spec.weights[1]) for code in spec.rates if self._classed(code)]
        carried = [code for code in self.counts() if code.endswith(CARRIED)]
        if carried:
            groups.append(bundle.Group(CARRY, rate=(1, 1)))
            strata += [bundle.Stratum(code, CARRY) for code in carried]
        return bundle.plan_file(
            self.draw_id,
            groups=groups,
            strata=strata,
            depts=[bundle.Department(one.code, spec.seats) for one in spec.departments],
            quotas=[bundle.CategoryQuota(dept, category, 1) for dept, category in self.needs.quotas],
            teams=spec.teams,
        )

    def _pool_rows(self) -> list[tuple[str, str, str]]:
        held: dict[int, list[str]] = {}
        through = Inspector.specialties.through.objects.filter(inspector_id__in=list(self.people))
        for inspector_id, code in through.values_list("inspector_id", "specialty__code"):
            held.setdefault(inspector_id, []).append(code)
        return [
            (line.department.code, self.people[one.pk][0], ",".join(sorted(held.get(one.pk, []))) or "-")
            for line in self.pools
            for one in line.drawable
        ]

    def store(self, roster: Roster, written: Mapping[str, bytes]) -> None:
        """Files, names and pool members of a fresh roster."""
        for name, content in written.items():
            storage.store_file(roster, name, content)
        members = [(line.department, one, *self.people[one.pk]) for line in self.pools for one in line.drawable]
        PoolMember.objects.bulk_create(
            PoolMember(roster=roster, inspector=one, department=department, pid=pid, salt=salt)
            for department, one, pid, salt in members
        )
        named = [(pid, one.name, one.badge, salt) for _, one, pid, salt in members]
        storage.store_file(roster, storage.NAMES, storage.names_tsv(self.draw_id, self.names, named))


def _refused(error: bundle.DrawFileError, spec: ScopeSpec) -> DomainError:
    """The refusal of a file: it names the rows of the registry that no file can hold, not the line of the file."""
    rows = Enterprise.objects.order_by("pk").values_list("uscc", "name").iterator(chunk_size=5000)
    found = [
        f"企业“{name}”的统一社会信用代码“{code}”不合规，请系统管理员在“数据修复”里更正"
        for code, name in rows
        if not ID.fullmatch(code)
    ]
    named: list[tuple[str, str, str]] = [("部门", one.code, one.name) for one in spec.departments]
    named += [("专业", one.code, one.name) for one in Specialty.objects.all()]
    named += [("等级", one.code, one.name) for one in RiskLevel.objects.filter(scheme_id=spec.scheme_id)]
    found += [
        f"{kind}“{name}”的代码“{code}”不合规，请系统管理员更正"
        for kind, code, name in named
        if not CODE.fullmatch(code)
    ]
    return DomainError("有不合规的代码，不能写成冻结文件，请先改正。", problems=found[:50] or [str(error)])


def _in_words(problem: bundle.Problem, spec: ScopeSpec, needs: Needs) -> str:
    """A problem found in the files, with names in the place of codes."""
    department = next((str(one) for one in spec.departments if one.code == problem.dept), problem.dept)
    category = needs.names.get(problem.category, problem.category)
    match problem.kind:
        case "quota":
            return (
                f"{department}具备“{category}”专业的可抽取人员只有 {problem.available} 名，"
                f"{spec.teams} 队需要 {problem.needed} 名"
            )
        case "quota-seats":
            return f"{department}每队 {problem.available} 人，所选事项却需要 {problem.needed} 种专业，请增加每队人数"
        case "need":
            return f"{problem.needed} 家企业需要“{category}”专业，可抽取人员中没有人具备"
    return problem.message
