"""Lists as exports: without a plan perhaps, with the filter in words and how many rows there will be."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("publicity", "0005_objection_words"),
        ("sampling", "0005_public_act_rows"),
    ]

    operations = [
        migrations.AddField(
            model_name="exportjob",
            name="personal",
            field=models.BooleanField(default=False, verbose_name="含个人信息"),
        ),
        migrations.AddField(
            model_name="exportjob",
            name="scope",
            field=models.CharField(blank=True, max_length=300, verbose_name="筛选条件"),
        ),
        migrations.AddField(
            model_name="exportjob",
            name="title",
            field=models.CharField(blank=True, max_length=60, verbose_name="名称"),
        ),
        migrations.AddField(
            model_name="exportjob",
            name="total",
            field=models.PositiveIntegerField(default=0, verbose_name="总行数"),
        ),
        migrations.AlterField(
            model_name="exportjob",
            name="kind",
            field=models.CharField(
                choices=[
                    ("results_xlsx", "抽查结果公示（Excel）"),
                    ("results_json", "抽查结果（JSON）"),
                    ("statistics_xlsx", "统计表（Excel）"),
                    ("records_pdf", "一企一表（PDF）"),
                    ("list_xlsx", "列表（Excel）"),
                    ("blank_records_pdf", "空白一企一表（PDF）"),
                ],
                max_length=20,
                verbose_name="种类",
            ),
        ),
        migrations.AlterField(
            model_name="exportjob",
            name="plan",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="exports",
                to="sampling.plan",
                verbose_name="任务",
            ),
        ),
    ]
