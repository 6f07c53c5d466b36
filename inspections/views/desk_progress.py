"""进度: how far each plan and each department is, and reminding who is late."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from inspections import bases, services
from inspections.burndown import Track, track
from inspections.forms.desk import RemindForm
from inspections.models import Confirmation, DepartmentSection, FollowUp, InspectionRecord
from inspections.reads import done_by_day, progress_of, totals_of, with_dispatch, with_mentions
from inspections.views.showing import WEEKDAYS, Clocks, attempt, day_words, moment_words, page_of
from registry import clock
from registry.models import Department, User
from registry.months import month_after, month_before, weeks_of
from registry.operations import new_key
from registry.permissions import AUDITOR, LEAD, requires
from registry.workdays import CalendarNotLoaded
from sampling.enums import PlanState
from sampling.models import Plan

BEFORE_DISPATCH = [PlanState.DRAFT, PlanState.FROZEN, PlanState.DRAWN]
LATE_SHOWN = 10
SHOWN = [("all", "全部"), ("late", "逾期"), ("never", "有人从未登录")]


@requires(LEAD, AUDITOR)
def progress(request: HttpRequest) -> HttpResponse:
    """All dispatched plans, with what is done and what is late."""
    plans = (
        Plan.objects.visible_to(request.user).real().exclude(state__in=BEFORE_DISPATCH).filter(records__isnull=False)
    )
    page, query = page_of(request.GET, plans.distinct().select_related("lead").order_by("-period_to", "-pk"), 20)
    of_plan = _counts([plan.pk for plan in page])
    context = {"rows": [(plan, of_plan[plan.pk]) for plan in page], "page": page, "query": query}
    context["may_take_over"] = LEAD in request.user.roles
    return render(request, "inspections/desk/progress.html", context)


def _counts(plans: list[int]) -> dict[int, dict[str, int]]:
    """Plan → ``total`` and ``done`` (reviewed, or closed by status) sections, ``pending`` and ``returned``
    confirmations, ``late`` of both, ``orders_late`` follow-ups past their day; three queries."""
    first_open, of_plan = clock.first_open_day(), "record__plan_id"
    sections = bases.count_sections(DepartmentSection.objects.filter(record__plan__in=plans), first_open, of_plan)
    asked = bases.count_confirmations(Confirmation.objects.filter(record__plan__in=plans), first_open, of_plan)
    orders = FollowUp.objects.still_open().filter(section__record__plan__in=plans, deadline__lt=first_open).order_by()
    late_orders = dict(orders.values_list("section__record__plan").annotate(n=Count("pk")))
    found: dict[int, dict[str, int]] = {}
    for key in plans:
        made = sections.get((key,), bases.Counts(bases.SECTION_COUNTS))
        said = asked.get((key,), bases.Counts(bases.CONFIRMATION_COUNTS))
        found[key] = {
            "total": made["due"], "done": made["approved"] + made["closed"], "late": made["late"] + said["late"],
            "pending": said["pending"], "returned": said["sent_back"], "orders_late": late_orders.get(key, 0),
        }  # fmt: skip
    return found


def _plans(request: HttpRequest) -> Any:
    return with_dispatch(Plan.objects.visible_to(request.user)).select_related("lead")


@requires(LEAD, AUDITOR)
def plan_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Department × stage, late first; numbers lead to the lists behind them."""
    return _matrix(request, get_object_or_404(_plans(request), pk=pk), RemindForm())


def _matrix(request: HttpRequest, plan: Plan, form: RemindForm) -> HttpResponse:
    """The progress page with the reminder form as it stands."""
    clocks = Clocks()
    found = progress_of(plan, clocks.first_open)
    rows, totals = found.rows, found.totals
    shown = _shown(rows)
    show = request.GET.get("show") if request.GET.get("show") in shown else "all"
    late_now = InspectionRecord.objects.filter(plan=plan).stuck(clocks.first_open)
    stuck = late_now.count() if totals["late_confirm"] else 0
    context = {
        "plan": plan,
        "plan_query": f"plan={plan.pk}",
        "form": form,
        "rows": shown[show],
        "tabs": [(name, label, len(shown[name])) for name, label in SHOWN],
        "show": show,
        "totals": totals,
        "now": moment_words(clock.now()),
        "stuck": stuck,
        "late": _late(plan, clocks, totals),
        "late_key": new_key(),
        "may_remind": LEAD in request.user.roles,
        **_paces(plan, rows, clocks),
        **_month(request, clocks, found.due),
    }
    return render(request, "inspections/desk/plan_progress.html", context)


