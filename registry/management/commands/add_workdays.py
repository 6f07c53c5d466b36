"""Working days from the command line: ``manage.py add_workdays 2024-06-06 2`` prints ``2024-06-11``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from registry.cells import CellError, parse_date
from registry.management.prepare import ensure_prepared
from registry.services import current_calendar
from registry.workdays import CalendarNotLoaded, add_workdays

USAGE = "用法：add_workdays 日期 工作日数，例如 add_workdays 2024-06-06 2（当天不算，从次日起数）。"
MOST = 1_000


class Command(BaseCommand):
    """The day that lies a number of working days after another."""

    help = "从某一天起若干个工作日后是哪一天（当天不计）。"

    def add_arguments(self, parser: CommandParser) -> None:
        """Both are checked in ``handle``, so that refusals are Chinese."""
        parser.add_argument("words", nargs="*", metavar="日期 工作日数")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0 with the day; 1 when a year is not loaded; 2 for wrong arguments."""
        if len(options["words"]) != 2:
            self._refuse(USAGE, 2)
        day_text, count = options["words"]
        try:
            day = parse_date(day_text)
        except CellError as error:
            self._refuse(f"日期{error}。{USAGE}", 2)
        if not (count.isascii() and count.isdigit() and 1 <= int(count[:9]) <= MOST):
            self._refuse(f"工作日数“{count[:20]}”不对，应为 1 到 {MOST} 的整数。{USAGE}", 2)
        ensure_prepared()
        try:
            due = add_workdays(day, int(count), current_calendar()[0])
        except CalendarNotLoaded as error:
            self._refuse(str(error), 1)
        self.stdout.write(due.isoformat())

    def _refuse(self, message: str, code: int) -> None:
        self.stderr.write(message)
        raise SystemExit(code)
