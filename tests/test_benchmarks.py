"""`make bench` with the smallest sizes: every benchmark still runs and says what it agreed to say (not how fast)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from tests.house_rules import BASE

NAMES = bench.names([])
IN_A_BROWSER = {"phone_weight", "verify_page"}


def test_what_is_no_benchmark_is_not_taken_for_one() -> None:
    assert set(NAMES) == {
        "draw", "freeze", "held_registry", "pdf", "phone_weight", "progress", "registry_import", "reminders", "save",
        "verify_page",
    }  # fmt: skip


@pytest.mark.pg
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_each_benchmark_runs(name: str, tmp_path: Path) -> None:
    target, clean = tmp_path / "figures.json", {"DATABASE_URL", "MEDIA_ROOT", "REDIS_URL", "BENCH_FREEZE_ROWS"}
    environment = {key: value for key, value in os.environ.items() if key not in clean} | {"BENCH_TINY": "1"}
    command = [sys.executable, "-m", "benchmarks", bench.CHILD, name, str(target)]
    done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    figures = json.loads(target.read_text(encoding="utf-8"))
    assert (figures != {}) == (name not in IN_A_BROWSER or shutil.which("chromium") is not None)
    assert sum(line.count("None") for line in bench.table(figures).splitlines()) == 0
