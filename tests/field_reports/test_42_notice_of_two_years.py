"""The notice of a year may fix days of the year before: they go there, and nothing else of that year moves."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from registry import services
from registry.enums import DayKind, Role
from registry.errors import DomainError
from registry.models import AuditEvent, CalendarDay, CalendarYear
from registry.workdays import add_workdays
from tests import factories as f

pytestmark = pytest.mark.django_db
PASTED = "2018-12-29 班 元旦\n2018-12-30 休 元旦\n2018-12-31 休 元旦\n2019-01-01 休 元旦"
Row = tuple[dt.date, str, str]
NOTICE: list[Row] = [
    (dt.date(2018, 12, 29), DayKind.WORK, "元旦"),
    (dt.date(2018, 12, 30), DayKind.OFF, "元旦"),
    (dt.date(2018, 12, 31), DayKind.OFF, "元旦"),
    (dt.date(2019, 1, 1), DayKind.OFF, "元旦"),
]
SPRING: Row = (dt.date(2018, 2, 16), DayKind.OFF, "春节")


def load(year: int, days: list[Row]) -> None:
    services.load_calendar_year(actor=None, year=year, notice="放假通知", days=days)


def held() -> list[tuple[int, str, str]]:
    rows = CalendarDay.objects.order_by("day", "kind").values_list("year", "day", "kind")
    return [(year, f"{day:%m-%d}", kind) for year, day, kind in rows]


def versions() -> dict[int, int]:
    return dict(CalendarYear.objects.values_list("year", "version"))


def test_pasted_whole_it_is_shown_then_saved() -> None:
    load(2018, [SPRING])
    client = Client()
    client.force_login(f.make_user(Role.SYSADMIN))
    page, data = (
        reverse("registry:calendar_import"),
        {"year": "2019", "notice": "国办 2018年12月6日通知", "text": PASTED},
    )
    shown: Any = client.post(page, {**data, "do": "check"})
    assert (shown.status_code, shown.context["change"].before) == (200, NOTICE[:3])
    words = "其中 3 天属于 2018 年，存到 2018 年的日历里，那一年其余的日子不变：12月29日 班、12月30日 休、12月31日 休。"
    assert shown.content.decode().count(words) == 1
    assert versions() == {2018: 1}
    assert client.post(page, {**data, "do": "save"}).status_code == 302
    assert versions() == {2018: 2, 2019: 1}
    assert held() == [
        (2018, "02-16", "OFF"), (2018, "12-29", "WORK"), (2018, "12-30", "OFF"), (2018, "12-31", "OFF"),
        (2019, "01-01", "OFF"),
    ]  # fmt: skip
    calendar, _version = services.current_calendar()
    assert add_workdays(dt.date(2018, 12, 27), 2, calendar) == dt.date(2018, 12, 29)
    event = AuditEvent.objects.get(action="修改日历")
    assert (event.object_id, event.reason) == ("2018", "2019年的放假通知包含2018年的日子")


def test_the_preview_computes_with_both_years() -> None:
    load(2018, [SPRING, (dt.date(2018, 12, 31), DayKind.OFF, "旧")])
    change = services.preview_calendar_year(2019, NOTICE)
    assert ([row[0] for row in change.added], change.removed) == ([NOTICE[0][0], NOTICE[1][0], NOTICE[3][0]], [])
    assert (SPRING[0] in change.calendar.off, NOTICE[0][0] in change.calendar.working) == (True, True)
    assert add_workdays(dt.date(2018, 12, 27), 2, change.calendar) == dt.date(2018, 12, 29)


def test_loaded_twice_the_year_before_stays_at_its_version() -> None:
    load(2018, [SPRING])
    load(2019, NOTICE)
    load(2019, NOTICE)
    assert versions() == {2018: 2, 2019: 2}


def test_a_day_of_the_year_before_that_said_otherwise_is_replaced() -> None:
    load(2018, [(dt.date(2018, 12, 29), DayKind.OFF, "误录")])
    load(2019, NOTICE)
    assert held()[0] == (2018, "12-29", "WORK")


def test_a_year_before_that_is_not_loaded_is_asked_for() -> None:
    with pytest.raises(DomainError) as refused:
        load(2019, NOTICE)
    words = "有 3 天属于2018年，而2018年的日历还没有录入：请先录入，或删去这几行"
    assert (refused.value.problems, CalendarYear.objects.count()) == ([words], 0)


@pytest.mark.parametrize("day", [dt.date(2017, 12, 31), dt.date(2018, 11, 30), dt.date(2020, 1, 1)])
def test_other_years_are_still_a_mistake(day: dt.date) -> None:
    load(2018, [SPRING])
    with pytest.raises(DomainError) as refused:
        load(2019, [*NOTICE, (day, DayKind.OFF, "")])
    assert refused.value.problems == [f"{day}不在2019年"]
