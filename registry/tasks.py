"""Celery tasks of the registry: the one that runs any job, and the sweep."""

from celery import shared_task

from registry import jobs
from registry.services.leftovers import TooMany
from registry.services.leftovers import sweep_files as sweep_leftovers


@shared_task(acks_late=True)
def run_job(job_id: int) -> None:
    """Run one job by its id; harmless when it is already done."""
    jobs.run(job_id)


@shared_task
def sweep_jobs() -> int:
    """Send again what was left behind."""
    return jobs.sweep()


@shared_task
def sweep_files() -> int:
    """Remove the files that no row names; too many of them stay, and stand in the log as an error."""
    try:
        return len(sweep_leftovers())
    except TooMany:
        return 0
