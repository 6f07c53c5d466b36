"""Background work of the inspections: the day's reminders, and the messages on their way out."""

from celery import shared_task

from inspections import services
from registry import clock


@shared_task
def send_reminders() -> int:
    """Due dates that waited for a calendar first, then today's reminders.

    Beat asks every ten minutes: what a dead worker or an outage left undone is made up by the next call, and once
    today's run has finished this costs one query.
    """
    if not services.run_is_due(clock.now()):
        return 0
    services.fill_missing_due_dates()
    return services.send_due_reminders(day=clock.today())


@shared_task
def check_people() -> int:
    """Whose records nobody will visit, whose certificate ends; running it twice tells nobody twice."""
    return services.check_people(day=clock.today())


@shared_task
def send_deliveries() -> int:
    """Try what waits for its next try."""
    return services.deliver_waiting()


def deliver_waiting(object_id: str) -> None:
    """New messages, at once (through `registry.jobs`)."""
    services.deliver_waiting()
