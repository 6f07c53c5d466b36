"""Every decision of a review stays, with its opinions per item."""

from django.db import migrations

from registry.appendonly import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("inspections", "0006_usual_reasons")]
    operations = [AppendOnly("Review")]
