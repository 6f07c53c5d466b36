"""How much is left of a plan against its working days. Pure: days and counts in, counts out, no floats.

Day 0 is the day of dispatch (not counted, 民法典 第二百零一条); the plan goes down in a straight line to nothing at the
end of the last plan day. Everything raises `registry.workdays.CalendarNotLoaded` for a year without a notice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from registry.workdays import Calendar, is_workday


@dataclass(frozen=True, slots=True)
class Track:
    """The working days of a plan: day 0, then every working day until the later of its last day and today.

    ``planned``: index of the last plan day; ``now``: index of the last of these days that is not after today.
    """

    days: tuple[date, ...]
    planned: int
    now: int

    def expected(self, total: int, index: int) -> int:
        """How much of ``total`` may still be left at the end of day ``index``, rounded up."""
        if index >= self.planned:
            return 0
        return -(-total * (self.planned - index) // self.planned)

    def behind(self, total: int, left: int) -> int:
        """By how much ``left`` is more than the plan allows now; negative when ahead of it."""
        return left - self.expected(total, self.now)

    def left(self, total: int, done: Mapping[date, int]) -> list[int]:
        """What was left at the end of each day up to now. ``done``: day → how many were entered on it; those of a rest
        day count on the working day after it, those of today at once."""
        rows, cursor, days = [], 0, sorted(done)
        remaining = total
        for index in range(self.now + 1):
            until = date.max if index == self.now else self.days[index]
            while cursor < len(days) and days[cursor] <= until:
                remaining -= done[days[cursor]]
                cursor += 1
            rows.append(remaining)
        return rows


def track(start: date, end: date, today: date, cal: Calendar) -> Track:
    """The track of a plan dispatched on ``start`` that ends on ``end``; one that ends before it starts has one day."""
    last = max(end, today, start)
    days, day, planned, now = [start], start, 0, 0
    while day < last:
        day += timedelta(days=1)
        if not is_workday(day, cal):
            continue
        days.append(day)
        planned = len(days) - 1 if day <= end else planned
        now = len(days) - 1 if day <= today else now
    return Track(tuple(days), planned, now)
