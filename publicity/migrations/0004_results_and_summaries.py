"""The rows of 检查结果公告 beside each publication, and the summaries of the lead bureau; both append-only."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from registry.appendonly import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("publicity", "0003_append_only"),
        ("registry", "0002_append_only"),
        ("sampling", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanSummary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveSmallIntegerField(verbose_name="版本")),
                ("as_of", models.DateField(verbose_name="统计截止日期")),
                (
                    "organisation",
                    models.TextField(
                        blank=True, help_text="领导、方案、培训和宣传；分工和时间由系统填入。", verbose_name="组织实施"
                    ),
                ),
                (
                    "handling",
                    models.TextField(
                        blank=True, help_text="各部门的数字由系统填入，这里补充说明。", verbose_name="问题及处置"
                    ),
                ),
                ("highlights", models.TextField(verbose_name="亮点")),
                ("experience", models.TextField(verbose_name="经验做法")),
                ("problems", models.TextField(verbose_name="存在问题")),
                ("next_steps", models.TextField(verbose_name="下一步打算")),
                ("written_at", models.DateTimeField(verbose_name="填写时间")),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="summaries",
                        to="sampling.plan",
                        verbose_name="任务",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="summaries",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="填写人",
                    ),
                ),
            ],
            options={
                "verbose_name": "工作总结",
                "verbose_name_plural": "工作总结",
                "ordering": ["plan_id", "-version"],
                "constraints": [models.UniqueConstraint(fields=("plan", "version"), name="plansummary_unique_version")],
            },
        ),
        migrations.CreateModel(
            name="PublishedResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("organ", models.CharField(max_length=100, verbose_name="检查机关名称")),
                ("finished_on", models.DateField(blank=True, null=True, verbose_name="检查完成日期")),
                ("results", models.CharField(max_length=500, verbose_name="检查结果")),
                ("remark", models.TextField(blank=True, verbose_name="备注")),
                ("problem", models.BooleanField(default=False, verbose_name="发现问题")),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="published_results",
                        to="registry.department",
                        verbose_name="检查机关",
                    ),
                ),
                (
                    "publication",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="results",
                        to="publicity.publication",
                        verbose_name="公示",
                    ),
                ),
            ],
            options={
                "verbose_name": "公示结果",
                "verbose_name_plural": "公示结果",
                "ordering": ["publication__uscc", "department__order", "department__code", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("publication", "department"), name="publishedresult_one_per_department"
                    )
                ],
            },
        ),
        AppendOnly("PublishedResult", "PlanSummary"),
    ]
