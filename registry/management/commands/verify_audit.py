"""Recompute the audit chains: ``manage.py verify_audit [--head]``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from registry import audit
from registry.models import AuditEvent, AuditHead


class Command(BaseCommand):
    """Every stream with its number of events and what is wrong with it; ``--head`` adds the heads."""

    help = "逐条重算操作记录的摘要链；有断链时列出并以 1 退出。"

    def add_arguments(self, parser: CommandParser) -> None:
        """``--head``."""
        parser.add_argument("--head", action="store_true", help="同时列出每个记录流的链首，供存到系统以外")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 when any chain is broken."""
        heads = dict(AuditHead.objects.values_list("stream", "head"))
        streams = sorted({*heads, *AuditEvent.objects.order_by().values_list("stream", flat=True).distinct()})
        faults = []
        for stream in streams:
            fault = audit.verify_stream(stream)
            count = AuditEvent.objects.filter(stream=stream).count()
            head = f" {heads.get(stream, '无链首')}" if options["head"] else ""
            self.stdout.write(f"{stream}: {count} 条 {'有错' if fault else '完好'}{head}")
            if fault:
                faults.append(fault)
        for fault in faults:
            self.stdout.write(str(fault))
        self.stdout.write(f"共 {len(streams)} 个记录流，{len(faults)} 个有错")
        if faults:
            raise SystemExit(1)
