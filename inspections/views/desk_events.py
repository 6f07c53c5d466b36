"""Replacements: a department asks with evidence, the lead bureau decides in one batch, the order says who comes in."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from inspections import services
from inspections.enums import RecordState
from inspections.models import InspectionRecord
from inspections.views.showing import attempt, page_of
from registry.models import User
from registry.permissions import AUDITOR, DEPT_ADMIN, LEAD, requires
from sampling import services as sampling
from sampling.enums import Decision, DrawEventKind, EOutReason, IOutReason, PickKind, PlanState
from sampling.forms import BatchForm, EnterpriseOutForm, KeyForm, PersonOutForm
from sampling.models import Draw, EventRequest, Plan, Selection

RUNNING = (PlanState.DRAWN, PlanState.DISPATCHED, PlanState.INSPECTING)
SHOWN = (
    "draw__plan", "draw__roster", "selection__enterprise", "member__inspector", "member__department", "department",
    "requested_by", "decided_by", "event__substitute__enterprise", "event__substitute_member__inspector",
)  # fmt: skip


def _seen_by(user: User) -> QuerySet[EventRequest]:
    """Lead bureau: of its own plans; auditor: all; a department: its own requests."""
    rows = EventRequest.objects.select_related(*SHOWN)
    if AUDITOR in user.roles:
        return rows
    wanted = Q(draw__plan__lead_id=user.department_id) if LEAD in user.roles else Q(pk__in=[])
    if DEPT_ADMIN in user.roles:
        wanted |= Q(department_id=user.department_id)
    return rows.filter(wanted)


def _draw(request: HttpRequest, pk: int) -> Draw:
    """The newest draw of a plan the reader may see and that still runs."""
    plans = Plan.objects.visible_to(request.user).filter(state__in=RUNNING).order_by().values("pk")
    draws = Draw.objects.filter(plan__in=plans).select_related("plan__lead", "roster").order_by("-round")
    newest = draws.filter(plan=pk).exclude(events__kind=DrawEventKind.VOID)
    return get_object_or_404(newest[:1])


def _in_play(draw: Draw) -> QuerySet[Selection]:
    """Enterprises that may still give way: drawn or called up, not out, and their inspection has not begun."""
    out = draw.events.filter(kind=DrawEventKind.E_OUT)
    begun = InspectionRecord.objects.filter(plan=draw.plan).exclude(state=RecordState.CONFIRMING)
    called = out.exclude(substitute=None).values("substitute")
    rows = draw.selections.filter(Q(kind=PickKind.MAIN) | Q(pk__in=called)).select_related("enterprise")
    return rows.exclude(pk__in=out.values("selection")).exclude(pk__in=begun.values("selection")).order_by("pk")


@requires(DEPT_ADMIN, LEAD, methods=("GET", "POST"))
def event_new(request: HttpRequest, pk: int) -> HttpResponse:
    """本单位的替换申请: ask that an inspector or an enterprise be taken out; what became of earlier requests."""
    draw = _draw(request, pk)
    kind = request.POST.get("kind", "")
    seated = [seat.member for seats in sampling.effective_teams(draw).values() for seat in seats]
    sent = {name: (request.POST, request.FILES) if kind == name else (None, None) for name in ("person", "enterprise")}
    person = PersonOutForm(*sent["person"], draw=draw, user=request.user, seated=seated,
                           initial={"member": request.GET.get("ren")}, prefix="p")  # fmt: skip
    enterprise = EnterpriseOutForm(*sent["enterprise"], selections=_in_play(draw), prefix="e")
    form = enterprise if kind == "enterprise" else person
    answer = attempt(request.user, form, f"event-{kind}:{draw.pk}", lambda: _ask(request.user, draw, form))
    if answer:
        messages.success(request, f"{answer['name']}的替换申请已提交，等牵头部门办理；批准后按抽取时的顺序递补。")
        return redirect("inspections:event_new", pk)
    mine = EventRequest.objects.filter(draw=draw, department_id=request.user.department_id).select_related(*SHOWN)
    context = {"plan": draw.plan, "person": person, "enterprise": enterprise, "form": form, "rows": _told(mine)}
    return render(request, "inspections/desk/event_new.html", context | {"key": KeyForm()})


def _ask(user: User, draw: Draw, form: Any) -> dict[str, Any]:
    row = sampling.request_event(actor=user, draw=draw, **form.changes)
    return {"name": str(row.selection.enterprise if row.selection else row.member.inspector.name)}


@requires(DEPT_ADMIN, LEAD, methods=("POST",))
def event_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a request that is not decided yet."""
    own = EventRequest.objects.filter(department_id=request.user.department_id)
    row = get_object_or_404(own.select_related("draw__plan"), pk=pk)
    form = KeyForm(request.POST)

    def effect() -> dict[str, Any]:
        return {"pk": sampling.withdraw_event(actor=request.user, request=row).pk}

    if attempt(request.user, form, f"event-withdraw:{pk}", effect):
        messages.success(request, "申请已撤回。")
    else:
        messages.error(request, " ".join(form.non_field_errors()) or "页面已过期，请再点一次。")
    return redirect("inspections:event_new", row.draw.plan_id)


