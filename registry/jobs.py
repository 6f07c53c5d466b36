"""Background work. The row in the database is the truth; Celery only carries its id, and may be away.

``enqueue`` is the only way to Celery (held by tests/test_house_rules.py). A job that was never sent is found by
``sweep`` (beat, every minute) and sent again. Who runs one says every ten seconds that it is alive; a job of which
nobody has said so for half a minute is free again (``take_over``, beat, every 15 seconds). Running a job twice must
be harmless.
"""

import datetime as dt
import logging
import secrets
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from celery import current_app
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils.module_loading import import_string

from registry import clock
from registry.enums import JobState
from registry.models import Job

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
UNSENT_AFTER = dt.timedelta(seconds=30)
QUIET = 10.0  # seconds for which a broker that did not answer is left alone
BEAT = 10.0  # seconds between two signs of life
LEASE = dt.timedelta(seconds=30)  # without one for so long, the worker is dead or cut off


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


class _Breaker:
    """A broker that did not answer is not asked again for a while: the next click does not wait for it too."""

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def open(self) -> bool:
        """Whether it is left alone now."""
        return time.monotonic() < self._until

    def trip(self) -> None:
        """It did not answer."""
        self._until = time.monotonic() + QUIET

    def reset(self) -> None:
        """It may be asked again."""
        self._until = 0.0


broker = _Breaker()  # of this process


def _send(job_id: int) -> None:
    """Hand the id to Celery; a broker that is away costs a log line and one sweep, not the user's request."""
    if broker.open:
        return
    try:
        current_app.send_task("registry.tasks.run_job", args=(job_id,), retry=False)
    except Exception as error:
        broker.trip()
        log.warning("job %s was not sent, the sweep will send it: %s", job_id, error)


def run(job_id: int) -> bool:
    """Claim and run one job; ``False`` when somebody else has it or it is done.

    The claim is one conditional UPDATE, so two workers never run the same attempt; whoever has lost it meanwhile to
    another says nothing about how the job ended.
    """
    claim, now = secrets.token_hex(16), clock.now()
    claimed = Job.objects.filter(pk=job_id, state=JobState.PENDING).update(
        state=JobState.RUNNING, started_at=now, alive_at=now, claim=claim, attempts=F("attempts") + 1
    )
    if not claimed:
        return False
    job, ours = Job.objects.get(pk=job_id), Job.objects.filter(pk=job_id, state=JobState.RUNNING, claim=claim)
    try:
        with _alive(job_id, claim):
            import_string(job.task)(job.object_id)
    except Exception:
        log.exception("job %s failed", job)
        state = JobState.PENDING if job.attempts < MAX_ATTEMPTS else JobState.FAILED
        ours.update(state=state, finished_at=clock.now(), error=traceback.format_exc()[-2000:])
        return True
    ours.update(state=JobState.DONE, finished_at=clock.now(), error="")
    return True


@contextmanager
def _alive(job_id: int, claim: str) -> Iterator[None]:
    """Say every ten seconds, from a thread with a connection of its own, that the job is being worked at."""
    done = threading.Event()

    def say() -> None:
        ours = Job.objects.filter(pk=job_id, state=JobState.RUNNING, claim=claim)
        try:
            while not done.wait(BEAT):
                try:
                    ours.update(alive_at=clock.now())
                except DatabaseError:  # away or busy: the next one may come through
                    log.warning("job %s: no sign of life could be written", job_id)
                    connection.close()
        finally:
            connection.close()

    thread = threading.Thread(target=say, name=f"job-{job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(BEAT)


def sweep() -> int:
    """Send again what was left behind: never sent, failed and to be retried, or claimed by a worker that died."""
    now = clock.now()
    _free(now)
    left = Job.objects.filter(state=JobState.PENDING, created_at__lt=now - UNSENT_AFTER, attempts__lt=MAX_ATTEMPTS)
    ids = list(left.order_by("pk").values_list("pk", flat=True)[:500])
    for job_id in ids:
        _send(job_id)
    return len(ids)


def take_over() -> int:
    """Send on what a worker that died left half done; how many."""
    freed = _free(clock.now())
    for job_id in freed:
        _send(job_id)
    return len(freed)


def _free(now: dt.datetime) -> list[int]:
    """Jobs of a worker that died wait again (these); one that killed a worker at each try is given up."""
    before = now - LEASE
    silent = Q(alive_at__lt=before) | Q(alive_at__isnull=True, started_at__lt=before)
    dead = Job.objects.filter(silent, state=JobState.RUNNING)
    dead.filter(attempts__gte=MAX_ATTEMPTS).update(state=JobState.FAILED, finished_at=now, error="反复中断，已放弃")
    rows = list(dead.order_by("pk").values_list("pk", "claim"))
    return [pk for pk, claim in rows if dead.filter(pk=pk, claim=claim).update(state=JobState.PENDING)]


def run_waiting() -> int:
    """Run here, without Celery, what waits, and what a dead worker left; number of jobs. For offices on cron."""
    _free(clock.now())
    ids = Job.objects.filter(state=JobState.PENDING, attempts__lt=MAX_ATTEMPTS).order_by("pk")
    return sum(run(job_id) for job_id in list(ids.values_list("pk", flat=True)))
