"""`manage.py send_reminders`: what the schedule does every morning, by hand or from cron."""

from typing import Any

from django.core.management.base import BaseCommand

from inspections import services
from registry import clock


class Command(BaseCommand):
    """Remind of what is due tomorrow, today or overdue; once per person and day."""

    help = "发送今天的期限提醒；重复运行不会重复发送。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Send, and say how many."""
        services.fill_missing_due_dates()
        self.stdout.write(f"已发送 {services.send_due_reminders(day=clock.today())} 条提醒。")
