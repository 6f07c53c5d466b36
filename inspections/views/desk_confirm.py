"""派发, 比对确认, and what comes back to the lead bureau."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import Case, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from inspections import services
from inspections.enums import RecordState
from inspections.forms.desk import ConfirmForm, DecideForm, KeyForm, ProceedForm, ReturnForm
from inspections.models import Confirmation, Dispatch, InspectionRecord
from inspections.reads import ALIVE
from inspections.tabs import CONFIRMATIONS as TABS
from inspections.tabs import RETURNS
from inspections.views.showing import Clocks, attempt, page_of
from registry import clock
from registry.operations import new_key
from registry.permissions import AUDITOR, DEPT_ADMIN, LEAD, requires
from sampling.enums import DrawEventKind
from sampling.models import Draw, Plan


@requires(LEAD, AUDITOR, methods=("GET", "POST"), writes=(LEAD,))
def plan_dispatch(request: HttpRequest, pk: int) -> HttpResponse:
    """What will be sent to whom; POST sends it."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user), pk=pk)
    draw = plan.draws.exclude(events__kind=DrawEventKind.VOID).order_by("-round").first()
    if draw is None or Dispatch.objects.filter(draw=draw).exists():
        messages.info(request, "还没有抽取，抽取之后才能派发。" if draw is None else f"《{plan}》已经派发。")
        return redirect("inspections:progress") if draw is None else redirect("inspections:plan_progress", pk)
    form = KeyForm(request.POST or None)
    if attempt(request.user, form, f"dispatch:{draw.pk}", lambda: _send(request.user, draw)):
        messages.success(request, f"《{plan}》已派发，各部门可以开始比对确认。")
        return redirect("inspections:plan_progress", pk)
    preview = services.preview_dispatch(draw, clock.today())
    due = Clocks().due(preview.confirm_due_on) if preview.confirm_due_on else None
    context = {"plan": plan, "draw": draw, "form": form, "preview": preview, "due": due}
    return render(request, "inspections/desk/plan_dispatch.html", context)


def _send(user: Any, draw: Draw) -> dict[str, Any]:
    return {"pk": services.dispatch_draw(actor=user, draw=draw).pk}


def _inbox(request: HttpRequest, form: ConfirmForm) -> HttpResponse:
    """The inbox with the form as it stands."""
    tab = request.GET.get("tab") if request.GET.get("tab") in TABS else "pending"
    mine = Confirmation.objects.inbox_of(request.user)
    counts = mine.tab_counts()
    rows = mine.filter(TABS[tab][1]).with_inbox_columns()
    plans = mine.pending_by_plan(clock.first_open_day()) if tab == "pending" else []
    order = {row["plan"]: place for place, row in reversed(list(enumerate(plans)))}
    urgent = Case(*(When(record__plan=plan, then=place) for plan, place in order.items()), default=len(order))
    by_plan = [urgent] if tab == "pending" else []
    page, query = page_of(request.GET, rows.order_by(*by_plan, "due_on", "record__number"))
    _dress(request.user, page)
    context = {
        "form": form,
        "page": page,
        "query": query,
        "tab": tab,
        "tabs": [(name, label, counts[name]) for name, (label, _) in TABS.items()],
        "counts": counts,
        "groups": _groups(page, plans) if tab == "pending" else [(None, list(page))],
        "late": sum(row.due.kind == "late" for row in page) if tab == "pending" else 0,
        "chosen": set(request.POST.getlist("pk")),
    }
    return render(request, "inspections/desk/task_inbox.html", context)


def _groups(page: Iterable[Confirmation], plans: list[dict[str, Any]]) -> list[tuple[dict[str, Any], Any]]:
    """The rows of a page by plan, the most urgent first: each plan with its own deadline, how many wait, how many of
    them are late (also those of the other pages)."""
    clocks, heads = Clocks(), {}
    for row in plans:
        head = heads.setdefault(row["plan"], {"due": clocks.due(row["due_on"]), "count": 0, "late": 0, "days": 0})
        head["count"] += row["count"]
        head["late"] += row["overdue"]
        head["days"] += 1
    grouped = groupby(page, key=lambda row: row.record.plan)
    return [({"plan": plan, **heads[plan.pk]}, list(rows)) for plan, rows in grouped if plan.pk in heads]


def _dress(user: Any, rows: Iterable[Confirmation]) -> None:
    """Give each row its due day in words, the mark of a changed address, the other plans in which the enterprise
    stands now, and a form to return it."""
    clocks, shown = Clocks(), list(rows)
    alive = InspectionRecord.objects.visible_to(user).filter(state__in=ALIVE).select_related("plan", "selection")
    elsewhere = defaultdict(list)
    for record in alive.filter(selection__enterprise__in=[row.record.selection.enterprise_id for row in shown]):
        elsewhere[record.selection.enterprise_id].append(record)
    for row in shown:
        others = elsewhere[row.record.selection.enterprise_id]
        row.elsewhere = [one for one in others if one.plan_id != row.record.plan_id]
        row.due = clocks.due(row.due_on)
        sent_to = row.record.address_at_dispatch
        row.moved = bool(sent_to) and sent_to != row.record.selection.enterprise.address
        row.return_form = ReturnForm(auto_id=f"r{row.pk}_%s", initial={"key": new_key()})


@requires(DEPT_ADMIN)
def task_inbox(request: HttpRequest) -> HttpResponse:
    """What was dispatched to my department, and what the registry says of it today."""
    return _inbox(request, ConfirmForm())


