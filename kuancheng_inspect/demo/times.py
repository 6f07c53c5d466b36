"""The clock of the demonstration: it stands still at the moments of the story."""

import datetime as dt

from registry import clock


def at(text: str) -> None:
    """Let the clock stand still at a Shanghai time, ``YYYY-MM-DD HH:MM``."""
    clock.pin(dt.datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI), running=False)


def moment(day: str, hour: int, minute: int) -> dt.datetime:
    """An aware Shanghai time."""
    return dt.datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=clock.SHANGHAI)
