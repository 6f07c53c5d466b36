"""The state of a plan: one lock, one mover."""

from django.db import transaction

from registry import audit
from registry.enums import Role
from registry.errors import DomainError
from registry.models import User
from sampling.enums import PLAN_TRANSITIONS, PlanState
from sampling.models import Plan


def stream_of(plan: Plan) -> str:
    """The audit stream of a plan."""
    return f"plan:{plan.pk}"


def must_lead(actor: User, plan: Plan) -> None:
    """Raise DomainError unless ``actor`` belongs to the lead bureau of this plan."""
    if Role.LEAD not in actor.roles or actor.department_id != plan.lead_id:
        raise DomainError(f"这个任务由{plan.lead}牵头，只有该部门的经办人能办理。")


def lock_plan(plan: Plan) -> Plan:
    """The plan's row, locked: first of all locks (plan → record → audit stream)."""
    return Plan.objects.select_for_update(of=("self",)).select_related("lead", "scheme").get(pk=plan.pk)


@transaction.atomic
def advance_plan(*, actor: User | None, plan: Plan, to: str, reason: str = "") -> Plan:
    """Move a plan to another state; takes the plan's lock. Raises DomainError for an arrow that does not exist."""
    plan = lock_plan(plan)
    target, now = PlanState(to), PlanState(plan.state)
    if target not in PLAN_TRANSITIONS[now]:
        raise DomainError(f"任务现在是“{now.label}”，不能直接变为“{target.label}”。请刷新页面看最新状态。")
    plan.state = target
    plan.save(update_fields=["state"])
    audit.record(
        stream=stream_of(plan),
        actor=actor,
        action=f"任务状态：{target.label}",
        obj=plan,
        before={"state": now},
        after={"state": target},
        reason=reason,
    )
    return plan


@transaction.atomic
def cancel_plan(*, actor: User, plan: Plan, reason: str) -> Plan:
    """Cancel a plan with its reason; what was frozen or drawn stays published with the reason."""
    must_lead(actor, plan)
    if not reason.strip():
        raise DomainError("请写明取消任务的理由；名单冻结以后取消的，理由会公开。")
    plan = advance_plan(actor=actor, plan=plan, to=PlanState.CANCELLED, reason=reason.strip())
    plan.cancelled_reason = reason.strip()
    plan.save(update_fields=["cancelled_reason"])
    return plan
