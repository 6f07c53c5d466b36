"""The first account: ``manage.py create_account 登录名 --name 姓名``; everybody else is made on the admin site."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from registry.enums import Role
from registry.errors import DomainError
from registry.management.prepare import ensure_prepared
from registry.management.words import next_steps
from registry.models import Department
from registry.services import create_account

ROLES = [role.value for role in Role if role is not Role.PUBLIC]


class Command(BaseCommand):
    """Makes an account with a one-time password, printed once."""

    help = "开设账号（缺省为系统管理员），打印一次性密码；首次登录须改。"

    def add_arguments(self, parser: CommandParser) -> None:
        """Login name, real name, roles and department."""
        parser.add_argument("username", nargs="?", default="", metavar="登录名")
        parser.add_argument("--name", default="", help="姓名，缺省与登录名相同")
        parser.add_argument("--role", action="append", default=[], help=f"权限：{'、'.join(ROLES)}，可写多次")
        parser.add_argument("--department", default="", help="部门代码，如 WL")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 when the services refuse, 2 for wrong arguments."""
        roles = options["role"] or [Role.SYSADMIN.value]
        if not options["username"].strip():
            self._refuse("请写明登录名，例如：create_account 管理员 --name 张三。", 2)
        if wrong := [role for role in roles if role not in ROLES]:
            self._refuse(f"没有“{wrong[0]}”这种权限，可用：{'、'.join(ROLES)}。", 2)
        ensure_prepared()
        department = Department.objects.filter(code=options["department"]).first()
        if options["department"] and department is None:
            codes = "、".join(Department.objects.values_list("code", flat=True))
            self._refuse(f"没有代码为“{options['department']}”的部门，现有：{codes}。", 2)
        try:
            user, password = create_account(
                actor=None,
                username=options["username"],
                name=options["name"],
                department=department,
                roles=[Role(role) for role in roles],
            )
        except DomainError as error:
            self._refuse(error.message, 1)
        self.stdout.write(f"账号 {user.username} 已开设，一次性密码 {password}（只显示这一次，首次登录须改）。")
        self.stdout.write(next_steps(user))

    def _refuse(self, message: str, code: int) -> None:
        self.stderr.write(message)
        raise SystemExit(code)
