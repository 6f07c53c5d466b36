"""What a stored picture says of itself, in words: when it was taken, by whom, where, and whether before the visit."""

import datetime as dt
from typing import Any

from inspections.enums import EvidenceKind, TakenFrom
from registry import clock

EARLY = dt.timedelta(hours=12)  # before the arrival: older than any walk around before the door opens
SHOT = frozenset({EvidenceKind.PHOTO, EvidenceKind.DOOR})


def moment(at: dt.datetime) -> str:
    """2023年1月2日 03:04, in Shanghai, always with its year."""
    local = at.astimezone(clock.SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def taken_words(row: Any) -> str:
    """When a picture was taken, and whether the camera or only the file says so."""
    if row.taken_at is None:
        return "拍摄时间不明"
    return moment(row.taken_at) + ("（文件时间）" if row.taken_from == TakenFrom.FILE else "")


def early_words(row: Any, visit_from: dt.datetime | None) -> str:
    """How long before the visit (without one: before it was sent) a photo was taken; empty when it was not."""
    start = visit_from or row.uploaded_at
    if row.kind not in SHOT or row.taken_at is None or row.taken_at >= start - EARLY:
        return ""
    days = (start.astimezone(clock.SHANGHAI).date() - row.taken_at.astimezone(clock.SHANGHAI).date()).days
    return f"比检查早 {days} 天" if days else "比检查早半天以上"


def place_words(row: Any) -> str:
    """Where a picture was taken, if the officer had it noted."""
    if row.latitude is None or row.longitude is None:
        return "未记"
    north = f"{'北' if row.latitude >= 0 else '南'}纬 {abs(row.latitude):.6f}"
    east = f"{'东' if row.longitude >= 0 else '西'}经 {abs(row.longitude):.6f}"
    return f"{north}，{east}" + (f"，误差约 {row.accuracy} 米" if row.accuracy is not None else "")