def _shown(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each chip, with their moments in words."""
    for row in rows:
        row["overdue_text"] = str(row["overdue"])
        row["last_login"] = moment_words(row["last"]) if row["last"] else ""
        row["reminded"] = moment_words(row["reminded_at"]) if row["reminded_at"] else ""
    late, never = [row for row in rows if row["overdue"]], [row for row in rows if row["never"]]
    return {"all": rows, "late": late, "never": never}


def _track(plan: Plan, clocks: Clocks) -> Track | None:
    """The working days of a plan; None before its dispatch, or while the notice of a year of it is missing."""
    if plan.dispatched_at is None:
        return None
    try:
        return track(
            plan.dispatched_at.astimezone(clock.SHANGHAI).date(), plan.period_to, clocks.today, clocks.calendar
        )
    except CalendarNotLoaded:
        return None


def _paces(plan: Plan, rows: list[dict[str, Any]], clocks: Clocks) -> dict[str, Any]:
    """Per department how much is left and by how much that is behind the plan, the slowest first."""
    days = _track(plan, clocks)
    if days is None:
        missing = clocks.missing(plan.period_to) if plan.dispatched_at else ""
        return {"paces": [], "pace_missing": missing}
    paces = [
        {"department": row["department"], "total": row["total"], "left": row["total"] - row["filled"],
         "behind": days.behind(row["total"], row["total"] - row["filled"])}
        for row in rows if row["total"]
    ]  # fmt: skip
    for one in paces:
        one["gap"] = str(abs(one["behind"]))
    paces.sort(key=lambda one: (-one["behind"], one["department"].order))
    return {"paces": paces, "pace_missing": ""}


def _month(request: HttpRequest, clocks: Clocks, due: dict[dt.date, Any]) -> dict[str, Any]:
    """One month of deadlines: the one asked for, else the current one."""
    try:
        first = dt.date.fromisoformat(f"{request.GET.get('month', '')[:7]}-01")
    except ValueError:
        first = clocks.today.replace(day=1)
    marks = {
        day: {"kind": clocks.due(day).kind, "confirm": count["confirm"], "fill": count["fill"], "total": count.total()}
        for day, count in due.items()
        if (day.year, day.month) == (first.year, first.month)
    }
    return {
        "month": first,
        "before": month_before(first),
        "after": month_after(first),
        "weeks": weeks_of(first, clocks.today, clocks.calendar, marks),
        "weekdays": WEEKDAYS,
        "month_loaded": first.year in clocks.calendar.years,
    }


@requires(LEAD, AUDITOR)
def plan_burndown(request: HttpRequest, pk: int) -> HttpResponse:
    """查看数据: the numbers behind the burndown pictures, a row per working day up to today."""
    plan = get_object_or_404(_plans(request), pk=pk)
    clocks = Clocks()
    days, totals, done = _track(plan, clocks), totals_of(plan), done_by_day(plan)
    departments = [one for one in Department.objects.filter(plans__plan=plan) if totals.get(one.pk)]
    rows = []
    if days is not None:
        lines = [days.left(totals[one.pk], done.get(one.pk, {})) for one in departments]
        total = sum(totals[one.pk] for one in departments)
        for index in range(days.now, -1, -1):
            cells = [line[index] for line in lines]
            rows.append((day_words(days.days[index]), cells, sum(cells), days.expected(total, index)))
    context = {"plan": plan, "departments": departments, "rows": rows}
    return render(request, "inspections/desk/plan_burndown.html", context)


def _late(plan: Plan, clocks: Clocks, totals: dict[str, int]) -> list[dict[str, Any]]:
    """What is overdue, one row each, at most 10: enterprise, department, stage, due."""
    names = ("record__selection__enterprise", "department")
    found: list[tuple[Any, str]] = []
    if totals["late_confirm"]:
        waiting = Confirmation.objects.pending().filter(record__plan=plan, due_on__lt=clocks.first_open)
        waiting = with_mentions(waiting.select_related(*names), plan, services.owing.CONFIRM)
        found += [(row, "待确认") for row in waiting.order_by("due_on", "pk")[:LATE_SHOWN]]
    if totals["late_fill"]:
        owed = DepartmentSection.objects.filter(record__plan=plan).overdue(clocks.first_open)
        owed = with_mentions(owed.select_related(*names), plan, services.owing.SECTION)
        found += [(row, row.get_state_display()) for row in owed.order_by("due_on", "pk")[:LATE_SHOWN]]
    found.sort(key=lambda pair: (pair[0].due_on, pair[0].record_id))
    return [
        {
            "kind": "confirmation" if isinstance(row, Confirmation) else "section",
            "pk": row.pk,
            "record": row.record,
            "enterprise": row.record.selection.enterprise,
            "department": row.department,
            "stage": stage,
            "due": clocks.due(row.due_on),
            "times": row.mentions,
            "reminded": moment_words(row.mentioned_at) if row.mentions else "",
        }
        for row, stage in found[:LATE_SHOWN]
    ]


@requires(LEAD, methods=("POST",))
def plan_remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind the people of the ticked departments or single late ones, once a day each."""
    plan = get_object_or_404(with_dispatch(Plan.objects.led_by(request.user)).select_related("lead"), pk=pk)
    form = RemindForm(request.POST, plan=plan)
    answer = attempt(request.user, form, f"remind:{pk}", lambda: _remind(request.user, plan, form))
    if answer is None:
        return _matrix(request, plan, form)
    told = answer["told"]
    messages.success(request, f"已提醒 {told} 人。" if told else "所选的人今天都提醒过了，没有重复发送。")
    return redirect("inspections:plan_progress", pk)


def _remind(user: User, plan: Plan, form: RemindForm) -> dict[str, Any]:
    data = form.cleaned_data
    chosen = {"departments": data["pk"], "confirmations": data["confirmation"], "sections": data["section"]}
    return {"told": services.remind(actor=user, plan=plan, **chosen)}
