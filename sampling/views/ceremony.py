"""The ceremony on the projector: 40 digits before witnesses, one button, and the drawn lighting up afterwards."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry import clock
from registry.errors import DomainError
from registry.permissions import LEAD, requires
from sampling import services
from sampling.enums import DrawEventKind, PickKind, PlanState
from sampling.forms import DrawForm
from sampling.models import Draw, Plan, Roster
from sampling.views.dots import dots_of
from sampling.views.showing import groups_of, moment_words, refuse, span_words

STEPS = [("list", "名单摘要"), ("witnesses", "见证人"), ("digits", "40 位数字"), ("check", "最后核对")]


@requires(LEAD, methods=("GET", "POST"))
def plan_draw(request: HttpRequest, pk: int) -> HttpResponse:
    """Witnesses and 40 digits; POST draws. A plan that is drawn leads to its result."""
    plan = get_object_or_404(Plan.objects.led_by(request.user).select_related("lead"), pk=pk)
    roster = plan.roster.select_related("frozen_by").order_by("-round").first()
    form = DrawForm(request.POST or None)
    if roster is None or plan.state != PlanState.FROZEN:
        if plan.draws.exists():
            return _already(request, plan)
        messages.info(request, f"“{plan}”还没有冻结名单，冻结以后才能抽取。")
        return redirect("sampling:plan_detail", pk)
    if request.method == "POST" and form.is_valid():
        if draw := _draw(request, plan, form):
            return _drawn(request, draw)
        if plan.draws.filter(round=roster.round).exists():  # somebody pressed a moment earlier
            return _already(request, plan)
    context = {"plan": plan, "roster": roster, "form": form, "steps": STEPS, "start": _start(form)}
    return render(request, "sampling/plan_draw.html", context | _times(roster))


def _times(roster: Roster) -> dict[str, Any]:
    """The digest in groups, when it was frozen, and how long is still to wait."""
    now = clock.now()
    left = max(-(-(roster.not_before - now) // dt.timedelta(seconds=1)), 0)
    return {
        "frozen_at": moment_words(roster.frozen_at),
        "not_before": moment_words(roster.not_before),
        "waited": f"距现在 {span_words(now - roster.frozen_at)}",
        "left": left,
        "left_words": f"还有 {span_words(dt.timedelta(seconds=left))}",
        "digest": groups_of(roster.digest, 8),
    }


def _start(form: DrawForm) -> str:
    """The step to begin with: the first one in which something was refused."""
    wrong = form.errors.keys() if form.is_bound else set()
    if any(name.startswith("witness") for name in wrong):
        return "witnesses"
    if any(name.startswith("group") for name in wrong):
        return "digits"
    return "check" if wrong else "list"


def _draw(request: HttpRequest, plan: Plan, form: DrawForm) -> Draw | None:
    data = form.cleaned_data
    try:
        return services.run_draw(
            actor=request.user, plan=plan, digits=data["digits"], witnesses=data["witnesses"], key=data["key"]
        )
    except DomainError as error:
        refuse(form, error)
        return None


def _drawn(request: HttpRequest, draw: Draw) -> HttpResponse:
    """The draw is stored; now it is shown. A void one goes to the result, saying why."""
    void = draw.events.filter(kind=DrawEventKind.VOID).first()
    if void is not None:
        messages.error(request, f"这次抽取不能分队配对，已按规则作废并记录：{void.reason}")
        return redirect("sampling:plan_result", draw.plan_id)
    return redirect("sampling:plan_show", draw.plan_id)


def _already(request: HttpRequest, plan: Plan) -> HttpResponse:
    """Somebody drew before: who and when. Who pressed a second time still gets to see the stored draw light up."""
    draw = plan.draws.select_related("drawn_by").order_by("-round")[0]
    messages.info(request, f"该计划已于 {moment_words(draw.drawn_at)} 由 {draw.drawn_by} 抽取，结果如下。")
    return redirect("sampling:plan_show" if request.method == "POST" else "sampling:plan_result", plan.pk)


@requires(LEAD)
def plan_show(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored draw on the projector: a dot an enterprise, the drawn lighting up in the order of their tickets."""
    plan = get_object_or_404(Plan.objects.led_by(request.user).select_related("lead"), pk=pk)
    draw = plan.draws.select_related("roster", "drawn_by").order_by("-round").first()
    if draw is None:
        return redirect("sampling:plan_draw", pk)
    picks = list(draw.selections.filter(kind=PickKind.MAIN).select_related("enterprise").order_by("ticket"))
    context = {
        "plan": plan,
        "draw": draw,
        "picked": len(picks),
        "dots": dots_of(draw.roster, picks, tall=True),
        "drawn_at": moment_words(draw.drawn_at),
        "result": groups_of(draw.result_digest, 8),
        "head": draw.roster.log.order_by("-seq").first(),
    }
    return render(request, "sampling/plan_show.html", context)
