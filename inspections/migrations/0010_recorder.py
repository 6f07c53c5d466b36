from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inspections", "0009_deliveries")]

    operations = [
        migrations.AddField(
            model_name="inspectionrecord",
            name="recorder",
            field=models.CharField(blank=True, max_length=100, verbose_name="执法记录仪编号"),
        ),
    ]
