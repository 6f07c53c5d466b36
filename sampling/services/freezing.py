"""The freeze: the roster, the pool, the recusals and the plan become files whose digests can never change."""

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from registry import audit, clock
from registry.errors import DomainError
from registry.models import RiskRating, User
from registry.services import hold_registry
from sampling import beacons, bundle
from sampling.canonical import CODE, HEX64
from sampling.enums import Beacon, DrawEventKind, PickKind, PlanState, Stream
from sampling.models import (
    Draw,
    FreezeVoid,
    LogHead,
    Nonce,
    NonceValue,
    OpenFreeze,
    Plan,
    Roster,
    SealedCopy,
    Selection,
)
from sampling.services import files as storage
from sampling.services.draft import Draft
from sampling.services.own_year import must_cite_own_year
from sampling.services.readiness import freeze_problems
from sampling.services.revealing import keep_public
from sampling.services.scope import ScopeSpec, scope_summary, spec_of
from sampling.services.states import lock_plan, move, must_be, must_lead

# What stands before the number of a draw: every file of a rehearsal says so in its first line.
PREFIX = {Stream.MAIN: "", Stream.REHEARSAL: "YL"}


@dataclass(frozen=True)
class Party:
    """Somebody outside the office who keeps a random number of the own: code, name in words, commitment (64 hex)."""

    code: str
    name: str
    commitment: str


def next_draw_id(plan: Plan) -> str:
    """The number that a freeze of ``plan`` would get now; outside parties need it to commit (draw.md §2.2)."""
    seq = (Roster.objects.filter(stream=plan.stream).aggregate(last=Max("seq"))["last"] or 0) + 1
    return f"{PREFIX[plan.stream]}{clock.today().year}-{seq:06d}"


def _event(draw_id: str, plan: Plan, not_before: str) -> str:
    """The named event of the public entropy: who rolls what for which draw and when, in ASCII."""
    when = f"at {clock.local_iso(plan.entropy_at)}" if plan.entropy_at else f"from {not_before}"
    return f"40 digits by ten-sided dice before witnesses, task {plan.task_code}, draw {draw_id}, {when}"


def _not_before(plan: Plan, frozen_at: dt.datetime) -> dt.datetime:
    """The earliest moment of the draw. Raises DomainError for an announced event that would come too early."""
    earliest = frozen_at + dt.timedelta(hours=plan.not_before_hours)
    words = f"{earliest.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    if plan.entropy_at and plan.entropy_at < earliest:
        raise DomainError(f"约定的掷骰时间早于冻结后 {plan.not_before_hours} 小时，请改为 {words} 或以后。")
    due = beacons.drand_due(plan.beacon_spec) if plan.beacon == Beacon.DRAND else None
    if due is not None and due < earliest.timestamp():
        raise DomainError(f"指定的 drand 轮次在 {words} 之前就已公布，不能作为随机来源，请改用以后的轮次。")
    return plan.entropy_at or earliest


def _reveal_by(plan: Plan, not_before: dt.datetime) -> dt.datetime:
    """Until when the files are public at the latest: 18:00 of the reveal date, else of the last plan day."""
    day = plan.reveal_on or plan.period_to
    return max(dt.datetime.combine(day, dt.time(18), tzinfo=clock.SHANGHAI), not_before)


def _voided_before(plan: Plan) -> tuple[Roster | None, frozenset[str]]:
    """The void freeze that this one succeeds, and the enterprises that a void draw had picked."""
    void: Draw | None = plan.draws.filter(events__kind=DrawEventKind.VOID).order_by("-round").first()
    carry: frozenset[str] = frozenset()
    if void is not None:
        picked = Selection.objects.filter(draw=void, kind=PickKind.MAIN)
        carry = frozenset(picked.values_list("enterprise__uscc", flat=True))
    return plan.roster.order_by("-round").first(), carry


def _checked(plan: Plan, spec: ScopeSpec, on: dt.date) -> None:
    """Refuse what the tables already show to be incomplete or impossible."""
    problems = freeze_problems(plan, on, scope_summary(plan, on, spec))
    if problems:
        raise DomainError("还不能冻结，请先处理下面的问题。", problems=problems)


