"""随机抽查事项清单: items and their legal bases, both versioned by the day they take effect."""

from django.db import models
from django.db.models import Q

from registry import querysets
from registry.enums import ItemPriority
from registry.models.enterprises import Industry
from registry.models.people import Department
from registry.models.shapes import ascii_code, code_shape


class Specialty(models.Model):
    """专业: what an item may need and an inspector may hold; its code goes into draw files."""

    code = models.CharField("代码", max_length=32, unique=True, validators=[ascii_code])
    name = models.CharField("名称", max_length=50, unique=True)

    class Meta:
        verbose_name = "专业"
        verbose_name_plural = "专业"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=code_shape("code") & ~Q(name=""),
                name="specialty_is_named",
                violation_error_message="专业要有代码和名称；代码只能用英文字母、数字和 . _ -。",
            )
        ]

    def __str__(self) -> str:
        return self.name


class InspectionItem(models.Model):
    """抽查事项 in one version (columns of the 定州 2024 list, domain.md §3.5)."""

    code = models.CharField("事项编码", max_length=32, validators=[ascii_code])
    effective_from = models.DateField("生效日期")
    effective_to = models.DateField("失效日期", null=True, blank=True)
    department = models.ForeignKey(Department, verbose_name="检查部门", on_delete=models.PROTECT, related_name="items")
    name = models.CharField("事项名称", max_length=100)
    category = models.CharField("抽查类别", max_length=100, blank=True)
    priority = models.CharField("事项类别", max_length=8, choices=ItemPriority.choices, default=ItemPriority.GENERAL)
    check_points = models.TextField("检查内容及要求", blank=True)
    methods = models.JSONField("检查方式", default=list, blank=True)
    venues = models.CharField("适用场所", max_length=100, blank=True)
    industries = models.ManyToManyField(Industry, verbose_name="适用行业", blank=True, related_name="items")
    entity_types = models.JSONField("适用主体类型", default=list, blank=True, help_text="空 = 全部")
    needs = models.ManyToManyField(Specialty, verbose_name="需要的专业", blank=True)
    phrases = models.JSONField("常用问题描述", default=list, blank=True)
    active = models.BooleanField("有效", default=True)

    objects = querysets.ItemQuerySet.as_manager()

    class Meta:
        verbose_name = "抽查事项"
        verbose_name_plural = "抽查事项"
        ordering = ["department__order", "code", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="item_unique_version"),
            models.CheckConstraint(
                condition=code_shape("code") & ~Q(name=""),
                name="item_is_named",
                violation_error_message="抽查事项要有编码和名称；编码只能用英文字母、数字和 . _ -。",
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=models.F("effective_from")),
                name="item_effective_order",
                violation_error_message="失效日期早于生效日期，请核对。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class LegalBasis(models.Model):
    """检查依据 of an item: duty and penalty articles of one law in one version."""

    item = models.ForeignKey(InspectionItem, verbose_name="抽查事项", on_delete=models.PROTECT, related_name="bases")
    law = models.CharField("法律法规", max_length=100)
    duty_articles = models.CharField("义务条款", max_length=100, blank=True)
    penalty_articles = models.CharField("罚则条款", max_length=100, blank=True)
    version = models.CharField("版本", max_length=50, blank=True, help_text="如：2024-12-06 修订")
    effective_from = models.DateField("生效日期")
    effective_to = models.DateField("失效日期", null=True, blank=True)
    verified = models.BooleanField("已核对原文", default=False)

    class Meta:
        verbose_name = "检查依据"
        verbose_name_plural = "检查依据"
        ordering = ["item_id", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=models.F("effective_from")),
                name="basis_effective_order",
                violation_error_message="失效日期早于生效日期，请核对。",
            ),
            models.CheckConstraint(
                condition=~Q(law=""), name="basis_names_its_law", violation_error_message="请写明法律法规的名称。"
            ),
        ]

    def __str__(self) -> str:
        return f"《{self.law}》{self.duty_text}"

    @property
    def duty_text(self) -> str:
        """Duty articles in words: 第七条 is written 第7条, ``31(5)`` as 第31条第(5)项."""
        return articles_in_words(self.duty_articles)

    @property
    def penalty_text(self) -> str:
        """Penalty articles in words."""
        return articles_in_words(self.penalty_articles)


def articles_in_words(articles: str) -> str:
    """``7、31(5)`` as 第7条、第31条第(5)项."""
    words = []
    for article in filter(None, articles.split("、")):
        number, _, clause = article.partition("(")
        words.append(f"第{number}条" + (f"第({clause}项" if clause else ""))
    return "、".join(words)
