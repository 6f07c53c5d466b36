"""What beat and the job runner call: ids in, one service call, harmless when run twice."""

from celery import shared_task

from publicity import services


def build_export_job(export_id: str) -> None:
    """Build one export (run by registry.jobs)."""
    services.build_export(export_id)


@shared_task
def expire_exports() -> int:
    """Take away the files of exports older than seven days."""
    return services.expire_exports()