def _nonces(plan: Plan, draw_id: str, nonce: str | None, parties: Sequence[Party]) -> tuple[str, dict[str, str]]:
    """The office's number ("" for an open plan) and the commitments by party. Raises DomainError."""
    if not plan.sealed:
        if parties or nonce:
            raise DomainError("公开抽取不用保密随机数；需要保密随机数的，请先把任务改为封存抽取结果。")
        return "", {}
    office = nonce or secrets.token_hex(32)
    commitments = {Nonce.OFFICE: bundle.commit(draw_id, Nonce.OFFICE, office)}
    for party in parties:
        if not CODE.fullmatch(party.code) or party.code in commitments:
            raise DomainError(f"持有方代码“{party.code}”重复或不合规，请用英文字母和数字，例如 jijian、notary。")
        if not HEX64.fullmatch(party.commitment):
            raise DomainError(f"{party.name or party.code}的承诺值应为 64 位小写十六进制，请核对。")
        if not party.name.strip():
            raise DomainError(f"请写明持有方 {party.code} 是哪个单位。")
        commitments[party.code] = party.commitment
    return office, commitments


@transaction.atomic
def freeze_plan(
    *,
    actor: User,
    plan: Plan,
    salts: Mapping[str, str] | None = None,
    nonce: str | None = None,
    parties: Sequence[Party] = (),
    draw_id: str = "",
    kept_years: Collection[str] = (),
    years_reason: str = "",
) -> Roster:
    """Freeze a draft: write its files, chain the freeze into the draw log, state FROZEN.

    ``salts``: badge → 32 hex, ``nonce``: 64 hex of a sealed plan, for runs that must give the same bytes; else random.
    ``parties``: outside holders of numbers, who committed to the number ``draw_id`` that ``next_draw_id`` told them.
    ``kept_years``: keys of the places (`other_years`) that speak of another year and are right, for ``years_reason``.
    Raises DomainError with every obstacle in ``problems`` (nothing is frozen then).
    """
    locked = lock_plan(plan)
    must_lead(actor, locked)
    must_be(locked, PlanState.DRAFT)
    hold_registry()
    today, spec = clock.today(), spec_of(locked)
    _checked(locked, spec, today)
    kept = must_cite_own_year(locked, kept_years, years_reason)
    before, carry = _voided_before(locked)
    head = storage.lock_log(locked.stream)
    number = next_draw_id(locked)
    if parties and draw_id != number:
        raise DomainError(f"抽取编号现在是 {number}，各方要用这个编号重新计算承诺值，请收齐后再冻结。")
    office, commitments = _nonces(locked, number, nonce, parties)
    draft = Draft(number, locked, spec, today, salts, carry)
    written = draft.files()
    time = storage.log_time(head)
    frozen_at = dt.datetime.fromisoformat(time)
    not_before = _not_before(locked, frozen_at)
    reveal_by = _reveal_by(locked, not_before)
    entropy = [("dice10", _event(number, locked, clock.local_iso(not_before)))]
    if locked.beacon != Beacon.NONE:
        entropy.append((locked.beacon, locked.beacon_spec))
    seq = int(number.rpartition("-")[2])
    freeze = bundle.freeze_file(
        number,
        seq=seq,
        prev=head.chain,
        time=time,
        files=written,
        nonces=commitments,
        entropy=entropy,
        not_before=clock.local_iso(not_before),
        reveal_by=clock.local_iso(reveal_by),
        supersedes=before.draw_id if before else None,
    )
    roster = Roster.objects.create(
        plan=locked,
        round=locked.roster.count() + 1,
        stream=locked.stream,
        seq=seq,
        draw_id=number,
        prev=head.chain,
        digest=bundle.sha256_hex(freeze),
        counts=draft.counts(),
        excluded=dict(sorted(Counter(reason for _, reason in draft.excluded).items())),
        total=len(draft.listed),
        not_before=not_before,
        reveal_by=reveal_by,
        sealed=locked.sealed,
        strata_public=locked.strata_public,
        frozen_at=frozen_at,
        frozen_by=actor,
    )
    draft.store(roster, {**written, "freeze": freeze})
    names = {party.code: party.name.strip() for party in parties}
    _keep_nonces(actor, roster, office, commitments, names)
    _finish(actor, locked, roster, head, (freeze, time), (kept, years_reason.strip() if kept else ""))
    plan.state = locked.state
    return roster


def _keep_nonces(
    actor: User, roster: Roster, office: str, commitments: Mapping[str, str], names: Mapping[str, str]
) -> None:
    for party, commitment in sorted(commitments.items()):
        row = Nonce.objects.create(roster=roster, party=party, name=names.get(party, ""), commitment=commitment)
        if party == Nonce.OFFICE:
            NonceValue.objects.create(nonce=row, value=office, at=roster.frozen_at, entered_by=actor)


