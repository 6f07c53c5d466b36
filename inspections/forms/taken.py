"""What a phone says about a picture: read if it can be, else left out. No photo is refused for its time or place."""

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_datetime

from inspections.enums import TakenFrom
from inspections.services.evidence import Taken
from registry import clock

FIRST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # before it no phone took pictures: a clock that was never set
AHEAD = dt.timedelta(hours=1)  # by how much a phone's clock may be ahead after it was corrected
MOST_METRES = 100_000


def read_taken(data: Mapping[str, Any]) -> Taken:
    """When, by what and where; what makes no sense is unknown."""
    at, source = _moment(data.get("taken_at")), str(data.get("taken_from", ""))
    if at is None or source not in TakenFrom.values:
        at, source = None, ""
    north, east = _degrees(data.get("latitude"), 90), _degrees(data.get("longitude"), 180)
    if north is None or east is None:
        return Taken(at, source)
    return Taken(at, source, north, east, _metres(data.get("accuracy")))


def read_all_taken(text: str, number: int) -> list[Taken]:
    """Of the files of a form in their order, out of one hidden field."""
    try:
        rows = json.loads(text) if text else []
    except (ValueError, RecursionError):
        rows = []
    fitting = isinstance(rows, list) and len(rows) == number and all(isinstance(row, dict) for row in rows)
    return [read_taken(row) for row in rows] if fitting else [Taken()] * number


def _moment(value: Any) -> dt.datetime | None:
    try:
        at = parse_datetime(value) if isinstance(value, str) and len(value) < 40 else None
        return at if at is not None and at.tzinfo is not None and FIRST <= at <= clock.now() + AHEAD else None
    except (ValueError, OverflowError):
        return None


def _degrees(value: Any, most: int) -> Decimal | None:
    try:
        number = Decimal(str(value)[:20])
    except InvalidOperation:
        return None
    return round(number, 6) if number.is_finite() and abs(number) <= most else None


def _metres(value: Any) -> int | None:
    number = _degrees(value, MOST_METRES)
    return round(number) if number is not None and number >= 0 else None
