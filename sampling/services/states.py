"""Who may change a plan, and the only mover of its state."""

from django.db import transaction

from registry import audit
from registry.enums import Role
from registry.errors import DomainError
from registry.models import User
from sampling.enums import PLAN_TRANSITIONS, PlanState
from sampling.models import Plan

# Reached by services of their own, which do more than move a state.
OWN_SERVICE = {
    PlanState.DRAFT: "名单冻结以后不能解冻；确需重来，请取消任务后复制一份。",
    PlanState.FROZEN: "请在“冻结名单”页办理冻结。",
    PlanState.DRAWN: "请在“抽取”页办理抽取。",
    PlanState.CANCELLED: "取消由牵头部门在任务页办理。",
}


def must_lead(actor: User, plan: Plan) -> None:
    """Refuse everybody but the lead bureau of this plan."""
    if Role.LEAD not in actor.roles or actor.department_id != plan.lead_id:
        raise DomainError(f"“{plan}”由{plan.lead}牵头，只有该单位的牵头账号可以办理。")


def lock_plan(plan: Plan) -> Plan:
    """The plan freshly read, its row locked to the end of the transaction; the first lock of every service here."""
    return Plan.objects.select_for_update(of=("self",)).select_related("lead", "scheme").get(pk=plan.pk)


def must_be(plan: Plan, *states: PlanState) -> None:
    """Refuse a plan in any other state."""
    if plan.state not in states:
        wanted = "、".join(f"“{state.label}”" for state in states)
        raise DomainError(f"“{plan}”现在是“{plan.get_state_display()}”，只有{wanted}的任务可以这样办理，请刷新页面。")


def move(plan: Plan, to: PlanState) -> None:
    """Set the state of a locked plan if the arrow exists."""
    if to not in PLAN_TRANSITIONS[PlanState(plan.state)]:
        raise DomainError(f"“{plan}”现在是“{plan.get_state_display()}”，不能变为“{to.label}”，请刷新页面。")
    plan.state = to
    plan.save(update_fields=["state"])


@transaction.atomic
def advance_plan(*, actor: User | None, plan: Plan, to: PlanState | str, reason: str = "") -> Plan:
    """Move a plan on; later apps call this when what they did brings it to its next state.

    Freezing, drawing and cancelling have services of their own; archiving is the lead bureau's. ``actor`` None is the
    system. Raises DomainError for an arrow that does not exist.
    """
    locked = lock_plan(plan)
    to = PlanState(to)
    if to in OWN_SERVICE:
        raise DomainError(OWN_SERVICE[to])
    if to == PlanState.ARCHIVED:
        if actor is None:
            raise DomainError("归档须由牵头部门办理。")
        must_lead(actor, locked)
    before = locked.state
    move(locked, to)
    audit.record(
        stream=f"plan:{locked.pk}",
        actor=actor,
        action=f"任务：{to.label}",
        obj=locked,
        before={"state": before},
        after={"state": to},
        reason=reason.strip(),
    )
    plan.state = locked.state
    return locked
