"""An invented county: its finished campaign of 2024, one of 2026 under way, one to be drawn; served on loopback."""

import datetime as dt
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kuancheng_inspect.demo.accounts import PASSWORD
from kuancheng_inspect.demo.allinone import Server
from kuancheng_inspect.demo.campaign import Campaign, rehearse, second_plan
from kuancheng_inspect.demo.database import make_anew
from kuancheng_inspect.demo.running import remind_all, running_plan
from registry import clock
from registry.errors import DomainError
from registry.models import User
from sampling.models import Plan

YESTERDAY = dt.date(2026, 9, 15)
PRESENT = dt.datetime(2026, 9, 16, 9, 0, tzinfo=clock.SHANGHAI)


class Command(BaseCommand):
    """``manage.py demo [--address 127.0.0.1:8000] [--no-serve]``."""

    help = "建虚构的县，走一遍 2024 年抽查，留两个 2026 年的计划（一个检查中，一个待抽取），然后打开网页。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Address, and whether to serve."""
        parser.add_argument("--address", default="127.0.0.1:8000", help="只能是本机地址")
        parser.add_argument("--no-serve", action="store_true", help="只建数据，不打开网页")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build, print address and accounts, serve until Ctrl-C."""
        if not options["address"].startswith(("127.0.0.1:", "localhost:")):
            raise CommandError("演示只能在本机打开，地址请写 127.0.0.1:端口。")
        settings.PUBLIC_ORIGIN = f"http://{options['address']}"  # what is printed leads to the server that printed it
        started = time.monotonic()
        folder = make_anew()
        campaign = Campaign(folder=folder, say=self.stdout.write)
        try:
            campaign.run()
            running = running_plan(campaign.cast)
            plan = second_plan(campaign.cast)
            rehearse(campaign.cast)
            remind_all(YESTERDAY)
        except DomainError as error:
            raise CommandError(f"走不下去：{error} {'；'.join(error.problems)}") from error
        self.stdout.write(f"检查中：{running.task_name}")
        self.stdout.write(f"待抽取：{plan.task_name}")
        self.stdout.write(f"用时 {time.monotonic() - started:.0f} 秒。演示数据，企业、代码、人员均为虚构。\n")
        self._accounts(options["address"], campaign, running)
        clock.pin(PRESENT)
        if not options["no_serve"]:
            Server(options["address"]).run()

    def _accounts(self, address: str, campaign: Campaign, running: Plan) -> None:
        self.stdout.write(f"打开 http://{address}/   所有演示账号的口令：{PASSWORD}")
        cast = campaign.cast
        names = [cast.lead, cast.deputy, *cast.admins.values(), cast.auditor, cast.sysadmin]
        drawn = User.objects.filter(inspector__memberships__draw__plan=running, inspector__memberships__kind="MAIN")
        for user in [*names, *drawn.order_by("username")[:2]]:
            roles = "、".join(sorted(role.label for role in user.roles))
            self.stdout.write(f"  {user.username}（{roles}{'，' + str(user.department) if user.department else ''}）")
        self.stdout.write("按 Ctrl-C 停止。")
