"""The audit trail is append-only; the cache table exists from the first start on."""

from django.core.management import call_command
from django.db import migrations

from registry.appendonly import AppendOnly


def create_cache_table(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [
        AppendOnly("AuditEvent"),
        migrations.RunPython(create_cache_table, migrations.RunPython.noop, elidable=False),
    ]
