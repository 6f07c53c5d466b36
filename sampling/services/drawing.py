"""The draw: 40 digits rolled before witnesses, everything else arithmetic on the frozen bytes (draw.md)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from registry import audit, clock
from registry.errors import DomainError
from registry.models import Enterprise, User
from registry.operations import once
from sampling import bundle
from sampling.enums import DrawEventKind, PickKind, PlanState
from sampling.models import Draw, DrawEvent, Match, OpenFreeze, Plan, PoolMember, Roster, Selection, TeamMember
from sampling.services import files as storage
from sampling.services.states import lock_plan, move, must_be, must_lead

MIN_DIGITS, MAX_DIGITS = 40, 100
RESERVE_DEPTH = 20
INFEASIBLE = "infeasible"


def clean_digits(text: str) -> str:
    """The digits as they go into entropy.tsv. Raises DomainError unless there are 40 to 100 and nothing else."""
    digits = "".join(text.split())
    if not (digits.isascii() and digits.isdigit()):
        raise DomainError("数字只能是 0 到 9，请核对输入。")
    if not MIN_DIGITS <= len(digits) <= MAX_DIGITS:
        raise DomainError(
            f"要念出的 {MIN_DIGITS} 位数字（最多 {MAX_DIGITS} 位），现在是 {len(digits)} 位，请核对后再抽取。"
        )
    return digits


def clean_witnesses(witnesses: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Witnesses as stored. Raises DomainError unless there is one at least, each with name and unit."""
    rows = [{"name": one.get("name", "").strip(), "unit": one.get("unit", "").strip()} for one in witnesses]
    rows = [row for row in rows if row["name"] or row["unit"]]
    if not rows:
        raise DomainError("至少要有 1 名见证人，请填写姓名和单位。")
    if any(not row["name"] or not row["unit"] for row in rows):
        raise DomainError("每名见证人都要填写姓名和单位。")
    return rows


def _may_draw(plan: Plan) -> Roster:
    """The roster to draw from. Raises DomainError when the plan is already drawn, not frozen, or it is too early."""
    last = plan.draws.select_related("drawn_by").order_by("-round").first()
    if plan.state not in (PlanState.DRAFT, PlanState.FROZEN) and last is not None:
        when = f"{last.drawn_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
        raise DomainError(f"该计划已于 {when} 由 {last.drawn_by} 抽取，抽取只有一次，结果不能更改。")
    must_be(plan, PlanState.FROZEN)
    roster = plan.roster.order_by("-round")[0]
    if clock.now() < roster.not_before:
        earliest = f"{roster.not_before.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
        raise DomainError(
            f"冻结后至少 {plan.not_before_hours} 小时才能抽取，供各方核对名单；最早 {earliest} 可以抽取。"
        )
    return roster


@transaction.atomic
def run_draw(*, actor: User, plan: Plan, digits: str, witnesses: Sequence[Mapping[str, str]], key: str) -> Draw:
    """Draw enterprises and inspectors and match them: one transaction, once per freeze.

    ``digits``: 40 or more as read aloud (spaces allowed); ``witnesses``: name and unit each; ``key``: repeated with the
    same key the stored draw is returned. Raises DomainError naming who drew when somebody was earlier. A draw whose
    teams cannot be matched is stored as VOID with its picks (draw.md §2.3): look at its events.
    """
    typed, present = clean_digits(digits), clean_witnesses(witnesses)

    def effect() -> dict[str, Any]:
        return {"draw": _draw(actor, plan, typed, present).pk}

    answer, _ = once(key=key, user=actor, action=f"draw:{plan.pk}", effect=effect)
    plan.refresh_from_db(fields=["state"])
    return Draw.objects.select_related("roster", "plan").get(pk=answer["draw"])


