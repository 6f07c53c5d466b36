"""Ending what was begun: a freeze or a draw is void with its reason and a second person; a plan is cancelled."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry import clock
from registry.operations import new_key
from registry.permissions import LEAD, requires
from sampling import services
from sampling.enums import Decision, PickKind, PlanState
from sampling.forms import CancelForm, KeyForm, ReasonForm
from sampling.models import Plan, Roster, VoidRequest
from sampling.views.showing import attempt, moment_words


@requires(LEAD, methods=("GET", "POST"))
def plan_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a plan with its reason."""
    plan = get_object_or_404(Plan.objects.led_by(request.user).select_related("lead"), pk=pk)
    form = CancelForm(request.POST or None)

    def effect() -> dict[str, Any]:
        services.cancel_plan(actor=request.user, plan=plan, reason=form.cleaned_data["reason"])
        return {"pk": pk}

    if attempt(request.user, form, f"plan-cancel:{pk}", effect):
        messages.success(request, f"“{plan}”已取消，理由已记入操作记录。")
        return redirect("sampling:plan_detail", pk)
    return render(request, "sampling/plan_cancel.html", {"plan": plan, "form": form, "frozen": _frozen(plan)})


def _frozen(plan: Plan) -> bool:
    return Roster.objects.filter(plan=plan).exists()


# ------------------------------------------------------------------------------------------------------------- 作废


def _own(request: HttpRequest, pk: int) -> Plan:
    return get_object_or_404(Plan.objects.led_by(request.user).select_related("lead"), pk=pk)


def _pending(plan: Plan) -> VoidRequest | None:
    """What waits for a second person."""
    rows = VoidRequest.objects.filter(roster__plan=plan, decision=Decision.PENDING)
    return rows.select_related("roster__plan", "requested_by").first()


@requires(LEAD, methods=("GET", "POST"))
def plan_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to void the freeze or the draw; what follows is said before. A freeze is void at once before its time."""
    plan = _own(request, pk)
    if plan.state not in (PlanState.FROZEN, PlanState.DRAWN):
        messages.info(request, f"“{plan}”{plan.get_state_display()}，没有可以作废的冻结或抽取。")
        return redirect("sampling:plan_detail", pk)
    roster = plan.roster.order_by("-round")[0]
    alone = plan.state == PlanState.FROZEN and clock.now() < roster.not_before
    form = ReasonForm(request.POST or None, label="作废的理由", help_text="理由对外公开，并写入记录链。")

    def effect() -> dict[str, Any]:
        act = services.void_freeze if alone else services.request_void
        return {"pk": act(actor=request.user, plan=plan, reason=form.cleaned_data["reason"]).pk}

    if attempt(request.user, form, f"void:{roster.pk}", effect):
        done = "这次冻结已作废，任务回到编制中，可以修改后重新冻结。"
        messages.success(request, done if alone else "作废申请已提交，等本单位另一个牵头账号在自己的登录里确认。")
        return redirect("sampling:plan_detail" if alone else "sampling:plan_void", pk)
    context = {"plan": plan, "roster": roster, "form": form, "alone": alone, "key": new_key()}
    return render(request, "sampling/plan_void.html", context | _void_facts(request, plan, roster))


def _void_facts(request: HttpRequest, plan: Plan, roster: Roster) -> dict[str, Any]:
    """What would be void, and who waits for whom."""
    waiting = _pending(plan)
    return {
        "drawn": plan.state == PlanState.DRAWN,
        "waiting": waiting,
        "own": waiting is not None and waiting.requested_by_id == request.user.pk,
        "asked_at": moment_words(waiting.requested_at) if waiting else "",
        "picked": plan.draws.filter(roster=roster, selections__kind=PickKind.MAIN).count(),
    }


def _decide(request: HttpRequest, pk: int, act: Callable[..., Any], done: str, to: str) -> HttpResponse:
    """Confirm or drop what waits, once."""
    plan = _own(request, pk)
    waiting = _pending(plan)
    form = KeyForm(request.POST)

    def effect() -> dict[str, Any]:
        return {"pk": act(actor=request.user, request=waiting).pk}

    if waiting is None:
        messages.info(request, "这项作废申请已经办理。")
    elif attempt(request.user, form, f"void-decide:{waiting.pk}", effect):
        messages.success(request, done)
        return redirect(to, pk)
    else:
        messages.error(request, " ".join(form.non_field_errors()) or "页面已过期，请再点一次。")
    return redirect("sampling:plan_void", pk)


@requires(LEAD, methods=("POST",))
def plan_void_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person agrees."""
    done = "已作废并写入记录链，结果照样公开；任务回到编制中，重新冻结时上次抽中的企业必定列入。"
    return _decide(request, pk, services.confirm_void, done, "sampling:plan_detail")


@requires(LEAD, methods=("POST",))
def plan_void_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever asked takes it back, or the second person does not agree."""
    return _decide(request, pk, services.withdraw_void, "作废申请已撤下，抽取仍然有效。", "sampling:plan_detail")