@requires(DEPT_ADMIN, methods=("POST",))
def task_confirm(request: HttpRequest) -> HttpResponse:
    """Confirm what was ticked; what somebody else has decided meanwhile is named."""
    form = ConfirmForm(request.POST, queryset=Confirmation.objects.inbox_of(request.user))
    answer = attempt(request.user, form, "confirm", lambda: _confirm(request.user, form))
    if answer is None:
        return _inbox(request, form)
    if answer["done"]:
        late = f"，其中 {answer['late']} 家记为逾期确认" if answer["late"] else ""
        messages.success(request, f"{answer['done']} 家已确认{late}。")
    if answer["left"]:
        messages.warning(request, f"{len(answer['left'])} 家未变。{''.join(answer['left'][:10])}")
    return redirect("inspections:task_inbox")


def _confirm(user: Any, form: ConfirmForm) -> dict[str, Any]:
    """Confirm, and say what became of the rest."""
    chosen = list(form.cleaned_data["pk"])
    done = services.confirm_records(actor=user, confirmations=chosen, note=form.cleaned_data["note"])
    left = Confirmation.objects.filter(pk__in={row.pk for row in chosen} - {row.pk for row in done})
    left = left.select_related("record__selection__enterprise", "by").order_by("record__number")
    words = [services.standing_words(row) for row in left]
    return {"done": len(done), "late": sum(row.late for row in done), "left": words}


@requires(DEPT_ADMIN, methods=("GET", "POST"))
def task_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Return one enterprise to the lead bureau with a reason."""
    rows = Confirmation.objects.inbox_of(request.user).with_inbox_columns()
    row = get_object_or_404(rows, pk=pk)
    form = ReturnForm(request.POST or None)
    if attempt(request.user, form, f"return:{pk}", lambda: _return(request.user, row, form.cleaned_data)):
        messages.success(request, f"{row.record.selection.enterprise}已退回，由牵头部门核实处理。")
        return redirect("inspections:task_inbox")
    context = {"form": form, "row": row, "due": Clocks().due(row.due_on)}
    return render(request, "inspections/desk/task_return.html", context)


def _return(user: Any, row: Confirmation, data: dict[str, Any]) -> dict[str, Any]:
    services.return_record(actor=user, confirmation=row, reason=data["reason"], note=data["note"])
    return {"pk": row.pk}


@requires(LEAD, AUDITOR)
def return_list(request: HttpRequest) -> HttpResponse:
    """What departments have returned: to be decided first, then the decided."""
    rows = Confirmation.objects.returned_to(request.user)
    waiting, tab = rows.returned(), "done" if request.GET.get("tab") == "done" else "waiting"
    done = rows.exclude(lead_decision="")
    page, query = page_of(request.GET, (waiting if tab == "waiting" else done).order_by("-at", "pk"))
    context = {
        "page": page,
        "query": query,
        "tab": tab,
        "tabs": [(name, RETURNS[name], rows.count()) for name, rows in (("waiting", waiting), ("done", done))],
    }
    return render(request, "inspections/desk/return_list.html", context)


@requires(LEAD, AUDITOR, methods=("GET", "POST"), writes=(LEAD,))
def return_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep, close by status, call up the reserve, or take only this department out."""
    row = get_object_or_404(Confirmation.objects.returned_to(request.user), pk=pk)
    form = DecideForm(request.POST or None, confirmation=row)
    answer = attempt(request.user, form, f"decide:{pk}", lambda: _decide(request.user, row, form.cleaned_data))
    if answer:
        messages.success(request, f"{row.record.selection.enterprise}：已按“{answer['label']}”处理。")
        return redirect("inspections:return_list")
    others = row.record.confirmations.select_related("department", "by").exclude(pk=row.pk)
    context = {"form": form, "row": row, "others": others, "clean": _undecided(row)}
    return render(request, "inspections/desk/return_decide.html", context)


def _undecided(row: Confirmation) -> bool:
    return not row.lead_decision and row.record.state == RecordState.CONFIRMING


def _decide(user: Any, row: Confirmation, data: dict[str, Any]) -> dict[str, Any]:
    decided = services.decide_return(
        actor=user,
        confirmation=row,
        decision=data["decision"],
        reason=data["reason"],
        result=data.get("result", ""),
    )
    return {"label": decided.get_lead_decision_display()}


@requires(LEAD, AUDITOR, methods=("GET", "POST"), writes=(LEAD,))
def plan_proceed(request: HttpRequest, pk: int) -> HttpResponse:
    """Open records although departments have let their time pass, with a reason."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user), pk=pk)
    stuck = InspectionRecord.objects.filter(plan=plan).stuck(clock.first_open_day())
    form = ProceedForm(request.POST or None, queryset=InspectionRecord.objects.filter(plan=plan))
    answer = attempt(request.user, form, f"proceed:{pk}", lambda: _proceed(request.user, form.cleaned_data))
    if answer:
        messages.success(request, f"{answer['count']} 家企业已开始检查，理由已记入操作记录。")
        return redirect("inspections:plan_progress", pk)
    rows = stuck.select_related("selection__enterprise").prefetch_related("confirmations__department")
    context = {"plan": plan, "form": form, "page": page_of(request.GET, rows.order_by("number"), 200)[0]}
    return render(request, "inspections/desk/plan_proceed.html", context)


def _proceed(user: Any, data: dict[str, Any]) -> dict[str, Any]:
    return {"count": len(services.proceed_records(actor=user, records=data["pk"], reason=data["reason"]))}
