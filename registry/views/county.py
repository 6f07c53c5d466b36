"""本县设置: what the county is called, and its departments."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry import county
from registry.county_forms import CountyForm, DepartmentForm
from registry.errors import DomainError
from registry.models import CountyProfile, Department
from registry.permissions import SYSADMIN, requires
from registry.seenforms import SeenForm, seen
from registry.services import save_county, save_department, was_frozen
from registry.services.departments import FIELDS
from registry.stale import StaleError
from registry.views.posted import sent


def _done(form: SeenForm, effect: Callable[..., Any]) -> Any:
    """What the service gives; None when it refused, which then stands beside the form."""
    data = {name: value for name, value in form.cleaned_data.items() if name != "seen"}
    try:
        return effect(**data, seen=form.seen_marks)
    except StaleError as error:
        form.offer(error)
        return None
    except DomainError as error:
        form.add_error(None, error.message)
        return None


@requires(SYSADMIN, methods=("GET", "POST"))
def county_settings(request: HttpRequest) -> HttpResponse:
    """Name, region code, upstream platform, complaint telephone, and the departments below."""
    now = vars(county.current())
    initial = {**now, "rename_departments": True, "seen": seen(now)}
    form = CountyForm(*sent(request)[:1], initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = _done(form, lambda **data: (save_county(actor=request.user, **data),))
        if saved is not None:
            messages.success(request, "本县设置已存，各页和新打印的文书即刻使用。" if saved[0] else "内容没有变化。")
            return redirect("registry:county")
    people = Count("users", filter=Q(users__is_active=True), distinct=True)
    context = {
        "form": form,
        "departments": Department.objects.annotate(
            accounts=people,
            admins=Count("users", filter=Q(users__is_active=True, users__is_dept_admin=True), distinct=True),
        ).order_by("order", "code"),
        "newest": CountyProfile.objects.select_related("saved_by").exclude(saved_by=None).first(),
    }
    return render(request, "registry/county.html", context, status=422 if form.errors else 200)


@requires(SYSADMIN, methods=("GET", "POST"))
def department_new(request: HttpRequest) -> HttpResponse:
    """Add a department."""
    last = Department.objects.order_by("-order").values_list("order", flat=True).first()
    initial = {"name": county.current().name, "order": (last or 0) + 1, "active": True}
    return _department(request, None, DepartmentForm(*sent(request)[:1], initial=initial))


@requires(SYSADMIN, methods=("GET", "POST"))
def department(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, reorder, put out of use."""
    one = get_object_or_404(Department, pk=pk)
    initial = {name: getattr(one, name) for name in FIELDS}
    initial["seen"] = seen(initial)
    return _department(request, one, DepartmentForm(*sent(request)[:1], initial=initial, settled=was_frozen(one)))


def _department(request: HttpRequest, one: Department | None, form: DepartmentForm) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        actor = request.user
        saved = _done(form, lambda **data: save_department(actor=actor, department=one, **data))
        if saved is not None:
            messages.success(request, f"{saved.name}已存。")
            return redirect("registry:county")
    return render(
        request, "registry/department.html", {"form": form, "department": one}, status=422 if form.errors else 200
    )
