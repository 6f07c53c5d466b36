"""The database of a demonstration: embedded, below var/, made anew each time."""

import shutil
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections


def make_anew() -> Path:
    """Remove what an earlier run left, migrate an empty database; returns the folder of the run.

    Raises CommandError outside a demonstration, so that nobody's data can be removed by it.
    """
    name = Path(str(settings.DATABASES["default"]["NAME"]))
    if not settings.DEMO or not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        raise CommandError("演示只在自己的内嵌数据库里运行：请用 make demo 或 make walkthrough。")
    connections.close_all()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{name}{suffix}").unlink(missing_ok=True)
    media = Path(settings.MEDIA_ROOT)
    if media.is_relative_to(settings.VAR_DIR):
        shutil.rmtree(media, ignore_errors=True)
        Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    return name.parent
