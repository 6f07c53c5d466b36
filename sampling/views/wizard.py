"""The five steps of a plan; each is saved as a draft when it is sent."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry import clock
from registry.models import Department, InspectionItem
from registry.operations import new_key
from registry.permissions import LEAD, requires
from registry.seenforms import seen
from registry.services import read_fixture
from sampling import services
from sampling.enums import Beacon, DrawType, PlanState
from sampling.forms import DatesForm, ItemsForm, KeyForm, NameForm, NewForm, PeopleForm, ScopeForm
from sampling.models import Plan
from sampling.views.showing import STEPS, attempt

TEXTS = ("basis", "content", "methods", "duties_and_rights")


def _draft(request: HttpRequest, pk: int) -> Plan:
    """A plan of one's own that is still a draft; anything else is not there to be edited."""
    return get_object_or_404(Plan.objects.led_by(request.user).select_related("lead", "scheme"), pk=pk)


def _closed(request: HttpRequest, plan: Plan) -> HttpResponse | None:
    """To the plan's page when it is no draft any more."""
    if plan.state == PlanState.DRAFT:
        return None
    messages.info(request, f"“{plan}”{plan.get_state_display()}，不能再修改。")
    return redirect("sampling:plan_detail", plan.pk)


def _save(request: HttpRequest, plan: Plan, form: Any, step: int) -> dict[str, Any] | None:
    """Store one step."""

    def effect() -> dict[str, Any]:
        return {"pk": services.update_plan(actor=request.user, plan=plan, seen=form.seen_marks, **form.changes).pk}

    return attempt(request.user, form, f"plan-step-{step}:{plan.pk}", effect)


def _next(request: HttpRequest, plan: Plan, name: str) -> HttpResponse:
    """On to the next step, or back to the plan when only saving was asked for."""
    if request.POST.get("then") == "stay":
        messages.success(request, "草稿已保存。")
        return redirect("sampling:plan_detail", plan.pk)
    return redirect(name, plan.pk)


def _frame(plan: Plan | None, step: int, form: Any) -> dict[str, Any]:
    return {"plan": plan, "steps": STEPS, "step": step, "form": form}


@requires(LEAD, methods=("GET", "POST"))
def plan_new(request: HttpRequest) -> HttpResponse:
    """Step 1 of a plan that does not exist yet."""
    usual = read_fixture("plan_2024")["plan"]
    numbers = {name: usual[name] for name in ("confirm_days", "backfill_days", "publish_days")}
    texts = {name: usual[name] for name in TEXTS if name != "basis"}
    initial = {"key": new_key(), "draw_type": DrawType.DIRECTED, "not_before_hours": 24, "sealed": True,
               "beacon": Beacon.NONE, "rehearsal": request.GET.get("yanlian") == "1", **numbers, **texts}  # fmt: skip
    form = NewForm(request.POST or None, initial=initial)

    def effect() -> dict[str, Any]:
        return {"pk": services.create_plan(actor=request.user, **form.changes).pk}

    answer = attempt(request.user, form, "plan-new", effect)
    if answer:
        return _next(request, Plan.objects.get(pk=answer["pk"]), "sampling:plan_items")
    return render(request, "sampling/plan_name.html", _frame(None, 1, form))


@requires(LEAD, methods=("GET", "POST"))
def preset_new(request: HttpRequest) -> HttpResponse:
    """A draft with everything the notice of 2024 fixes, under a name and on days of its own."""
    preset = read_fixture("plan_2024")["plan"]
    form = DatesForm(request.POST or None, initial={"key": new_key(), **services.proposed_preset(preset)})

    def effect() -> dict[str, Any]:
        fresh = services.preset_on(preset, **form.changes)
        made = services.create_plan_from_preset(actor=request.user, preset=fresh, past_start=False)
        return {"pk": made.pk}

    if answer := attempt(request.user, form, "plan-preset", effect):
        messages.success(request, "已按 2024 年通知的范围、比例和事项新建草稿，请逐步核对。")
        return redirect("sampling:plan_edit", answer["pk"])
    context = {"form": form, "plan": None, "what": "按 2024 年通知新建任务"}
    return render(request, "sampling/plan_dates.html", context)


@requires(LEAD, methods=("GET", "POST"))
def plan_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """A new draft like an earlier plan: its name and its days are asked first."""
    plan = get_object_or_404(Plan.objects.led_by(request.user), pk=pk)
    form = DatesForm(request.POST or None, initial={"key": new_key(), **services.proposed_copy(plan)})

    def effect() -> dict[str, Any]:
        return {"pk": services.copy_plan(actor=request.user, plan=plan, **form.changes).pk}

    if answer := attempt(request.user, form, f"plan-copy:{pk}", effect):
        messages.success(request, "已复制为新草稿，编号重新生成，请逐步核对范围、比例和文字。")
        return redirect("sampling:plan_edit", answer["pk"])
    return render(request, "sampling/plan_dates.html", {"form": form, "plan": plan, "what": "复制为新任务"})


