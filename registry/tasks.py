"""Celery tasks of the registry: the one that runs any job, and the sweep."""

from celery import shared_task

from registry import jobs
from registry.services.leftovers import Refused
from registry.services.leftovers import sweep_files as sweep_leftovers
from registry.services.store_mark import move_mark


@shared_task(acks_late=True)
def run_job(job_id: int) -> None:
    """Run one job by its id; harmless when it is already done."""
    jobs.run(job_id)


@shared_task
def sweep_jobs() -> int:
    """Send again what was left behind."""
    return jobs.sweep()


@shared_task
def take_over_jobs() -> int:
    """Go on with what a worker that died left half done."""
    return jobs.take_over()


@shared_task
def sweep_files() -> int:
    """Put the files that no row names away; too many of them, or after a restore, stay and stand in the log."""
    try:
        return len(sweep_leftovers())
    except Refused:
        return 0


@shared_task
def mark_store() -> str:
    """Move the mark of database and stored files on, so that a restore of either shows."""
    return move_mark()
