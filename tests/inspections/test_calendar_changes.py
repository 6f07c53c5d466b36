"""A calendar changed after the fact: open deadlines move, with an event and a message; closed ones never."""

import datetime as dt

import pytest
import time_machine
from django.test import override_settings

from inspections import services
from inspections.models import Confirmation, DepartmentSection, Notice
from inspections.services.clocks import is_late
from publicity import services as publicity_services
from publicity.models import Publication, PublishedResult
from registry import jobs
from registry.models import AuditEvent, CalendarDay, CalendarYear, Job
from registry.services import close_day, load_calendar_year, reopen_day
from tests import factories
from tests.inspections.desk import Desk, make_desk

D = dt.date
pytestmark = pytest.mark.django_db


def at(text: str) -> time_machine.travel:
    return time_machine.travel(f"{text}+08:00", tick=False)


def dispatched() -> Desk:
    desk = make_desk(2)
    desk.dispatch()
    Notice.objects.all().delete()
    return desk


def run_jobs() -> None:
    for job in Job.objects.filter(state="PENDING"):
        assert jobs.run(job.pk)
        job.refresh_from_db()
        assert (job.state, job.error) == ("DONE", "")


def test_a_local_closing_day_moves_what_is_open_and_taking_it_back_moves_it_again() -> None:
    desk = dispatched()
    with at("2024-06-04T09:00:00"):
        services.confirm_records(actor=desk.wl, confirmations=desk.confirmations("WL"))
        Notice.objects.all().delete()
        close_day(actor=desk.lead, day=D(2024, 6, 5), reason="县庆")
        run_jobs()
    assert {row.due_on for row in desk.confirmations("GA")} == {D(2024, 6, 6)}
    assert {row.due_on for row in desk.confirmations("WL")} == {D(2024, 6, 5)}  # closed ones stay
    assert {row.calendar_version for row in desk.confirmations("GA")} == {"2024v2 2025v1"}
    assert {row.calendar_version for row in desk.confirmations("WL")} == {"2024v1 2025v1"}
    [event] = AuditEvent.objects.filter(action="日历变更，重算期限")
    assert (event.stream, event.after["moved"], len(event.after["lines"])) == (f"plan:{desk.plan.pk}", {"确认": 2}, 2)
    assert event.after["lines"][0].endswith("公安局 确认期限 2024-06-05 → 2024-06-06")
    [notice] = Notice.objects.all()
    assert notice.recipient == desk.ga
    assert notice.text == (
        f"《{desk.plan}》工作日历有变更（2024年日历），您经办的期限已重算：确认 2 件，最早 6月6日到期。"
    )
    with at("2024-06-04T10:00:00"):
        reopen_day(actor=desk.lead, day=D(2024, 6, 5), reason="改期")
        run_jobs()
    assert {row.due_on for row in desk.confirmations("GA")} == {D(2024, 6, 5)}
    assert publicity_services.recompute_deadlines(why="再算一次") == 0


def open_sections(desk: Desk, visit: str) -> DepartmentSection:
    desk.confirm_all()
    record = desk.records[0]
    type(record).objects.filter(pk=record.pk).update(visit_from=visit, visit_to=visit)
    record.refresh_from_db()
    with at("2024-06-03T18:00:00"):
        services.clocks.start_clocks(record)
    return record.sections.get(department__code="WL")