def _finish(
    actor: User, plan: Plan, roster: Roster, head: LogHead, written: tuple[bytes, str], kept: tuple[list[str], str]
) -> None:
    """Log, state and trail of a freeze whose rows are written. ``written``: the freeze and its time; ``kept``: what
    speaks of another year, and why."""
    freeze, time = written
    storage.append_log(head, roster, "FREEZE", "freeze", freeze, time)
    keep_public(roster, head, time)
    OpenFreeze.objects.create(plan=plan, roster=roster)
    move(plan, PlanState.FROZEN)
    names = ("draw_id", "digest", "total", "counts", "excluded", "not_before", "reveal_by", "sealed", "strata_public")
    after = {name: getattr(roster, name) for name in names}
    after |= {"grade_changes": _grade_changes(plan, roster), "parties": [one.party for one in roster.nonces.all()]}
    if plan.cap_reason:
        after["cap_reason"] = plan.cap_reason
    if kept[0]:
        after["other_years"] = kept[0]
    audit.record(stream=f"plan:{plan.pk}", actor=actor, action="冻结名单", obj=roster, after=after, reason=kept[1])


def _day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(clock.SHANGHAI).date()


def _grade_changes(plan: Plan, roster: Roster) -> dict[str, int]:
    """Ratings dated since the freeze before of the same log, by grade: who re-grades just before a freeze is seen."""
    earlier = Roster.objects.filter(stream=roster.stream, seq__lt=roster.seq).order_by("-seq").first()
    rows = RiskRating.objects.filter(scheme=plan.scheme, as_of__lte=_day(roster.frozen_at))
    if earlier is not None:
        rows = rows.filter(as_of__gt=_day(earlier.frozen_at))
    counts = Counter(code or "N" for code in rows.values_list("level__code", flat=True))
    return dict(sorted(counts.items()))


@transaction.atomic
def print_sealed_copy(*, actor: User, roster: Roster, holder: str, unit: str) -> str:
    """The office's random number, once, to be printed and handed to a witness in a sealed envelope; notes who keeps it.

    Raises DomainError for an open plan, a copy that was printed before, a missing holder, or after the draw.
    """
    plan = lock_plan(roster.plan)
    must_lead(actor, plan)
    if not roster.sealed:
        raise DomainError("这是公开抽取，没有保密随机数，不用封存纸件。")
    if not holder.strip() or not unit.strip():
        raise DomainError("请填写封存纸件由谁保管：姓名和单位。")
    printed = SealedCopy.objects.filter(roster=roster).first()
    if printed is not None:
        raise DomainError(f"封存纸件已打印一次，由{printed.unit}{printed.holder}保管，不能再打印。")
    if not OpenFreeze.objects.filter(roster=roster).exists():
        raise DomainError("这次冻结已经抽取或作废，不能再打印封存纸件。")
    copy = SealedCopy.objects.create(
        roster=roster, holder=holder.strip(), unit=unit.strip(), at=clock.now(), actor=actor
    )
    after = {"holder": copy.holder, "unit": copy.unit}
    audit.record(stream=f"plan:{plan.pk}", actor=actor, action="打印封存纸件", obj=roster, after=after)
    return NonceValue.objects.get(nonce__roster=roster, nonce__party=Nonce.OFFICE).value


@transaction.atomic
def void_freeze(*, actor: User, plan: Plan, reason: str) -> FreezeVoid:
    """Void the open freeze of a plan before its draw may take place: a dispute that was right (draw.md §2.1 step 3).

    One person with a reason until ``not_before``; from then on a second person confirms (``request_void``), since
    digits may have been read aloud. The plan is a draft again. Raises DomainError.
    """
    locked = lock_plan(plan)
    must_lead(actor, locked)
    must_be(locked, PlanState.FROZEN)
    roster = locked.open_freeze.roster
    if clock.now() >= roster.not_before:
        raise DomainError("已到约定的抽取时间，数字可能已经念出；此时作废须由第二人用自己的账号确认。")
    return drop_freeze(actor=actor, plan=locked, roster=roster, reason=reason, second=None)


def drop_freeze(*, actor: User, plan: Plan, roster: Roster, reason: str, second: User | None) -> FreezeVoid:
    """Void an undrawn freeze of a locked plan: the record of its VOID line, the row, the plan a draft again."""
    if not reason.strip():
        raise DomainError("请写明作废的理由，它会公开并记入抽取记录。")
    head = storage.lock_log(roster.stream)
    time = storage.log_time(head)
    storage.append_void(head, roster, "freeze", time, text=reason.strip())
    OpenFreeze.objects.filter(roster=roster).delete()
    void = FreezeVoid.objects.create(roster=roster, reason=reason.strip(), at=clock.now(), actor=actor, second=second)
    move(plan, PlanState.DRAFT)
    audit.record(
        stream=f"plan:{plan.pk}",
        actor=actor,
        action="冻结作废",
        obj=roster,
        after={"draw_id": roster.draw_id, "second": second, "chain": head.chain},
        reason=reason.strip(),
    )
    return void
