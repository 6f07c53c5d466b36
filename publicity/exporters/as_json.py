"""检查结果 as JSON: one object per enterprise and department, keys by decisions.md."""

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from publicity.models import PublishedResult
from publicity.snapshot import HEAD_FIELDS

KEYS = ("plan_code", "plan_name", "task_code", "task_name", "draw_type", "organ", "name", "uscc", "finished_on",
        "results", "remark", "items")  # fmt: skip


def as_dict(row: PublishedResult) -> dict[str, Any]:
    """One row of 检查结果公告 with its items, from the snapshot itself."""
    snapshot = row.publication.snapshot
    entry = next(one for one in snapshot["departments"] if one["organ"] == row.organ)
    values = {**{key: snapshot[key] for key in HEAD_FIELDS}, **entry}
    return {key: values[key] for key in KEYS}


def write_results(rows: Iterable[PublishedResult], target: BinaryIO) -> int:
    """Write the rows (from ``in_notice_order``) as a JSON list, one object a line; how many there were."""
    target.write(b"[")
    count = 0
    for row in rows:
        target.write(b",\n" if count else b"\n")
        target.write(json.dumps(as_dict(row), ensure_ascii=False).encode())
        count += 1
    target.write(b"\n]\n")
    return count
