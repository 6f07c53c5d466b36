"""扫码凭证 of every record: added empty, filled row by row, unique afterwards."""

from typing import Any

from django.db import migrations, models

from inspections.models.record import new_token


def fill(apps: Any, schema_editor: Any) -> None:
    """Each record gets a token of its own; a default in AddField would give all of them the same."""
    records = apps.get_model("inspections", "InspectionRecord").objects
    for key in list(records.filter(token=None).values_list("pk", flat=True)):
        records.filter(pk=key).update(token=new_token())


class Migration(migrations.Migration):
    dependencies = [("inspections", "0003_desk_fields")]

    operations = [
        migrations.AddField(
            model_name="inspectionrecord",
            name="token",
            field=models.CharField(editable=False, max_length=32, null=True, verbose_name="扫码凭证"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="inspectionrecord",
            name="token",
            field=models.CharField(
                default=new_token, editable=False, max_length=32, unique=True, verbose_name="扫码凭证"
            ),
        ),
    ]
