"""What everyone may see, and what was taken out of the system."""

from django.db import models

from inspections.models import InspectionRecord
from publicity import querysets
from publicity.enums import ExportKind, ExportState, FeedbackKind
from registry.models import Department, Enterprise, User
from sampling.models import Plan


class Publication(models.Model):
    """公示: an immutable, versioned snapshot of the public fields of one record (domain.md §3.6). Append-only."""

    record = models.ForeignKey(
        InspectionRecord, verbose_name="一企一表", on_delete=models.PROTECT, related_name="publications"
    )
    plan = models.ForeignKey(Plan, verbose_name="任务", on_delete=models.PROTECT, related_name="publications")
    enterprise = models.ForeignKey(
        Enterprise, verbose_name="企业", on_delete=models.PROTECT, related_name="publications"
    )
    version = models.PositiveSmallIntegerField("版本")
    name = models.CharField("企业名称", max_length=200)
    uscc = models.CharField("统一社会信用代码", max_length=18)
    snapshot = models.JSONField("公示内容")
    digest = models.CharField("内容摘要", max_length=64)
    published_at = models.DateTimeField("公示时间")
    published_by = models.ForeignKey(User, verbose_name="公示人", on_delete=models.PROTECT, related_name="publications")
    supersedes = models.OneToOneField(
        "self", verbose_name="替代", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    reason = models.TextField("更正理由", blank=True)

    objects = querysets.PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = "公示"
        verbose_name_plural = "公示"
        ordering = ["-published_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["record", "version"], name="publication_unique_version")]
        indexes = [models.Index(fields=["uscc"], name="publication_uscc")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class PublishedResult(models.Model):
    """One row of 检查结果公告: what a publication says of one department. Append-only, an index of the snapshot.

    Written with its publication from the same data, so that lists, filters and counts need not open JSON.
    """

    publication = models.ForeignKey(Publication, verbose_name="公示", on_delete=models.PROTECT, related_name="results")
    department = models.ForeignKey(
        Department, verbose_name="检查机关", on_delete=models.PROTECT, related_name="published_results"
    )
    organ = models.CharField("检查机关名称", max_length=100)
    finished_on = models.DateField("检查完成日期", null=True, blank=True)
    results = models.CharField("检查结果", max_length=500)
    remark = models.TextField("备注", blank=True)
    problem = models.BooleanField("发现问题", default=False)

    objects = querysets.PublishedResultQuerySet.as_manager()

    class Meta:
        verbose_name = "公示结果"
        verbose_name_plural = "公示结果"
        ordering = ["publication__uscc", "department__order", "department__code", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "department"], name="publishedresult_one_per_department")
        ]

    def __str__(self) -> str:
        return f"{self.organ} {self.results}"


class ExportJob(models.Model):
    """An export: who asked for what, when, and the file while it lasts."""

    kind = models.CharField("种类", max_length=20, choices=ExportKind.choices)
    plan = models.ForeignKey(
        Plan, verbose_name="任务", null=True, blank=True, on_delete=models.PROTECT, related_name="exports"
    )
    title = models.CharField("名称", max_length=60, blank=True)
    scope = models.CharField("筛选条件", max_length=300, blank=True)
    personal = models.BooleanField("含个人信息", default=False)
    parameters = models.JSONField("范围", default=dict, blank=True)
    state = models.CharField("状态", max_length=10, choices=ExportState.choices, default=ExportState.WAITING)
    progress = models.PositiveSmallIntegerField("进度", default=0)
    rows = models.PositiveIntegerField("行数", default=0)
    total = models.PositiveIntegerField("总行数", default=0)
    file = models.FileField("文件", upload_to="exports/", blank=True)
    filename = models.CharField("文件名", max_length=200, blank=True)
    size = models.PositiveIntegerField("字节数", default=0)
    sha256 = models.CharField("摘要", max_length=64, blank=True)
    error = models.TextField("失败原因", blank=True)
    requested_by = models.ForeignKey(User, verbose_name="申请人", on_delete=models.PROTECT, related_name="exports")
    requested_at = models.DateTimeField("申请时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    expires_at = models.DateTimeField("过期时间", null=True, blank=True)

    objects = querysets.ExportQuerySet.as_manager()

    class Meta:
        verbose_name = "导出"
        verbose_name_plural = "导出"
        ordering = ["-requested_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} {self.plan or self.scope}".strip()

    @property
    def name(self) -> str:
        """What it is, for the list of exports."""
        return f"{self.title}（Excel）" if self.title else self.get_kind_display()


class Feedback(models.Model):
    """举报、异议、咨询 from the public page to the lead bureau's inbox (通知七(四))."""

    kind = models.CharField("种类", max_length=12, choices=FeedbackKind.choices)
    plan = models.ForeignKey(
        Plan, verbose_name="任务", null=True, blank=True, on_delete=models.PROTECT, related_name="feedback"
    )
    publication = models.ForeignKey(
        Publication, verbose_name="公示", null=True, blank=True, on_delete=models.PROTECT, related_name="feedback"
    )
    subject = models.CharField("企业或事项", max_length=200)
    text = models.TextField("内容")
    contact = models.CharField("联系方式", max_length=100, blank=True)
    number = models.CharField("受理编号", max_length=20, unique=True)
    received_at = models.DateTimeField("收到时间")
    answer = models.TextField("答复", blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    answered_by = models.ForeignKey(
        User, verbose_name="答复人", null=True, blank=True, on_delete=models.PROTECT, related_name="answers"
    )

    objects = querysets.FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = "举报与咨询"
        verbose_name_plural = "举报与咨询"
        ordering = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return self.number


class PlanSummary(models.Model):
    """工作总结 (通知七(六)): the lead bureau's words; numbers are filled in from ``as_of``. Append-only versions."""

    plan = models.ForeignKey(Plan, verbose_name="任务", on_delete=models.PROTECT, related_name="summaries")
    version = models.PositiveSmallIntegerField("版本")
    as_of = models.DateField("统计截止日期")
    organisation = models.TextField("组织实施", blank=True, help_text="领导、方案、培训和宣传；分工和时间由系统填入。")
    handling = models.TextField("问题及处置", blank=True, help_text="各部门的数字由系统填入，这里补充说明。")
    highlights = models.TextField("亮点")
    experience = models.TextField("经验做法")
    problems = models.TextField("存在问题")
    next_steps = models.TextField("下一步打算")
    written_at = models.DateTimeField("填写时间")
    written_by = models.ForeignKey(User, verbose_name="填写人", on_delete=models.PROTECT, related_name="summaries")

    class Meta:
        verbose_name = "工作总结"
        verbose_name_plural = "工作总结"
        ordering = ["plan_id", "-version"]
        constraints = [models.UniqueConstraint(fields=["plan", "version"], name="plansummary_unique_version")]

    def __str__(self) -> str:
        return f"{self.plan} 工作总结 v{self.version}"
