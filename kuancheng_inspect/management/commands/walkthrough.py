"""The 2024 campaign on invented data from Excel files in to Excel, PDF and published results out, without serving."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kuancheng_inspect.demo.campaign import Campaign
from kuancheng_inspect.demo.database import make_anew
from kuancheng_inspect.demo.output import Broken, write_all
from registry.errors import DomainError


class Command(BaseCommand):
    """``manage.py walkthrough``; exit 0 only if every step did what it claims."""

    help = "用虚构数据走一遍 2024 年抽查，结果写入 var/walkthrough/。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, write, check, say."""
        logging.getLogger("fontTools").setLevel(logging.ERROR)
        folder = make_anew()
        campaign = Campaign(folder=folder, say=self.stdout.write)
        try:
            campaign.run()
            for line in write_all(campaign, folder):
                self.stdout.write(line)
        except (DomainError, Broken) as error:
            problems = "；".join(getattr(error, "problems", [])[:5])
            raise CommandError(f"走不下去：{error}{'：' + problems if problems else ''}") from error
        self.stdout.write("全部步骤完成：var/walkthrough/（演示数据，企业、代码、人员均为虚构）")
