"""作废 and 取消: a draw is never edited; it is void, with a reason and a second person, and still opened."""

from django.db import transaction

from registry import audit, clock
from registry.errors import DomainError
from registry.models import User
from sampling.enums import Decision, DrawEventKind, PlanState, RevealCause
from sampling.models import Draw, DrawEvent, DrawRequest, OpenFreeze, Plan, Roster, VoidRequest
from sampling.services import files as storage
from sampling.services.freezing import drop_freeze
from sampling.services.revealing import open_now
from sampling.services.states import lock_plan, move, must_be, must_lead

OFFICE = "office"
CANCELLED = "cancelled"
SENT = (PlanState.DISPATCHED, PlanState.INSPECTING)


def _target(plan: Plan) -> Roster:
    """The freeze, drawn or not, that could be voided now. Raises DomainError."""
    if plan.state in SENT:
        raise DomainError("一企一表已经派发，抽取不能再作废；个别企业有问题请走替换，整项任务不再进行请取消任务。")
    must_be(plan, PlanState.FROZEN, PlanState.DRAWN)
    roster = plan.roster.order_by("-round")[0]
    if plan.state == PlanState.FROZEN and DrawRequest.objects.filter(roster=roster).exists():
        raise DomainError("数字已经录入，结果已经确定；请先完成抽取，再作废，作废的结果仍须公开。")
    return roster


@transaction.atomic
def request_void(*, actor: User, plan: Plan, reason: str) -> VoidRequest:
    """Ask to void the freeze or the draw of a plan; a second person of the lead bureau confirms.

    Raises DomainError without a reason, when one waits already, or once the records were dispatched.
    """
    locked = lock_plan(plan)
    must_lead(actor, locked)
    roster = _target(locked)
    if not reason.strip():
        raise DomainError("请写明作废的理由，它会公开并记入抽取记录。")
    waiting = VoidRequest.objects.filter(roster=roster, decision=Decision.PENDING).first()
    if waiting is not None:
        raise DomainError(f"{waiting.requested_by}已经申请作废，请由另一个牵头账号确认或撤回。")
    row = VoidRequest.objects.create(roster=roster, reason=reason.strip(), requested_by=actor, requested_at=clock.now())
    audit.record(
        stream=f"plan:{locked.pk}", actor=actor, action="申请作废", obj=roster, after={}, reason=reason.strip()
    )
    return row


def _pending(request: VoidRequest) -> VoidRequest:
    """The request freshly read after its plan was locked. Raises DomainError when it is decided."""
    rows = VoidRequest.objects.select_for_update(of=("self",)).select_related("requested_by", "roster__plan")
    row = rows.get(pk=request.pk)
    if row.decision != Decision.PENDING:
        raise DomainError(f"这项作废申请{row.get_decision_display()}，请刷新页面。")
    return row


@transaction.atomic
def confirm_void(*, actor: User, request: VoidRequest) -> VoidRequest:
    """The second person voids: the VOID line, the event, the nonces and the result open, the plan a draft again.

    What the void draw had picked is taken with certainty by the next freeze. Raises DomainError for the person who
    asked, or when the plan has moved on.
    """
    plan = lock_plan(request.roster.plan)
    must_lead(actor, plan)
    row = _pending(request)
    if row.requested_by_id == actor.pk:
        raise DomainError("申请和确认不能是同一人，请由本单位另一个牵头账号用自己的登录确认。")
    roster = _target(plan)
    if roster.pk != row.roster_id:
        raise DomainError("任务已经重新冻结，这项作废申请不再适用，请撤回。")
    _decide(row, actor, Decision.APPROVED)
    if plan.state == PlanState.FROZEN:
        drop_freeze(actor=row.requested_by, plan=plan, roster=roster, reason=row.reason, second=actor)
        open_now(actor=actor, roster=roster, head=storage.lock_log(roster.stream))
    else:
        _void_draw(plan, row, actor)
    return row


def _decide(row: VoidRequest, actor: User, decision: Decision) -> None:
    row.decision, row.decided_by, row.decided_at = decision, actor, clock.now()
    row.save(update_fields=["decision", "decided_by", "decided_at"])


def _void_draw(plan: Plan, request: VoidRequest, second: User) -> None:
    draw = Draw.objects.select_related("roster").get(roster=request.roster_id)
    head = storage.lock_log(draw.roster.stream)
    time = storage.log_time(head)
    storage.append_void(head, draw.roster, OFFICE, time, text=request.reason)
    event = DrawEvent.objects.create(
        draw=draw,
        batch=0,
        kind=DrawEventKind.VOID,
        code=OFFICE,
        reason=request.reason,
        at=clock.now(),
        actor=request.requested_by,
        second=second,
    )
    move(plan, PlanState.DRAFT)
    audit.record(
        stream=f"plan:{plan.pk}",
        actor=request.requested_by,
        action="抽取作废",
        obj=event,
        after={"draw_id": draw.roster.draw_id, "second": second, "chain": head.chain},
        reason=request.reason,
    )
    open_now(actor=second, roster=draw.roster, head=head)


@transaction.atomic
def withdraw_void(*, actor: User, request: VoidRequest) -> VoidRequest:
    """Drop a request to void: who asked, or the second person who does not agree. Raises DomainError when decided."""
    plan = lock_plan(request.roster.plan)
    must_lead(actor, plan)
    row = _pending(request)
    own = row.requested_by_id == actor.pk
    _decide(row, actor, Decision.WITHDRAWN if own else Decision.REFUSED)
    audit.record(
        stream=f"plan:{plan.pk}",
        actor=actor,
        action="撤回作废申请" if own else "不同意作废",
        obj=row.roster,
        before={"reason": row.reason, "by": row.requested_by},
    )
    return row


@transaction.atomic
def cancel_plan(*, actor: User, plan: Plan, reason: str) -> Plan:
    """Cancel a plan that is not completed yet. The reason is public once the plan was frozen.

    Whoever cancels after the result is known must still show it: a sealed draw is opened, an undrawn freeze is void
    with its line in the log. Raises DomainError without a reason.
    """
    locked = lock_plan(plan)
    must_lead(actor, locked)
    if not reason.strip():
        raise DomainError("请写明取消的理由；冻结过的任务取消时，理由会对外公开。")
    before = locked.state
    move(locked, PlanState.CANCELLED)
    locked.cancelled_reason = reason.strip()
    locked.save(update_fields=["cancelled_reason"])
    _open_cancelled(actor, locked, reason.strip())
    audit.record(
        stream=f"plan:{locked.pk}",
        actor=actor,
        action=f"任务：{PlanState.CANCELLED.label}",
        obj=locked,
        before={"state": before},
        after={"state": PlanState.CANCELLED},
        reason=reason.strip(),
    )
    plan.state, plan.cancelled_reason = locked.state, locked.cancelled_reason
    return locked


def _open_cancelled(actor: User, plan: Plan, reason: str) -> None:
    roster = plan.roster.order_by("-round").first()
    if roster is None or hasattr(roster, "void"):
        return
    head = storage.lock_log(roster.stream)
    if OpenFreeze.objects.filter(roster=roster).exists():
        storage.append_void(head, roster, CANCELLED, storage.log_time(head), text=reason)
        OpenFreeze.objects.filter(roster=roster).delete()
    open_now(actor=actor, roster=roster, head=head, cause=RevealCause.CANCELLED)
