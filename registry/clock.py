"""The only reader of the clock (held by tests/test_house_rules.py).

A demonstration pins the start of time with ``CLOCK_PIN`` or ``pin()``: time then runs on from there, so that nothing
shown depends on the day it is shown.
"""

import datetime as dt
import time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from registry import workdays

SHANGHAI = ZoneInfo("Asia/Shanghai")
_pinned: tuple[dt.datetime, float | None] | None = None


def pin(start: dt.datetime | None, *, running: bool = True) -> None:
    """Let ``now()`` run on from ``start`` (aware), or stand still there; ``None`` gives the real time back."""
    global _pinned  # noqa: PLW0603 -- one clock per process is the point
    if start is not None and timezone.is_naive(start):
        raise ValueError("pin() needs an aware time")
    _pinned = None if start is None else (start, time.monotonic() if running else None)


def is_pinned() -> bool:
    """Whether the demonstration clock is in use."""
    return _pinned is not None or bool(settings.CLOCK_PIN)


def now() -> dt.datetime:
    """The present moment, aware, in UTC (the database's time zone)."""
    if _pinned is None and settings.CLOCK_PIN:
        pin(dt.datetime.fromisoformat(settings.CLOCK_PIN))
    if _pinned is None:
        return timezone.now()
    start, mark = _pinned
    passed = 0.0 if mark is None else time.monotonic() - mark
    return (start + dt.timedelta(seconds=passed)).astimezone(dt.UTC)


def machine() -> dt.datetime:
    """The machine's own time also where a demonstration has pinned ``now()``: sign-in sessions end by it."""
    return timezone.now()


def today() -> dt.date:
    """The present day in Shanghai: legal periods are counted there, midnight is 16:00 UTC."""
    return now().astimezone(SHANGHAI).date()


def first_open_day() -> dt.date:
    """The first day whose deadlines are not over now: today, from ``CLOSE_OF_BUSINESS`` on tomorrow."""
    return workdays.first_open_day(now().astimezone(SHANGHAI), settings.CLOSE_OF_BUSINESS)


def local_iso(moment: dt.datetime) -> str:
    """``moment`` as ``YYYY-MM-DDThh:mm:ss+08:00``, the form of times in published files (draw.md §2.2)."""
    return moment.astimezone(SHANGHAI).replace(microsecond=0).isoformat()
