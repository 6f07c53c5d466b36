"""The list of plans, one plan with everything about it, and its files."""

import mimetypes
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry import clock
from registry.models import Enterprise
from registry.operations import new_key
from registry.permissions import AUDITOR, DEPT_ADMIN, INSPECTOR, LEAD, SYSADMIN, requires
from registry.views.paging import page_of
from sampling import services
from sampling.enums import ExcludeReason, PlanState
from sampling.filters import PlanFilter
from sampling.forms import AttachForm
from sampling.models import BundleFile, Plan, PlanAttachment, PlanDepartment, Roster
from sampling.services.scope import IN_SCOPE, scope_rows, spec_of
from sampling.strata import grade_of
from sampling.views.showing import TAGS, address, attached, attempt, csv_answer, file_name, leads, next_step

PER_PAGE = 20
READERS = (LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN)


@requires(*READERS)
def plan_list(request: HttpRequest) -> HttpResponse:
    """Every plan the reader may see, newest first, with its next step."""
    mine = Plan.objects.visible_to(request.user)
    departments = PlanDepartment.objects.select_related("department").order_by("department__order")
    rows = mine.with_counts().select_related("lead").prefetch_related(Prefetch("departments", departments))
    filtered = PlanFilter(request.GET, queryset=rows.order_by("-created_at", "-pk"))
    context = page_of(filtered.qs, request.GET, size=PER_PAGE)
    for plan in context["page"]:
        plan.tag = TAGS[PlanState(plan.state)]
        plan.next = next_step(plan) if leads(request.user, plan) else None
    context |= {"filter": filtered, "any": mine.exists(), "may_plan": LEAD in request.user.roles, "key": new_key()}
    return render(request, "sampling/plan_list.html", context)


def _visible(request: HttpRequest, pk: int) -> Plan:
    rows = Plan.objects.visible_to(request.user).select_related("lead", "scheme", "created_by", "copied_from")
    return get_object_or_404(rows, pk=pk)


def _attach_form(request: HttpRequest, plan: Plan) -> AttachForm | None:
    """The upload form, for who may upload."""
    open_ = plan.state not in (PlanState.CANCELLED, PlanState.ARCHIVED)
    user = request.user
    if not open_ or not (leads(user, plan) or DEPT_ADMIN in user.roles):
        return None
    form = AttachForm(request.POST or None, request.FILES or None, plan=plan, user=user)
    return form if form.fields["department"].queryset.exists() else None


def _detail(request: HttpRequest, plan: Plan, attach: AttachForm | None) -> HttpResponse:
    """The page of a plan, with the upload form as it stands."""
    draws = plan.draws.select_related("drawn_by", "roster").prefetch_related("events").order_by("round")
    context = {
        "plan": plan,
        "tag": TAGS[PlanState(plan.state)],
        "leads": leads(request.user, plan),
        "next": next_step(plan) if leads(request.user, plan) else None,
        "items": services.items_per_department(plan),
        "rosters": plan.roster.select_related("frozen_by").prefetch_related(_files(request)).order_by("round"),
        "show_result": bool({LEAD, AUDITOR, SYSADMIN} & request.user.roles),
        "show_files": bool({LEAD, AUDITOR} & request.user.roles),
        "draws": draws,
        "rates": _rates(plan),
        "attachments": plan.attachments.select_related("department", "uploaded_by"),
        "attach": attach,
        "key": new_key(),
        "events": _events(request, plan),
        "may_cancel": plan.state in (PlanState.DRAFT, PlanState.FROZEN, PlanState.DRAWN, PlanState.DISPATCHED,
                                     PlanState.INSPECTING),
    }  # fmt: skip
    return render(request, "sampling/plan_detail.html", context)


def _events(request: HttpRequest, plan: Plan) -> str:
    """Where the reader asks for a replacement; empty for who does not, or when it is not the time."""
    asks = DEPT_ADMIN in request.user.roles or leads(request.user, plan)
    running = plan.state in (PlanState.DRAWN, PlanState.DISPATCHED, PlanState.INSPECTING)
    return address("inspections:event_new", plan.pk) if asks and running else ""


def _files(request: HttpRequest) -> Prefetch:
    """The files of a roster without their content; the one with the names for the auditor alone (draw.md §2.2)."""
    rows = BundleFile.objects.defer("content").order_by("name")
    return Prefetch("files", rows if AUDITOR in request.user.roles else rows.exclude(name="names"))