@requires(LEAD, methods=("GET", "POST"))
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 1: name, numbers, days."""
    plan = _draft(request, pk)
    if closed := _closed(request, plan):
        return closed
    stored = {name: getattr(plan, name) for name in NameForm.base_fields if name not in ("key", "seen")}
    initial = {"key": new_key(), "seen": seen(services.snapshot(plan)), **stored}
    form = NameForm(request.POST or None, initial=initial)
    if _save(request, plan, form, 1):
        return _next(request, plan, "sampling:plan_items")
    return render(request, "sampling/plan_name.html", _frame(plan, 1, form))


@requires(LEAD, methods=("GET", "POST"))
def plan_items(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2: departments and their items."""
    plan = _draft(request, pk)
    if closed := _closed(request, plan):
        return closed
    offered = InspectionItem.objects.in_force(max(clock.today(), plan.period_from)).distinct()
    read = seen(services.snapshot(plan))
    initial = {"key": new_key(), "seen": read, "items": list(plan.items.values_list("pk", flat=True))}
    initial["departments"] = list(plan.departments.values_list("department_id", flat=True))
    form = ItemsForm(request.POST or None, initial=initial, queryset=offered | plan.items.all().distinct())
    if _save(request, plan, form, 2):
        return _next(request, plan, "sampling:plan_scope")
    context = _frame(plan, 2, form) | {"rows": _item_rows(form)}
    return render(request, "sampling/plan_items.html", context)


def _item_rows(form: ItemsForm) -> list[dict[str, Any]]:
    """Per department: ticked or not, and its items ticked or not, as typed or as stored."""
    chosen = {name: {str(one) for one in form[name].value() or []} for name in ("departments", "items")}
    items = form.fields["items"].queryset.prefetch_related("industries", "bases").order_by("department__order", "code")
    by_department: dict[int, list[tuple[InspectionItem, bool]]] = {}
    for item in items:
        by_department.setdefault(item.department_id, []).append((item, str(item.pk) in chosen["items"]))
    return [
        {"department": one, "ticked": str(one.pk) in chosen["departments"], "items": by_department.get(one.pk, [])}
        for one in Department.objects.filter(active=True)
    ]


def _scope_context(plan: Plan, form: ScopeForm) -> dict[str, Any]:
    """The live count for what is typed now (or stored), a line per grade with its field."""
    stored = services.spec_of(plan)
    summary = services.scope_summary(plan, clock.today(), form.spec(stored) if form.is_bound else stored)
    most = max((line.total for line in summary.grades), default=0) or 1
    lines = [
        {"line": one, "field": form.rate_fields.get(one.code), "all": one.total * 240 // most,
         "drawn": max(one.expected * 240 // most, 1 if one.expected else 0)}
        for one in summary.grades
    ]  # fmt: skip
    capped = any(rate.cap or rate.classes for rate in plan.rates.all())
    return _frame(plan, 3, form) | {"summary": summary, "lines": lines, "oob": False, "capped": capped}


@requires(LEAD, methods=("GET", "POST"))
def plan_scope(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: scope and rates with the count; 重新计算 counts what is typed without saving it."""
    plan = _draft(request, pk)
    if closed := _closed(request, plan):
        return closed
    form = ScopeForm(request.POST or None, plan=plan)
    if request.POST.get("then") != "count" and _save(request, plan, form, 3):
        return _next(request, plan, "sampling:plan_people")
    return render(request, "sampling/plan_scope.html", _scope_context(plan, form))


@requires(LEAD)
def plan_scope_count(request: HttpRequest, pk: int) -> HttpResponse:
    """The count alone, for the page to put in place while somebody types."""
    plan = _draft(request, pk)
    form = ScopeForm(request.GET, plan=plan)
    return render(request, "sampling/_scope_live.html", _scope_context(plan, form) | {"oob": True})


def _people_context(plan: Plan, form: PeopleForm) -> dict[str, Any]:
    stored = services.spec_of(plan)
    summary = services.scope_summary(plan, clock.today(), form.spec(stored) if form.is_bound else stored)
    return _frame(plan, 4, form) | {"summary": summary}


@requires(LEAD, methods=("GET", "POST"))
def plan_people(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 4: people per department and team, who can be drawn and who cannot."""
    plan = _draft(request, pk)
    if closed := _closed(request, plan):
        return closed
    read = {"seen": seen(services.snapshot(plan)), "seats": plan.seats, "teams": plan.teams}
    form = PeopleForm(request.POST or None, initial={"key": new_key(), **read})
    if request.POST.get("then") != "count" and _save(request, plan, form, 4):
        return _next(request, plan, "sampling:plan_check")
    return render(request, "sampling/plan_people.html", _people_context(plan, form))


@requires(LEAD)
def plan_people_count(request: HttpRequest, pk: int) -> HttpResponse:
    """The pools alone."""
    plan = _draft(request, pk)
    return render(request, "sampling/_people_live.html", _people_context(plan, PeopleForm(request.GET)))


def _years(plan: Plan) -> list[str]:
    """What will be asked at the freeze: texts that speak of another year than the plan's."""
    return [f"{one}（写的不是 {plan.year} 年，请改正，或冻结时写明理由）" for one in services.other_years(plan)]


@requires(LEAD)
def plan_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 5: everything on one page, each with 更改, and what is still missing."""
    plan = _draft(request, pk)
    if closed := _closed(request, plan):
        return closed
    summary = services.scope_summary(plan, clock.today())
    context = _frame(plan, 5, KeyForm()) | {
        "summary": summary,
        "problems": services.freeze_problems(plan, clock.today(), summary),
        "warnings": [*services.departments_without_items(plan), *summary.warnings, *_years(plan)],
        "items": services.items_per_department(plan),
    }
    return render(request, "sampling/plan_check.html", context)
