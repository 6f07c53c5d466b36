"""The legal clocks of a joint inspection. Pure: working days in, a date out.

Every function takes the day of the event (never counted, 民法典 第二百零一条), a number of working days ≥ 1 and the
loaded calendar, and raises `registry.workdays.CalendarNotLoaded` when the count would reach a year without a notice.
"""

from collections.abc import Callable
from datetime import date, datetime, time

from registry.workdays import (
    Calendar,
    CalendarNotLoaded,
    add_workdays,
    countdown,
    first_open_day,
    is_workday,
    words,
    workdays_between,
)

__all__ = [
    "CalendarNotLoaded",
    "Rule",
    "backfill_by",
    "confirm_by",
    "countdown",
    "days_late",
    "first_open_day",
    "is_late",
    "publish_by",
    "reminded_by",
    "words",
]

Rule = Callable[[date, int, Calendar], date]


def confirm_by(dispatched: date, days: int, cal: Calendar) -> date:
    """Last day for 比对和确认: 2 working days after the day of dispatch (notice 五(一))."""
    return add_workdays(dispatched, days, cal)


def backfill_by(visit_end: date, days: int, cal: Calendar) -> date:
    """Last day for 回填: 5 working days after the day the visit ended (notice 六(三))."""
    return add_workdays(visit_end, days, cal)


def publish_by(visit_end: date, days: int, cal: Calendar) -> date:
    """Last day for 公示: 20 working days after the day the visit ended (国市监信〔2019〕38号)."""
    return add_workdays(visit_end, days, cal)


def reminded_by(day: date, cal: Calendar) -> date:
    """The latest due date that is mentioned on ``day``: what is due tomorrow, or on the next working day.

    On a Friday that is Monday. Without a calendar for the days in question it is simply tomorrow.
    """
    tomorrow = date.fromordinal(day.toordinal() + 1)
    try:
        return add_workdays(day, 1, cal) if is_workday(day, cal) else tomorrow
    except CalendarNotLoaded:
        return tomorrow


def is_late(due: date, at: datetime, close: time | None = None) -> bool:
    """Whether ``at`` (Shanghai) is after the deadline: on time up to 24:00 of the due day, late from the next second
    on; where there are business hours, up to their end (民法典 第二百零三条). ``close``: a whole second is on time."""
    return due < first_open_day(at, close)


def days_late(due: date, day: date, cal: Calendar) -> int:
    """Working days by which ``day`` is past ``due``; 0 while it is not. Where a year that is not loaded lies between,
    at least one day is certain."""
    if day <= due:
        return 0
    try:
        return workdays_between(due, day, cal)
    except CalendarNotLoaded:
        return 1
