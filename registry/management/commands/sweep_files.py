"""`manage.py sweep_files`: removes stored files that no row names; for offices on cron."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.services.leftovers import TooMany, sweep_files


class Command(BaseCommand):
    """removes stored files that no row names; for offices on cron."""

    help = "清理一天以前留下的、没有任何记录指向的文件（上传中断、进程被杀）。"

    def add_arguments(self, parser: CommandParser) -> None:
        """``--all``."""
        parser.add_argument("--all", action="store_true", help="数量异常多时也清理；请先确认连的是正确的数据库。")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say how many."""
        try:
            names = sweep_files(even_many=options["all"])
        except TooMany as many:
            raise CommandError(
                f"有 {many.count} 个文件没有记录指向，多得不正常，一个也没有清理。"
                "请核对 DATABASE_URL 和 MEDIA_ROOT 是否对应、是否刚恢复了较早的数据库；确认无误后加 --all 再运行。"
            ) from None
        self.stdout.write(f"已清理 {len(names)} 个没有记录指向的文件。")
