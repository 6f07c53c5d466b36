"""执法检查人员 and 回避."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry import clock
from registry.access_log import personal_data_read
from registry.enums import Role
from registry.errors import DomainError
from registry.filters import SOON_DAYS, InspectorFilter, RecusalFilter
from registry.forms import InspectorStatusForm, RecusalForm
from registry.models import Inspector, Recusal
from registry.operations import new_key, once
from registry.permissions import AUDITOR, DEPT_ADMIN, LEAD, SYSADMIN, requires
from registry.seenforms import seen
from registry.services import decide_recusal, declare_recusal, set_inspector_status
from registry.stale import StaleError
from registry.views.paging import page_of
from registry.views.posted import sent


@requires(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN)
def inspector_list(request: HttpRequest) -> HttpResponse:
    """Who can be drawn and who cannot; certificates that end soon are marked."""
    rows = Inspector.objects.visible_to(request.user).select_related("department").prefetch_related("specialties")
    found = InspectorFilter(request.GET, queryset=rows)
    context = {
        "filter": found,
        "today": clock.today(),
        "soon": clock.today() + dt.timedelta(days=SOON_DAYS),
        "may_import": Role.LEAD in request.user.roles,
        "may_open_accounts": Role.SYSADMIN in request.user.roles,
        "phones": bool(request.user.roles & {Role.LEAD, Role.DEPT_ADMIN}),
        **page_of(found.qs, request.GET),
    }
    return render(request, "registry/inspector_list.html", context)


def _may_edit(user: Any, inspector: Inspector) -> bool:
    own = Role.DEPT_ADMIN in user.roles and user.department_id == inspector.department_id
    return own or Role.SYSADMIN in user.roles


@requires(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN, methods=("GET", "POST"), writes=(DEPT_ADMIN, SYSADMIN))
def inspector(request: HttpRequest, pk: int) -> HttpResponse:
    """One person; the own department changes the status."""
    one = get_object_or_404(Inspector.objects.visible_to(request.user).select_related("department"), pk=pk)
    names = ("status", "unavailable_from", "unavailable_to", "badge_valid_until")
    stored = {name: getattr(one, name) for name in names}
    form = InspectorStatusForm(*sent(request)[:1], initial=stored | {"seen": seen(stored)})
    if request.method == "POST" and form.is_valid():
        try:
            marks = form.seen_marks
            changed = set_inspector_status(actor=request.user, inspector=one, **form.cleaned_data | {"seen": marks})
        except StaleError as error:
            form.offer(error)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"{one.name}的状态已存为“{changed.get_status_display()}”。")
            return redirect("registry:inspector_list")
    personal_data_read(user=request.user, what="执法检查人员", key=one.pk)
    recusals = one.recusals.select_related("enterprise")
    context = {"inspector": one, "form": form, "may_edit": _may_edit(request.user, one), "recusals": recusals}
    context["may_list"] = bool(request.user.roles & {LEAD, DEPT_ADMIN, AUDITOR})
    return render(request, "registry/inspector.html", context, status=422 if form.errors else 200)


@requires(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN)
def recusal_list(request: HttpRequest) -> HttpResponse:
    """Recusals, undecided ones first."""
    rows = Recusal.objects.visible_to(request.user).select_related("inspector__department", "enterprise", "decided_by")
    found = RecusalFilter(request.GET, queryset=rows.order_by("-declared_at", "pk"))
    may_decide = bool(request.user.roles & {Role.DEPT_ADMIN, Role.SYSADMIN})
    context = {"filter": found, "may_decide": may_decide, **page_of(found.qs, request.GET)}
    return render(request, "registry/recusal_list.html", context)


@requires(DEPT_ADMIN, SYSADMIN, methods=("GET", "POST"))
def recusal_new(request: HttpRequest) -> HttpResponse:
    """Declare a recusal for a person of the own department."""
    form = RecusalForm(*sent(request)[:1], user=request.user)
    key = request.POST.get("key") or new_key()
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def effect() -> dict[str, Any]:
            made = declare_recusal(
                actor=request.user, inspector=data["inspector"], enterprise=data["uscc"], reason=data["reason"]
            )
            return {"recusal": made.pk}

        try:
            once(key=key, user=request.user, action="declare_recusal", effect=effect)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"已登记：{data['inspector'].name}回避{data['uscc'].name}，即刻生效，待决定。")
            return redirect("registry:recusal_list")
    return render(request, "registry/recusal_new.html", {"form": form, "key": key}, status=422 if form.errors else 200)


@requires(DEPT_ADMIN, SYSADMIN, methods=("POST",))
def recusal_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """准许 or 不准许, once."""
    one = get_object_or_404(Recusal.objects.visible_to(request.user), pk=pk)
    decision = {"yes": True, "no": False}.get(request.POST.get("accepted", ""))
    try:
        if decision is None:
            raise DomainError("请选择准许或不准许。")
        decided = decide_recusal(actor=request.user, recusal=one, accepted=decision)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        words = "准许" if decided.accepted else "不准许"
        messages.success(request, f"{decided.inspector.name}对{decided.enterprise}的回避：{words}。")
    return redirect("registry:recusal_list")
