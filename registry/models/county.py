"""本县设置: what the county is called and where it reports, as versions, so that old papers keep the name they bore."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from registry.models.people import User

region_code = RegexValidator(r"^[0-9]{6}\Z", "行政区划代码是 6 位数字，如 130827。")


class CountyProfile(models.Model):
    """The county from ``since`` on. Append-only; before the first row the environment says (registry/county.py)."""

    name = models.CharField("县（市、区）全称", max_length=60, help_text="印在检查记录表、公示页和页眉上。")
    region_code = models.CharField(
        "行政区划代码", max_length=6, validators=[region_code], help_text="6 位数字，是任务编号的开头；已有的编号不变。"
    )
    upstream_platform = models.CharField("上级平台名称", max_length=60, help_text="如：河北省双随机监管工作平台。")
    complaint_phone = models.CharField("举报电话", max_length=30, help_text="印在公示页和检查通知书上，如 12345。")
    since = models.DateTimeField("生效时间")
    saved_by = models.ForeignKey(User, verbose_name="修改人", null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        verbose_name = "本县设置"
        verbose_name_plural = "本县设置"
        ordering = ["-since", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(region_code="") & ~Q(upstream_platform="") & ~Q(complaint_phone=""),
                name="county_is_complete",
                violation_error_message="四项都要填写。",
            )
        ]

    def __str__(self) -> str:
        return self.name