def test_sections_and_publications_move_until_they_are_done() -> None:
    desk = dispatched()
    section = open_sections(desk, "2024-06-03T10:00:00+08:00")
    record = section.record
    assert (section.due_on, section.publish_due_on) == (D(2024, 6, 11), D(2024, 7, 2))
    ga = record.sections.get(department__code="GA")
    DepartmentSection.objects.filter(pk=ga.pk).update(state="APPROVED", submitted_at=factories.NOW)
    out = Publication.objects.create(
        record=record, plan=desk.plan, enterprise=record.selection.enterprise, version=1, name="x", uscc="x",
        snapshot={}, digest="x", published_at=factories.NOW, published_by=desk.lead,
    )  # fmt: skip
    PublishedResult.objects.create(publication=out, department=ga.department, organ="x", results="x")
    Notice.objects.all().delete()
    with at("2024-06-05T09:00:00"):
        close_day(actor=desk.lead, day=D(2024, 6, 6), reason="停电")
        impact = publicity_services.calendar_impact(services.clocks.current_calendar()[0])
        run_jobs()
    assert impact == {"回填": 1, "公示": 1}
    section.refresh_from_db()
    ga.refresh_from_db()
    assert (section.due_on, section.publish_due_on) == (D(2024, 6, 12), D(2024, 7, 3))
    assert (section.calendar_version, section.publish_calendar_version) == ("2024v2 2025v1", "2024v2 2025v1")
    assert (ga.due_on, ga.publish_due_on) == (D(2024, 6, 11), D(2024, 7, 2))
    told = {notice.recipient for notice in Notice.objects.all()}
    assert told == {*services.people.inspectors_of([section]), desk.lead}


def test_a_year_that_comes_late_fills_what_waited_and_judges_what_was_submitted() -> None:
    desk = dispatched()
    section = open_sections(desk, "2025-12-29T10:00:00+08:00")
    assert (section.due_on, section.publish_due_on) == (None, None)
    submitted = dt.datetime.fromisoformat("2026-01-07T09:00:00+08:00")
    DepartmentSection.objects.filter(pk=section.pk).update(state="SUBMITTED", submitted_at=submitted)
    days = [(D(2026, 1, n), "OFF", "元旦") for n in (1, 2, 3)] + [(D(2026, 1, 4), "WORK", "元旦")]
    with at("2026-01-07T10:00:00"):
        load_calendar_year(actor=desk.lead, year=2026, notice="通知", days=days)
        run_jobs()
    section.refresh_from_db()
    # 30 and 31 December, 4 (a working Sunday), 5 and 6 January
    assert (section.due_on, section.late, section.calendar_version) == (D(2026, 1, 6), True, "2024v1 2025v1 2026v1")


def test_two_changes_in_a_row_are_both_computed() -> None:
    """The second is not swallowed by a job that runs already: it has not seen it."""
    desk = dispatched()
    close_day(actor=desk.lead, day=D(2024, 6, 5), reason="甲")
    Job.objects.update(state="RUNNING", started_at=factories.NOW)
    close_day(actor=desk.lead, day=D(2024, 6, 6), reason="乙")
    assert list(Job.objects.order_by("pk").values_list("object_id", "state")) == [
        ("2024v2", "RUNNING"),
        ("2024v3", "PENDING"),
    ]
    run_jobs()
    assert set(Confirmation.objects.values_list("due_on", flat=True)) == {D(2024, 6, 7)}


@pytest.mark.parametrize(
    ("moment", "close", "late"),
    [
        ("2024-06-05T15:59:59+00:00", None, False),  # 23:59:59 in Shanghai
        ("2024-06-05T16:00:00+00:00", None, True),  # midnight in Shanghai is 16:00 UTC
        ("2024-06-05T17:30:00.900+08:00", dt.time(17, 30), False),  # the second itself is on time
        ("2024-06-05T17:30:01+08:00", dt.time(17, 30), True),
        ("2024-06-04T23:00:00+08:00", dt.time(17, 30), False),
        ("2024-06-06T08:00:00+08:00", dt.time(17, 30), True),
    ],
)
def test_on_time_until_the_last_second(moment: str, close: dt.time | None, late: bool) -> None:
    with override_settings(CLOSE_OF_BUSINESS=close):
        assert is_late(D(2024, 6, 5), dt.datetime.fromisoformat(moment)) is late
        assert is_late(None, dt.datetime.fromisoformat(moment)) is False


def test_the_version_stays_readable_after_many_years() -> None:
    for year in range(2020, 2030):
        CalendarYear.objects.create(year=year, notice="x", loaded_at=factories.NOW, version=12)
    assert services.clocks.current_calendar()[1] == "2026v12 2027v12 2028v12 2029v12"
    assert CalendarDay.objects.count() == 0
