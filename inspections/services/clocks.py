"""The clocks that the end of a visit starts: back-fill (notice 六(三)) and publication."""

import datetime as dt

from django.db import transaction

from inspections.deadlines import backfill_by, publish_by
from inspections.enums import CLOSED_WITHOUT_VISIT, OPEN_FOR_ENTRY
from inspections.models import DepartmentSection, InspectionRecord
from registry import clock
from registry.services import current_calendar
from registry.workdays import Calendar, CalendarNotLoaded


def due_dates(record: InspectionRecord, calendar: Calendar) -> tuple[dt.date | None, dt.date | None]:
    """(back-fill by, publish by) from the day the visit ended; None while the visit runs or the year is not loaded."""
    if record.visit_to is None:
        return None, None
    day = record.visit_to.astimezone(clock.SHANGHAI).date()
    found: list[dt.date | None] = []
    for rule, days in ((backfill_by, record.plan.backfill_days), (publish_by, record.plan.publish_days)):
        try:
            found.append(rule(day, days, calendar))
        except CalendarNotLoaded:
            found.append(None)
    return found[0], found[1]


def start_clocks(record: InspectionRecord) -> None:
    """Set both due dates of every section still open for entry; the caller holds the record's lock."""
    calendar, version = current_calendar()
    due, publish = due_dates(record, calendar)
    record.sections.filter(state__in=list(OPEN_FOR_ENTRY)).update(
        due_on=due, publish_due_on=publish, calendar_version=version
    )


@transaction.atomic
def fill_missing_due_dates() -> int:
    """Compute due dates that waited for a calendar year (期限待定); how many sections got one. Safe to repeat."""
    calendar, version = current_calendar()
    waiting = DepartmentSection.objects.filter(record__visit_to__isnull=False, publish_due_on=None)
    waiting = waiting.exclude(state__in=list(CLOSED_WITHOUT_VISIT))
    count = 0
    for section in waiting.select_related("record__plan"):
        due, publish = due_dates(section.record, calendar)
        if (due, publish) == (section.due_on, section.publish_due_on):
            continue
        section.due_on, section.publish_due_on, section.calendar_version = due, publish, version
        if section.submitted_at and due:
            section.late = section.submitted_at.astimezone(clock.SHANGHAI).date() > due
        section.save(update_fields=["due_on", "publish_due_on", "calendar_version", "late"])
        count += 1
    return count
