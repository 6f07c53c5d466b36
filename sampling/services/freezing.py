"""The freeze: the roster, the pool, the recusals and the plan become files whose digests can never change."""

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max

from registry import audit, clock
from registry.errors import DomainError
from registry.models import Inspector, User
from registry.services import hold_registry
from sampling import bundle
from sampling.enums import DrawEventKind, PickKind, PlanState, Stream
from sampling.models import Draw, OpenFreeze, Plan, PoolMember, Roster
from sampling.services import files as storage
from sampling.services.needs import Needs, needs_of
from sampling.services.readiness import freeze_problems
from sampling.services.scope import (
    IN_SCOPE,
    ScopeSpec,
    pool_lines,
    recusals_in,
    scope_rows,
    scope_summary,
    spec_of,
)
from sampling.services.states import lock_plan, move, must_be, must_lead

CARRY = "CARRY"
# Enterprises of a void draw stay in a stratum named after their grade, so that tables by grade still count them.
CARRIED = "-1"
# What stands before the number of a draw: every file of a rehearsal says so in its first line.
PREFIX = {Stream.MAIN: "", Stream.REHEARSAL: "YL"}


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
        rows = scope_rows(self.spec, self.on).values_list("pk", "uscc", "name", "entity_type", "why_out", "group")
        for pk, uscc, name, entity_type, why_out, group in rows.iterator(chunk_size=5000):
            if why_out == IN_SCOPE:
                stratum = group + CARRIED if uscc in carry else group
                self.listed.append((uscc, stratum, self.needs.of(pk, entity_type)))
                self.names[uscc] = name
            else:
                self.excluded.append((uscc, why_out))

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
            raise DomainError("有不合规的代码，不能写成冻结文件，请先改正。", problems=[str(error)]) from error
        if problems:
            words = [_in_words(problem, self.spec, self.needs) for problem in problems]
            raise DomainError("还不能冻结，请先处理下面的问题。", problems=words)
        return written

    def _plan(self) -> bytes:
        """plan.tsv: a group and a stratum per grade, weight 1; carried enterprises are a group of their own at 1/1."""
        spec = self.spec
        groups = [bundle.Group(code, rate=(rate.numerator, rate.denominator)) for code, rate in spec.rates.items()]
        strata = [bundle.Stratum(code, code) for code in spec.rates]
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


def _event(draw_id: str, plan: Plan, not_before: str) -> str:
    """The named event of the public entropy: who rolls what for which draw, in ASCII."""
    return f"40 digits by ten-sided dice before witnesses, task {plan.task_code}, draw {draw_id}, from {not_before}"


def _void_before(plan: Plan) -> Draw | None:
    """The draw that this freeze succeeds: the last one of the plan, if it is void."""
    return plan.draws.filter(events__kind=DrawEventKind.VOID).select_related("roster").order_by("-round").first()


def _checked(plan: Plan, spec: ScopeSpec, on: dt.date) -> None:
    """Refuse what the tables already show to be incomplete or impossible."""
    problems = freeze_problems(plan, on, scope_summary(plan, on, spec))
    if problems:
        raise DomainError("还不能冻结，请先处理下面的问题。", problems=problems)


@transaction.atomic
def freeze_plan(*, actor: User, plan: Plan, salts: Mapping[str, str] | None = None) -> Roster:
    """Freeze a draft: write its files, chain the freeze into the draw log, state FROZEN.

    ``salts``: badge → 32 hex, for runs that must give the same bytes; else 128 random bits a person. Raises DomainError
    with every obstacle in ``problems`` (nothing is frozen then). Open plan: no nonce, public at once (draw.md §0).
    """
    locked = lock_plan(plan)
    must_lead(actor, locked)
    must_be(locked, PlanState.DRAFT)
    hold_registry()
    today, spec = clock.today(), spec_of(locked)
    _checked(locked, spec, today)
    before = _void_before(locked)
    carry = before.selections.filter(kind=PickKind.MAIN).values_list("enterprise__uscc", flat=True) if before else ()
    head = storage.lock_log(locked.stream)
    seq = (Roster.objects.filter(stream=locked.stream).aggregate(last=Max("seq"))["last"] or 0) + 1
    draft = Draft(f"{PREFIX[locked.stream]}{today.year}-{seq:06d}", locked, spec, today, salts, frozenset(carry))
    written = draft.files()
    time = storage.log_time(head)
    frozen_at = dt.datetime.fromisoformat(time)
    not_before = frozen_at + dt.timedelta(hours=locked.not_before_hours)
    freeze = bundle.freeze_file(
        draft.draw_id,
        seq=seq,
        prev=head.chain,
        time=time,
        files=written,
        nonces={},
        entropy=[("dice10", _event(draft.draw_id, locked, clock.local_iso(not_before)))],
        not_before=clock.local_iso(not_before),
        reveal_by=max(f"{locked.period_to}T18:00:00+08:00", clock.local_iso(not_before)),
        supersedes=before.roster.draw_id if before else None,
    )
    roster = Roster.objects.create(
        plan=locked,
        round=locked.roster.count() + 1,
        stream=locked.stream,
        seq=seq,
        draw_id=draft.draw_id,
        prev=head.chain,
        digest=bundle.sha256_hex(freeze),
        counts=draft.counts(),
        excluded=dict(sorted(Counter(reason for _, reason in draft.excluded).items())),
        total=len(draft.listed),
        not_before=not_before,
        frozen_at=frozen_at,
        frozen_by=actor,
    )
    draft.store(roster, {**written, "freeze": freeze})
    storage.append_log(head, roster, "FREEZE", "freeze", freeze, time)
    OpenFreeze.objects.create(plan=locked, roster=roster)
    move(locked, PlanState.FROZEN)
    names = ("draw_id", "digest", "total", "counts", "excluded", "not_before")
    after = {name: getattr(roster, name) for name in names}
    audit.record(stream=f"plan:{locked.pk}", actor=actor, action="冻结名单", obj=roster, after=after)
    plan.state = locked.state
    return roster
