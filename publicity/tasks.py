"""What beat and the job runner call: ids in, one service call, harmless when run twice."""

from celery import shared_task

from publicity import services


def build_export_job(export_id: str) -> None:
    """Build one export (run by registry.jobs)."""
    services.build_export(export_id)


def recompute_deadlines(object_id: str) -> None:
    """Move the open deadlines after a change of the calendar (run by registry.jobs; ``2027v1``)."""
    services.recompute_deadlines(why=f"{object_id.partition('v')[0]}年日历")


@shared_task
def expire_exports() -> int:
    """Take away the files of exports older than seven days."""
    return services.expire_exports()
