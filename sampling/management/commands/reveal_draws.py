"""到期揭示: open sealed draws whose time has come, for offices that run no Celery beat."""

from typing import Any

from django.core.management.base import BaseCommand

from sampling import services


class Command(BaseCommand):
    """``manage.py reveal_draws``, from cron every hour; twice opens nothing twice."""

    help = "揭示到期的封存抽取"

    def handle(self, *args: Any, **options: Any) -> None:
        """Open what is due and say how many."""
        self.stdout.write(f"揭示 {services.reveal_due()} 次抽取")
