"""The hook for tried crashes: silent unless asked, and never to be had outside tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from registry.faults import KILLED, FaultInjected, fault_point

BASE = Path(__file__).resolve().parents[2]


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); from registry.faults import fault_point; {code}"],
        cwd=BASE, env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_nothing_happens_unless_asked_for_this_name(monkeypatch):
    monkeypatch.delenv("FAULT_POINT", raising=False)
    fault_point("draw:after_insert")
    monkeypatch.setenv("FAULT_POINT", "draw:after=raise, export:written=raise")
    fault_point("draw:after_insert")
    with pytest.raises(FaultInjected, match="export:written"):
        fault_point("export:written")


def test_a_wait_and_a_word_that_is_no_action(monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr("registry.faults.time.sleep", waits.append)
    monkeypatch.setenv("FAULT_POINT", "request:sent=sleep:0.02")
    fault_point("request:sent")
    assert waits == [0.02]
    monkeypatch.setenv("FAULT_POINT", "request:sent=explode")
    with pytest.raises(ValueError, match="explode"):
        fault_point("request:sent")


def test_a_hold_lasts_until_its_file_is_removed_and_says_where_it_stands(monkeypatch, tmp_path):
    file = tmp_path / "hold"
    monkeypatch.setenv("FAULT_POINT", f"draw:locked=hold:{file}")
    fault_point("draw:locked")
    assert not file.exists()
    file.touch()
    seen: list[str] = []

    def look(_: float) -> None:
        seen.append(file.read_text())
        file.unlink()

    monkeypatch.setattr("registry.faults.time.sleep", look)
    fault_point("draw:locked")
    assert seen == ["draw:locked"]


def test_outside_tests_it_is_deaf_even_when_settings_are_loaded(monkeypatch, settings):
    monkeypatch.setenv("FAULT_POINT", "draw:after_insert=raise")
    settings.TESTING = False
    fault_point("draw:after_insert")


def test_exit_ends_the_process_at_once():
    done = run("fault_point('draw:after_insert'); print('alive')", FAULT_POINT="draw:after_insert=exit")
    assert (done.returncode, done.stdout) == (KILLED, "")


def test_a_start_with_it_but_without_testing_is_refused():
    done = run("print('alive')", FAULT_POINT="draw:after_insert=exit", TESTING="0", SECRET_KEY="x" * 60)
    assert done.returncode == 1
    assert "FAULT_POINT 只用于测试" in done.stderr