def _draw(actor: User, plan: Plan, digits: str, witnesses: list[dict[str, str]]) -> Draw:
    locked = lock_plan(plan)
    must_lead(actor, locked)
    roster = _may_draw(locked)
    head = storage.lock_log(roster.stream)
    files = storage.stored_files(roster)
    freeze = bundle.read_freeze(files["freeze"])
    stopped: bundle.DrawInfeasible | None = None
    try:
        files["entropy"] = bundle.entropy_file([("dice10", digits)], freeze.entropy)
        outcome = bundle.compute(files, reserve=RESERVE_DEPTH)
    except bundle.DrawInfeasible as error:
        outcome, stopped = error.outcome, error
    except bundle.DrawFileError as error:
        raise DomainError(f"冻结文件核对不符，不能抽取，请立即报告系统管理员和审计：{error}") from error
    draw = Draw.objects.create(
        plan=locked,
        round=roster.round,
        roster=roster,
        digits=digits,
        witnesses=witnesses,
        seed=outcome.seed,
        branch=outcome.branch,
        strata=[
            {"stratum": one.stratum, "size": one.size, "drawn": one.drawn,
             "expected": f"{one.expected.numerator}/{one.expected.denominator}"}
            for one in outcome.strata
        ],
        result_digest=bundle.sha256_hex(outcome.result_tsv),
        drawn_at=clock.now(),
        drawn_by=actor,
        supersedes=_superseded(locked, roster),
    )  # fmt: skip
    time = storage.log_time(head)
    for kind, content in (("ENTROPY", files["entropy"]), ("RESULT", outcome.result_tsv)):
        storage.store_file(roster, kind.lower(), content)
        storage.append_log(head, roster, kind, kind.lower(), content, time)
    _store_selections(draw, outcome)
    _store_members(draw, outcome)
    OpenFreeze.objects.filter(roster=roster).delete()
    if stopped is not None:
        _void(draw, stopped, head, time)
    move(locked, PlanState.DRAWN if stopped is None else PlanState.DRAFT)
    audit.record(
        stream=f"plan:{locked.pk}",
        actor=actor,
        action="抽取" if stopped is None else "抽取后作废",
        obj=draw,
        after={"digits": digits, "witnesses": witnesses, "seed": draw.seed, "result": draw.result_digest,
               "picks": len(outcome.picks), "branch": draw.branch, "chain": head.chain},
        reason="" if stopped is None else str(stopped),
    )  # fmt: skip
    return draw


def _superseded(plan: Plan, roster: Roster) -> DrawEvent | None:
    """The VOID event of the round before."""
    return DrawEvent.objects.filter(draw__plan=plan, draw__round=roster.round - 1, kind=DrawEventKind.VOID).first()


def _store_selections(draw: Draw, outcome: bundle.Outcome) -> None:
    """Picks with their teams, and the first of each stratum's reserve."""
    rows = [(one.stratum, one.rank, one.id, one.ticket, PickKind.MAIN, one.team) for one in outcome.picks]
    for stratum, ranking in outcome.reserve.items():
        rows += [(stratum, one.rank, one.id, one.ticket, PickKind.RESERVE, None) for one in ranking]
    known = Enterprise.objects.only("uscc", "name").in_bulk([row[2] for row in rows], field_name="uscc")
    missing = sorted({row[2] for row in rows} - set(known))
    if missing:
        raise DomainError(f"冻结名单中的 {'、'.join(missing[:5])} 在名录里已找不到，请先由系统管理员改正代码。")
    made = Selection.objects.bulk_create(
        [
            Selection(draw=draw, enterprise=known[uscc], stratum=stratum, rank=rank, ticket=ticket, kind=kind)
            for stratum, rank, uscc, ticket, kind, _ in rows
        ],
        batch_size=500,
    )
    Match.objects.bulk_create(
        [Match(selection=one, team=row[5]) for one, row in zip(made, rows, strict=True) if row[5] is not None],
        batch_size=500,
    )


def _store_members(draw: Draw, outcome: bundle.Outcome) -> None:
    """Seats of all teams, and the standby order of each department."""
    pool = {member.pid: member for member in PoolMember.objects.filter(roster=draw.roster)}

    def member(pid: str, **fields: Any) -> TeamMember:
        person = pool[pid]
        return TeamMember(
            draw=draw, department_id=person.department_id, inspector_id=person.inspector_id, pid=pid, **fields
        )

    rows = [
        member(seat.pid, team=seat.team, seat=seat.seat, phase=seat.phase, ticket=seat.ticket, kind=PickKind.MAIN)
        for seat in outcome.teams
    ]
    rows += [
        member(one.pid, team=0, seat=place, ticket=one.ticket, kind=PickKind.RESERVE)
        for waiting in outcome.standby.values()
        for place, one in enumerate(waiting, start=1)
    ]
    TeamMember.objects.bulk_create(rows, batch_size=500)


def _void(draw: Draw, stopped: bundle.DrawInfeasible, head: Any, time: str) -> None:
    """Store that the draw could not be matched: the record of its VOID line and the event."""
    lines = [("dr1", "void", draw.roster.draw_id), ("reason", INFEASIBLE), ("time", time)]
    lines += [("id", uscc) for uscc in sorted(stopped.ids)]
    content = "".join("\t".join(line) + "\n" for line in lines).encode("ascii")
    storage.store_file(draw.roster, "void", content)
    storage.append_log(head, draw.roster, "VOID", "void", content, time)
    DrawEvent.objects.create(
        draw=draw,
        batch=0,
        kind=DrawEventKind.VOID,
        code=INFEASIBLE,
        reason=f"{stopped}已抽中的企业在下一次抽取中必定列入。",
        at=clock.now(),
        actor=draw.drawn_by,
    )