@requires(LEAD, AUDITOR, methods=("GET", "POST"))
def event_list(request: HttpRequest) -> HttpResponse:
    """待批准的替换申请: approve or refuse what is ticked, one batch a draw; then what came of them."""
    mine = _seen_by(request.user)
    waiting = mine.filter(decision=Decision.PENDING).order_by("draw_id", "requested_at")
    form = BatchForm(request.POST or None, queryset=waiting if LEAD in request.user.roles else waiting.none())
    answer = attempt(request.user, form, "event-batch", lambda: _decide(request.user, form.cleaned_data))
    if answer:
        messages.success(request, answer["told"])
        return redirect("inspections:event_list")
    page, query = page_of(request.GET, mine.exclude(decision=Decision.PENDING).order_by("-decided_at"))
    page.object_list = _told(page.object_list)
    context = {"form": form, "waiting": _told(waiting), "page": page, "query": query, "may": LEAD in request.user.roles}
    return render(request, "inspections/desk/event_list.html", context)


def _decide(user: User, data: dict[str, Any]) -> dict[str, Any]:
    """Approve in one batch a draw, or refuse; says in words who was called."""
    rows = list(data["requests"])
    if data["then"] == "refuse":
        services.refuse_events(actor=user, requests=rows, reason=data["note"])
        return {"told": f"{len(rows)} 份申请没有同意，已通知申请部门。"}
    told = []
    for draw in {row.draw_id: row.draw for row in rows}.values():
        own = [row for row in rows if row.draw_id == draw.pk]
        services.approve_events(actor=user, draw=draw, requests=own, note=data["note"])
        told += [outcome(row) for row in EventRequest.objects.filter(pk__in=[r.pk for r in own]).select_related(*SHOWN)]
    return {"told": "已批准并记入抽取记录。" + "；".join(told) + "。"}


def _told(rows: Iterable[EventRequest]) -> list[EventRequest]:
    """Rows with their reason code and what came of them in words."""
    found = list(rows)
    for row in found:
        row.why = (EOutReason if row.selection_id else IOutReason)(row.code).label
        row.outcome = outcome(row)
    return found


def outcome(row: EventRequest) -> str:
    """Who was called by the order, in words."""
    event = row.event
    if event is None:
        return row.get_decision_display()
    if row.selection is not None:
        name = f"{row.selection.enterprise}退出"
        if event.substitute is None:
            return f"{name}，这一层没有候补，不再递补"
        called = event.substitute
        return f"{name}，按候补顺序由{called.enterprise}（第 {called.rank} 名）递补，第 {event.team} 队"
    name = f"{row.member.inspector.name}退出"
    if event.substitute_member is None:
        return f"{name}候补名单"
    return f"{name}，按候补顺序由{event.substitute_member.inspector.name}接替，第 {event.team} 队"


@requires(LEAD, AUDITOR, DEPT_ADMIN)
def event_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """The document that came with a request."""
    row = get_object_or_404(_seen_by(request.user).exclude(evidence=""), pk=pk)
    suffix = row.evidence.name.rpartition(".")[2]
    return FileResponse(row.evidence.open("rb"), as_attachment=True, filename=f"替换材料-{row.pk}.{suffix}")
