"""Working days of the official calendar. Pure: no Django, no clock, no database.

The day of the event is not counted (民法典 第二百零一条). A working day is a weekday that the State Council's
notice does not turn into a holiday, or a weekend day that it turns into a working day (调休上班). A year whose
notice is not loaded is never guessed as Monday to Friday: every function raises `CalendarNotLoaded` as soon as it
would have to look at such a day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

ONE_DAY = timedelta(days=1)
SATURDAY = 5


class CalendarNotLoaded(Exception):
    """A day of a year without a loaded holiday notice was asked for.

    `year` is that year; `str()` is a Chinese sentence that says what to do.
    """

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(f"{year}年日历未录入：请在“设置 › 日历”导入国务院办公厅放假通知后再计算")


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is known about the days: the loaded years and their exceptional days.

    `off` are the holidays of the notice, `working` its make-up working days, `closed` further days on which the
    county's offices are closed (a local holiday such as the founding day of the autonomous county). Any iterable of
    days will do.
    """

    years: frozenset[int]
    off: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "years", frozenset(self.years))
        for name in ("off", "working", "closed"):
            object.__setattr__(self, name, _days(getattr(self, name)))
        if both := self.off & self.working:
            raise ValueError(f"{min(both)} 既是放假日又是调休上班日，请核对放假通知")


def is_workday(day: date, cal: Calendar) -> bool:
    """True if `day` is a working day. Raises `CalendarNotLoaded` if its year is not loaded."""
    _require_plain_date(day)
    if day.year not in cal.years:
        raise CalendarNotLoaded(day.year)
    if day in cal.closed or day in cal.off:
        return False
    return day in cal.working or day.weekday() < SATURDAY


def add_workdays(day: date, n: int, cal: Calendar) -> date:
    """The `n`-th working day after `day` (n ≥ 1); `day` itself is not counted (民法典 第二百零一条).

    Raises `CalendarNotLoaded` if any day from `day` to the due day lies in a year that is not loaded, `ValueError`
    if n < 1.
    """
    if n < 1:
        raise ValueError("工作日数必须是正整数")
    is_workday(day, cal)
    while n:
        day += ONE_DAY
        n -= is_workday(day, cal)
    return day


def workdays_between(a: date, b: date, cal: Calendar) -> int:
    """Working days after `a` up to and including `b`; negative if `b` lies before `a`.

    `workdays_between(d, add_workdays(d, n, cal), cal) == n`. Raises `CalendarNotLoaded` as `add_workdays` does.
    """
    if b < a:
        return -workdays_between(b, a, cal)
    is_workday(a, cal)
    return sum(is_workday(a + timedelta(days=i), cal) for i in range(1, (b - a).days + 1))


def words(due: date, today: date, cal: Calendar) -> str:
    """How far `due` is from `today`, for people: 今天到期, 还剩 1 个工作日, 逾期 2 个工作日.

    With only rest days between the two the count would be 0, which reads as "not late": then 还剩不足 1 个工作日.
    Raises `CalendarNotLoaded` as `add_workdays` does; `countdown` never does.
    """
    if due == today:
        return "今天到期"
    count = abs(workdays_between(today, due, cal))
    amount = f" {count} 个工作日" if count else "不足 1 个工作日"
    return f"还剩{amount}" if due > today else f"逾期{amount}"


@dataclass(frozen=True, slots=True)
class Countdown:
    """How a deadline stands: `kind` is late, soon (today, the next working day, or not known) or todo."""

    kind: str
    text: str


def first_open_day(at: datetime, close: time | None = None) -> date:
    """The first day whose deadlines are not over at the moment ``at`` (Shanghai); every earlier one is late.

    The day itself up to 24:00; where there are business hours, up to their end (民法典 第二百零三条), a whole second
    being on time. The only place that says what "late" is.
    """
    over = close is not None and at.time().replace(microsecond=0, tzinfo=None) > close
    return at.date() + timedelta(days=1) if over else at.date()


def countdown(due: date, today: date, cal: Calendar, first_open: date | None = None) -> Countdown:
    """How a deadline is shown, everywhere in the product (decisions.md: a year without a notice is never guessed).

    还剩 1 个工作日 · 今天到期 · 逾期 2 个工作日; where the count would need a year that is not loaded
    期限待定：2027年日历未录入, after the due day 已逾期：2027年日历未录入，天数待定. ``first_open``: as
    `first_open_day` gives it; after the close of business what is due today is late.
    """
    if due == today and first_open is not None and due < first_open:
        return Countdown("late", "今天到期，已逾期")
    try:
        text, left = words(due, today, cal), workdays_between(today, due, cal)
    except CalendarNotLoaded as error:
        return Countdown("late", overdue_words(error.year)) if due < today else Countdown("soon", pending(error.year))
    return Countdown("late" if due < today else "soon" if left <= 1 else "todo", text)


def pending(year: int) -> str:
    """The words of a deadline that waits for the notice of a year."""
    return f"期限待定：{year}年日历未录入"


def overdue_words(year: int) -> str:
    """The words of a deadline that is over while the working days since then cannot be counted."""
    return f"已逾期：{year}年日历未录入，天数待定"


def _days(days: Iterable[date]) -> frozenset[date]:
    found = frozenset(days)
    for day in found:
        _require_plain_date(day)
    return found


def _require_plain_date(day: date) -> None:
    # A datetime is a date to Python but never equal to one, so holidays would be missed without a word.
    if isinstance(day, datetime):
        raise TypeError("需要 date，不能是 datetime：请先换算为北京时间的日期")
