"""Freezing a plan: roster, pools, recusals and plan become files whose digests are chained (draw.md §2)."""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from registry import audit, clock
from registry.errors import DomainError
from registry.models import Enterprise, Inspector, Recusal, User
from registry.services import hold_registry
from sampling import bundle
from sampling.enums import PlanState
from sampling.models import Plan, PoolMember, Roster
from sampling.services.files import append_log, lock_log, store_file
from sampling.services.scope import ScopeSummary, scope_summary
from sampling.services.states import advance_plan, lock_plan, must_lead, stream_of

DIGITS = 40
REVEAL_HOUR = 18


@dataclass(frozen=True)
class Person:
    """An inspector under the pseudonym of this draw."""

    inspector: Inspector
    pid: str
    salt: str
    categories: str


def codes_text(codes: list[str]) -> str:
    """Specialty codes as a field of a draw file."""
    return ",".join(sorted(codes)) or "-"


def _people(draw_id: str, summary: ScopeSummary, salts: Mapping[str, str] | None) -> list[Person]:
    people = []
    for pool in summary.pools:
        for inspector in pool.available:
            salt = salts[inspector.badge] if salts is not None else secrets.token_hex(16)
            pid = bundle.pid(draw_id, pool.department.code, inspector.badge, salt)
            categories = codes_text([one.code for one in inspector.specialties.all()])
            people.append(Person(inspector, pid, salt, categories))
    return people


def _needs(plan: Plan, summary: ScopeSummary) -> dict[str, str]:
    """What specialties each enterprise needs: those of the plan's items for its industries; empty when none do."""
    demanding = [
        (set(item.industries.values_list("pk", flat=True)), {one.code for one in item.needs.all()})
        for item in plan.items.filter(needs__isnull=False).distinct().prefetch_related("needs")
    ]
    if not demanding:
        return {}
    found: dict[str, set[str]] = {}
    in_scope = {uscc for uscc, _ in summary.rows}
    for uscc, industry in Enterprise.objects.filter(industries__isnull=False).values_list("uscc", "industries"):
        if uscc in in_scope:
            for industries, needs in demanding:
                if industry in industries:
                    found.setdefault(uscc, set()).update(needs)
    return {uscc: codes_text(list(codes)) for uscc, codes in found.items()}


def _draw_files(plan: Plan, draw_id: str, summary: ScopeSummary, people: list[Person]) -> dict[str, bytes]:
    needs = _needs(plan, summary)
    pid_of = {person.inspector.pk: person.pid for person in people}
    recusals = Recusal.objects.in_force().filter(inspector__in=pid_of).values_list("inspector", "enterprise__uscc")
    in_scope = {uscc for uscc, _ in summary.rows}
    return {
        "plan": bundle.plan_file(
            draw_id,
            groups=[bundle.Group(row.code, rate=(row.rate.numerator, row.rate.denominator)) for row in summary.grades],
            strata=[bundle.Stratum(row.code, row.code) for row in summary.grades],
            depts=[bundle.Department(pool.department.code, plan.seats) for pool in summary.pools],
            teams=plan.teams,
        ),
        "pool": bundle.pool_file(
            draw_id, [(person.inspector.department.code, person.pid, person.categories) for person in people]
        ),
        "recuse": bundle.recuse_file(
            draw_id, sorted({(pid_of[who], uscc) for who, uscc in recusals if uscc in in_scope})
        ),
        "roster": bundle.roster_file(draw_id, [(uscc, grade, needs.get(uscc, "-")) for uscc, grade in summary.rows]),
        "exclude": bundle.exclude_file(draw_id, summary.exclusions),
    }


def _names_file(draw_id: str, summary: ScopeSummary, people: list[Person]) -> bytes:
    """The companion for the auditor: codes to names, pseudonyms to people and salts. Not digested (draw.md §2.2)."""
    in_scope = {uscc for uscc, _ in summary.rows}
    named = Enterprise.objects.order_by("uscc").values_list("uscc", "name")
    rows: list[tuple[str, ...]] = [
        (uscc, name.replace("\t", " ").replace("\n", " ")) for uscc, name in named if uscc in in_scope
    ]
    rows += [(one.pid, one.inspector.name, one.inspector.badge, one.salt) for one in people]
    lines = sorted("\t".join(row) for row in rows)
    return f"dr1\tnames\t{draw_id}\t{len(lines)}\n".encode() + "".join(f"{line}\n" for line in lines).encode()


def _refuse_if_impossible(summary: ScopeSummary, files: Mapping[str, bytes]) -> None:
    problems = summary.problems or [problem.message for problem in bundle.check_feasible(files)]
    if problems:
        raise DomainError(f"现在还不能冻结，有 {len(problems)} 个问题要先解决。", problems=problems)


@transaction.atomic
def freeze_plan(*, actor: User, plan: Plan, salts: Mapping[str, str] | None = None) -> Roster:
    """Freeze a draft: from here nothing can change. Raises DomainError with every problem in words.

    ``salts``: badge → 32 hex digits, for a run that must give the same bytes; drawn by the machine otherwise. The
    registry is held, so that a freeze sees all of an import or nothing of it.
    """
    plan = lock_plan(plan)
    must_lead(actor, plan)
    if plan.state != PlanState.DRAFT:
        raise DomainError(f"任务现在是“{plan.get_state_display()}”，不能再冻结一次。")
    hold_registry()
    last = lock_log()
    now = clock.now()
    summary = scope_summary(plan, clock.today())
    if summary.problems:
        _refuse_if_impossible(summary, {})
    seq = (Roster.objects.aggregate(last=Max("seq"))["last"] or 0) + 1
    draw_id = f"{clock.today().year}-{seq:06d}"
    people = _people(draw_id, summary, salts)
    files = _draw_files(plan, draw_id, summary, people)
    _refuse_if_impossible(summary, files)
    not_before = now + dt.timedelta(hours=plan.not_before_hours)
    reveal = dt.datetime.combine(plan.period_to, dt.time(REVEAL_HOUR), tzinfo=clock.SHANGHAI)
    prev = last.chain if last else bundle.GENESIS
    frozen = bundle.freeze_file(
        draw_id,
        seq=seq,
        prev=prev,
        time=clock.local_iso(now),
        files=files,
        nonces={},
        entropy=[("dice10", f"{DIGITS} digits, rolled before witnesses not before {clock.local_iso(not_before)}")],
        not_before=clock.local_iso(not_before),
        reveal_by=clock.local_iso(max(reveal, not_before)),
    )
    roster = Roster.objects.create(
        plan=plan,
        seq=seq,
        draw_id=draw_id,
        prev=prev,
        digest=bundle.sha256_hex(frozen),
        counts={row.code: row.size for row in summary.grades},
        excluded=dict(summary.excluded),
        total=summary.total,
        not_before=not_before.replace(microsecond=0),
        frozen_at=now,
        frozen_by=actor,
    )
    stored = files | {"freeze": frozen, "names": _names_file(draw_id, summary, people)}
    for name, content in sorted(stored.items()):
        store_file(roster, name, content)
    PoolMember.objects.bulk_create(
        PoolMember(
            roster=roster,
            inspector=one.inspector,
            department_id=one.inspector.department_id,
            pid=one.pid,
            salt=one.salt,
        )
        for one in people
    )
    append_log(roster, "FREEZE", "freeze", frozen)
    after = {"draw_id": draw_id, "digest": roster.digest, "total": roster.total, "prev": prev}
    audit.record(stream=stream_of(plan), actor=actor, action="冻结名单", obj=roster, after=after)
    advance_plan(actor=actor, plan=plan, to=PlanState.FROZEN)
    return roster
