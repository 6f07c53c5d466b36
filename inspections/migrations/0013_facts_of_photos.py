import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inspections", "0012_arrival"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="taken_from",
            field=models.CharField(
                blank=True,
                choices=[("EXIF", "相机记录"), ("FILE", "文件时间")],
                default="",
                max_length=8,
                verbose_name="拍摄时间来源",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="evidence",
            name="shot_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="拍摄人",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="latitude",
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name="纬度"),
        ),
        migrations.AddField(
            model_name="evidence",
            name="longitude",
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name="经度"),
        ),
        migrations.AddField(
            model_name="evidence",
            name="accuracy",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="误差（米）"),
        ),
    ]
