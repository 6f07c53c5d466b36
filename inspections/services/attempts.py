"""联系经过: when somebody was looked for at the door, in which way, by whom. A list that grows by one row a try."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.dateparse import parse_datetime

from inspections.enums import Way
from inspections.models import DepartmentSection
from registry import clock
from registry.errors import DomainError
from registry.text import too_long

MOST = 20
NOTE = 100
EARLY = dt.timedelta(minutes=10)  # a phone's clock may be a little ahead


def read_attempts(section: DepartmentSection, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of ``how`` (Way), ``at`` (aware, or ISO), ``by`` (key of a member), ``note`` as they are stored, by time.

    Raises DomainError for a way, a time or a person that cannot be.
    """
    members = set(section.members.values_list("pk", flat=True))
    found = [_row(row, members) for row in rows]
    if len(found) > MOST:
        raise DomainError(f"联系经过最多记 {MOST} 次，请删去重复的。")
    return sorted(found, key=lambda row: (row["at"], row["how"]))


def _row(row: Mapping[str, Any], members: set[int]) -> dict[str, Any]:
    at = row.get("at")
    try:
        moment = parse_datetime(at) if isinstance(at, str) else at
    except ValueError:
        moment = None
    if not isinstance(moment, dt.datetime) or moment.tzinfo is None:
        raise DomainError("联系经过里有一次没有时间，请补上。")
    if moment > clock.now() + EARLY:
        raise DomainError("联系经过里有一次的时间在将来，请核对。")
    if row.get("how") not in Way.values:
        raise DomainError("联系经过里有一次没有写明办法（敲门、打电话等），请重新选择。")
    if row.get("by") not in members:
        raise DomainError("联系经过里有一次的联系人不是本部门被抽中的检查人员，请重新选择。")
    note = str(row.get("note") or "").strip()
    if len(note) > NOTE:
        raise DomainError(f"联系经过的说明{too_long(len(note), NOTE)}")
    return {"how": str(row["how"]), "at": stamp(moment), "by": row["by"], "note": note}


def stamp(moment: dt.datetime) -> str:
    """A moment as it stands in a row."""
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")


def attempt_words(rows: Iterable[Mapping[str, Any]], names: Mapping[int, str] | None = None) -> str:
    """敲门（9月24日 14:06，检查员01）、打电话（…，空号）; without ``names`` no person is named."""
    words = []
    for row in rows:
        at = parse_datetime(row["at"])
        when = at.astimezone(clock.SHANGHAI) if at else None
        stamp = f"{when.month}月{when.day}日 {when:%H:%M}" if when else ""
        parts = [stamp, (names or {}).get(row["by"], ""), row["note"]]
        words.append(f"{Way(row['how']).label}（{'，'.join(part for part in parts if part)}）")
    return "、".join(words) or "没有记录"
