"""`manage.py send_deliveries`: mail and group robots, what waits for its next try; for offices on cron."""

from typing import Any

from django.core.management.base import BaseCommand

from inspections import services


class Command(BaseCommand):
    """mail and group robots, what waits for its next try; for offices on cron."""

    help = "把等待发送的邮件和群机器人消息发出去；重复运行不会重复发送。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say how many."""
        self.stdout.write(f"已送达 {services.deliver_waiting()} 条。")
