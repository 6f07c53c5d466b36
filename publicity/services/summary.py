"""工作总结: the words of the lead bureau, version by version, and the step to SUMMARISED (通知七(六))."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from publicity.models import PlanSummary
from publicity.services.publishing import STREAM, require_lead
from registry import audit, clock, stale
from registry.errors import DomainError
from registry.models import User
from sampling.enums import PlanState
from sampling.models import Plan

REQUIRED = {"highlights": "亮点", "experience": "经验做法", "problems": "存在问题", "next_steps": "下一步打算"}
TEXTS = ("organisation", "handling", *REQUIRED)
STARTED = {PlanState.INSPECTING, PlanState.COMPLETED, PlanState.SUMMARISED}


def text_of(summary: PlanSummary | None) -> dict[str, str]:
    """What a version says; nothing where there is none yet."""
    return {name: getattr(summary, name) if summary else "" for name in TEXTS}


@transaction.atomic
def save_summary(
    *, actor: User, plan: Plan, as_of: dt.date, seen: Mapping[str, str] | None = None, **texts: str
) -> PlanSummary:
    """Store a version of the summary; allowed on partial data too (the notice wants it by 25 October).

    ``texts``: highlights, experience, problems, next_steps; optional organisation, handling. ``seen``: the marks of the
    version that the page showed. Raises DomainError.
    """
    plan = Plan.objects.select_for_update(of=("self",)).select_related("lead").get(pk=plan.pk)
    require_lead(actor, plan)
    if plan.state not in STARTED:
        raise DomainError(f"任务现在是“{plan.get_state_display()}”，检查开始以后、归档以前才写总结。")
    if as_of > clock.today():
        raise DomainError(f"统计截止日期 {as_of:%Y-%m-%d} 在今天以后，请选今天或以前的日期。")
    clean = {name: texts.get(name, "").strip() for name in TEXTS}
    missing = [label for name, label in REQUIRED.items() if not clean[name]]
    if missing:
        raise DomainError("总结还缺：" + "、".join(missing) + "。")
    previous = plan.summaries.first()
    if previous and previous.as_of == as_of and all(getattr(previous, name) == clean[name] for name in TEXTS):
        return previous
    before = text_of(previous)
    stale.refuse_overwriting(
        seen, actor=actor, before=before, after=clean, label=stale.labels_of(PlanSummary),
        author=lambda _name: (previous.written_by.name, previous.written_at) if previous else (stale.SOMEBODY, None),
    )  # fmt: skip
    version = previous.version + 1 if previous else 1
    summary = PlanSummary.objects.create(
        plan=plan, version=version, as_of=as_of, written_at=clock.now(), written_by=actor, **clean
    )
    audit.record(stream=STREAM, actor=actor, action="填写总结", obj=summary, after={"version": version, "as_of": as_of})
    return summary


@transaction.atomic
def summarise_plan(*, actor: User, plan: Plan) -> Plan:
    """COMPLETED → SUMMARISED, once the summary is written. Raises DomainError when it is not."""
    from sampling.services import advance_plan  # noqa: PLC0415 -- a big package, needed for this step alone

    plan = Plan.objects.select_for_update(of=("self",)).select_related("lead").get(pk=plan.pk)
    require_lead(actor, plan)
    if not plan.summaries.exists():
        raise DomainError("还没有写工作总结，请先填写亮点、存在问题和下一步打算。")
    if plan.state != PlanState.COMPLETED:
        raise DomainError(f"任务现在是“{plan.get_state_display()}”，全部检查完成后才能报送总结。")
    moved: Plan = advance_plan(actor=actor, plan=plan, to=PlanState.SUMMARISED)
    return moved
