"""Where uploaded files are kept: whole or not at all, and in words why nothing can be."""

import errno
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage

FULL = "存储空间已满"
TROUBLE = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EROFS: "存储只能读、不能写",
    errno.EACCES: "没有权限读写存储",
    errno.EIO: "存储读写出错",
}
NEARLY_FULL, LEAST = 0.10, 256 << 20  # below a tenth it is said, below 256 MB nothing more is to be relied upon


def storage_trouble(error: BaseException | None) -> str:
    """Why the machine's storage took (or gave) nothing, in words; empty for any other fault."""
    return TROUBLE.get(error.errno or 0, "") if isinstance(error, OSError) else ""


def volume_state(folder: Path) -> tuple[bool, str]:
    """Whether files can be kept in ``folder``, and in words how it stands there. A file is really written."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix="readyz-") as probe:
            probe.write(b"0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
        usage = shutil.disk_usage(folder)
    except OSError as error:
        return False, f"写不进去（{storage_trouble(error) or error.strerror}），照片和文件都存不下来，请立即处理"
    if usage.free < LEAST:
        return False, f"只剩 {usage.free >> 20} MB，随时会写不进去，请立即清理"
    if usage.free < usage.total * NEARLY_FULL:
        return True, f"剩余不足 10%（{usage.free >> 30} GB），请清理"
    return True, "正常"


class WholeFileStorage(FileSystemStorage):
    """Django's, but a file gets its name when all of it is on the disk: no half file where the room ran out."""

    def _save(self, name: str, content: Any) -> str:
        partial = f"{name}.{secrets.token_hex(4)}.part"
        try:
            super()._save(partial, content)
            with Path(self.path(partial)).open("rb") as stored:
                os.fsync(stored.fileno())
            name = self.get_available_name(name) if self.exists(name) else name
            Path(self.path(partial)).replace(self.path(name))
        finally:
            Path(self.path(partial)).unlink(missing_ok=True)
        return name
