"""Django's own command leaves no trail and no duty to change; it refuses and names the one that does."""

from typing import Any

from django.contrib.auth.management.commands.changepassword import Command as Original


class Command(Original):
    """Takes what Django's takes, so that every call is refused in words."""

    help = "不能用；忘记密码用 reset_account 重新发放。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 2."""
        self.stderr.write(
            "changepassword 不留操作记录，本系统不用它。请改用：\n"
            "  manage.py reset_account 登录名 --reason 理由\n"
            "它打印一次性密码，本人登录时改成自己的；两步验证也丢了，再加 --second-factor。"
        )
        raise SystemExit(2)
