"""Background work. The row in the database is the truth; Celery only carries its id, and may be away.

``enqueue`` is the only way to Celery (held by tests/test_house_rules.py). A job that was never sent, or whose worker
died, is found by ``sweep`` (beat, every minute) and sent again; running a job twice must be harmless.
"""

import datetime as dt
import logging
import traceback

from celery import current_app
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.module_loading import import_string

from registry import clock
from registry.enums import JobState
from registry.models import Job

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
UNSENT_AFTER = dt.timedelta(seconds=30)
DEAD_AFTER = dt.timedelta(minutes=11)  # longer than CELERY_TASK_TIME_LIMIT: a task that old is not running any more


def enqueue(task: str, object_id: object) -> Job:
    """Remember a job (``task``: dotted path of ``f(object_id: str)``) and send it once the transaction commits.

    An open job for the same task and object is returned instead of a second one.
    """
    open_states = [JobState.PENDING, JobState.RUNNING]
    try:
        with transaction.atomic():
            job = Job.objects.create(task=task, object_id=str(object_id), created_at=clock.now())
    except IntegrityError:
        return Job.objects.get(task=task, object_id=str(object_id), state__in=open_states)
    transaction.on_commit(lambda: _send(job.pk), robust=True)
    return job


def _send(job_id: int) -> None:
    """Hand the id to Celery; a broker that is away costs a log line and one sweep, not the user's request."""
    try:
        current_app.send_task("registry.tasks.run_job", args=(job_id,), retry=False)
    except Exception:
        log.warning("job %s was not sent; the sweep will send it", job_id)


def run(job_id: int) -> bool:
    """Claim and run one job; ``False`` when somebody else has it or it is done.

    The claim is one conditional UPDATE, so two workers never run the same attempt.
    """
    claimed = Job.objects.filter(pk=job_id, state=JobState.PENDING).update(
        state=JobState.RUNNING, started_at=clock.now(), attempts=F("attempts") + 1
    )
    if not claimed:
        return False
    job = Job.objects.get(pk=job_id)
    try:
        import_string(job.task)(job.object_id)
    except Exception:
        log.exception("job %s failed", job)
        state = JobState.PENDING if job.attempts < MAX_ATTEMPTS else JobState.FAILED
        Job.objects.filter(pk=job_id).update(state=state, finished_at=clock.now(), error=traceback.format_exc()[-2000:])
        return True
    Job.objects.filter(pk=job_id).update(state=JobState.DONE, finished_at=clock.now(), error="")
    return True


def sweep() -> int:
    """Send again what was left behind: never sent, failed and to be retried, or claimed by a worker that died."""
    now = clock.now()
    _take_over_dead(now)
    left = Job.objects.filter(state=JobState.PENDING, created_at__lt=now - UNSENT_AFTER, attempts__lt=MAX_ATTEMPTS)
    ids = list(left.order_by("pk").values_list("pk", flat=True)[:500])
    for job_id in ids:
        _send(job_id)
    return len(ids)


def _take_over_dead(now: dt.datetime) -> None:
    """Jobs of a worker that died wait again; one that killed a worker each time it was tried is given up."""
    dead = Job.objects.filter(state=JobState.RUNNING, started_at__lt=now - DEAD_AFTER)
    dead.filter(attempts__gte=MAX_ATTEMPTS).update(state=JobState.FAILED, finished_at=now, error="反复中断，已放弃")
    dead.update(state=JobState.PENDING)


def run_waiting() -> int:
    """Run here, without Celery, what waits, and what a dead worker left; number of jobs. For offices on cron."""
    _take_over_dead(clock.now())
    ids = Job.objects.filter(state=JobState.PENDING, attempts__lt=MAX_ATTEMPTS).order_by("pk")
    return sum(run(job_id) for job_id in list(ids.values_list("pk", flat=True)))
