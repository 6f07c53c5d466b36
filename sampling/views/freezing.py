"""The freeze: the exact list, what can no longer change, and what the witnesses take home on paper."""

import datetime as dt
import hashlib
import json
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry import clock
from registry.errors import DomainError
from registry.models import PastInspection
from registry.operations import new_key
from registry.permissions import AUDITOR, LEAD, requires
from registry.views.paging import page_of
from sampling import printing, services
from sampling.enums import PlanState
from sampling.filters import PreviewFilter
from sampling.forms import FreezeForm, SealedCopyForm
from sampling.models import Nonce, Plan, Roster
from sampling.services.scope import IN_SCOPE, ScopeSummary, scope_rows
from sampling.strata import grade_of
from sampling.views.showing import attempt, csv_answer, groups_of, leads, moment_words, pdf_answer, refuse, span_words

PER_PAGE = 50


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
    number = services.next_draw_id(plan)
    start = {"key": new_key(), "seen": _seen(summary), "draw_id": number}
    others = services.other_years(plan)
    form = FreezeForm(request.POST or None, initial=start, sealed=plan.sealed, other_years=others)
    if answer := attempt(request.user, form, f"freeze:{pk}", lambda: _freeze(request, plan, form, summary)):
        messages.success(request, f"名单已冻结，共 {answer['total']} 家，抽取编号 {answer['draw_id']}。")
        return redirect("sampling:plan_frozen", pk)
    if form.is_bound:
        form.show_again(_seen(summary), number, new_key())
    context = {
        "plan": plan,
        "form": form,
        "summary": summary,
        "draw_id": number,
        "problems": services.freeze_problems(plan, clock.today(), summary),
        "warnings": [*services.departments_without_items(plan), *summary.warnings],
        "dice": services.dice_words(plan, clock.now() + dt.timedelta(hours=plan.not_before_hours)),
    }
    return render(request, "sampling/plan_freeze.html", context)


def _freeze(request: HttpRequest, plan: Plan, form: FreezeForm, summary: ScopeSummary) -> dict[str, Any]:
    if form.cleaned_data["seen"] != _seen(summary):
        raise DomainError("名录在您核对之后有变化，下面是现在的数字，请重新核对后再冻结。")
    number = form.cleaned_data.get("draw_id", "")
    years = {name: form.cleaned_data[name] for name in ("kept_years", "years_reason") if name in form.cleaned_data}
    roster = services.freeze_plan(actor=request.user, plan=plan, parties=form.parties, draw_id=number, **years)
    return {"total": roster.total, "draw_id": roster.draw_id}


# ------------------------------------------------------------------------------------------------- before the freeze


@requires(LEAD)
def plan_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """名单预览: every enterprise that would be on the list, with what departments recorded this year."""
    plan = get_object_or_404(Plan.objects.led_by(request.user).select_related("lead", "scheme"), pk=pk)
    if plan.state != PlanState.DRAFT:
        return redirect("sampling:plan_detail", pk)
    today = clock.today()
    filtered = PreviewFilter(request.GET, queryset=_listed(plan, today), year=today.year)
    context = page_of(filtered.qs, request.GET, size=PER_PAGE)
    caps = {rate.grade: rate.cap for rate in plan.rates.all() if rate.cap}
    for row in context["page"]:
        row.checks, row.cap = len({one.day for one in row.this_year}), caps.get(row.group)
    context |= {"plan": plan, "filter": filtered, "year": today.year, "on": today, "caps": bool(caps)}
    return render(request, "sampling/plan_preview.html", context)


def _listed(plan: Plan, today: dt.date) -> Any:
    """The enterprises in scope today with their inspections of this year in ``this_year``."""
    past = PastInspection.objects.filter(day__year=today.year).select_related("department").order_by("day")
    rows = scope_rows(services.spec_of(plan), today).filter(why_out=IN_SCOPE)
    return rows.prefetch_related(Prefetch("past_inspections", past, to_attr="this_year")).order_by("uscc")


