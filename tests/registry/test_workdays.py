"""Working days: the vectors of the official calendars, properties, two independent calendars, and the words."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.workdays import (
    Calendar,
    CalendarNotLoaded,
    Countdown,
    add_workdays,
    countdown,
    is_workday,
    words,
    workdays_between,
)

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "calendars.json"
FIRST, LAST = date(2024, 1, 1), date(2026, 12, 31)


def loaded(closed=()):
    years = json.loads(FIXTURE.read_text(encoding="utf-8"))["years"]
    return Calendar(
        years=frozenset(entry["year"] for entry in years),
        off=frozenset(date.fromisoformat(day["date"]) for entry in years for day in entry["off"]),
        working=frozenset(date.fromisoformat(day["date"]) for entry in years for day in entry["working"]),
        closed=frozenset(closed),
    )


CAL = loaded()
ALL_DAYS = [FIRST + timedelta(days=i) for i in range((LAST - FIRST).days + 1)]

VECTORS = [
    ("2024-06-03", 2, "2024-06-05"),
    ("2024-06-06", 2, "2024-06-11"),
    ("2024-06-07", 2, "2024-06-12"),
    ("2024-06-07", 5, "2024-06-17"),
    ("2024-06-08", 2, "2024-06-12"),
    ("2024-09-11", 5, "2024-09-19"),
    ("2024-09-13", 2, "2024-09-18"),
    ("2024-09-26", 5, "2024-10-09"),
    ("2024-09-30", 2, "2024-10-09"),
    ("2024-10-09", 5, "2024-10-15"),
    ("2024-10-25", 5, "2024-11-01"),
    ("2024-12-30", 2, "2025-01-02"),
    ("2025-01-24", 5, "2025-02-07"),
    ("2025-04-25", 2, "2025-04-28"),
    ("2025-09-26", 5, "2025-10-10"),
    ("2025-12-31", 2, "2026-01-05"),
    ("2026-02-12", 5, "2026-02-26"),
    ("2026-02-13", 2, "2026-02-24"),
    ("2026-04-30", 5, "2026-05-11"),
    ("2026-09-18", 5, "2026-09-24"),
    ("2026-09-30", 5, "2026-10-13"),
    ("2026-10-08", 2, "2026-10-10"),
    # dates around long holidays and working weekend days
    ("2026-09-18", 2, "2026-09-21"),
    ("2026-09-24", 2, "2026-09-29"),
    ("2026-09-24", 5, "2026-10-09"),
    ("2026-09-30", 2, "2026-10-09"),
    ("2026-02-13", 5, "2026-02-27"),
    ("2026-02-14", 2, "2026-02-25"),
    ("2026-02-14", 5, "2026-02-28"),
    ("2026-05-08", 2, "2026-05-11"),
    ("2026-05-08", 5, "2026-05-14"),
    ("2026-10-03", 2, "2026-10-09"),
    ("2026-10-03", 5, "2026-10-13"),
    # leap day
    ("2024-02-28", 1, "2024-02-29"),
    ("2024-02-29", 1, "2024-03-01"),
]


@pytest.mark.parametrize(("event", "n", "due"), VECTORS)
def test_vectors(event, n, due):
    assert add_workdays(date.fromisoformat(event), n, CAL).isoformat() == due
    assert workdays_between(date.fromisoformat(event), date.fromisoformat(due), CAL) == n


@pytest.mark.parametrize("n", [2, 5])
def test_a_year_that_is_not_loaded_is_refused(n):
    with pytest.raises(CalendarNotLoaded) as caught:
        add_workdays(date(2026, 12, 30), n, CAL)
    assert caught.value.year == 2027
    assert str(caught.value) == "2027年日历未录入：请在“设置 › 日历”导入国务院办公厅放假通知后再计算"


def test_the_last_working_day_of_a_loaded_year_still_counts():
    assert add_workdays(date(2026, 12, 30), 1, CAL) == date(2026, 12, 31)


def test_the_day_of_the_event_must_be_in_a_loaded_year():
    for call in (
        lambda: add_workdays(date(2023, 12, 31), 1, CAL),
        lambda: workdays_between(date(2023, 12, 31), date(2024, 1, 2), CAL),
        lambda: workdays_between(date(2024, 1, 2), date(2023, 12, 31), CAL),
        lambda: is_workday(date(2023, 12, 29), CAL),
    ):
        with pytest.raises(CalendarNotLoaded) as caught:
            call()
        assert caught.value.year == 2023


def test_agrees_with_two_independent_calendars_on_every_day():
    other = holidays.country_holidays("CN", years=[2024, 2025, 2026])
    ours = [is_workday(day, CAL) for day in ALL_DAYS]
    assert ours == [chinese_calendar.is_workday(day) for day in ALL_DAYS]
    assert ours == [other.is_working_day(day) for day in ALL_DAYS]
    assert len(ours) == 1096


@pytest.mark.parametrize(("year", "days", "working"), [(2024, 366, 251), (2025, 365, 248), (2026, 365, 248)])
def test_days_of_the_year(year, days, working):
    of_year = [day for day in ALL_DAYS if day.year == year]
    assert (len(of_year), sum(is_workday(day, CAL) for day in of_year)) == (days, working)


event_days = st.dates(FIRST, date(2026, 10, 31))
counts = st.integers(1, 30)


@given(event_days, event_days, counts, counts)
def test_due_day_is_monotone_a_working_day_and_never_the_event(a, b, m, n):
    due = add_workdays(a, n, CAL)
    assert is_workday(due, CAL)
    assert due > a
    assert workdays_between(a, due, CAL) == n
    if a <= b and n <= m:
        assert due <= add_workdays(b, m, CAL)
    assert add_workdays(a, n + 1, CAL) > due


@given(event_days, event_days)
def test_distance_changes_sign_with_direction(a, b):
    assert workdays_between(a, b, CAL) == -workdays_between(b, a, CAL)
    assert workdays_between(a, a, CAL) == 0


def test_local_closing_days_win_over_the_notice():
    friday, make_up = date(2024, 6, 7), date(2024, 9, 14)
    local = loaded(closed=[friday, make_up])
    assert [is_workday(day, local) for day in (friday, make_up)] == [False, False]
    assert add_workdays(date(2024, 6, 6), 1, local) == date(2024, 6, 11)


@pytest.mark.parametrize(
    ("today", "text"),
    [
        ("2024-06-06", "还剩 3 个工作日"),
        ("2024-06-08", "还剩 2 个工作日"),
        ("2024-06-11", "还剩 1 个工作日"),
        ("2024-06-12", "今天到期"),
        ("2024-06-13", "逾期 1 个工作日"),
        ("2024-06-14", "逾期 2 个工作日"),
        ("2024-06-16", "逾期 2 个工作日"),
        ("2024-06-17", "逾期 3 个工作日"),
    ],
)
def test_words(today, text):
    assert words(date(2024, 6, 12), date.fromisoformat(today), CAL) == text


def test_words_when_only_rest_days_lie_between():
    assert words(date(2024, 6, 14), date(2024, 6, 15), CAL) == "逾期不足 1 个工作日"
    assert words(date(2024, 6, 16), date(2024, 6, 15), CAL) == "还剩不足 1 个工作日"


def test_words_need_the_calendar_too():
    with pytest.raises(CalendarNotLoaded):
        words(date(2026, 12, 31), date(2027, 1, 4), CAL)


def test_bad_arguments_are_refused():
    for n in (0, -1):
        with pytest.raises(ValueError, match="正整数"):
            add_workdays(date(2024, 6, 3), n, CAL)
    with pytest.raises(TypeError, match="北京时间"):
        is_workday(datetime(2024, 6, 10, 12), CAL)
    with pytest.raises(TypeError, match="北京时间"):
        Calendar(years=frozenset({2024}), off=frozenset({datetime(2024, 6, 10)}))
    with pytest.raises(ValueError, match="既是放假日又是调休上班日"):
        Calendar(years=frozenset({2024}), off=frozenset({date(2024, 6, 10)}), working=frozenset({date(2024, 6, 10)}))


@pytest.mark.parametrize(
    ("today", "kind", "text"),
    [
        ("2026-12-23", "todo", "还剩 5 个工作日"),
        ("2026-12-29", "soon", "还剩 1 个工作日"),
        ("2026-12-30", "soon", "今天到期"),
        ("2026-12-31", "late", "逾期 1 个工作日"),
        ("2027-01-04", "late", "已逾期：2027年日历未录入，天数待定"),
    ],
)
def test_countdown_is_one_function_for_every_page(today, kind, text):
    assert countdown(date(2026, 12, 30), date.fromisoformat(today), CAL) == Countdown(kind, text)


def test_countdown_to_a_year_that_is_not_loaded():
    assert countdown(date(2027, 1, 5), date(2026, 12, 30), CAL) == Countdown("soon", "期限待定：2027年日历未录入")
