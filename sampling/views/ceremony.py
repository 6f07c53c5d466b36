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
from sampling.forms import DrawForm, ReasonForm
from sampling.models import Draw, DrawRequest, Plan, Roster
from sampling.views.dots import dots_of
from sampling.views.showing import attempt, groups_of, moment_words, refuse, span_words

STEPS = [("list", "名单摘要"), ("witnesses", "见证人"), ("digits", "40 位数字"), ("check", "最后核对")]
HANDED = ("beacon", "信标和外部随机数")


@requires(LEAD, methods=("GET", "POST"))
def plan_draw(request: HttpRequest, pk: int) -> HttpResponse:
    """Witnesses and 40 digits; POST draws, or keeps them for the second person. A drawn plan leads to its result."""
    plan = get_object_or_404(Plan.objects.led_by(request.user).select_related("lead"), pk=pk)
    if plan.state != PlanState.FROZEN:
        if plan.draws.exists():
            return _already(request, plan)
        messages.info(request, f"“{plan}”还没有冻结名单，冻结以后才能抽取。")
        return redirect("sampling:plan_detail", pk)
    roster = plan.roster.select_related("plan", "frozen_by").order_by("-round")[0]
    if (waiting := services.pending_draw(plan)) is not None:
        return _second(request, waiting, ReasonForm(label="撤回的理由"))
    form = DrawForm(request.POST or None, roster=roster)
    if request.method == "POST" and form.is_valid():
        if answer := _send(request, plan, form):
            return answer
        if plan.draws.filter(round=roster.round).exists():  # somebody pressed a moment earlier
            return _already(request, plan)
    steps = [*STEPS[:3], *([HANDED] if form.handed else []), STEPS[3]]
    context = {"plan": plan, "roster": roster, "form": form, "steps": steps, "start": _start(form)}
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
    for step, prefixes in (("witnesses", "witness"), ("digits", "group"), ("beacon", ("beacon", "nonce"))):
        if any(name.startswith(prefixes) for name in wrong):
            return step
    return "check" if wrong else "list"


def _send(request: HttpRequest, plan: Plan, form: DrawForm) -> HttpResponse | None:
    """Draw, or keep what was typed until the second person confirms; None when it was refused."""
    data = form.cleaned_data
    typed = {name: data[name] for name in ("digits", "witnesses", "key", "nonces")}
    typed["beacon"] = data.get("beacon", "")
    try:
        if plan.second_person:
            services.request_draw(actor=request.user, plan=plan, **typed)
            return redirect("sampling:plan_draw", plan.pk)
        return _drawn(request, services.run_draw(actor=request.user, plan=plan, **typed))
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


# --------------------------------------------------------------------------------------------------- the second person


def _second(request: HttpRequest, waiting: DrawRequest, form: ReasonForm) -> HttpResponse:
    """What was typed, read-only: the typist waits, anybody else of the lead bureau may confirm."""
    context = {
        "plan": waiting.roster.plan,
        "roster": waiting.roster,
        "waiting": waiting,
        "own": waiting.requested_by_id == request.user.pk,
        "withdrawing": form.is_bound or "chehui" in request.GET,
        "typed_at": moment_words(waiting.requested_at),
        "form": form,
        "digits": groups_of(waiting.digits, 5),
        "digest": groups_of(waiting.roster.digest, 8),
    }
    page = render(request, "sampling/plan_second.html", context)
    if context["own"] and not context["withdrawing"]:
        page["Refresh"] = "5"  # asked for anew until it is drawn, with or without JavaScript
    return page


def _waiting(request: HttpRequest, pk: int) -> DrawRequest | None:
    """What waits for the second person in a plan of one's own."""
    return services.pending_draw(get_object_or_404(Plan.objects.led_by(request.user), pk=pk))


@requires(LEAD, methods=("POST",))
def plan_draw_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person's press."""
    waiting = _waiting(request, pk)
    if waiting is None:  # drawn or withdrawn in the meantime: the page of the draw says what is so
        return redirect("sampling:plan_draw", pk)
    try:
        return _drawn(request, services.confirm_draw(actor=request.user, request=waiting))
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("sampling:plan_draw", pk)


@requires(LEAD, methods=("POST",))
def plan_draw_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back digits that were typed wrongly, with the reason, which is public."""
    waiting = _waiting(request, pk)
    if waiting is None:
        return redirect("sampling:plan_draw", pk)
    form = ReasonForm(request.POST, label="撤回的理由")

    def effect() -> dict[str, Any]:
        services.withdraw_draw_request(actor=request.user, request=waiting, reason=form.cleaned_data["reason"])
        return {"pk": pk}

    if attempt(request.user, form, f"draw-withdraw:{pk}", effect):
        messages.success(request, "录入的数字已撤回并记入操作记录，请重新录入。")
        return redirect("sampling:plan_draw", pk)
    return _second(request, waiting, form)


@requires(LEAD)
def plan_show(request: HttpRequest, pk: int) -> HttpResponse:
    """The stored draw on the projector: a dot an enterprise, the drawn lighting up in the order of their tickets."""
    plan = get_object_or_404(Plan.objects.led_by(request.user).select_related("lead"), pk=pk)
    draw = plan.draws.select_related("roster", "drawn_by").order_by("-round").first()
    if draw is None:
        return redirect("sampling:plan_draw", pk)
    picks = list(draw.selections.filter(kind=PickKind.MAIN).select_related("enterprise").order_by("ticket"))
    hidden = not draw.roster.revealed
    context = {
        "plan": plan,
        "draw": draw,
        "picked": len(picks),
        "hidden": hidden,
        "dots": dots_of(draw, picks, tall=True, hidden=hidden),
        "drawn_at": moment_words(draw.drawn_at),
        "result": groups_of(draw.result_digest, 8),
        "line": draw.roster.log.filter(kind="RESULT").first(),
    }
    return render(request, "sampling/plan_show.html", context)
