"""What stood before: plans whose draws were open stay open, frozen plans have their one open freeze, and the tables of
what was frozen and drawn are append-only (again: SQLite loses its triggers when a field is added)."""

from typing import Any

from django.db import migrations

from registry.appendonly import AppendOnly


def _carry_over(apps: Any, schema_editor: Any) -> None:
    plan, roster = apps.get_model("sampling", "Plan"), apps.get_model("sampling", "Roster")
    plan.objects.update(sealed=False)
    opened = apps.get_model("sampling", "OpenFreeze")
    for row in plan.objects.filter(state="FROZEN"):
        opened.objects.create(plan=row, roster=roster.objects.filter(plan=row).order_by("-round")[0])


class Migration(migrations.Migration):
    dependencies = [("sampling", "0004_public_act")]
    operations = [
        migrations.RunPython(_carry_over, migrations.RunPython.noop),
        AppendOnly(
            "Roster", "BundleFile", "PoolMember", "LogEntry", "Draw", "Selection", "TeamMember", "Match", "DrawEvent",
            "FreezeVoid", "Nonce", "NonceValue", "SealedCopy", "Reveal",
        ),
    ]  # fmt: skip
