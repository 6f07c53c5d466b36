"""检查对象名录库: enterprises, their licences, grades, past inspections, and the files they were imported from."""

from django.db import models
from django.db.models import Q

from registry import querysets
from registry.enums import EntityType, ImportKind, ImportState, RegStatus
from registry.models.keys import Keyed, KeyField
from registry.models.people import Department, User
from registry.models.shapes import ascii_code, code_shape, grade_code, level_shape, sound_uscc, uscc_shape
from registry.pinyin import sort_key
from registry.text import folded


class Industry(models.Model):
    """行业标签. Data, because every campaign names its own (domain.md §3.3)."""

    code = models.CharField("代码", max_length=32, primary_key=True, validators=[ascii_code])
    name = models.CharField("名称", max_length=50, unique=True)
    aliases = models.JSONField("表格中认可的写法", default=list, blank=True)
    order = models.PositiveSmallIntegerField("顺序", default=0)

    class Meta:
        verbose_name = "行业"
        verbose_name_plural = "行业"
        ordering = ["order", "code"]
        constraints = [
            models.CheckConstraint(
                condition=code_shape("code") & ~Q(name=""),
                name="industry_is_named",
                violation_error_message="行业要有代码和名称；代码只能用英文字母、数字和 . _ -。",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Enterprise(Keyed):
    """A business entity (检查对象), known by its unified social credit code."""

    uscc = models.CharField("统一社会信用代码", max_length=18, unique=True, validators=[sound_uscc])
    name = models.CharField("名称", max_length=200)
    name_sort = KeyField("排序键", of="name", by=sort_key, max_length=400, db_index=True)
    search_key = KeyField("查找键", of="name", by=folded, max_length=400)
    entity_type = models.CharField("主体类型", max_length=16, choices=EntityType.choices)
    authority = models.CharField("登记机关", max_length=100)
    status = models.CharField("登记状态", max_length=16, choices=RegStatus.choices, default=RegStatus.ACTIVE)
    registered_on = models.DateField("成立日期")
    address = models.CharField("住所", max_length=300)
    township = models.CharField("乡镇", max_length=50, blank=True)
    legal_rep = models.CharField("法定代表人", max_length=100, blank=True)
    contact_name = models.CharField("联系人", max_length=50, blank=True)
    contact_phone = models.CharField("联系电话", max_length=30, blank=True)
    industries = models.ManyToManyField(Industry, verbose_name="行业", blank=True, related_name="enterprises")
    status_changed_on = models.DateField("登记状态变更日期", null=True, blank=True)
    updated_at = models.DateTimeField("更新时间", auto_now=False)

    objects = querysets.EnterpriseQuerySet.as_manager()

    class Meta:
        verbose_name = "企业"
        verbose_name_plural = "企业"
        ordering = ["uscc"]
        indexes = [models.Index(fields=["status", "authority", "registered_on"], name="enterprise_scope")]
        constraints = [
            models.CheckConstraint(
                condition=uscc_shape("uscc"),
                name="enterprise_uscc_shape",
                violation_error_message="统一社会信用代码应为 18 位数字和大写字母，前 8 位是数字，请照营业执照填写。",
            ),
            models.CheckConstraint(
                condition=~Q(name=""), name="enterprise_is_named", violation_error_message="企业要有名称。"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Licence(models.Model):
    """许可证 of an enterprise."""

    enterprise = models.ForeignKey(Enterprise, verbose_name="企业", on_delete=models.PROTECT, related_name="licences")
    name = models.CharField("许可证名称", max_length=100)
    number = models.CharField("许可证编号", max_length=100)
    valid_until = models.DateField("有效期至", null=True, blank=True, help_text="空 = 长期有效")

    class Meta:
        verbose_name = "许可证"
        verbose_name_plural = "许可证"
        ordering = ["enterprise_id", "pk"]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class RiskScheme(models.Model):
    """A grading scheme; three coexist in Hebei (domain.md §1.3), so schemes and levels are data."""

    code = models.CharField("代码", max_length=32, unique=True, validators=[ascii_code])
    name = models.CharField("名称", max_length=100, unique=True)
    source = models.CharField("来源", max_length=200, blank=True)
    order = models.PositiveSmallIntegerField("顺序", default=0)

    class Meta:
        verbose_name = "信用风险分级办法"
        verbose_name_plural = "信用风险分级办法"
        ordering = ["order", "code"]
        constraints = [
            models.CheckConstraint(
                condition=code_shape("code") & ~Q(name=""),
                name="riskscheme_is_named",
                violation_error_message="分级办法要有代码和名称；代码只能用英文字母、数字和 . _ -。",
            )
        ]

    def __str__(self) -> str:
        return self.name


class RiskLevel(models.Model):
    """A level of a scheme, risk rising with ``order``. 未评级 is the absence of a level, group ``N`` in a draw."""

    scheme = models.ForeignKey(RiskScheme, verbose_name="分级办法", on_delete=models.PROTECT, related_name="levels")
    code = models.CharField("等级", max_length=8, validators=[grade_code])
    name = models.CharField("说明", max_length=50)
    order = models.PositiveSmallIntegerField("由低到高")

    class Meta:
        verbose_name = "信用风险等级"
        verbose_name_plural = "信用风险等级"
        ordering = ["scheme__order", "order"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="risklevel_unique_code"),
            models.CheckConstraint(
                condition=level_shape("code"),
                name="risklevel_code_shape",
                violation_error_message="等级用英文字母和数字；N 留给未评级，不能用。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}级"


class RiskRating(models.Model):
    """The grade of an enterprise as of a day; ``level`` empty = 未评级. Never shown to the public."""

    enterprise = models.ForeignKey(Enterprise, verbose_name="企业", on_delete=models.PROTECT, related_name="ratings")
    scheme = models.ForeignKey(RiskScheme, verbose_name="分级办法", on_delete=models.PROTECT)
    level = models.ForeignKey(RiskLevel, verbose_name="等级", null=True, blank=True, on_delete=models.PROTECT)
    as_of = models.DateField("等级日期")
    source = models.CharField("来源", max_length=200, blank=True)
    is_current = models.BooleanField("当前", default=True)

    class Meta:
        verbose_name = "信用风险评级"
        verbose_name_plural = "信用风险评级"
        ordering = ["-as_of", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "scheme", "as_of"], name="rating_unique_day"),
            models.UniqueConstraint(
                fields=["enterprise", "scheme"], condition=Q(is_current=True), name="rating_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.level or '未评级'} {self.as_of}"


class PastInspection(models.Model):
    """That a department inspected an enterprise on a day: what earlier apps may know of the past (频次 counts)."""

    enterprise = models.ForeignKey(
        Enterprise, verbose_name="企业", on_delete=models.PROTECT, related_name="past_inspections"
    )
    department = models.ForeignKey(Department, verbose_name="部门", on_delete=models.PROTECT)
    day = models.DateField("检查日期")
    source = models.CharField("来源", max_length=100, help_text="如：双随机抽查 2024-000001；或导入。")
    result = models.CharField("结果", max_length=200, blank=True)

    class Meta:
        verbose_name = "历次检查"
        verbose_name_plural = "历次检查"
        ordering = ["-day", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "department", "day"], name="pastinspection_unique")
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.day} 检查 {self.enterprise}"


class ImportBatch(models.Model):
    """An uploaded registry file between upload and confirmation, and afterwards the proof of what was imported."""

    kind = models.CharField("种类", max_length=16, choices=ImportKind.choices)
    file = models.FileField("文件", upload_to="imports/")
    filename = models.CharField("文件名", max_length=255)
    sha256 = models.CharField("文件摘要", max_length=64)
    scheme = models.ForeignKey(RiskScheme, verbose_name="分级办法", null=True, blank=True, on_delete=models.PROTECT)
    state = models.CharField("状态", max_length=12, choices=ImportState.choices, default=ImportState.PREVIEW)
    counts = models.JSONField("计数", default=dict, blank=True)
    uploaded_by = models.ForeignKey(
        User, verbose_name="上传人", null=True, blank=True, on_delete=models.PROTECT, related_name="imports"
    )
    uploaded_at = models.DateTimeField("上传时间")
    imported_at = models.DateTimeField("导入时间", null=True, blank=True)

    class Meta:
        verbose_name = "名录导入"
        verbose_name_plural = "名录导入"
        ordering = ["-uploaded_at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.filename}"
