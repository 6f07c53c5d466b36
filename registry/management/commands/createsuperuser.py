"""Django's own command makes an account without any role; it refuses and names the one that works."""

from typing import Any

from django.contrib.auth.management.commands.createsuperuser import Command as Original


class Command(Original):
    """Takes what Django's takes, so that every call is refused in words."""

    help = "不能用；第一个账号用 create_account 开设。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 2."""
        self.stderr.write(
            "createsuperuser 开设的账号没有任何权限，本系统不用它。请改用：\n"
            "  manage.py create_account 登录名 --name 姓名\n"
            "它准备好基础数据，开设系统管理员账号，并打印一次性密码。"
        )
        raise SystemExit(2)
