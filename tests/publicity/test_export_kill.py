"""A worker killed in the middle of an export (trust.md F14): no half file, and the sweep has it finished once."""

import hashlib
import time
from collections.abc import Callable

import pytest

from registry.faults import KILLED
from tests.live_app import LiveApp

pytestmark = pytest.mark.pg

ASK = """
from publicity.enums import ExportKind
from publicity.services import request_export
from tests.publicity.scene import make_campaign
county = make_campaign(2, publish=2)
print(request_export(actor=county.lead, plan=county.plan, kind=ExportKind.RESULTS_XLSX).pk)
"""
# What beat does every minute, at a time at which the claim of the dead worker has run out.
SWEEP = """
import datetime as dt
from registry import clock, jobs
clock.pin(clock.now() + jobs.LEASE + dt.timedelta(minutes=1))
print(jobs.take_over(), jobs.sweep(), jobs.sweep())
"""
STATE = "SELECT state, rows, sha256, file FROM publicity_exportjob"
JOB = "SELECT state, attempts FROM registry_job WHERE task LIKE '%build_export_job'"
PATIENCE = 60.0


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_killed_export_leaves_no_half_file_and_is_finished_once(new_live_app: LiveApp):
    app, folder = new_live_app, new_live_app.directory / "media" / "exports"
    app.environment["FAULT_POINT"] = "export:half_written=exit"
    with app.worker() as doomed:
        app.run(ASK)
        assert doomed.wait(PATIENCE) == KILLED
    assert app.rows(STATE) == [("RUNNING", 0, "", "")]
    assert app.rows(JOB) == [("RUNNING", 1)]
    assert [path.suffix for path in folder.iterdir()] == [".part"]

    del app.environment["FAULT_POINT"]
    with app.worker():
        assert app.run(SWEEP).split() == ["1", "1", "1"]
        wait_until(lambda: app.rows(JOB) == [("DONE", 2)])
    [(state, rows, digest, name)] = app.rows(STATE)
    content = (app.directory / "media" / name).read_bytes()
    assert (state, rows, hashlib.sha256(content).hexdigest()) == ("READY", 4, digest)
    assert len([path for path in folder.iterdir() if path.suffix == ".xlsx"]) == 1


@pytest.mark.slow
def test_a_killed_export_goes_on_within_a_minute(new_live_app: LiveApp):
    """As in life: a worker killed by the kernel, beat running, another worker there; no clock is moved."""
    app = new_live_app
    place = app.directory / "stands-here"
    place.touch()
    app.environment["FAULT_POINT"] = f"export:half_written=hold:{place}"
    with app.worker() as doomed:
        app.run(ASK)
        wait_until(lambda: place.read_text() != "")
        doomed.kill()
        killed = time.monotonic()
        doomed.wait(PATIENCE)
    del app.environment["FAULT_POINT"]
    with app.worker(), app.beat():
        wait_until(lambda: app.rows(JOB) == [("DONE", 2)])
    assert time.monotonic() - killed < 60
    [(state, rows, digest, name)] = app.rows(STATE)
    content = (app.directory / "media" / name).read_bytes()
    assert (state, rows, hashlib.sha256(content).hexdigest()) == ("READY", 4, digest)
    assert len(list((app.directory / "media" / "exports").glob("*.xlsx"))) == 1
