"""核对抽取: the tables of every draw against its files, the files against the log, the log against a noted head."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sampling.enums import Stream
from sampling.services.auditing import verify_draws


class Command(BaseCommand):
    """``manage.py verify_draws [--head SEQ:CHAIN] [--stream main|rehearsal]``; exit 1 and what is wrong."""

    help = "核对抽取的表、文件和记录链；--head 用留存在别处的“序号:链值”对照，防止整条链被重写"

    def add_arguments(self, parser: CommandParser) -> None:
        """The noted head, as often as there are notes, and the log."""
        parser.add_argument("--head", action="append", default=[], metavar="序号:链值")
        parser.add_argument("--stream", choices=Stream.values, default=Stream.MAIN)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line a fault; raise CommandError (exit 1) if there is one."""
        report = verify_draws(stream=options["stream"], heads=options["head"])
        for fault in report.faults:
            self.stdout.write(f"FAILED {fault}")
        if report.faults:
            raise CommandError(f"发现 {len(report.faults)} 处不符")
        self.stdout.write(f"VERIFIED {report.draws} 次抽取，记录链 {report.lines} 条，链首 {report.head}")
