"""A month as rows of days: 休 and 班 marked, and what is due on each day. Pure: the calendar and the marks come in."""

import calendar as months
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from registry.workdays import Calendar


@dataclass(frozen=True)
class Day:
    """One cell of a month: ``mark`` is 休, 班 or empty; ``due`` what the caller knows of the day."""

    day: dt.date
    rest: bool
    mark: str
    today: bool
    due: Any


def weeks_of(first: dt.date, today: dt.date, cal: Calendar, due: Mapping[dt.date, Any]) -> list[list[Day | None]]:
    """The weeks (from Monday) of the month of ``first``; None for the days of its neighbours."""
    weeks: list[list[Day | None]] = []
    for week in months.Calendar().monthdatescalendar(first.year, first.month):
        row: list[Day | None] = []
        for day in week:
            off, works = day in cal.off or day in cal.closed, day in cal.working
            mark = "休" if off else "班" if works else ""
            rest = off or (day.weekday() >= 5 and not works)
            row.append(Day(day, rest, mark, day == today, due.get(day)) if day.month == first.month else None)
        weeks.append(row)
    return weeks


def month_before(first: dt.date) -> dt.date:
    """The first day of the month before."""
    return (first.replace(day=1) - dt.timedelta(days=1)).replace(day=1)


def month_after(first: dt.date) -> dt.date:
    """The first day of the month after."""
    return (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)


def counts_by_day(lines: Iterable[Any]) -> dict[dt.date, int]:
    """Day → how much is due on it, of lines with ``day`` and ``count`` (`settings.DEADLINES_BY_DAY`)."""
    found: Counter[dt.date] = Counter()
    for line in lines:
        found[line.day] += line.count
    return dict(found)
