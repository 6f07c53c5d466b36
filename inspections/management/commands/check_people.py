"""`manage.py check_people`: what the schedule does every morning, by hand or from cron."""

from typing import Any

from django.core.management.base import BaseCommand

from inspections import tasks


class Command(BaseCommand):
    """Tell administrators whose records stand under the name of somebody who is away, and which certificates end."""

    help = "检查请假、调离、证件到期人员名下的记录并通知部门管理员；重复运行不会重复通知。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, and say how many notices went out."""
        self.stdout.write(f"已发出 {tasks.check_people()} 条通知。")
