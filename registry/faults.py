"""Named places where a test may make this process die, wait or fail: how promises about crashes are tried (trust.md F).

Only with TESTING; the settings refuse to load when FAULT_POINT is set without it.
"""

import os
import time
from pathlib import Path

from django.conf import settings

KILLED = 9
HOLD_SECONDS = 30.0


class FaultInjected(Exception):
    """What `raise` raises at a fault point."""


def fault_point(name: str) -> None:
    """Do here what the environment variable FAULT_POINT says for ``name``, by default nothing.

    FAULT_POINT is ``name=action``, several joined by commas. Actions: ``exit`` (the process ends at once, as by kill
    -9), ``sleep:SECONDS``, ``raise`` (FaultInjected), ``hold:FILE`` (write into the file, so that the test sees where
    the process stands, and wait until the test removes it; straight on when there is none). Raises ValueError for an
    action that is none of these.
    """
    asked = os.environ.get("FAULT_POINT", "")
    if not asked or not settings.TESTING:
        return
    for entry in asked.split(","):
        place, _, action = entry.strip().partition("=")
        if place == name:
            _act(name, action)


def _act(name: str, action: str) -> None:
    verb, _, argument = action.partition(":")
    if verb == "exit":
        os._exit(KILLED)
    elif verb == "sleep":
        time.sleep(float(argument))
    elif verb == "hold":
        _hold(Path(argument), name)
    elif verb == "raise":
        raise FaultInjected(name)
    else:
        raise ValueError(f"FAULT_POINT: {name} has the unknown action {action!r}")


def _hold(file: Path, name: str) -> None:
    deadline = time.monotonic() + HOLD_SECONDS
    if file.exists():
        file.write_text(name)
    while file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
