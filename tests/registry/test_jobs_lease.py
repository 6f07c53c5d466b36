"""Who runs a job says so; who does not any more loses it, and then says nothing about its end."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import Any

import pytest
from django.db import connection

from registry import clock, jobs
from registry.enums import JobState
from registry.models import Job

SHORT = dt.timedelta(seconds=0.5)
WORK = "tests.registry.test_jobs_lease.work"
inside, go = threading.Event(), threading.Event()


def work(object_id: str) -> None:
    """What the jobs of this file do: wait until they are let go."""
    inside.set()
    assert go.wait(20)
    if object_id == "bad":
        raise ValueError("it went wrong")


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    inside.clear()
    go.clear()
    monkeypatch.setattr(jobs, "LEASE", SHORT)
    monkeypatch.setattr(jobs, "_send", lambda job_id: None)


def in_thread(job_id: int) -> threading.Thread:
    def run() -> None:
        try:
            jobs.run(job_id)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert inside.wait(10)
    return thread


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_long_job_is_left_to_the_worker_that_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BEAT", 0.05)
    job = jobs.enqueue(WORK, "good")
    thread = in_thread(job.pk)
    ends = time.monotonic() + 4 * SHORT.total_seconds()
    while time.monotonic() < ends:
        assert jobs.take_over() == 0
        time.sleep(0.05)
    go.set()
    thread.join(10)
    assert Job.objects.values_list("state", "attempts").get() == (JobState.DONE, 1)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["good", "bad"])
def test_a_worker_that_was_cut_off_does_not_end_the_job_of_the_other(how: str) -> None:
    job = jobs.enqueue(WORK, how)
    thread = in_thread(job.pk)  # BEAT is ten seconds: to everybody else it is dead
    time.sleep(SHORT.total_seconds() * 1.5)
    assert jobs.take_over() == 1
    assert Job.objects.filter(state=JobState.PENDING).update(state=JobState.RUNNING, claim="other", attempts=2) == 1
    go.set()
    thread.join(10)
    assert Job.objects.values_list("state", "claim", "attempts", "error").get() == (JobState.RUNNING, "other", 2, "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("silent", "attempts", "state"),
    [
        ({"alive_at": 29}, 1, JobState.RUNNING),
        ({"alive_at": 31}, 1, JobState.PENDING),
        ({"alive_at": 31}, jobs.MAX_ATTEMPTS, JobState.FAILED),
        ({"alive_at": 31}, jobs.MAX_ATTEMPTS - 1, JobState.PENDING),
        ({"started_at": 31}, 1, JobState.PENDING),  # claimed before this was kept
        ({"started_at": 29}, 1, JobState.RUNNING),
        ({"started_at": 500, "alive_at": 5}, 1, JobState.RUNNING),
    ],
)
def test_after_half_a_minute_without_a_sign_of_life_it_is_free(
    monkeypatch: pytest.MonkeyPatch, silent: dict[str, Any], attempts: int, state: str
) -> None:
    monkeypatch.setattr(jobs, "LEASE", dt.timedelta(seconds=30))
    now = clock.now()
    clock.pin(now, running=False)
    ago = {name: now - dt.timedelta(seconds=seconds) for name, seconds in silent.items()}
    fields = {"started_at": now - dt.timedelta(seconds=40)} | ago
    job = Job.objects.create(
        task=WORK, object_id="1", state=JobState.RUNNING, created_at=now, attempts=attempts, claim="x", **fields
    )
    assert jobs.take_over() == (1 if state == JobState.PENDING else 0)
    job.refresh_from_db()
    assert job.state == state
