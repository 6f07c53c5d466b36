"""Way back in on the server: ``manage.py reset_account 登录名 --reason 理由 [--second-factor]``.

For the system administrator's own account, which no page resets; works for every other account too.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from registry.errors import DomainError
from registry.management.words import next_steps
from registry.models import User
from registry.services import reset_access


class Command(BaseCommand):
    """Issues a one-time password, printed once; takes the second factor away on demand."""

    help = (
        "重新发放一次性密码（打印一次，首次登录须改）；--second-factor 同时取消两步验证。所有已登录的设备都要重新登录。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Login name, reason, and what else was lost."""
        parser.add_argument("username", nargs="?", default="", metavar="登录名")
        parser.add_argument("--reason", default="", help="理由，记入操作记录（必填）")
        parser.add_argument("--second-factor", action="store_true", help="两步验证也丢了：取消验证器和恢复码")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 when the service refuses, 2 for wrong arguments."""
        name = options["username"].strip()
        if not name or not options["reason"].strip():
            self._refuse('请写明登录名和理由，例如：reset_account 管理员 --reason "本人 6 月 3 日来电，忘记密码"。', 2)
        user = User.objects.filter(username=name).first()
        if user is None:
            self._refuse(f"没有登录名为“{name}”的账号。", 2)
        try:
            slips = reset_access(
                actor=None, users=[user], reason=options["reason"], second_factor=options["second_factor"]
            )
        except DomainError as error:
            self._refuse(error.message, 1)
        self.stdout.write(f"账号 {name} 的一次性密码 {slips[0].password}（只显示这一次，首次登录须改）。")
        if options["second_factor"]:
            self.stdout.write("两步验证已取消，原来的验证器和恢复码作废。")
        self.stdout.write(next_steps(user))

    def _refuse(self, message: str, code: int) -> Any:
        self.stderr.write(message)
        raise SystemExit(code)
