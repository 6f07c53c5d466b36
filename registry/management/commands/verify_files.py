"""`manage.py verify_files`: every stored file against the digest in its row; after a restore, and every quarter."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from registry.services.leftovers import verify_files
from registry.services.store_mark import store_state


class Command(BaseCommand):
    """compares every stored file with the digest in its row."""

    help = "逐个核对照片、签名、附件等文件与登记的摘要：不见了、被改动、没有记录指向的逐行列出，退出码 1。"

    def handle(self, *args: Any, **options: Any) -> None:
        """A line for each fault; exit 1 when there is one."""
        count, faults = verify_files()
        for fault in faults:
            self.stdout.write(str(fault))
        state = store_state()
        if state:
            self.stdout.write(state)
        self.stdout.write(f"已核对 {count} 个文件，{len(faults)} 个不符。")
        if faults or state:
            sys.exit(1)
