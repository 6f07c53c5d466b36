"""The working-day calendar: reading it for a computation, loading a year from its notice."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from registry import audit, clock, jobs
from registry.enums import DayKind, Role
from registry.errors import DomainError
from registry.models import CalendarDay, CalendarYear, User
from registry.workdays import Calendar

DayRow = tuple[dt.date, str, str]


def current_calendar() -> tuple[Calendar, str]:
    """The loaded calendar, and its version as stored beside each deadline computed from it (``2024v1 2025v1``)."""
    years = list(CalendarYear.objects.order_by("year"))
    kinds: dict[str, set[dt.date]] = {DayKind.OFF: set(), DayKind.WORK: set(), DayKind.LOCAL_OFF: set()}
    for day, kind in CalendarDay.objects.values_list("day", "kind"):
        kinds[kind].add(day)
    calendar = Calendar(
        years=frozenset(year.year for year in years),
        off=frozenset(kinds[DayKind.OFF]),
        working=frozenset(kinds[DayKind.WORK]),
        closed=frozenset(kinds[DayKind.LOCAL_OFF]),
    )
    return calendar, " ".join(f"{year.year}v{year.version}" for year in years)[:40]


@transaction.atomic
def load_calendar_year(*, actor: User | None, year: int, notice: str, days: Sequence[DayRow]) -> CalendarYear:
    """Load or replace a year: ``days`` are (date, kind, name) for every day that is not what its weekday says.

    Raises DomainError when the notice is not named, a day lies outside the year, stands twice, or changes nothing.
    """
    if actor is not None and not actor.roles & {Role.LEAD, Role.SYSADMIN}:
        raise DomainError("日历由牵头部门或系统管理员维护。")
    if not notice.strip():
        raise DomainError("请写明放假通知的文号或日期，以便核对。")
    seen: set[dt.date] = set()
    problems = []
    for day, kind, _name in days:
        if day.year != year:
            problems.append(f"{day}不在{year}年")
        elif day in seen:
            problems.append(f"{day}重复出现")
        elif kind == DayKind.WORK and day.weekday() < 5:
            problems.append(f"{day}本来就是工作日，不用标“班”")
        seen.add(day)
    if problems:
        raise DomainError(f"{year}年的日历有 {len(problems)} 处不对，请改正后再导入。", problems=problems)
    row, made = CalendarYear.objects.select_for_update().get_or_create(
        year=year, defaults={"notice": notice.strip(), "loaded_at": clock.now(), "loaded_by": actor}
    )
    before = {} if made else {"version": row.version, "notice": row.notice, "days": row.days.count()}
    if not made:
        row.version += 1
        row.notice, row.loaded_at, row.loaded_by = notice.strip(), clock.now(), actor
        row.save(update_fields=["version", "notice", "loaded_at", "loaded_by"])
        row.days.all().delete()
    CalendarDay.objects.bulk_create(CalendarDay(year=row, day=d, kind=k, name=n) for d, k, n in days)
    audit.record(
        stream="registry",
        actor=actor,
        action="录入日历" if made else "修改日历",
        obj=row,
        before=before,
        after={"version": row.version, "notice": row.notice, "days": len(days)},
    )
    jobs.enqueue(settings.AFTER_CALENDAR_LOADED, year)
    return row