@requires(LEAD, AUDITOR)
def plan_roster(request: HttpRequest, pk: int) -> HttpResponse:
    """The list for Excel: as frozen, or as it would be today while the plan is a draft."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user), pk=pk)
    if plan.state == PlanState.DRAFT:
        found = _listed(plan, clock.today())
        rows = [(row.uscc, row.name, _grade(row.group), _words(row.this_year)) for row in found]
        head = ("统一社会信用代码", "名称", "等级", f"{clock.today().year}年检查记录")
        return csv_answer(plan, "roster", head, rows)
    roster = newest_roster(plan, request.GET.get("lun", ""))
    names = services.names_of(roster)
    lines = (line.split("\t") for line in roster.files.get(name="roster").content.splitlines()[1:])
    rows = [(uscc, names.get(uscc, ""), _grade(grade_of(stratum))) for uscc, stratum, _ in lines]
    return csv_answer(plan, "roster", ("统一社会信用代码", "名称", "等级"), rows)


def _grade(code: str) -> str:
    return "未评级" if code == "N" else f"{code}级"


def _words(past: list[PastInspection]) -> str:
    return "；".join(f"{one.department.short_name} {one.day}" for one in past)


# -------------------------------------------------------------------------------------------------- after the freeze


def newest_roster(plan: Plan, asked: str = "") -> Roster:
    """The frozen list of the round asked for, else the newest. Raises Http404 when there is none."""
    rosters = Roster.objects.filter(plan=plan).select_related("plan__lead", "frozen_by").order_by("-round")
    found = rosters.filter(round=asked).first() if asked.isdecimal() and len(asked) < 5 else rosters.first()
    if found is None:
        raise Http404
    return found


@requires(LEAD, AUDITOR)
def plan_frozen(request: HttpRequest, pk: int) -> HttpResponse:
    """名单已冻结: digest, place in the log, the named event, how long to wait, and the papers."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user).select_related("lead"), pk=pk)
    roster = newest_roster(plan, request.GET.get("lun", ""))
    return _frozen(request, plan, roster, SealedCopyForm())


def _frozen(request: HttpRequest, plan: Plan, roster: Roster, form: SealedCopyForm) -> HttpResponse:
    now = clock.now()
    left = max(-(-(roster.not_before - now) // dt.timedelta(seconds=1)), 0)
    context = {
        "plan": plan,
        "roster": roster,
        "leads": leads(request.user, plan),
        "waiting": plan.state == PlanState.FROZEN and hasattr(roster, "open_freeze"),
        "form": form,
        "parties": roster.nonces.exclude(party=Nonce.OFFICE),
        "copy": getattr(roster, "sealed_copy", None),
        "void": getattr(roster, "void", None),
        "frozen_at": moment_words(roster.frozen_at),
        "not_before": moment_words(roster.not_before),
        "left": left,
        "left_words": f"还有 {span_words(dt.timedelta(seconds=left))}",
        "digest": groups_of(roster.digest, 8),
        "events": services.entropy_words(roster),
        "openness": services.openness_words(roster),
        "line": roster.log.order_by("seq").first(),
        "files": services.frozen_files(roster),
        "public": "" if plan.rehearsal else printing.public_address(roster),
    }
    return render(request, "sampling/plan_frozen.html", context)


@requires(LEAD, AUDITOR)
def freeze_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """冻结单 for the witnesses to sign, as PDF."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user), pk=pk)
    roster = newest_roster(plan, request.GET.get("lun", ""))
    return pdf_answer(plan, f"冻结单-{roster.draw_id}", printing.freeze_sheet(roster))


@requires(LEAD, methods=("POST",))
def sealed_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """The office's number on paper, once; the answer is the paper."""
    plan = get_object_or_404(Plan.objects.led_by(request.user).select_related("lead"), pk=pk)
    roster = newest_roster(plan)
    form = SealedCopyForm(request.POST)
    if form.is_valid():
        try:
            content = printing.sealed_copy(actor=request.user, roster=roster, **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            answer = pdf_answer(plan, f"封存纸件-{roster.draw_id}", content, save=True)
            answer["Cache-Control"] = "no-store"
            return answer
    return _frozen(request, plan, roster, form)
