"""Files that no row names: left by a process that died between writing a file and committing its row (trust.md F20).

A refused transaction leaves them as well. What is younger than a day may still be on its way into the database.
"""

import datetime as dt
import logging
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage
from django.db.models import FileField

from registry import clock

log = logging.getLogger(__name__)

OLD = dt.timedelta(hours=24)  # no request and no job takes that long
MANY, SHARE = 50, 20  # so many, and a twentieth of all files: then rather the database is the wrong one


class TooMany(Exception):
    """So many files without a row that something else is wrong; nothing was removed. ``count``: how many."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} files have no row")
        self.count = count


def sweep_files(*, even_many: bool = False) -> list[str]:
    """Remove the stored files older than a day that no row names, and uploads never finished; their names, logged.

    Files are listed before rows are read: one that is being written meanwhile is either young or has its row. Raises
    TooMany, with nothing removed, when it looks like the wrong or an old database, unless ``even_many``.
    """
    before, total, found = clock.now() - OLD, 0, list[tuple[Storage, str]]()
    for storage, folder, fields in _folders():
        there = [f"{folder}/{name}" for name in _files(storage, folder)]
        known = {name for field in fields for name in field.model._base_manager.values_list(field.name, flat=True)}
        total += len(there)
        found += [(storage, name) for name in there if name not in known and _is_old(storage, name, before)]
    if len(found) > max(MANY, total // SHARE) and not even_many:
        log.error("%s of %s files have no row; nothing removed, is this the right database?", len(found), total)
        raise TooMany(len(found))
    for storage, name in found:
        storage.delete(name)
    names = [name for _, name in found] + _unfinished_uploads(before)
    if names:
        log.warning("removed %s files without a row: %s", len(names), " ".join(names[:20]))
    return names


def _folders() -> Iterator[tuple[Storage, str, list["FileField"]]]:
    """Each folder that models store files in, with all the fields that name files there."""
    found: dict[str, list[FileField]] = {}
    for model in apps.get_models():
        for field in model._meta.fields:
            if isinstance(field, FileField):
                found.setdefault(str(field.upload_to).strip("/"), []).append(field)
    yield from ((fields[0].storage, folder, fields) for folder, fields in sorted(found.items()))


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


def _unfinished_uploads(before: dt.datetime) -> list[str]:
    """Remove what a killed process was still receiving."""
    gone = []
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"):
        try:
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                gone.append(path.name)
        except FileNotFoundError:
            continue
    return gone
