"""工作日历: a year as twelve months, working days counted; loading a year's notice."""

import calendar as months
import datetime as dt
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from registry import clock
from registry.enums import DayKind, Role
from registry.errors import DomainError
from registry.forms import CalendarForm
from registry.models import CalendarYear
from registry.permissions import AUDITOR, DEPT_ADMIN, LEAD, SYSADMIN, requires
from registry.services import load_calendar_year
from registry.views.posted import sent

MARKS = {DayKind.OFF: ("rest", "休"), DayKind.WORK: ("work", "班"), DayKind.LOCAL_OFF: ("rest", "休")}


class _Day(NamedTuple):
    kind: str
    name: str


def _wanted_year(text: str | None) -> int:
    today = clock.today().year
    return int(text) if text and text.isascii() and text.isdigit() and 2000 <= int(text[:6]) <= 2199 else today


def month_grids(year: int, days: dict[dt.date, Any]) -> list[dict[str, Any]]:
    """Twelve months: weeks of cells (day, css class, mark, name), and how many working days each has."""
    today, grids = clock.today(), []
    for month in range(1, 13):
        weeks, count = [], 0
        for week in months.Calendar().monthdatescalendar(year, month):
            cells = []
            for day in week:
                if day.month != month:
                    cells.append(None)
                    continue
                special = days.get(day)
                css, mark = MARKS[special.kind] if special else ("", "")
                works = special.kind == DayKind.WORK if special else day.weekday() < 5
                count += works
                classes = " ".join(filter(None, ["" if works else "off", "today" if day == today else ""]))
                name = special.name if special else ""
                cells.append({"day": day, "classes": classes, "css": css, "mark": mark, "name": name})
            weeks.append(cells)
        grids.append({"number": month, "weeks": weeks, "workdays": count})
    return grids


@requires(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN)
def calendar(request: HttpRequest) -> HttpResponse:
    """One year; a year without its notice says so and what to do."""
    year = _wanted_year(request.GET.get("year"))
    row = CalendarYear.objects.filter(pk=year).first()
    grids = month_grids(year, {one.day: one for one in row.days.all()}) if row else []
    context = {
        "year": year,
        "row": row,
        "months": grids,
        "total": sum(grid["workdays"] for grid in grids),
        "years": sorted({*CalendarYear.objects.values_list("pk", flat=True), year, clock.today().year + 1}),
        "may_load": bool(request.user.roles & {Role.LEAD, Role.SYSADMIN}),
    }
    return render(request, "registry/calendar.html", context)


@requires(LEAD, SYSADMIN, methods=("GET", "POST"))
def calendar_import(request: HttpRequest) -> HttpResponse:
    """Paste or upload a year's notice, look at the months, save."""
    form = CalendarForm(*sent(request), initial={"year": request.GET.get("year")})
    context: dict[str, Any] = {"form": form, "months": []}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if request.POST.get("do") == "save":
            try:
                load_calendar_year(actor=request.user, year=data["year"], notice=data["notice"], days=form.days)
            except DomainError as error:
                for problem in error.problems or [error.message]:
                    form.add_error(None, problem)
            else:
                messages.success(request, f"{data['year']}年的工作日历已录入，共 {len(form.days)} 个特殊日。")
                return redirect(f"{reverse('registry:calendar')}?year={data['year']}")
        else:
            context |= _calendar_preview(form)
    return render(request, "registry/calendar_import.html", context, status=422 if form.errors else 200)


def _calendar_preview(form: CalendarForm) -> dict[str, Any]:
    labels = {DayKind.OFF: "休", DayKind.WORK: "班", DayKind.LOCAL_OFF: "本地休息"}
    text = "\n".join(f"{day} {labels[DayKind(kind)]} {name}".rstrip() for day, kind, name in form.days)
    days = {day: _Day(kind, name) for day, kind, name in form.days}
    year = form.cleaned_data["year"]
    filled = form.data.copy()
    filled["text"] = text
    form.data = filled
    return {
        "months": month_grids(year, days),
        "preview_year": year,
        "existing": CalendarYear.objects.filter(pk=year).first(),
    }
