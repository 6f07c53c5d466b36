"""The working-day calendar: reading it for a computation, loading a year from its notice."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from registry import audit, clock, jobs
from registry.enums import DayKind, Role
from registry.errors import DomainError
from registry.models import CalendarDay, CalendarYear, User
from registry.workdays import Calendar, CalendarNotLoaded, is_workday

DayRow = tuple[dt.date, str, str]
YEARS_NAMED = 4  # a deadline passes through one year or two; the field beside it holds forty characters


@dataclass(frozen=True)
class YearChange:
    """What loading a year would do: days that appear, disappear, or change between 休 and 班."""

    added: list[DayRow]
    removed: list[DayRow]
    changed: list[tuple[DayRow, DayRow]]
    calendar: Calendar
    before: list[DayRow]  # days that the notice fixes in the year before, and that go there

    @property
    def any(self) -> bool:
        """Whether the calendar would be another one."""
        return bool(self.added or self.removed or self.changed)


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
    return calendar, " ".join(f"{year.year}v{year.version}" for year in years[-YEARS_NAMED:])


def preview_calendar_year(year: int, days: Sequence[DayRow]) -> YearChange:
    """The loaded calendar with ``year`` replaced by ``days``, and what differs. Reads only; local closing days stay.

    Days of the year before are set there one by one: the rest of that year stays as it is.
    """
    calendar, _version = current_calendar()
    before = [row for row in days if _reaches_back(row[0], year)]
    touched = Q(year=year) | Q(day__in=[day for day, _kind, _name in before])
    stored = CalendarDay.objects.filter(touched).exclude(kind=DayKind.LOCAL_OFF)
    old = {row.day: (row.day, row.kind, row.name) for row in stored}
    new = {day: (day, kind, name) for day, kind, name in days if kind != DayKind.LOCAL_OFF}
    closed = {day for day, kind, _name in days if kind == DayKind.LOCAL_OFF}
    wanted = Calendar(
        years=calendar.years | {year},
        off=frozenset((_other(calendar.off, year) - old.keys()) | {d for d, k, _ in new.values() if k == DayKind.OFF}),
        working=frozenset(
            (_other(calendar.working, year) - old.keys()) | {d for d, k, _ in new.values() if k == DayKind.WORK}
        ),
        closed=calendar.closed | closed,
    )
    return YearChange(
        added=[row for day, row in sorted(new.items()) if day not in old],
        removed=[row for day, row in sorted(old.items()) if day not in new],
        changed=[(old[day], row) for day, row in sorted(new.items()) if day in old and old[day][1] != row[1]],
        calendar=wanted,
        before=sorted(before),
    )


def _reaches_back(day: dt.date, year: int) -> bool:
    """New Year may begin in December; any other day of the year before is a slip of the pen."""
    return (day.year, day.month) == (year - 1, 12)


def _other(days: frozenset[dt.date], year: int) -> set[dt.date]:
    return {day for day in days if day.year != year}


def _problems(year: int, days: Sequence[DayRow]) -> list[str]:
    seen: set[dt.date] = set()
    problems = []
    for day, kind, _name in days:
        if day.year != year and not _reaches_back(day, year):
            problems.append(f"{day}不在{year}年")
        elif day in seen:
            problems.append(f"{day}重复出现")
        elif kind == DayKind.WORK and day.weekday() < 5:
            problems.append(f"{day}本来就是工作日，不用标“班”")
        seen.add(day)
    before = sum(1 for day, _kind, _name in days if _reaches_back(day, year))
    if before and not CalendarYear.objects.filter(year=year - 1).exists():
        problems.append(f"有 {before} 天属于{year - 1}年，而{year - 1}年的日历还没有录入：请先录入，或删去这几行")
    return problems


def _may_keep(actor: User | None) -> None:
    if actor is not None and not actor.roles & {Role.LEAD, Role.SYSADMIN}:
        raise DomainError("日历由牵头部门或系统管理员维护。")


@transaction.atomic
def load_calendar_year(
    *, actor: User | None, year: int, notice: str, days: Sequence[DayRow], number: str = ""
) -> CalendarYear:
    """Load or replace a year: ``days`` are (date, kind, name) for every day that is not what its weekday says.

    ``number``: 文号 of the notice, empty where it is not known. Local closing days of the year stay. Open deadlines
    are computed anew afterwards. Raises DomainError when the notice is not named, a day lies outside the year, stands
    twice, or changes nothing. A notice that reaches into the year before (2018-12-29 in that of 2019) sets its days
    there, and that year's version goes up.
    """
    _may_keep(actor)
    if not notice.strip():
        raise DomainError("请写明放假通知的名称或公布日期，以便核对。")
    if problems := _problems(year, days):
        raise DomainError(f"{year}年的日历有 {len(problems)} 处不对，请改正后再导入。", problems=problems)
    _set_in_the_year_before(actor, year, [one for one in days if _reaches_back(one[0], year)])
    days = [one for one in days if one[0].year == year]
    fields = {"notice": notice.strip(), "notice_number": number.strip(), "loaded_at": clock.now(), "loaded_by": actor}
    row, made = CalendarYear.objects.select_for_update().get_or_create(year=year, defaults=fields)
    before = {} if made else {"version": row.version, "notice": row.notice, "days": row.days.count()}
    if not made:
        CalendarYear.objects.filter(pk=year).update(version=row.version + 1, **fields)
        row.refresh_from_db()
        row.days.exclude(kind=DayKind.LOCAL_OFF).delete()
    closed = set(row.days.values_list("day", flat=True))
    kept = [one for one in days if one[1] != DayKind.LOCAL_OFF or one[0] not in closed]
    CalendarDay.objects.bulk_create(CalendarDay(year=row, day=d, kind=k, name=n) for d, k, n in kept)
    audit.record(
        stream="registry",
        actor=actor,
        action="录入日历" if made else "修改日历",
        obj=row,
        before=before,
        after={"version": row.version, "notice": row.notice, "number": row.notice_number, "days": len(days)},
    )
    _recompute_later(row)
    return row


def _set_in_the_year_before(actor: User | None, year: int, days: Sequence[DayRow]) -> None:
    """Days that the notice of ``year`` fixes in the year before; nothing happens where they stand there already."""
    row = CalendarYear.objects.select_for_update().filter(year=year - 1).first() if days else None
    if row is None:
        return
    stored = {(one.day, one.kind == DayKind.LOCAL_OFF): one for one in row.days.all()}
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for day, kind, name in days:
        local = kind == DayKind.LOCAL_OFF
        old = stored.get((day, local))
        if old is not None and (local or (old.kind, old.name) == (kind, name)):
            continue
        if old is not None:
            before[day.isoformat()] = old.get_kind_display()
            old.delete()
        CalendarDay.objects.create(year=row, day=day, kind=kind, name=name)
        after[day.isoformat()] = DayKind(kind).label
    if after:
        _changed(actor, row, "修改日历", before, after, f"{year}年的放假通知包含{year - 1}年的日子")


@transaction.atomic
def close_day(*, actor: User, day: dt.date, reason: str) -> CalendarDay:
    """A working day on which the county's offices are closed (a local holiday, a snowstorm). Raises DomainError when
    the year is not loaded, the day is none to work on, or no reason is given."""
    row = _year_to_change(actor, day, reason)
    if not is_workday(day, current_calendar()[0]):
        raise DomainError(f"{day:%Y-%m-%d} 本来就不上班，不用再标。")
    closed = CalendarDay.objects.create(year=row, day=day, kind=DayKind.LOCAL_OFF, name=reason.strip())
    _changed(actor, row, "增加本地休息日", {}, {"day": day}, reason)
    return closed


@transaction.atomic
def reopen_day(*, actor: User, day: dt.date, reason: str) -> None:
    """Take a local closing day back. Raises DomainError when there is none or no reason is given."""
    row = _year_to_change(actor, day, reason)
    closed = CalendarDay.objects.filter(day=day, kind=DayKind.LOCAL_OFF)
    if not closed.exists():
        raise DomainError(f"{day:%Y-%m-%d} 没有标为本地休息，请刷新页面再看。")
    closed.delete()
    _changed(actor, row, "取消本地休息日", {"day": day}, {}, reason)


def _year_to_change(actor: User, day: dt.date, reason: str) -> CalendarYear:
    _may_keep(actor)
    if not reason.strip():
        raise DomainError("请写明理由，它会记入操作记录，并随通知发给期限有变的人。")
    row = CalendarYear.objects.select_for_update().filter(year=day.year).first()
    if row is None:
        raise DomainError(f"{CalendarNotLoaded(day.year)}。")
    return row


def _changed(
    actor: User | None, row: CalendarYear, action: str, before: dict[str, object], after: dict[str, object], reason: str
) -> None:
    row.version += 1
    row.save(update_fields=["version"])
    after = after | {"version": row.version}
    audit.record(stream="registry", actor=actor, action=action, obj=row, before=before, after=after, reason=reason)
    _recompute_later(row)


def _recompute_later(row: CalendarYear) -> None:
    """Named after the version: a recomputation that is already running has not seen this change."""
    jobs.enqueue(settings.AFTER_CALENDAR_LOADED, f"{row.year}v{row.version}")
