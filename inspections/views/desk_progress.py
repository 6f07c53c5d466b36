"""进度: how far each plan and each department is, and reminding who is late."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from inspections import services
from inspections.enums import CLOSED_WITHOUT_VISIT, OPEN_FOR_ENTRY, RecordState, SectionState
from inspections.forms.desk import RemindForm
from inspections.models import Confirmation, DepartmentSection, InspectionRecord, Reminder
from inspections.views.showing import Clocks, attempt, moment_words, page_of
from registry import clock
from registry.models import Department, User
from registry.permissions import AUDITOR, LEAD, requires
from sampling.enums import PlanState
from sampling.models import Plan

BEFORE_DISPATCH = [PlanState.DRAFT, PlanState.FROZEN, PlanState.DRAWN]
SHOWN = [("all", "全部"), ("late", "逾期"), ("never", "有人从未登录")]
SECTION_STAGES = [
    ("not_started", "未开始", "NOT_STARTED"),
    ("draft", "填写中", "DRAFT"),
    ("submitted", "待复核", "SUBMITTED"),
    ("returned", "退回修改", "RETURNED"),
    ("approved", "已复核", "APPROVED"),
]


@requires(LEAD, AUDITOR)
def progress(request: HttpRequest) -> HttpResponse:
    """All dispatched plans, with what is done and what is late."""
    plans = (
        Plan.objects.visible_to(request.user).real().exclude(state__in=BEFORE_DISPATCH).filter(records__isnull=False)
    )
    page, query = page_of(request.GET, plans.distinct().select_related("lead").order_by("-period_to", "-pk"), 20)
    of_plan = _counts([plan.pk for plan in page])
    context = {"rows": [(plan, of_plan[plan.pk]) for plan in page], "page": page, "query": query}
    return render(request, "inspections/desk/progress.html", context)


def _counts(plans: list[int]) -> dict[int, dict[str, int]]:
    """Plan → ``total`` and ``done`` sections, ``pending`` confirmations, ``late`` of both; two queries."""
    today, running = clock.today(), Q(record__state=RecordState.OPEN)
    late = running & Q(state__in=list(OPEN_FOR_ENTRY), due_on__lt=today)
    sections = DepartmentSection.objects.filter(record__plan__in=plans).order_by().values("record__plan")
    sections = sections.annotate(
        total=Count("pk", filter=running & ~Q(state__in=list(CLOSED_WITHOUT_VISIT))),
        done=Count("pk", filter=running & Q(state=SectionState.APPROVED)),
        late=Count("pk", filter=late),
    )
    found: dict[int, dict[str, int]] = {key: {"total": 0, "done": 0, "late": 0, "pending": 0} for key in plans}
    for row in sections:
        found[row["record__plan"]] |= {name: row[name] for name in ("total", "done", "late")}
    for row in Confirmation.objects.filter(record__plan__in=plans).pending_by_plan(today):
        found[row["plan"]]["pending"] += row["count"]
        found[row["plan"]]["late"] += row["overdue"]
    return found


@requires(LEAD, AUDITOR)
def plan_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Department × stage, late first; numbers lead to the lists behind them."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user).select_related("lead"), pk=pk)
    return _matrix(request, plan, RemindForm())


def _matrix(request: HttpRequest, plan: Plan, form: RemindForm) -> HttpResponse:
    """The progress page with the reminder form as it stands."""
    rows = _rows(plan)
    shown = {
        "all": rows,
        "late": [row for row in rows if row["overdue"]],
        "never": [row for row in rows if row["never"]],
    }
    show = request.GET.get("show") if request.GET.get("show") in shown else "all"
    columns = ["sent", "pending", "confirmed", *(name for name, _, _ in SECTION_STAGES), "overdue"]
    records = InspectionRecord.objects.filter(plan=plan)
    context = {
        "plan": plan,
        "form": form,
        "rows": shown[show],
        "tabs": [(name, label, len(shown[name])) for name, label in SHOWN],
        "show": show,
        "stages": SECTION_STAGES,
        "totals": {name: sum(row[name] for row in rows) for name in columns},
        "enterprises": records.exclude(state=RecordState.REPLACED).count(),
        "stuck": records.stuck(clock.today()).count(),
        "returned": sum(row["sent_back"] for row in rows),
        "late": _late(plan),
        "may_remind": LEAD in request.user.roles,
    }
    return render(request, "inspections/desk/plan_progress.html", context)


def _people(plan: Plan) -> dict[int, dict[str, Any]]:
    """Department → ``people`` concerned with the plan, how many ``never`` signed in, the ``last`` sign-in."""
    concerned = Q(is_dept_admin=True) | Q(inspector__section_members__section__record__plan=plan)
    users = User.objects.filter(concerned, is_active=True, department__plans__plan=plan).order_by()
    rows = users.values("department_id").annotate(
        people=Count("pk", distinct=True),
        never=Count("pk", distinct=True, filter=Q(last_login=None)),
        last=Max("last_login"),
    )
    return {row["department_id"]: row for row in rows}


def _rows(plan: Plan) -> list[dict[str, Any]]:
    """One dict per department of the plan: counts, people, last reminder; the latest first."""
    today = clock.today()
    confirmations = Confirmation.objects.filter(record__plan=plan).stage_counts(today)
    sections = DepartmentSection.objects.filter(record__plan=plan).stage_counts(today)
    people = _people(plan)
    reminded = Reminder.objects.filter(object_id=f"plan:{plan.pk}").order_by().values("recipient__department_id")
    told = {row["recipient__department_id"]: row["last"] for row in reminded.annotate(last=Max("notice__at"))}
    rows = []
    for department in Department.objects.filter(plans__plan=plan):
        key = department.pk
        row = _row(confirmations.get(key, {}), sections.get(key, {}), people.get(key, {}))
        rows.append(row | {"department": department, "reminded": moment_words(told[key]) if key in told else ""})
    return sorted(rows, key=lambda row: (-row["overdue"], -row["pending"], row["department"].order))


def _row(confirmed: dict[str, int], section: dict[str, int], people: dict[str, Any]) -> dict[str, Any]:
    """What one department shows; a department without anything shows zeros."""
    last = people.get("last")
    return {
        "sent": confirmed.get("sent", 0),
        "pending": confirmed.get("pending", 0),
        "confirmed": confirmed.get("confirmed", 0),
        "sent_back": confirmed.get("returned", 0),
        "overdue": confirmed.get("overdue", 0) + section.get("overdue", 0),
        "people": people.get("people", 0),
        "never": people.get("never", 0),
        "last_login": moment_words(last) if last else "",
        "cells": [(label, state, section.get(name, 0)) for name, label, state in SECTION_STAGES],
    } | {name: section.get(name, 0) for name, _, _ in SECTION_STAGES}


def _late(plan: Plan) -> list[dict[str, Any]]:
    """What is overdue, one row each, at most 20: enterprise, department, stage, due."""
    clocks = Clocks()
    names = ("record__selection__enterprise", "department")
    waiting = Confirmation.objects.pending().filter(record__plan=plan, due_on__lt=clocks.today)
    owed = DepartmentSection.objects.filter(record__plan=plan).overdue(clocks.today)
    found = [(row, "待确认") for row in waiting.select_related(*names).order_by("due_on", "pk")[:20]]
    found += [(row, row.get_state_display()) for row in owed.select_related(*names).order_by("due_on", "pk")[:20]]
    found.sort(key=lambda pair: (pair[0].due_on, pair[0].record_id))
    return [
        {
            "record": row.record,
            "enterprise": row.record.selection.enterprise,
            "department": row.department,
            "stage": stage,
            "due": clocks.due(row.due_on),
        }
        for row, stage in found[:20]
    ]


@requires(LEAD, methods=("POST",))
def plan_remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind the people of the ticked departments, once a day each."""
    plan = get_object_or_404(Plan.objects.led_by(request.user), pk=pk)
    form = RemindForm(request.POST, queryset=Department.objects.filter(plans__plan=plan))
    answer = attempt(request.user, form, f"remind:{pk}", lambda: _remind(request.user, plan, form))
    if answer is None:
        return _matrix(request, plan, form)
    told = answer["told"]
    messages.success(request, f"已提醒 {told} 人。" if told else "所选部门的人今天都提醒过了，没有重复发送。")
    return redirect("inspections:plan_progress", pk)


def _remind(user: User, plan: Plan, form: RemindForm) -> dict[str, Any]:
    return {"told": services.remind(actor=user, plan=plan, departments=form.cleaned_data["pk"])}
