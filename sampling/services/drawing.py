"""The draw: 40 digits rolled before witnesses, everything else arithmetic on the frozen bytes (draw.md)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from registry import audit, clock
from registry.errors import DomainError
from registry.faults import fault_point
from registry.models import User
from registry.operations import once
from sampling import bundle
from sampling.enums import Beacon, DrawEventKind, PlanState
from sampling.models import Draw, DrawEvent, LogHead, Nonce, NonceValue, OpenFreeze, Plan, Roster
from sampling.services import files as storage
from sampling.services.drawn_rows import store_members, store_selections
from sampling.services.revealing import keep_public, open_now
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


def clean_beacon(roster: Roster, value: str) -> str:
    """The beacon's value as it goes into entropy.tsv behind the event that the freeze names; empty without a beacon.

    ``value``: of drand the randomness (64 hex), of 双色球 the numbers ``01,02,03,04,05,06+07``; the whole value with
    its event is taken too. Raises DomainError when it is missing, too much, or not of that event.
    """
    typed = "".join(value.split())
    announced = bundle.read_freeze(storage.stored_file(roster, "freeze")).entropy
    if len(announced) == 1:
        if typed:
            raise DomainError("冻结时没有指定公共信标，请清空信标数值。")
        return ""
    kind, spec = announced[1]
    label = Beacon(kind).label
    if not typed:
        raise DomainError(f"冻结时指定了{label} {spec}，请填写它公布的数值；还没有公布就等，不能不用。")
    event = spec.split()[0]
    full = typed if typed.startswith(f"{event}:") else f"{event}:{typed}"
    try:
        bundle.entropy_file([("dice10", "0" * MIN_DIGITS), (kind, full)], announced)
    except bundle.DrawFileError as error:
        raise DomainError(f"{label}的数值不合规：{error.reason}") from error
    return full


def keep_nonces(actor: User, roster: Roster, handed: Mapping[str, str]) -> None:
    """Keep the numbers that outside parties handed over. Raises DomainError for one that breaks its commitment, one
    nobody committed to, or one that is missing."""
    for row in roster.nonces.exclude(party=Nonce.OFFICE).select_related("kept"):
        value = handed.get(row.party, "").strip().lower()
        kept = getattr(row, "kept", None)
        if kept is not None and value in ("", kept.value):
            continue
        if not value:
            raise DomainError(f"还缺{row.name}的保密随机数，请由其当场交出后再抽取。")
        try:
            good = bundle.commit(roster.draw_id, row.party, value) == row.commitment
        except ValueError:
            good = False
        if not good:
            raise DomainError(f"{row.name}的保密随机数与冻结时的承诺值不符，请逐位核对。")
        NonceValue.objects.create(nonce=row, value=value, at=clock.now(), entered_by=actor)
    strange = sorted(set(handed) - set(roster.nonces.values_list("party", flat=True)))
    if strange:
        raise DomainError(f"冻结时没有登记持有方 {'、'.join(strange)}，请核对。")


def may_draw(plan: Plan) -> Roster:
    """The roster to draw from. Raises DomainError when the plan is already drawn, not frozen, or it is too early."""
    last = plan.draws.select_related("drawn_by").order_by("-round").first()
    if plan.state not in (PlanState.DRAFT, PlanState.FROZEN) and last is not None:
        when = f"{last.drawn_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
        raise DomainError(f"该计划已于 {when} 由 {last.drawn_by} 抽取，抽取只有一次，结果不能更改。")
    must_be(plan, PlanState.FROZEN)
    roster = plan.open_freeze.roster
    if clock.now() < roster.not_before:
        earliest = f"{roster.not_before.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
        raise DomainError(
            f"冻结后至少 {plan.not_before_hours} 小时才能抽取，供各方核对名单；最早 {earliest} 可以抽取。"
        )
    return roster


@transaction.atomic
def run_draw(
    *,
    actor: User,
    plan: Plan,
    digits: str,
    witnesses: Sequence[Mapping[str, str]],
    key: str,
    beacon: str = "",
    nonces: Mapping[str, str] | None = None,
) -> Draw:
    """Draw enterprises and inspectors and match them: one transaction, once per freeze.

    ``digits``: 40 or more as read aloud (spaces allowed); ``witnesses``: name and unit each; ``beacon``: see
    ``clean_beacon``; ``nonces``: party → 64 hex of outside parties; ``key``: repeated with the same key the stored draw
    is returned. Raises DomainError naming who drew when somebody was earlier, or asking for the second person where the
    plan wants one. A draw whose teams cannot be matched is stored as VOID with its picks (draw.md §2.3).
    """
    typed, present = clean_digits(digits), clean_witnesses(witnesses)

    def effect() -> dict[str, Any]:
        locked = lock_plan(plan)
        must_lead(actor, locked)
        roster = may_draw(locked)
        if locked.second_person:
            raise DomainError("这项任务的抽取须第二人确认：请先提交，再由本单位另一个牵头账号确认。")
        value = clean_beacon(roster, beacon)
        keep_nonces(actor, roster, nonces or {})
        return {"draw": draw_now(actor, locked, roster, typed, value, present).pk}

    answer, _ = once(key=key, user=actor, action=f"draw:{plan.pk}", effect=effect)
    transaction.on_commit(lambda: fault_point("draw:committed"))
    plan.refresh_from_db(fields=["state"])
    return Draw.objects.select_related("roster", "plan").get(pk=answer["draw"])


def draw_now(
    actor: User,
    plan: Plan,
    roster: Roster,
    digits: str,
    beacon: str,
    witnesses: list[dict[str, str]],
    second: User | None = None,
) -> Draw:
    """The draw of a locked plan from checked inputs. Six places where a test lets the process die: none leaves half."""
    head = storage.lock_log(roster.stream)
    fault_point("draw:locked")
    entropy, outcome, stopped = _compute(roster, digits, beacon)
    fault_point("draw:computed")
    draw = Draw.objects.create(
        plan=plan,
        round=roster.round,
        roster=roster,
        digits=digits,
        beacon=beacon,
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
        approved_by=second,
        supersedes=_superseded(plan),
    )  # fmt: skip
    fault_point("draw:recorded")
    time = storage.log_time(head)
    for kind, content in (("ENTROPY", entropy), ("RESULT", outcome.result_tsv)):
        storage.store_file(roster, kind.lower(), content)
        storage.append_log(head, roster, kind, kind.lower(), content, time)
    keep_public(roster, head, time)
    fault_point("draw:logged")
    store_selections(draw, outcome)
    store_members(draw, outcome)
    OpenFreeze.objects.filter(roster=roster).delete()
    _conclude(draw, plan, head, time, stopped)
    fault_point("draw:finished")
    return draw


def _compute(roster: Roster, digits: str, beacon: str) -> tuple[bytes, bundle.Outcome, bundle.DrawInfeasible | None]:
    """entropy.tsv and what follows from the frozen files; with why the teams could not be matched, if so."""
    files = storage.stored_files(roster)
    freeze = bundle.read_freeze(files["freeze"])
    values = [("dice10", digits)] + [(kind, beacon) for kind, _ in freeze.entropy[1:]]
    try:
        files["entropy"] = bundle.entropy_file(values, freeze.entropy)
        if freeze.nonces:
            files["nonces"] = storage.nonces_tsv(roster)
        return files["entropy"], bundle.compute(files, reserve=RESERVE_DEPTH), None
    except bundle.DrawInfeasible as error:
        return files["entropy"], error.outcome, error
    except bundle.DrawFileError as error:
        raise DomainError(f"冻结文件核对不符，不能抽取，请立即报告系统管理员和审计：{error}") from error


def _superseded(plan: Plan) -> DrawEvent | None:
    """The VOID event that no later draw has taken the place of yet."""
    void = DrawEvent.objects.filter(draw__plan=plan, kind=DrawEventKind.VOID, successor__isnull=True)
    return void.order_by("-draw__round").first()


def _conclude(draw: Draw, plan: Plan, head: LogHead, time: str, stopped: bundle.DrawInfeasible | None) -> None:
    """State and trail of a draw whose rows are written. One that could not be matched is void and opened at once."""
    if stopped is not None:
        storage.append_void(head, draw.roster, INFEASIBLE, time, ids=stopped.ids)
        DrawEvent.objects.create(
            draw=draw,
            batch=0,
            kind=DrawEventKind.VOID,
            code=INFEASIBLE,
            reason=f"{stopped}已抽中的企业在下一次抽取中必定列入。",
            at=clock.now(),
            actor=draw.drawn_by,
            second=draw.approved_by,
        )
    move(plan, PlanState.DRAWN if stopped is None else PlanState.DRAFT)
    after = {"digits": draw.digits, "witnesses": draw.witnesses, "result": draw.result_digest,
             "picks": sum(one["drawn"] for one in draw.strata), "branch": draw.branch, "chain": head.chain}  # fmt: skip
    if draw.beacon:
        after["beacon"] = draw.beacon
    if draw.approved_by:
        after["second"] = draw.approved_by
    if not draw.roster.sealed:
        after["seed"] = draw.seed
    audit.record(
        stream=f"plan:{plan.pk}",
        actor=draw.drawn_by,
        action="抽取" if stopped is None else "抽取后作废",
        obj=draw,
        after=after,
        reason="" if stopped is None else str(stopped),
    )
    if stopped is not None:
        open_now(actor=draw.drawn_by, roster=draw.roster, head=head)
