"""Files that no row names: left by a process that died between writing a file and committing its row (trust.md F20).

A refused transaction leaves them as well. What is younger than a day may still be on its way into the database.
Nothing of them is deleted at once: evidence whose row is missing may be worth more than the row. They go into
``trash/`` beside the other files and are kept there for 90 days.
"""

import datetime as dt
import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import FileField

from registry import audit, clock
from registry.models import StoreMark
from registry.services.store_mark import STREAM, move_mark

log = logging.getLogger(__name__)

OLD = dt.timedelta(hours=24)  # no request and no job takes that long
MANY, SHARE = 50, 20  # so many, and a twentieth of all files: then rather the database is the wrong one
TRASH, KEPT = "trash", dt.timedelta(days=90)
NAMED = 50  # of the files put away, in the trail


class Refused(Exception):
    """Nothing was moved: the files and the database do not look as if they belonged together. ``words``: why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class TooMany(Refused):
    """So many files without a row that something else is wrong. ``count``: how many."""

    def __init__(self, count: int) -> None:
        super().__init__(f"有 {count} 个文件没有记录指向，多得不正常")
        self.count = count


def sweep_files(*, even_many: bool = False) -> list[str]:
    """Put the stored files older than a day that no row names into the trash; their names, logged and in the trail.

    Files are listed before rows are read: one that is being written meanwhile is either young or has its row. Raises
    Refused, with nothing moved, after a restore (store_mark.py), and TooMany when it looks like the wrong database,
    unless ``even_many``. What has been in the trash for 90 days goes for good.
    """
    if wrong := move_mark():
        raise Refused(wrong)
    before, total, found = clock.now() - OLD, 0, list[tuple[Storage, str]]()
    for folder in _folders():
        there = [f"{folder.name}/{name}" for name in _files(folder.storage, folder.name)]
        known = folder.known()
        total += len(there)
        found += [
            (folder.storage, name) for name in there if name not in known and _is_old(folder.storage, name, before)
        ]
    if len(found) > max(MANY, total // SHARE) and not even_many:
        log.error("%s of %s files have no row; nothing moved, is this the right database?", len(found), total)
        raise TooMany(len(found))
    names = _into_trash(found)
    _empty_trash()
    return names + _unfinished_uploads(before)


@dataclass(frozen=True)
class Folder:
    """A folder that models store files in, with all the fields that name files there."""

    name: str
    storage: Storage
    fields: list["FileField"]

    def known(self) -> set[str]:
        """The names that rows have."""
        return {name for field in self.fields for name in field.model._base_manager.values_list(field.name, flat=True)}

    def digests(self) -> dict[str, str]:
        """What each file that a row names should be: SHA-256, empty where no row keeps one."""
        found: dict[str, str] = {}
        for field in self.fields:
            column = digest_column(field)
            rows = field.model._base_manager.exclude(**{field.name: ""}).order_by()
            for name, digest in rows.values_list(field.name, column or field.name).iterator(chunk_size=2000):
                found[name] = digest if column else ""
        return found


def digest_column(field: FileField) -> str | None:
    """The column beside a file that keeps its SHA-256; None where there is none."""
    names = {one.name for one in field.model._meta.fields}
    return next((name for name in (f"{field.name}_sha256", "sha256") if name in names), None)


@dataclass(frozen=True)
class FileFault:
    """A stored file that is not what its row says, or has none."""

    name: str
    words: str

    def __str__(self) -> str:
        return f"{self.name}：{self.words}"


def verify_files() -> tuple[int, list[FileFault]]:
    """Compare every stored file with the digest in its row: how many were read, and what is missing, changed, or
    there without a row (and old enough to have one)."""
    before, count, faults = clock.now() - OLD, 0, list[FileFault]()
    for folder in _folders():
        there = [f"{folder.name}/{name}" for name in _files(folder.storage, folder.name)]
        wanted = folder.digests()
        for name, digest in sorted(wanted.items()):
            count += 1
            found = _digest(folder.storage, name)
            if found is None:
                faults.append(FileFault(name, "文件不见了"))
            elif digest and found != digest:
                faults.append(FileFault(name, f"内容与登记的摘要不符（登记 {digest[:12]}…，文件 {found[:12]}…）"))
        left = [name for name in there if name not in wanted and _is_old(folder.storage, name, before)]
        faults += [FileFault(name, "没有记录指向这个文件") for name in left]
    return count, faults


def _digest(storage: Storage, name: str) -> str | None:
    try:
        with storage.open(name) as stored:
            return hashlib.file_digest(stored, "sha256").hexdigest()
    except OSError:
        return None


def _folders() -> Iterator[Folder]:
    found: dict[str, list[FileField]] = {}
    for model in apps.get_models():
        for field in model._meta.fields:
            if isinstance(field, FileField):
                found.setdefault(str(field.upload_to).strip("/"), []).append(field)
    yield from (Folder(name, fields[0].storage, fields) for name, fields in sorted(found.items()))


def _files(storage: Storage, folder: str) -> list[str]:
    try:
        return sorted(storage.listdir(folder)[1])
    except FileNotFoundError:
        return []


def _is_old(storage: Storage, name: str, before: dt.datetime) -> bool:
    """Whether it was written before that time; one that is gone meanwhile is nobody's business."""
    try:
        return storage.get_modified_time(name) < before
    except FileNotFoundError:
        return False


def _into_trash(found: list[tuple[Storage, str]]) -> list[str]:
    """Move files out of the way, below the day; the trail says which."""
    day, names = Path(TRASH) / clock.today().isoformat(), list[str]()
    for storage, name in found:
        target = Path(storage.path(str(day / name)))
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            Path(storage.path(name)).rename(target)
        except FileNotFoundError:
            continue
        log.warning("no row names %s: moved to %s", name, day)
        names.append(name)
    mark = StoreMark.objects.order_by("pk").first()
    if names and mark is not None:
        after = {"files": len(names), "names": names[:NAMED], "folder": str(day)}
        with transaction.atomic():
            audit.record(stream=STREAM, actor=None, action="没有记录的文件移入回收处", obj=mark, after=after)
    return names


def _empty_trash() -> None:
    """Delete what has lain in the trash for 90 days; each name is logged."""
    oldest = (clock.today() - KEPT).isoformat()
    top = Path(settings.MEDIA_ROOT) / TRASH
    for day in sorted(top.iterdir()) if top.is_dir() else []:
        if not day.is_dir() or day.name >= oldest:
            continue
        for path in sorted(day.rglob("*"), reverse=True):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
                log.warning("deleted from the trash after %s days: %s", KEPT.days, path.relative_to(top))
        day.rmdir()


def _unfinished_uploads(before: dt.datetime) -> list[str]:
    """Remove what a killed process was still receiving: nobody was told that it is stored."""
    gone = []
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"):
        try:
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                gone.append(path.name)
        except FileNotFoundError:
            continue
    if gone:
        log.warning("removed %s unfinished uploads", len(gone))
    return gone
