"""The draw: both randoms and the matching from the frozen files and 40 digits, in one transaction."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from registry import audit, clock, operations
from registry.errors import DomainError
from registry.models import Enterprise, User
from sampling import bundle
from sampling.enums import DrawEventKind, PickKind, PlanState
from sampling.models import Draw, DrawEvent, Match, Plan, PoolMember, Roster, Selection, TeamMember
from sampling.services.files import append_log, store_file, stored_files
from sampling.services.states import advance_plan, lock_plan, must_lead, stream_of

DIGITS = re.compile(r"^[0-9]{40}$")
RESERVE_SHOWN = 20


def _clean_witnesses(witnesses: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    rows = [{key: str(row.get(key, "")).strip() for key in ("name", "unit")} for row in witnesses]
    rows = [row for row in rows if row["name"] or row["unit"]]
    if not rows:
        raise DomainError("请填写至少一名见证人的姓名和单位。")
    if any(not row["name"] or not row["unit"] for row in rows):
        raise DomainError("每名见证人都要填写姓名和单位。")
    return rows


def _already_drawn(plan: Plan) -> str:
    draw = plan.draws.select_related("drawn_by").order_by("-round").first()
    if draw is None:
        return f"任务现在是“{plan.get_state_display()}”，先冻结名单才能抽取。"
    when = draw.drawn_at.astimezone(clock.SHANGHAI)
    return f"该计划已于 {when:%Y年%m月%d日 %H:%M:%S} 由{draw.drawn_by}抽取，结果不能更改，也不会再抽一次。"


def run_draw(*, actor: User, plan: Plan, digits: str, witnesses: Sequence[Mapping[str, str]], key: str) -> Draw:
    """Draw a frozen plan. The same ``key`` again gives the stored draw; another key, a refusal naming who drew when.

    ``digits``: 40 decimal digits rolled before ``witnesses`` ({name, unit}). Raises DomainError. Everything is computed
    from the frozen files, never from the tables; what cannot be matched is stored as VOID (draw.md §2.3).
    """
    clean = re.sub(r"\s", "", digits)
    if not DIGITS.match(clean):
        raise DomainError(f"请输入 40 位数字（8 组，每组 5 位），现在有 {len(clean)} 个字符。")
    present = _clean_witnesses(witnesses)

    def effect() -> dict[str, Any]:
        return {"draw": _draw(actor, plan, clean, present).pk}

    answer, _ = operations.once(key=key, user=actor, action=f"draw:{plan.pk}", effect=effect)
    return Draw.objects.select_related("roster", "plan").get(pk=answer["draw"])


@transaction.atomic
def _draw(actor: User, plan: Plan, digits: str, witnesses: list[dict[str, str]]) -> Draw:
    plan = lock_plan(plan)
    must_lead(actor, plan)
    if plan.state != PlanState.FROZEN:
        raise DomainError(_already_drawn(plan))
    roster = plan.roster.order_by("-round")[0]
    now = clock.now()
    if now < roster.not_before:
        earliest = roster.not_before.astimezone(clock.SHANGHAI)
        raise DomainError(
            f"名单冻结后至少隔 {plan.not_before_hours} 小时才能抽取，最早 {earliest:%Y年%m月%d日 %H:%M}。"
            "这段时间给大家核对名单。"
        )
    files = stored_files(roster)
    announced = bundle.read_freeze(files["freeze"]).entropy
    files["entropy"] = bundle.entropy_file([("dice10", digits)], announced)
    void: bundle.DrawInfeasible | None = None
    try:
        outcome = bundle.compute(files)
    except bundle.DrawInfeasible as error:
        void, outcome = error, error.outcome
    except bundle.DrawFileError as error:
        raise DomainError(f"冻结的文件与冻结时的摘要不符，不能抽取：{error}。请联系系统管理员核查。") from None
    store_file(roster, "entropy", files["entropy"])
    append_log(roster, "ENTROPY", "entropy", files["entropy"])
    store_file(roster, "result", outcome.result_tsv)
    append_log(roster, "RESULT", "result", outcome.result_tsv)
    draw = Draw.objects.create(
        plan=plan,
        round=roster.round,
        roster=roster,
        digits=digits,
        witnesses=witnesses,
        seed=outcome.seed,
        branch=outcome.branch,
        strata=[_stratum(one) for one in outcome.strata],
        result_digest=bundle.sha256_hex(outcome.result_tsv),
        drawn_at=now,
        drawn_by=actor,
    )
    _store_selections(draw, outcome)
    _store_members(draw, roster, outcome)
    after = {"draw_id": roster.draw_id, "digest": draw.result_digest, "picks": len(outcome.picks), "seed": draw.seed}
    audit.record(stream=stream_of(plan), actor=actor, action="抽取", obj=draw, after=after)
    if void is None:
        advance_plan(actor=actor, plan=plan, to=PlanState.DRAWN)
    else:
        _store_void(actor, draw, str(void))
    return draw


def _stratum(one: bundle.Allocation) -> dict[str, Any]:
    expected = f"{one.expected.numerator}/{one.expected.denominator}"
    return {"code": one.stratum, "size": one.size, "drawn": one.drawn, "expected": expected}


def _store_selections(draw: Draw, outcome: bundle.Outcome) -> None:
    shown = [
        (stratum, ranked.rank, ranked.id, ranked.ticket, None)
        for stratum, ranking in outcome.reserve.items()
        for ranked in ranking[:RESERVE_SHOWN]
    ]
    rows = [*outcome.picks, *shown]
    keys = dict(Enterprise.objects.filter(uscc__in=[row[2] for row in rows]).values_list("uscc", "pk"))
    picked = len(outcome.picks)
    Selection.objects.bulk_create(
        Selection(
            draw=draw,
            enterprise_id=keys[uscc],
            stratum=stratum,
            rank=rank,
            ticket=ticket,
            kind=PickKind.MAIN if place < picked else PickKind.RESERVE,
        )
        for place, (stratum, rank, uscc, ticket, _team) in enumerate(rows)
    )
    places = {uscc: team for _, _, uscc, _, team in outcome.picks if team is not None}
    main = Selection.objects.filter(draw=draw, kind=PickKind.MAIN).select_related("enterprise")
    Match.objects.bulk_create(
        Match(selection=one, team=places[one.enterprise.uscc]) for one in main if one.enterprise.uscc in places
    )


def _store_members(draw: Draw, roster: Roster, outcome: bundle.Outcome) -> None:
    pool = {member.pid: member for member in PoolMember.objects.filter(roster=roster)}
    rows = [(seat.pid, seat.team, seat.seat, seat.phase, seat.ticket, PickKind.MAIN) for seat in outcome.teams]
    rows += [
        (one.pid, 0, place, "-", one.ticket, PickKind.RESERVE)
        for standby in outcome.standby.values()
        for place, one in enumerate(standby, 1)
    ]
    TeamMember.objects.bulk_create(
        TeamMember(
            draw=draw,
            department_id=pool[pid].department_id,
            inspector_id=pool[pid].inspector_id,
            team=team,
            seat=seat,
            pid=pid,
            phase=phase,
            ticket=ticket,
            kind=kind,
        )
        for pid, team, seat, phase, ticket, kind in rows
    )


def _store_void(actor: User, draw: Draw, why: str) -> None:
    """Matching stopped after the digits existed: the draw stands as VOID(infeasible), never new digits for it."""
    DrawEvent.objects.create(
        draw=draw, batch=1, kind=DrawEventKind.VOID, code="infeasible", reason=why, at=clock.now(), actor=actor
    )
    content = f"dr1\tvoid\t{draw.roster.draw_id}\t1\ninfeasible\n".encode()
    store_file(draw.roster, "void", content)
    append_log(draw.roster, "VOID", "void", content)
    audit.record(stream=stream_of(draw.plan), actor=actor, action="抽取作废", obj=draw, reason=why)