def _rates(plan: Plan) -> list[dict[str, Any]]:
    """Per grade the rate that was set, and what the newest draw made of it (比例以实际抽查为准)."""
    draw = plan.draws.order_by("-round").first()
    rows = []
    for rate in plan.rates.all():
        cells = [one for one in (draw.strata if draw else []) if grade_of(one["stratum"]) == rate.grade]
        size, drawn = sum(one["size"] for one in cells), sum(one["drawn"] for one in cells)
        hundredths = (drawn * 20_000 + size) // (2 * size) if size else 0
        rows.append(
            {
                "label": "未评级" if rate.grade == "N" else f"{rate.grade}级",
                "set": services.rate_text(rate.fraction),
                "size": size if draw else None,
                "drawn": drawn,
                "actual": f"{hundredths // 100}.{hundredths % 100:02d}%" if size else "–",
            }
        )
    return rows


@requires(*READERS)
def plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """All facts of a plan."""
    plan = _visible(request, pk)
    return _detail(request, plan, _attach_form(request, plan))


@requires(LEAD, DEPT_ADMIN, methods=("POST",))
def plan_attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Attach a department's own 现场检查文书."""
    plan = _visible(request, pk)
    form = _attach_form(request, plan)
    if form is None:
        raise Http404

    def effect() -> dict[str, Any]:
        return {"pk": services.attach_document(actor=request.user, plan=plan, **form.changes).pk}

    if attempt(request.user, form, f"plan-attach:{pk}", effect):
        messages.success(request, f"“{form.cleaned_data['title']}”已附上，派发时随记录表一起交给检查人员。")
        return redirect("sampling:plan_detail", pk)
    return _detail(request, plan, form)


@requires(LEAD, DEPT_ADMIN, methods=("POST",))
def plan_detach(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a document back, with a reason."""
    plans = Plan.objects.visible_to(request.user).order_by().values("pk")
    row = get_object_or_404(PlanAttachment.objects.select_related("plan"), pk=pk, plan__in=plans)
    services.detach_document(actor=request.user, attachment=row, reason=request.POST.get("reason", "")[:200])
    messages.success(request, f"“{row.title}”已撤下，理由已记入操作记录。")
    return redirect("sampling:plan_detail", row.plan_id)


@requires(*READERS, INSPECTOR)
def plan_attachment(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out an attached document to whoever may see its plan."""
    plans = Plan.objects.visible_to(request.user).order_by().values("pk")
    row = get_object_or_404(PlanAttachment.objects.select_related("department"), pk=pk, plan__in=plans)
    suffix = row.file.name.rpartition(".")[2]
    name = f"{row.department.short_name}-{row.title}.{suffix}"
    kind = mimetypes.guess_type(f"x.{suffix}")[0] or "application/octet-stream"
    return FileResponse(row.file.open("rb"), as_attachment=True, filename=name, content_type=kind)


def _roster(request: HttpRequest, pk: int) -> Roster | None:
    """The frozen list asked for by ``?lun=`` (round), else the newest."""
    rosters = Roster.objects.filter(plan=_visible(request, pk)).order_by("-round")
    asked = request.GET.get("lun", "")
    return rosters.filter(round=asked).first() if asked.isdecimal() and len(asked) < 5 else rosters.first()


@requires(LEAD, AUDITOR)
def plan_bundle(request: HttpRequest, pk: int) -> HttpResponse:
    """Every file of a draw as one ZIP, for the lead bureau; with the file of names for the auditor."""
    roster = _roster(request, pk)
    if roster is None:
        raise Http404
    name = file_name(roster.plan, f"{roster.draw_id}.zip")
    return attached(services.files_zip(request.user, roster), "application/zip", name)


@requires(LEAD, AUDITOR)
def plan_file(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One file of a draw byte for byte, as in the reader's own ZIP: the one with the names for the auditor alone."""
    roster = _roster(request, pk)
    content = services.files_for(request.user, roster).get(name) if roster else None
    if roster is None or content is None:
        raise Http404
    kind = "text/tab-separated-values; charset=utf-8"
    return attached(content, kind, file_name(roster.plan, f"{roster.draw_id}-{name}.tsv"))


@requires(LEAD, AUDITOR)
def plan_excluded(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is not on the list and why, for Excel: as frozen, or as it would be today while the plan is a draft."""
    plan, roster = _visible(request, pk), _roster(request, pk)
    if plan.state == PlanState.DRAFT or roster is None:
        rows = scope_rows(spec_of(plan), clock.today()).exclude(why_out=IN_SCOPE).order_by("uscc")
        listed = list(rows.values_list("uscc", "name", "why_out"))
    else:
        frozen = roster.files.get(name="exclude").content.splitlines()[1:]
        pairs = [line.split("\t") for line in frozen]
        names = dict(Enterprise.objects.values_list("uscc", "name"))
        listed = [(uscc, names.get(uscc, ""), reason) for uscc, reason in pairs]
    rows = [(uscc, name, ExcludeReason(reason).label) for uscc, name, reason in listed]
    return csv_answer(plan, "excluded", ("统一社会信用代码", "名称", "未列入的原因"), rows)
