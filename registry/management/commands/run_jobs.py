"""`manage.py run_jobs`: every waiting job, here, without Celery; for offices on cron."""

from typing import Any

from django.core.management.base import BaseCommand

from registry import jobs
from registry.services.store_mark import move_mark


class Command(BaseCommand):
    """every waiting job, here, without Celery; for offices on cron."""

    help = "在本进程里做完排队的后台任务，并接手中断的。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say how many; the mark of database and files moves on, as beat has it do."""
        move_mark()
        self.stdout.write(f"已处理 {jobs.run_waiting()} 个任务。")
