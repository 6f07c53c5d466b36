"""工作日历: a year as twelve months with what is due on its days; loading a year's notice; local closing days."""

import calendar as months
import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.module_loading import import_string

from registry import clock
from registry.enums import DayKind, Role
from registry.errors import DomainError
from registry.forms import CalendarForm, ClosingDayForm, DueForm
from registry.models import CalendarDay, CalendarYear
from registry.months import counts_by_day
from registry.operations import once
from registry.permissions import AUDITOR, DEPT_ADMIN, LEAD, SYSADMIN, requires
from registry.services import close_day, current_calendar, load_calendar_year, preview_calendar_year, reopen_day
from registry.views.posted import sent
from registry.workdays import Calendar, CalendarNotLoaded, add_workdays, countdown, is_workday

AHEAD = dt.timedelta(days=60)
WEEKDAYS = "一二三四五六日"
KIND_ORDER = ["late", "soon", "todo"]


def day_words(day: dt.date, cal: Calendar | None = None) -> str:
    """9月21日（周一）; on a make-up working day 10月10日（周六，班）."""
    works = ("，班" if day in cal.working else "，休" if day in cal.off | cal.closed else "") if cal else ""
    return f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}{works}）"


def _wanted_year(text: str | None) -> int:
    today = clock.today().year
    return int(text) if text and text.isascii() and text.isdigit() and 2000 <= int(text[:6]) <= 2199 else today


def _wanted_day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None


def month_grids(
    year: int, cal: Calendar, names: dict[dt.date, str], due: dict[dt.date, tuple[str, int]] | None = None
) -> list[dict[str, Any]]:
    """Twelve months: weeks of cells (day, css class, 休 or 班, name, what is due), and the working days of each.

    ``due``: day → (late, soon or todo; how many).
    """
    today, grids = clock.today(), []
    for month in range(1, 13):
        weeks, count = [], 0
        for week in months.Calendar().monthdatescalendar(year, month):
            cells = []
            for day in week:
                if day.month != month:
                    cells.append(None)
                    continue
                works = is_workday(day, cal)
                count += works
                cells.append(_cell(day, works, cal, today) | {"name": names.get(day, ""), "due": (due or {}).get(day)})
            weeks.append(cells)
        current = (year, month) == (today.year, today.month)
        grids.append({"number": month, "weeks": weeks, "workdays": count, "current": current})
    return grids


def _cell(day: dt.date, works: bool, cal: Calendar, today: dt.date) -> dict[str, Any]:
    rest = day in cal.off or day in cal.closed
    css, mark = ("rest", "休") if rest else ("work", "班") if day in cal.working else ("", "")
    classes = [css and f"is-{css}", "" if works else "off", "today" if day == today else ""]
    return {"day": day, "classes": " ".join(filter(None, classes)), "css": css, "mark": mark}


def _lines(request: HttpRequest, first: dt.date, last: dt.date, cal: Calendar) -> list[dict[str, Any]]:
    """What is due, each line with its day in words and how it stands."""
    today, first_open, lines = clock.today(), clock.first_open_day(), []
    for line in import_string(settings.DEADLINES_BY_DAY)(request.user, first, last):
        standing = countdown(line.day, today, cal, first_open)
        lines.append({"line": line, "day": day_words(line.day, cal), "standing": standing})
    return lines


def _counts(lines: list[dict[str, Any]]) -> dict[dt.date, tuple[str, int]]:
    kinds = {entry["line"].day: entry["standing"].kind for entry in lines}
    return {day: (kinds[day], count) for day, count in counts_by_day(e["line"] for e in lines).items()}


@requires(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN)
def calendar(request: HttpRequest) -> HttpResponse:
    """One year with what is due on its days; a year without its notice says so and what to do."""
    year, today = _wanted_year(request.GET.get("year")), clock.today()
    row = CalendarYear.objects.filter(pk=year).first()
    cal, _version = current_calendar()
    lines = _lines(request, dt.date(year, 1, 1), dt.date(year, 12, 31), cal)
    names = {one.day: one.name for one in row.days.all()} if row else {}
    grids = month_grids(year, cal, names, _counts(lines)) if row else []
    day = _wanted_day(request.GET.get("day"))
    shown = [entry for entry in lines if entry["line"].day == day] if day else _near(lines, today)
    ahead = (today + AHEAD).year
    context = {
        "year": year, "row": row, "months": grids, "total": sum(grid["workdays"] for grid in grids),
        "years": sorted({*CalendarYear.objects.values_list("pk", flat=True), year, today.year + 1}),
        "may_load": bool(request.user.roles & {Role.LEAD, Role.SYSADMIN}),
        "lines": shown, "all": len(lines), "day": day, "day_text": day_words(day, cal) if day else "",
        "missing": ahead if ahead not in cal.years else None,
        "closed": [(one, day_words(one.day)) for one in _closed(year)], **_calculated(request, cal),
    }  # fmt: skip
    return render(request, "registry/calendar.html", context)


def _closed(year: int) -> list[CalendarDay]:
    return list(CalendarDay.objects.filter(year=year, kind=DayKind.LOCAL_OFF))


