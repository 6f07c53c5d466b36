"""What the draw gave: picks in drawn order, teams, reserve, and the digests to check it by."""

from collections import Counter
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry.permissions import AUDITOR, LEAD, requires
from sampling import services
from sampling.enums import DrawEventKind, PickKind, PlanState
from sampling.models import Draw, Plan
from sampling.strata import CARRIED, RECENT, grade_of, kind_of
from sampling.views.dots import dots_of
from sampling.views.showing import address, leads, moment_words

KINDS = {"": "", CARRIED: "（上次作废，必定列入）", RECENT: "（近期检查过）"}


def _strata(draw: Draw) -> list[dict[str, Any]]:
    """Per stratum: base, rate, exact expectation, drawn."""
    rates = {rate.grade: rate.fraction for rate in draw.plan.rates.all()}
    classed = {one["stratum"] for one in draw.strata if kind_of(one["stratum"]) == RECENT}
    rows = []
    for one in draw.strata:
        grade, kind = grade_of(one["stratum"]), kind_of(one["stratum"])
        rate = Fraction(1) if kind == CARRIED else rates.get(grade, Fraction(0))
        share = rate * one["size"]
        if grade + RECENT in classed:  # the rate is the grade's; each class has its own share of it
            share = Fraction(one["expected"])
            rate = share / one["size"] if one["size"] else Fraction(0)
        hundredths = (share.numerator * 200 + share.denominator) // (2 * share.denominator)
        label = ("未评级" if grade == "N" else f"{grade}级") + KINDS[kind]
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
