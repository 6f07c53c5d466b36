"""统计: the tables of a plan as of a day, their charts, and the 工作总结."""

import datetime as dt
import hashlib
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response, patch_cache_control

from inspections import bases
from inspections.models import DepartmentSection
from publicity import charts, services, statistics
from publicity.exporters import pdf
from publicity.forms import AsOfForm, SummaryForm
from publicity.views.pages import number
from registry import clock
from registry.errors import DomainError
from registry.operations import new_key, once
from registry.permissions import AUDITOR, DEPT_ADMIN, LEAD, requires
from registry.seenforms import seen
from registry.stale import StaleError
from sampling.enums import PlanState
from sampling.models import Plan

BEFORE_DRAW = [PlanState.DRAFT, PlanState.FROZEN, PlanState.CANCELLED]


def _plans(request: HttpRequest) -> Any:
    return Plan.objects.visible_to(request.user).real().select_related("lead", "scheme").order_by("-created_at", "-pk")


def _as_of(request: HttpRequest) -> tuple[AsOfForm, dt.date]:
    """The picker and the day, today unless another is asked for; what cannot be understood says so beside it."""
    asked = request.GET if request.GET.get("as_of") else {"as_of": clock.today().isoformat()}
    form = AsOfForm(asked)
    return form, form.cleaned_data["as_of"] if form.is_valid() else clock.today()


def _most_telling(plans: Any) -> Plan | None:
    """The plan a page opens with: the newest in which somebody has entered something, else the newest dispatched,
    else the newest drawn."""
    sections = DepartmentSection.objects.filter(bases.COUNTED, record__plan=OuterRef("pk"))
    entered = Exists(sections.filter(state__in=sorted(bases.DONE)))
    drawn = plans.exclude(state__in=BEFORE_DRAW).annotate(entered=entered, sent=Exists(sections))
    return drawn.order_by("-entered", "-sent", "-created_at", "-pk").first()


@requires(LEAD, DEPT_ADMIN, AUDITOR)
def stats_overview(request: HttpRequest) -> HttpResponse:
    """T1–T5 and T8 of a plan as of a day; grades for lead bureau and auditor only."""
    plans = _plans(request)
    chosen = number(request.GET.get("plan"))
    plan = plans.filter(pk=chosen).first() if chosen else _most_telling(plans)
    form, as_of = _as_of(request)
    context: dict[str, Any] = {"plans": plans, "plan": plan, "form": form, "as_of": as_of}
    if chosen and plan is None:
        raise Http404
    if plan is not None:
        facts = statistics.gather(plan, as_of)
        context |= {
            "tables": statistics.all_tables(facts, grades=services.may_see_grades(request.user)),
            "empty": not facts.records,
            "entered": any(section.entered_on for record in facts.records for section in record.sections),
            "key": new_key(),
            "may_export": bool(request.user.roles & {LEAD, DEPT_ADMIN}),
            "may_summarise": bool(request.user.roles & {LEAD, AUDITOR}),
        }
    return render(request, "publicity/stats_overview.html", context)


@requires(LEAD, DEPT_ADMIN, AUDITOR)
def stats_chart(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One chart as SVG, with an ETag; the page does not wait for it."""
    plan = get_object_or_404(_plans(request), pk=pk)
    if name not in charts.NAMES:
        raise Http404
    content = charts.chart(statistics.gather(plan, _as_of(request)[1]), name)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response = HttpResponse(content, content_type="image/svg+xml")
    response["ETag"] = etag
    patch_cache_control(response, private=True, max_age=0)
    return get_conditional_response(request, etag=etag, response=response) or response


def _save(request: HttpRequest, plan: Plan, form: SummaryForm) -> bool:
    """Save the summary, and report it when that button was pressed; a refusal stands beside the form."""
    texts = {name: value for name, value in form.cleaned_data.items() if name not in ("key", "seen")}
    report = "report" in request.POST

    def effect() -> dict[str, Any]:
        version = services.save_summary(actor=request.user, plan=plan, seen=form.seen_marks, **texts).version
        if report:
            services.summarise_plan(actor=request.user, plan=plan)
        return {"version": version}

    try:
        answer, _ = once(key=form.cleaned_data["key"], user=request.user, action="publicity:summary", effect=effect)
    except StaleError as refusal:
        form.offer(refusal)
        return False
    except DomainError as refusal:
        form.add_error(None, refusal.message)
        return False
    messages.success(request, f"已保存第 {answer['version']} 版" + ("，任务已转为“已总结”。" if report else "。"))
    return True


@requires(LEAD, AUDITOR, methods=("GET", "POST"), writes=(LEAD,))
def plan_summary(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the 工作总结; the numbers are filled in (通知七(六))."""
    plan = get_object_or_404(_plans(request), pk=pk)
    latest = plan.summaries.first()
    form = SummaryForm(
        request.POST or None, instance=latest,
        initial={
            "key": new_key(), "seen": seen(services.text_of(latest)),
            "as_of": latest.as_of if latest else statistics.default_as_of(),
        },
    )  # fmt: skip
    if request.method == "POST" and form.is_valid() and _save(request, plan, form):
        return redirect("publicity:plan_summary", pk=pk)
    context = {
        "plan": plan, "latest": plan.summaries.first(), "form": form, "may_write": LEAD in request.user.roles,
        "complete": plan.state == PlanState.COMPLETED, "today": clock.today(),
    }  # fmt: skip
    return render(request, "publicity/summary.html", context)


@requires(LEAD, AUDITOR)
def summary_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The 工作总结 as a printable PDF with the statistics behind it."""
    plan = get_object_or_404(_plans(request), pk=pk)
    latest = plan.summaries.select_related("plan__lead", "plan__scheme").first()
    if latest is None:
        raise DomainError("还没有写工作总结，请先填写并保存。")
    response = HttpResponse(pdf.render_summary(latest), content_type="application/pdf")
    response["Content-Disposition"] = (
        f'inline; filename="{"rehearsal-" if plan.rehearsal else ""}summary-{plan.pk}.pdf"'
    )
    return response
