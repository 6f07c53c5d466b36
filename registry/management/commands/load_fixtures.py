"""Load departments, industries, grading schemes, inspection items and calendars; edits of the office are kept."""

from typing import Any

from django.core.management.base import BaseCommand

from registry.services import load_reference_data


class Command(BaseCommand):
    """``manage.py load_fixtures``."""

    help = "载入基础数据（部门、行业、分级办法、抽查事项、工作日历）；已有的不覆盖。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say what was added."""
        counts = load_reference_data()
        self.stdout.write(
            "部门 {departments}、行业 {industries}、分级办法 {schemes}、抽查事项 {items}、工作日历 {years} 年".format(
                **counts
            )
        )
