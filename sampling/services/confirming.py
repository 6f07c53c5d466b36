"""抽取须第二人确认: one person of the lead bureau types, another one presses, each from an own login."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from registry import audit, clock
from registry.errors import DomainError
from registry.faults import fault_point
from registry.models import User
from registry.operations import once
from sampling.models import Draw, DrawRequest, Plan
from sampling.services.drawing import clean_beacon, clean_digits, clean_witnesses, draw_now, keep_nonces, may_draw
from sampling.services.states import lock_plan, must_lead


def pending_draw(plan: Plan) -> DrawRequest | None:
    """What was typed for the open freeze of a plan and waits for the second person; None when nothing does."""
    rows = DrawRequest.objects.filter(
        roster__open_freeze__plan=plan, withdrawn_at__isnull=True, confirmed_at__isnull=True
    )
    return rows.select_related("roster__plan", "requested_by").first()


@transaction.atomic
def request_draw(
    *,
    actor: User,
    plan: Plan,
    digits: str,
    witnesses: Sequence[Mapping[str, str]],
    key: str,
    beacon: str = "",
    nonces: Mapping[str, str] | None = None,
) -> DrawRequest:
    """Keep what was read aloud until a second person confirms it; arguments as of ``run_draw``.

    Raises DomainError for inputs that could not be drawn, a plan that wants no second person, or when something waits
    already.
    """
    typed, present = clean_digits(digits), clean_witnesses(witnesses)

    def effect() -> dict[str, Any]:
        locked = lock_plan(plan)
        must_lead(actor, locked)
        roster = may_draw(locked)
        if not locked.second_person:
            raise DomainError("这项任务没有设置第二人确认，请直接抽取。")
        waiting = pending_draw(locked)
        if waiting is not None:
            raise DomainError(f"{waiting.requested_by}已经录入数字，等待另一个牵头账号确认，不用再录入。")
        value = clean_beacon(roster, beacon)
        keep_nonces(actor, roster, nonces or {})
        row = DrawRequest.objects.create(
            roster=roster,
            digits=typed,
            beacon=value,
            witnesses=present,
            requested_by=actor,
            requested_at=clock.now(),
        )
        after = {"digits": typed, "witnesses": present, **({"beacon": value} if value else {})}
        audit.record(stream=f"plan:{locked.pk}", actor=actor, action="录入抽取数字", obj=roster, after=after)
        return {"request": row.pk}

    answer, _ = once(key=key, user=actor, action=f"draw-request:{plan.pk}", effect=effect)
    return DrawRequest.objects.select_related("roster__plan").get(pk=answer["request"])


def _fresh(request: DrawRequest) -> DrawRequest:
    """The request as it stands, after its plan was locked."""
    rows = DrawRequest.objects.select_for_update(of=("self",)).select_related("requested_by", "roster__plan")
    return rows.get(pk=request.pk)


@transaction.atomic
def confirm_draw(*, actor: User, request: DrawRequest) -> Draw:
    """The second person's press: the draw from what was typed. Pressed again, the stored draw is returned.

    Raises DomainError for the person who typed, a withdrawn request, or whatever ``run_draw`` refuses.
    """
    plan = lock_plan(request.roster.plan)
    must_lead(actor, plan)
    row = _fresh(request)
    if row.confirmed_at is None:
        if row.withdrawn_at is not None:
            raise DomainError("录入的数字已经撤回，请刷新页面，等待重新录入。")
        if row.requested_by_id == actor.pk:
            raise DomainError("录入和确认不能是同一人，请由本单位另一个牵头账号用自己的登录确认。")
        roster = may_draw(plan)
        row.confirmed_by, row.confirmed_at = actor, clock.now()
        row.save(update_fields=["confirmed_by", "confirmed_at"])
        draw_now(row.requested_by, plan, roster, row.digits, row.beacon, row.witnesses, second=actor)
        transaction.on_commit(lambda: fault_point("draw:committed"))
    return Draw.objects.select_related("roster", "plan").get(roster=row.roster_id)


@transaction.atomic
def withdraw_draw_request(*, actor: User, request: DrawRequest, reason: str) -> DrawRequest:
    """Take back what was typed wrongly, with the reason; it stays to be seen, on the public page too.

    Raises DomainError when it is drawn or withdrawn already, or without a reason.
    """
    plan = lock_plan(request.roster.plan)
    must_lead(actor, plan)
    row = _fresh(request)
    if row.confirmed_at is not None:
        raise DomainError("已经确认并抽取，不能撤回。")
    if row.withdrawn_at is not None:
        raise DomainError("录入的数字已经撤回，请刷新页面。")
    if not reason.strip():
        raise DomainError("请写明撤回的理由，例如：第 3 组与念出的数字不符。撤回会公开显示。")
    row.withdrawn_by, row.withdrawn_at, row.withdrawn_reason = actor, clock.now(), reason.strip()
    row.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
    audit.record(
        stream=f"plan:{plan.pk}",
        actor=actor,
        action="撤回抽取数字",
        obj=row.roster,
        before={"digits": row.digits, "by": row.requested_by},
        reason=reason.strip(),
    )
    return row
