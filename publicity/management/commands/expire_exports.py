"""`manage.py expire_exports`: takes away the files of exports older than seven days; for offices on cron."""

from typing import Any

from django.core.management.base import BaseCommand

from publicity import services


class Command(BaseCommand):
    """takes away the files of exports older than seven days; for offices on cron."""

    help = "清理过期的导出文件。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say how many."""
        self.stdout.write(f"已清理 {services.expire_exports()} 个导出文件。")
