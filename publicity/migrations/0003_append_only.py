"""What was published is append-only."""

from django.db import migrations

from registry.appendonly import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("publicity", "0002_links")]
    operations = [AppendOnly("Publication")]
