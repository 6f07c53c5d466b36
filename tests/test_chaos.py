"""F5, F6: workers killed and the database stopped under autosaves: nothing acknowledged is lost, nothing done twice.

The control has the operation keys switched off and must show doubles, or the harness could not see any.
"""

from __future__ import annotations

import pytest

from benchmarks.chaos import Scenario, run

pytestmark = pytest.mark.race


def test_what_was_acknowledged_is_there_once() -> None:
    real, control = run(
        [Scenario(10, every=1.2, patience=60), Scenario(3, every=0.4, keys=False, crashes=False, patience=60)], pairs=8
    )  # fmt: skip
    assert (real.lost, real.doubled) == (0, 0)
    assert real.keys == real.effects == real.versions >= real.acknowledged > 0
    assert real.kills > 0
    assert real.crashes > 0
    assert control.doubled > 0
