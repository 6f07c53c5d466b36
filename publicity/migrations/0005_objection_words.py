"""An objection may be raised before the result is published, too."""

from django.db import migrations, models

KINDS = [
    ("REPORT", "举报企业违法经营"),
    ("OBJECTION", "对检查或公示结果有异议"),
    ("CONDUCT", "反映检查人员问题"),
    ("QUESTION", "咨询"),
]


class Migration(migrations.Migration):
    dependencies = [("publicity", "0004_results_and_summaries")]

    operations = [
        migrations.AlterField(
            model_name="feedback",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=12, verbose_name="种类"),
        ),
    ]
