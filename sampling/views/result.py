"""What the draw gave: picks in drawn order, teams, reserve, the digests to check it by, its paper and its reveal."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry import clock
from registry.operations import new_key
from registry.permissions import AUDITOR, LEAD, requires
from sampling import printing, services
from sampling.enums import DrawEventKind, PickKind, PlanState
from sampling.forms import KeyForm
from sampling.models import Draw, Plan
from sampling.views.dots import dots_of
from sampling.views.showing import address, attempt, leads, moment_words, pdf_answer

RUNNING = (PlanState.DRAWN, PlanState.DISPATCHED, PlanState.INSPECTING)


def _strata(plan: Plan, draw: Draw) -> list[dict[str, Any]]:
    """Per stratum: label, base, rate, exact expectation, drawn; and its selections with the standing they have now, in
    drawn order."""
    events = list(draw.events.select_related("substitute__enterprise").order_by("batch", "pk"))
    out = {event.selection_id: event for event in events if event.kind == DrawEventKind.E_OUT}
    called = {event.substitute_id for event in out.values()}
    strata = printing.strata_rows(plan, draw)
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


def _draw(request: HttpRequest, pk: int) -> tuple[Plan, Draw | None]:
    """A plan the reader may see, and its draw of ``?lun=`` (round), else the newest."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user).select_related("lead", "scheme"), pk=pk)
    draws = plan.draws.select_related("drawn_by", "approved_by", "roster__plan__lead").order_by("-round")
    asked = request.GET.get("lun", "")
    return plan, draws.filter(round=asked).first() if asked.isdecimal() and len(asked) < 5 else draws.first()


@requires(LEAD, AUDITOR)
def plan_result(request: HttpRequest, pk: int) -> HttpResponse:
    """What was drawn, in drawn order, with teams, reserve and the digests to check it by."""
    plan, draw = _draw(request, pk)
    if draw is None:
        messages.info(request, f"“{plan}”还没有抽取。")
        return redirect("sampling:plan_detail", pk)
    strata = _strata(plan, draw)
    counts = Counter(row.kind for one in strata for row in [*one["main"], *one["reserve"]])
    context = {
        "plan": plan,
        "draw": draw,
        "roster": draw.roster,
        "drawn_at": moment_words(draw.drawn_at),
        "void": draw.events.filter(kind=DrawEventKind.VOID).select_related("second").first(),
        "strata": strata,
        "picked": counts[PickKind.MAIN],
        "reserves": counts[PickKind.RESERVE],
        "teams": _teams(draw),
        "dots": dots_of(draw, (row for one in strata for row in one["main"])),
        "files": {file.name: file for file in draw.roster.files.defer("content")},
        "head": draw.roster.log.order_by("-seq").first(),
        "line": draw.roster.log.filter(kind="RESULT").first(),
        "departments": plan.departments.count(),
    }
    return render(request, "sampling/plan_result.html", context | _acts(request, plan, draw))


def _acts(request: HttpRequest, plan: Plan, draw: Draw) -> dict[str, Any]:
    """What the reader may do with this draw now."""
    mine, newest = leads(request.user, plan), draw.round == plan.draws.count()
    fault = services.draw_fault(draw.roster)
    may_dispatch = mine and newest and plan.state == PlanState.DRAWN and not fault
    reveal = getattr(draw.roster, "reveal", None)
    return {
        "fault": fault,
        "dispatch": address("inspections:plan_dispatch", plan.pk) if may_dispatch else "",
        "verify": "" if plan.rehearsal else address("publicity:draw_verify", draw.roster.draw_id),
        "reveal": reveal,
        "not_yet": services.reveal_problem(draw.roster, clock.now()) if draw.roster.sealed and not reveal else "",
        "may_reveal": mine,
        "openness": services.openness_words(draw.roster),
        "may_void": mine and newest and plan.state == PlanState.DRAWN,
        "events": address("inspections:event_list") if mine and plan.state in RUNNING else "",
        "key": new_key(),
    }


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


@requires(LEAD, AUDITOR)
def draw_record(request: HttpRequest, pk: int) -> HttpResponse:
    """抽取记录单 as PDF: with counts per grade for file and witnesses, or (``?gongkai=1``) fit for everybody."""
    plan, draw = _draw(request, pk)
    if draw is None:
        raise Http404
    public = request.GET.get("gongkai") == "1"
    name = f"抽取记录单{'（公开）' if public else '（内部）'}-{draw.roster.draw_id}"
    return pdf_answer(plan, name, printing.draw_record(draw, internal=not public))


@requires(LEAD, methods=("POST",))
def plan_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a sealed draw that is due."""
    plan = get_object_or_404(Plan.objects.led_by(request.user), pk=pk)
    draw = plan.draws.select_related("roster__plan").order_by("-round").first()
    if draw is None:
        raise Http404
    form = KeyForm(request.POST)

    def effect() -> dict[str, Any]:
        return {"pk": services.reveal_draw(actor=request.user, roster=draw.roster).pk}

    if attempt(request.user, form, f"reveal:{draw.pk}", effect):
        messages.success(request, "已揭示：保密随机数和可以公开的文件自现在起在公示页上，任何人都可以重算。")
    else:
        messages.error(request, " ".join(form.non_field_errors()) or "页面已过期，请再点一次。")
    return redirect("sampling:plan_result", pk)
