"""Background work of the inspections: the morning's reminders, and mail."""

from celery import shared_task

from inspections import services
from registry import clock


@shared_task
def send_reminders() -> int:
    """Due dates that waited for a calendar first, then today's reminders; running it twice sends nothing twice."""
    services.fill_missing_due_dates()
    return services.send_due_reminders(day=clock.today())


def mail_notice(object_id: str) -> None:
    """A notice by e-mail (through `registry.jobs`)."""
    services.mail_notice(notice_id=int(object_id))
