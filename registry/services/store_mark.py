"""Do the database and the stored files belong together? A mark in both moves on every ten minutes; a restore shows.

A dump brought back beside newer files has an older mark than they have: files that were stored since have no row, and
nothing may take them for left-overs. The mark then stands still until somebody who knows says so (``accept_store``).
"""

import json
import logging
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from registry import audit, clock
from registry.errors import DomainError
from registry.models import StoreMark

log = logging.getLogger(__name__)

NAME = "store-mark.json"
STREAM = "store"
BEHIND = 3  # steps the file may be late by: written after the commit, and two processes may pass each other
HOW = "核对后运行 manage.py sweep_files --restored 重新对齐，见 docs/operations.md 第 4 节"


@dataclass(frozen=True)
class _Step:
    store: str
    seq: int


def _path() -> Path:
    return Path(settings.MEDIA_ROOT) / NAME


def _in_store() -> _Step | None:
    """What stands beside the files; None when nothing does. A file that cannot be read is a store of its own."""
    try:
        found = json.loads(_path().read_text(encoding="utf-8"))
        return _Step(str(found["store"]), int(found["seq"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return _Step("unreadable", 0)


def _write(step: _Step) -> None:
    target = _path()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{NAME}.{uuid.uuid4().hex[:8]}.part")
    try:
        with partial.open("w", encoding="utf-8") as out:
            json.dump({"store": step.store, "seq": step.seq}, out)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _difference(row: StoreMark | None, there: _Step | None) -> str:
    if row is None and there is None:
        return ""
    if there is None:
        return f"文件目录里没有标记，像是换了目录或文件没有恢复；文件清理已停止，{HOW}"
    if row is None or row.store != there.store:
        return f"数据库与文件目录不是一套；文件清理已停止，{HOW}"
    if row.seq < there.seq:
        return f"数据库比文件旧，像是恢复过较早的备份；文件清理已停止，{HOW}"
    if row.seq > there.seq + BEHIND:
        return f"文件比数据库旧，像是恢复过较早的文件；文件清理已停止，{HOW}"
    return ""


def store_state() -> str:
    """In words what is wrong between database and files; empty when they belong together. Reads only."""
    return _difference(StoreMark.objects.order_by("pk").first(), _in_store())


def move_mark() -> str:
    """Move both marks on, if they belong together; else leave them, log it, and say why."""
    with transaction.atomic():
        row = StoreMark.objects.select_for_update().order_by("pk").first()
        if wrong := _difference(row, _in_store()):
            log.error("the mark of the stored files stays: %s", wrong)
            return wrong
        row = row or StoreMark(store=uuid.uuid4().hex)
        row.seq, row.at = row.seq + 1, clock.now()
        row.save()
    try:
        _write(_Step(row.store, row.seq))
    except OSError as error:
        log.error("the mark of the stored files was not written: %s", error)
        return f"文件目录写不进去（{error.strerror}）"
    return ""


def accept_store(*, reason: str) -> StoreMark:
    """The restore was meant: from now on this database and these files belong together. Raises DomainError without a
    reason, and when nothing is wrong."""
    if not reason.strip():
        raise DomainError("请写明理由，例如：6 月 3 日恢复了 6 月 2 日的备份，已核对文件。")
    with transaction.atomic():
        row, there = StoreMark.objects.select_for_update().order_by("pk").first(), _in_store()
        wrong = _difference(row, there)
        if not wrong:
            raise DomainError("数据库与文件没有不一致，不用重新对齐。")
        before = {"database": row.seq if row else None, "store": there.seq if there else None, "state": wrong}
        row = row or StoreMark()
        row.store, row.at = uuid.uuid4().hex, clock.now()
        row.seq = max(row.seq, there.seq if there else 0) + 1
        row.save()
        audit.record(
            stream=STREAM, actor=None, action="恢复后重新对齐文件", obj=row, before=before, after={"seq": row.seq},
            reason=reason.strip(),
        )  # fmt: skip
    _write(_Step(row.store, row.seq))
    return row
