"""What was frozen and what was drawn is append-only."""

from django.db import migrations

from registry.appendonly import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("sampling", "0001_initial")]
    operations = [
        AppendOnly(
            "Roster", "BundleFile", "PoolMember", "LogEntry", "Draw", "Selection", "TeamMember", "Match", "DrawEvent"
        ),
    ]