def _near(lines: list[dict[str, Any]], today: dt.date) -> list[dict[str, Any]]:
    """What is late, and what comes next; eight lines."""
    return [one for one in lines if one["standing"].kind == "late" or one["line"].day >= today][:8]


def _calculated(request: HttpRequest, cal: Calendar) -> dict[str, Any]:
    """算一个期限: the answer in words, and which days between are not what their weekday says."""
    form = DueForm(request.GET if "n" in request.GET else None, initial={"start": clock.today(), "n": 5})
    if not form.is_bound or not form.is_valid():
        return {"due_form": form, "answer": "", "because": ""}
    start = form.cleaned_data["start"]
    try:
        due = add_workdays(start, form.cleaned_data["n"], cal)
    except CalendarNotLoaded as error:
        return {"due_form": form, "answer": "", "because": f"{error}。"}
    inside = [start + dt.timedelta(days=i) for i in range(1, (due - start).days + 1)]
    rest = sum(1 for day in inside if not is_workday(day, cal))
    works = "、".join(day_words(day) for day in inside if day in cal.working and is_workday(day, cal))
    because = f"当日不算，其间 {rest} 天休息，不计" + (f"；{works}调休上班，计入。" if works else "。")
    return {"due_form": form, "answer": f"{due.year}年{day_words(due)}", "because": because}


@requires(LEAD, SYSADMIN, methods=("GET", "POST"))
def calendar_import(request: HttpRequest) -> HttpResponse:
    """Paste or upload a year's notice, look at the months and at what would move, save."""
    form = CalendarForm(*sent(request), initial=_stored(request.GET.get("year")))
    context: dict[str, Any] = {"form": form, "months": []}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if request.POST.get("do") == "save":
            try:
                load_calendar_year(actor=request.user, year=data["year"], notice=data["notice"],
                                   number=data["number"], days=form.days)  # fmt: skip
            except DomainError as error:
                for problem in error.problems or [error.message]:
                    form.add_error(None, problem)
            else:
                messages.success(request, f"{data['year']}年的工作日历已录入，共 {len(form.days)} 个特殊日。")
                return redirect(f"{reverse('registry:calendar')}?year={data['year']}")
        else:
            context |= _calendar_preview(form)
    return render(request, "registry/calendar_import.html", context, status=422 if form.errors else 200)


def _stored(text: str | None) -> dict[str, Any]:
    """A year to be corrected starts from what is stored."""
    row = CalendarYear.objects.filter(pk=_wanted_year(text)).first() if text else None
    if row is None:
        return {"year": text}
    days = [(one.day, one.kind, one.name) for one in row.days.exclude(kind=DayKind.LOCAL_OFF)]
    return {"year": row.year, "notice": row.notice, "number": row.notice_number, "text": _as_text(days)}


def _as_text(days: Iterable[tuple[dt.date, str, str]]) -> str:
    labels = {DayKind.OFF: "休", DayKind.WORK: "班", DayKind.LOCAL_OFF: "本地休息"}
    return "\n".join(f"{day} {labels[DayKind(kind)]} {name}".rstrip() for day, kind, name in days)


def _calendar_preview(form: CalendarForm) -> dict[str, Any]:
    year = form.cleaned_data["year"]
    filled = form.data.copy()
    filled["text"] = _as_text(form.days)
    form.data = filled
    try:
        change = preview_calendar_year(year, form.days)
    except ValueError as error:
        form.add_error("text", f"{error}。")
        return {}
    grids = month_grids(year, change.calendar, {day: name for day, _kind, name in form.days})
    return {
        "months": grids,
        "total": sum(grid["workdays"] for grid in grids),
        "preview_year": year,
        "existing": CalendarYear.objects.filter(pk=year).first(),
        "change": change,
        "impact": import_string(settings.CALENDAR_IMPACT)(change.calendar),
    }


@requires(LEAD, SYSADMIN, methods=("GET", "POST"))
def calendar_day(request: HttpRequest) -> HttpResponse:
    """改某一天: a local closing day added or taken back, with its reason and what it moves."""
    form = ClosingDayForm(*sent(request), initial={"day": request.GET.get("day"), "what": request.GET.get("what")})
    context: dict[str, Any] = {"form": form, "impact": None}
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["day"]
        if request.POST.get("do") != "save":
            context["impact"] = import_string(settings.CALENDAR_IMPACT)(form.calendar())
        elif _change_day(request, form):
            messages.success(request, f"{day_words(day)}已改，未办结的期限随后重算，并通知经办人。")
            return redirect(f"{reverse('registry:calendar')}?year={day.year}")
    return render(request, "registry/calendar_day.html", context, status=422 if form.errors else 200)


def _change_day(request: HttpRequest, form: ClosingDayForm) -> bool:
    """Whether the day was changed (also when this form was already sent); else the form says why not."""
    day, what, reason = (form.cleaned_data[name] for name in ("day", "what", "reason"))
    change = close_day if what == "close" else reopen_day

    def effect() -> dict[str, Any]:
        change(actor=request.user, day=day, reason=reason)
        return {"day": day.isoformat()}

    try:
        once(key=form.cleaned_data["key"], user=request.user, action=f"calendar:{what}:{day}", effect=effect)
    except DomainError as error:
        form.add_error(None, error.message)
        return False
    return True
