"""The legal clocks, on the vectors of the official calendars."""

import datetime as dt

import pytest

from inspections import deadlines
from registry.workdays import Calendar, CalendarNotLoaded
from tests.registry.test_workdays import CAL as LOADED

D = dt.date


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (D(2024, 6, 3), D(2024, 6, 5)),
        (D(2024, 6, 6), D(2024, 6, 11)),
        (D(2024, 6, 7), D(2024, 6, 12)),
        (D(2024, 12, 30), D(2025, 1, 2)),
        (D(2026, 10, 8), D(2026, 10, 10)),
    ],
)
def test_two_working_days_to_confirm(day: dt.date, due: dt.date) -> None:
    assert deadlines.confirm_by(day, 2, LOADED) == due


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (D(2024, 9, 11), D(2024, 9, 19)),
        (D(2024, 9, 26), D(2024, 10, 9)),
        (D(2025, 1, 24), D(2025, 2, 7)),
        (D(2026, 9, 30), D(2026, 10, 13)),
    ],
)
def test_five_working_days_to_enter(day: dt.date, due: dt.date) -> None:
    assert deadlines.backfill_by(day, 5, LOADED) == due


def test_twenty_working_days_to_publish() -> None:
    assert deadlines.publish_by(D(2024, 6, 7), 20, LOADED) == D(2024, 7, 8)


@pytest.mark.parametrize("rule", [deadlines.confirm_by, deadlines.backfill_by, deadlines.publish_by])
def test_a_year_without_a_notice_is_never_guessed(rule: object) -> None:
    with pytest.raises(CalendarNotLoaded) as caught:
        rule(D(2026, 12, 31), 2, LOADED)
    assert caught.value.year == 2027


@pytest.mark.parametrize(
    ("day", "until"),
    [
        (D(2024, 6, 4), D(2024, 6, 5)),
        (D(2024, 6, 7), D(2024, 6, 11)),  # Friday before 端午: what is due on Tuesday
        (D(2024, 6, 8), D(2024, 6, 9)),
        (D(2026, 12, 31), D(2027, 1, 1)),  # the next year is not loaded
    ],
)
def test_reminded_by(day: dt.date, until: dt.date) -> None:
    assert deadlines.reminded_by(day, LOADED) == until


def test_words_are_those_of_the_calendar() -> None:
    assert deadlines.words(D(2024, 6, 5), D(2024, 6, 4), LOADED) == "还剩 1 个工作日"
    assert deadlines.reminded_by(D(2024, 6, 4), Calendar(years=frozenset())) == D(2024, 6, 5)
