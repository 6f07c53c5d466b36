"""`manage.py sweep_files`: puts stored files that no row names into the trash; for offices on cron."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.errors import DomainError
from registry.services.leftovers import Refused, TooMany, sweep_files
from registry.services.store_mark import accept_store


class Command(BaseCommand):
    """puts stored files that no row names into the trash; for offices on cron."""

    help = "把一天以前留下的、没有任何记录指向的文件（上传中断、进程被杀）移到 MEDIA_ROOT 下的 trash，保留 90 天。"

    def add_arguments(self, parser: CommandParser) -> None:
        """``--all``, ``--restored REASON``."""
        parser.add_argument("--all", action="store_true", help="数量异常多时也清理；请先确认连的是正确的数据库。")
        parser.add_argument(
            "--restored",
            metavar="理由",
            help="恢复备份后，已核对数据库和文件：写明理由，重新对齐两边的标记。这一次不清理。",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say how many."""
        if options["restored"] is not None:
            try:
                accept_store(reason=options["restored"])
            except DomainError as refusal:
                raise CommandError(str(refusal)) from None
            self.stdout.write("已重新对齐数据库和文件的标记，理由记入操作记录；从下一次起照常清理。")
            return
        try:
            names = sweep_files(even_many=options["all"])
        except TooMany as many:
            raise CommandError(
                f"{many.words}，一个也没有清理。"
                "请核对 DATABASE_URL 和 MEDIA_ROOT 是否对应、是否刚恢复了较早的数据库；确认无误后加 --all 再运行。"
            ) from None
        except Refused as refused:
            raise CommandError(f"{refused.words}。一个也没有清理。") from None
        self.stdout.write(f"已清理 {len(names)} 个没有记录指向的文件。")
