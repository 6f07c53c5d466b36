"""The department's desk: approvals, the task list, one record, changing an inspector."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from inspections import bases, services
from inspections.absences import why_away
from inspections.arrival import NOBODY_MET
from inspections.enums import OPEN_FOR_ENTRY, Answer, RecordState, SectionState
from inspections.filters import TaskFilter
from inspections.forms.desk import ApprovalForm, ReplaceForm, UpstreamForm
from inspections.models import Approval, DepartmentSection, Evidence, InspectionRecord, ItemFinding, SectionMember
from inspections.services.arriving import arrival_lines, door_photos
from inspections.services.content import complete, seal, short
from inspections.views.showing import STATE_TAGS, Clocks, attempt, page_of
from registry import clock
from registry.models import User
from registry.operations import new_key
from registry.permissions import AUDITOR, DEPT_ADMIN, INSPECTOR, LEAD, requires
from sampling import services as sampling
from sampling.enums import DrawEventKind
from sampling.models import TeamMember

SHOWN_SECTION = ("department", "record__plan", "record__selection__enterprise")
PHOTOS = Prefetch("evidence", queryset=Evidence.objects.order_by("pk"))


@requires(DEPT_ADMIN, methods=("GET", "POST"))
def approval(request: HttpRequest) -> HttpResponse:
    """Note who approved the inspections; print the notices of those approved."""
    rows = DepartmentSection.objects.to_approve(request.user).select_related(*SHOWN_SECTION)
    mine = DepartmentSection.objects.filter(department_id=request.user.department_id)
    form = ApprovalForm(request.POST or None, queryset=mine, initial={"day": clock.today()})
    answer = attempt(request.user, form, "approval", lambda: _approve(request.user, form.cleaned_data))
    if answer:
        messages.success(request, f"{answer['count']} 家企业的检查审批已登记，可以打印检查通知书。")
        return redirect("inspections:approval")
    done = Approval.objects.filter(section__department_id=request.user.department_id, section__record__state="OPEN")
    done = done.select_related(*(f"section__{name}" for name in SHOWN_SECTION), "recorded_by")
    page, query = page_of(request.GET, done.order_by("-recorded_at", "section__record__number"))
    waiting = list(rows.order_by("record__plan_id", "record__number")[:500])
    context = {"form": form, "waiting": waiting, "page": page, "query": query, "chosen": _chosen(request, waiting)}
    return render(request, "inspections/desk/approval.html", context)


def _chosen(request: HttpRequest, rows: list[Any]) -> set[int]:
    """The ticks of a form that comes back."""
    sent = set(request.POST.getlist("pk"))
    return {row.pk for row in rows if str(row.pk) in sent}


def _approve(user: User, data: dict[str, Any]) -> dict[str, Any]:
    made = services.record_approval(
        actor=user,
        sections=data["pk"],
        approver=data["approver"],
        day=data["day"],
        urgent=data["urgent"],
        urgent_reason=data["urgent_reason"],
    )
    return {"count": len(made)}


@requires(LEAD, DEPT_ADMIN, AUDITOR)
def task_list(request: HttpRequest) -> HttpResponse:
    """Sections of my department (or of my plans), by state, plan, lateness."""
    members = Prefetch("members", queryset=SectionMember.objects.filter(replaced=False).select_related("inspector"))
    rows = DepartmentSection.objects.listed_for(request.user).exclude(record__state=RecordState.REPLACED)
    rows = rows.select_related(*SHOWN_SECTION).prefetch_related(members)
    chosen = TaskFilter(request.GET, queryset=rows, request=request)
    page, query = page_of(request.GET, chosen.qs.order_by("-record__plan_id", "record__number", "department__order"))
    clocks = Clocks()
    for row in page:
        row.tag = STATE_TAGS[SectionState(row.state)]
        owed = row.due_on and row.state in OPEN_FOR_ENTRY and row.record.state == RecordState.OPEN
        row.due = clocks.due(row.due_on) if owed else None
    counted = DepartmentSection.objects.filter(pk__in=chosen.qs.values("pk"))
    total = bases.total_of(bases.count_sections(counted, clocks.first_open).values(), bases.SECTION_COUNTS)
    context = {
        "filter": chosen,
        "page": page,
        "query": query,
        "base": bases.explained(total),
        "several": request.user.roles & {LEAD, AUDITOR},
    }
    context |= {"may_print": bool(request.user.roles & {LEAD, DEPT_ADMIN}), "key": new_key()}
    seen: set[int] = set()  # a record is ticked once, in its first row
    for row in context["page"]:
        row.ticks = row.record_id not in seen
        seen.add(row.record_id)
    return render(request, "inspections/desk/task_list.html", context)


def sections_shown(record: InspectionRecord) -> list[DepartmentSection]:
    """The sections of a record with all they show, a fixed number of queries."""
    findings = ItemFinding.objects.select_related("item").prefetch_related(PHOTOS).order_by("order")
    rows = record.sections.select_related("department", "approval", "submitted_by", "upstream_by").prefetch_related(
        Prefetch("findings", queryset=findings),
        Prefetch("members", queryset=SectionMember.objects.select_related("inspector")),
        "results",
        "follow_ups",
        "assistants",
        "reviews__by",
        PHOTOS,
    )
    sections = list(rows.order_by("department__order", "department__code"))
    for section in sections:
        section.tag = STATE_TAGS[SectionState(section.state)]
        section.door = door_photos(section)
        section.arrival_lines, section.nobody_met = arrival_lines(section), section.arrival in NOBODY_MET
        section.own_files = [
            one for one in section.evidence.all() if one.finding_id is None and one not in section.door
        ]  # fmt: skip
        section.bad = [one for one in section.findings.all() if one.answer == Answer.NOT_OK]
        section.odd = [
            one for one in section.findings.all() if one.answer in {Answer.NOT_APPLICABLE, Answer.NOT_CHECKED}
        ]
        section.good = [one for one in section.findings.all() if one.answer == Answer.OK]
        section.blank = [one for one in section.findings.all() if not one.answer]
    return sections


@requires(LEAD, DEPT_ADMIN, INSPECTOR, AUDITOR)
def task_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One 一企一表 with all its sections, read-only; phones only for the own department."""
    rows = InspectionRecord.objects.visible_to(request.user).select_related("plan", "selection__enterprise", "dispatch")
    record = get_object_or_404(rows, pk=pk)
    services.note_reading(actor=request.user, record=record)
    sections = sections_shown(record)
    own = request.user.department_id
    context = {
        "record": record,
        "sections": sections,
        "confirmations": record.confirmations.select_related("department", "by", "lead_by"),
        "files": record.evidence.filter(section=None),
        "signature": services.signature_status(record),
        "own": own,
        "may_administer": DEPT_ADMIN in request.user.roles,
        "may_scan": record.state == RecordState.OPEN and bool({DEPT_ADMIN, INSPECTOR} & request.user.roles),
        "digest": short(seal(record, complete(record.sections.all()))),
        "upstream_states": [SectionState.SUBMITTED, SectionState.APPROVED, SectionState.CLOSED],
        "open_states": list(OPEN_FOR_ENTRY),
        "phones": AUDITOR in request.user.roles or any(section.department_id == own for section in sections),
    }
    return render(request, "inspections/desk/task_detail.html", context)


