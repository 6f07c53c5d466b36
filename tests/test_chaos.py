"""F5, F6: workers killed and the database stopped under autosaves: nothing acknowledged is lost, nothing done twice.

The control has the operation keys switched off, loses as many workers and must double ten times, or the harness could
not see a fault.
"""

from __future__ import annotations

import pytest

from benchmarks import chaos
from benchmarks.chaos import NO_POWER, POWER, Scenario, Verdict, has_power, trial


@pytest.mark.race
def test_what_was_acknowledged_is_there_once() -> None:
    real, control = trial(
        Scenario(10, every=1.0, patience=90, kills=14),
        Scenario(0, every=0.4, keys=False, crashes=False, patience=90),
        pairs=8,
    )
    assert (real.lost, real.doubled) == (0, 0)
    assert real.keys == real.effects == real.versions >= real.acknowledged > 0
    assert real.kills >= 14
    assert real.crashes > 0
    assert has_power(real, control), control


def verdict(*, kills: int = 12, doubled: int = 0, lost: int = 0) -> Verdict:
    return Verdict(100, lost, doubled, 100, 100, 100, kills, 3, 1.0)


@pytest.mark.parametrize(
    ("real", "control", "code", "said"),
    [
        (verdict(), verdict(doubled=POWER), 0, "verdict: ok"),
        (verdict(), verdict(doubled=POWER - 1), NO_POWER, "verdict: no power"),
        (verdict(), verdict(doubled=50, kills=11), NO_POWER, "verdict: no power"),
        (verdict(kills=0), verdict(doubled=50, kills=0), NO_POWER, "verdict: no power"),
        (verdict(doubled=1), verdict(doubled=50), 1, "verdict: FAILED"),
        (verdict(lost=1), verdict(doubled=0), 1, "verdict: FAILED"),
    ],
)
def test_the_verdict_is_worth_what_its_control_is_worth(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    real: Verdict,
    control: Verdict,
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr(chaos, "trial", lambda *scenarios: (real, control))
    assert chaos.main(1.0) == code
    assert capsys.readouterr().out.splitlines()[-1].partition(" (")[0] == said
