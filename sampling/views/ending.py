"""Cancelling a plan."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry.permissions import LEAD, requires
from sampling import services
from sampling.forms import CancelForm
from sampling.models import Plan, Roster
from sampling.views.showing import attempt


@requires(LEAD, methods=("GET", "POST"))
def plan_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a plan with its reason."""
    plan = get_object_or_404(Plan.objects.led_by(request.user).select_related("lead"), pk=pk)
    form = CancelForm(request.POST or None)

    def effect() -> dict[str, Any]:
        services.cancel_plan(actor=request.user, plan=plan, reason=form.cleaned_data["reason"])
        return {"pk": pk}

    if attempt(request.user, form, f"plan-cancel:{pk}", effect):
        messages.success(request, f"“{plan}”已取消，理由已记入操作记录。")
        return redirect("sampling:plan_detail", pk)
    return render(request, "sampling/plan_cancel.html", {"plan": plan, "form": form, "frozen": _frozen(plan)})


def _frozen(plan: Plan) -> bool:
    return Roster.objects.filter(plan=plan).exists()