@requires(DEPT_ADMIN, INSPECTOR, methods=("GET", "POST"))
def upstream(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick that a section has been entered on the platform above."""
    own = DepartmentSection.objects.visible_to(request.user).filter(department_id=request.user.department_id)
    section = get_object_or_404(own.select_related(*SHOWN_SECTION), pk=pk)
    initial = {"number": section.upstream_number, "day": section.upstream_day or clock.today()}
    form = UpstreamForm(request.POST or None, initial=initial)
    if attempt(request.user, form, f"upstream:{pk}", lambda: _set_upstream(request.user, section, form)):
        messages.success(request, f"{section.record.selection.enterprise}：已登记上级平台录入。")
        return redirect("inspections:task_detail", section.record_id)
    return render(request, "inspections/desk/upstream.html", {"form": form, "section": section})


def _set_upstream(user: User, section: DepartmentSection, form: UpstreamForm) -> dict[str, Any]:
    data = form.cleaned_data
    services.set_upstream(actor=user, section=section, number=data["number"], day=data["day"])
    return {"pk": section.pk}


@requires(LEAD, DEPT_ADMIN, methods=("GET", "POST"))
def task_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that an inspector on a record's team be replaced: the reason is chosen, the substitute is not."""
    names = ("inspector__department", "inspector__user", "section__record__plan", "section__record__dispatch")
    mine = SectionMember.objects.filter(section__in=DepartmentSection.objects.listed_for(request.user), replaced=False)
    member = get_object_or_404(mine.select_related(*names), pk=pk)
    seat = get_object_or_404(
        TeamMember.objects.exclude(out_events__kind=DrawEventKind.I_OUT).select_related("draw__plan"),
        draw=member.section.record.dispatch.draw_id,
        inspector=member.inspector,
    )
    code, words = why_away(member.inspector, clock.today())
    form = ReplaceForm(request.POST or None, request.FILES or None, initial={"code": code, "reason": words})
    answer = attempt(request.user, form, f"replace:{seat.pk}", lambda: _replace(request.user, seat, form))
    if answer:
        messages.success(request, f"{member.inspector.name}的替换申请已提交，等牵头部门办理；批准后由候补接替。")
        return redirect("inspections:event_new", member.section.record.plan_id)
    return render(request, "inspections/desk/task_assign.html", {"form": form, "member": member, "seat": seat})


def _replace(user: User, seat: TeamMember, form: ReplaceForm) -> dict[str, Any]:
    data = {name: form.cleaned_data[name] for name in ("code", "reason", "evidence")}
    return {"pk": sampling.request_event(actor=user, draw=seat.draw, member=seat, **data).pk}
