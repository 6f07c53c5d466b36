"""Freezing a plan, what the draw gave, and cancelling."""

import hashlib
import json
from collections import Counter
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry import clock
from registry.errors import DomainError
from registry.operations import new_key
from registry.permissions import AUDITOR, LEAD, requires
from sampling import services
from sampling.enums import DrawEventKind, PickKind, PlanState
from sampling.forms import CancelForm, FreezeForm
from sampling.models import Draw, Plan, Roster
from sampling.services.scope import ScopeSummary
from sampling.views.dots import dots_of
from sampling.views.showing import address, attempt, leads, moment_words


def _seen(summary: ScopeSummary) -> str:
    """What somebody looked at before freezing, short enough for a hidden field."""
    numbers = [[line.code, line.total, line.expected] for line in summary.grades]
    people = [[line.department.pk, len(line.drawable)] for line in summary.pools]
    return hashlib.sha256(json.dumps([numbers, people, summary.excluded]).encode()).hexdigest()[:32]


@requires(LEAD, methods=("GET", "POST"))
def plan_freeze(request: HttpRequest, pk: int) -> HttpResponse:
    """The exact counts, what can no longer change, and the tick that it was looked at."""
    plan = get_object_or_404(Plan.objects.led_by(request.user).select_related("lead", "scheme"), pk=pk)
    if plan.state != PlanState.DRAFT:
        messages.info(request, f"“{plan}”{plan.get_state_display()}，不用再冻结。")
        return redirect("sampling:plan_detail", pk)
    summary = services.scope_summary(plan, clock.today())
    form = FreezeForm(request.POST or None, initial={"key": new_key(), "seen": _seen(summary)})
    if answer := attempt(request.user, form, f"freeze:{pk}", lambda: _freeze(request, plan, form, summary)):
        messages.success(request, f"名单已冻结，共 {answer['total']} 家，抽取编号 {answer['draw_id']}。")
        return redirect("sampling:plan_detail", pk)
    if form.is_bound:  # the numbers shown again are those to be looked at now
        form.data = {**form.data.dict(), "seen": _seen(summary), "key": new_key()}
    context = {
        "plan": plan,
        "form": form,
        "summary": summary,
        "problems": services.freeze_problems(plan, clock.today(), summary),
        "warnings": [*services.departments_without_items(plan), *summary.warnings],
    }
    return render(request, "sampling/plan_freeze.html", context)


def _freeze(request: HttpRequest, plan: Plan, form: FreezeForm, summary: ScopeSummary) -> dict[str, Any]:
    if form.cleaned_data["seen"] != _seen(summary):
        raise DomainError("名录在您核对之后有变化，下面是现在的数字，请重新核对后再冻结。")
    roster = services.freeze_plan(actor=request.user, plan=plan)
    return {"total": roster.total, "draw_id": roster.draw_id}


def _strata(draw: Draw) -> list[dict[str, Any]]:
    """Per stratum: base, rate, exact expectation, drawn."""
    rates = {rate.grade: rate.fraction for rate in draw.plan.rates.all()}
    rows = []
    for one in draw.strata:
        grade, carried = one["stratum"].partition("-")[::2]
        rate = Fraction(1) if carried else rates.get(grade, Fraction(0))
        share = rate * one["size"]
        hundredths = (share.numerator * 200 + share.denominator) // (2 * share.denominator)
        label = ("未评级" if grade == "N" else f"{grade}级") + ("（上次作废，必定列入）" if carried else "")
        rows.append(one | {"label": label, "rate": services.rate_text(rate),
                           "share": f"{hundredths // 100}.{hundredths % 100:02d}"})  # fmt: skip
    return rows


def _picks(draw: Draw, strata: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Selections with the standing they have now, stratum by stratum in drawn order."""
    events = list(draw.events.select_related("substitute__enterprise").order_by("batch", "pk"))
    out = {event.selection_id: event for event in events if event.kind == DrawEventKind.E_OUT}
    called = {event.substitute_id for event in out.values()}
    rows: dict[str, dict[str, list[Any]]] = {one["stratum"]: {"main": [], "reserve": []} for one in strata}
    chosen = draw.selections.select_related("enterprise", "match").prefetch_related("enterprise__industries")
    number = 0
    for row in chosen.order_by("stratum", "rank"):
        row.event, row.called = out.get(row.pk), row.pk in called
        main = row.kind == PickKind.MAIN
        number += main
        row.number = number if main else None
        rows[row.stratum]["main" if main else "reserve"].append(row)
    return [one | rows[one["stratum"]] for one in strata]


@requires(LEAD, AUDITOR)
def plan_result(request: HttpRequest, pk: int) -> HttpResponse:
    """What was drawn, in drawn order, with teams, reserve and the digests to check it by."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user).select_related("lead", "scheme"), pk=pk)
    draw = plan.draws.select_related("drawn_by", "roster").order_by("-round").first()
    if draw is None:
        messages.info(request, f"“{plan}”还没有抽取。")
        return redirect("sampling:plan_detail", pk)
    strata = _picks(draw, _strata(draw))
    counts = Counter(row.kind for one in strata for row in [*one["main"], *one["reserve"]])
    last = draw.roster.log.order_by("-seq").first()
    context = {
        "plan": plan,
        "draw": draw,
        "drawn_at": moment_words(draw.drawn_at),
        "void": draw.events.filter(kind=DrawEventKind.VOID).first(),
        "strata": strata,
        "picked": counts[PickKind.MAIN],
        "reserves": counts[PickKind.RESERVE],
        "teams": _teams(draw),
        "dots": dots_of(draw.roster, (row for one in strata for row in one["main"])),
        "files": {file.name: file for file in draw.roster.files.defer("content")},
        "head": last,
        "departments": plan.departments.count(),
        "dispatch": address("inspections:plan_dispatch", pk) if _may_dispatch(request, plan) else "",
    }
    return render(request, "sampling/plan_result.html", context)


def _may_dispatch(request: HttpRequest, plan: Plan) -> bool:
    return plan.state == PlanState.DRAWN and leads(request.user, plan)


def _teams(draw: Draw) -> list[dict[str, Any]]:
    """Teams with their members by department, then who still stands by: neither seated since nor out."""
    rows: list[dict[str, Any]] = [
        {"team": team, "seats": sorted(seats, key=lambda one: one.drawn.seat)}
        for team, seats in sorted(services.effective_teams(draw).items())
    ]
    seated = [one.member.pk for row in rows for one in row["seats"]]
    waiting = draw.members.filter(kind=PickKind.RESERVE, out_events__isnull=True).exclude(pk__in=seated)
    standby = waiting.select_related("inspector", "department").order_by("department__order", "seat")
    return [*rows, {"team": 0, "standby": list(standby)}]


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
