"""A plan: what is to be drawn, by whom, under which settings."""

from fractions import Fraction

from django.db import models
from django.db.models import F, Q

from registry.models import Department, Industry, InspectionItem, RiskScheme, User
from sampling import querysets
from sampling.enums import Beacon, DrawType, PlanState, Stream


class Plan(models.Model):
    """抽查任务. Local numbers are generated, the platform's are typed in beside them (domain.md §3.8)."""

    state = models.CharField("状态", max_length=12, choices=PlanState.choices, default=PlanState.DRAFT)
    year = models.PositiveSmallIntegerField("年度")
    plan_code = models.CharField("抽查计划编号", max_length=40)
    plan_name = models.CharField("抽查计划名称", max_length=200)
    task_code = models.CharField("抽查任务编号", max_length=40, unique=True)
    task_name = models.CharField("抽查任务名称", max_length=200)
    platform_plan_code = models.CharField("上级平台计划编号", max_length=40, blank=True)
    platform_task_code = models.CharField("上级平台任务编号", max_length=40, blank=True)
    document_number = models.CharField("文号", max_length=60, blank=True)
    draw_type = models.CharField("抽查类型", max_length=12, choices=DrawType.choices, default=DrawType.DIRECTED)
    lead = models.ForeignKey(Department, verbose_name="牵头部门", on_delete=models.PROTECT, related_name="led_plans")
    basis = models.TextField("抽查依据", blank=True)
    content = models.TextField("抽查内容", blank=True)
    methods = models.TextField("检查方式", blank=True)
    duties_and_rights = models.TextField("配合义务和相关权利", blank=True)

    period_from = models.DateField("抽查时间自")
    period_to = models.DateField("抽查时间至")
    summary_due = models.DateField("总结报送期限", null=True, blank=True)

    scheme = models.ForeignKey(RiskScheme, verbose_name="分级办法", on_delete=models.PROTECT)
    industries = models.ManyToManyField(Industry, verbose_name="行业", blank=True, related_name="plans")
    items = models.ManyToManyField(InspectionItem, verbose_name="抽查事项", blank=True, related_name="plans")
    authority = models.CharField("登记机关", max_length=100)
    registered_before = models.DateField("登记日期早于", null=True, blank=True)

    seats = models.PositiveSmallIntegerField("每部门人数", default=2)
    teams = models.PositiveSmallIntegerField("检查队数", default=2)
    confirm_days = models.PositiveSmallIntegerField("确认期限（工作日）", default=2)
    backfill_days = models.PositiveSmallIntegerField("回填期限（工作日）", default=5)
    publish_days = models.PositiveSmallIntegerField("公示期限（工作日）", default=20)
    not_before_hours = models.PositiveSmallIntegerField("冻结至抽取的最少小时数", default=24)

    rehearsal = models.BooleanField("演练", default=False)
    sealed = models.BooleanField("封存抽取结果", default=True)
    strata_public = models.BooleanField("公开信用风险分层", default=False)
    reveal_on = models.DateField("揭示日期", null=True, blank=True, help_text="空 = 最后一户检查结果公示时揭示。")
    second_person = models.BooleanField("抽取须第二人确认", default=False)
    entropy_at = models.DateTimeField("掷骰时间", null=True, blank=True)
    entropy_place = models.CharField("掷骰地点", max_length=200, blank=True)
    beacon = models.CharField("公共随机信标", max_length=8, choices=Beacon.choices, default=Beacon.NONE)
    beacon_spec = models.CharField("信标期次", max_length=100, blank=True)

    recent_months = models.PositiveSmallIntegerField("近期检查月数", default=0, help_text="0 = 不区分近期是否检查过。")
    weight_other = models.PositiveSmallIntegerField("近期未检查的权重", default=4)
    weight_recent = models.PositiveSmallIntegerField("近期检查过的权重", default=1)
    cap_reason = models.TextField("超出频次上限的理由", blank=True)

    copied_from = models.ForeignKey(
        "self", verbose_name="复制自", null=True, blank=True, on_delete=models.PROTECT, related_name="copies"
    )
    cancelled_reason = models.TextField("取消理由", blank=True)
    created_by = models.ForeignKey(User, verbose_name="编制人", on_delete=models.PROTECT, related_name="plans")
    created_at = models.DateTimeField("编制时间")

    objects = querysets.PlanQuerySet.as_manager()

    class Meta:
        verbose_name = "抽查任务"
        verbose_name_plural = "抽查任务"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_to__gte=F("period_from")),
                name="plan_period_order",
                violation_error_message="抽查时间的结束日期早于开始日期，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(seats__gte=2),
                name="plan_two_inspectors",
                violation_error_message="每个部门至少 2 名执法人员（通知第六部分（二）2）。",
            ),
            models.CheckConstraint(
                condition=Q(teams__gte=1), name="plan_one_team", violation_error_message="至少要有 1 队。"
            ),
            models.CheckConstraint(
                condition=Q(weight_other__gte=1) & Q(weight_recent__gte=1),
                name="plan_weights_positive",
                violation_error_message="权重应是 1 以上的整数；不再抽取请用频次上限。",
            ),
        ]

    def __str__(self) -> str:
        return self.task_name

    @property
    def stream(self) -> Stream:
        """The draw log that this plan's draws belong to; rehearsals have their own."""
        return Stream.REHEARSAL if self.rehearsal else Stream.MAIN


class PlanDepartment(models.Model):
    """A participating department of a plan, in the order of the notice."""

    # CASCADE: part of the draft itself; a plan that was frozen cannot be deleted (its roster protects it)
    plan = models.ForeignKey(Plan, verbose_name="任务", on_delete=models.CASCADE, related_name="departments")
    department = models.ForeignKey(Department, verbose_name="部门", on_delete=models.PROTECT, related_name="plans")

    class Meta:
        verbose_name = "参与部门"
        verbose_name_plural = "参与部门"
        ordering = ["department__order", "department__code"]
        constraints = [models.UniqueConstraint(fields=["plan", "department"], name="plandepartment_unique")]

    def __str__(self) -> str:
        return str(self.department)


class PlanRate(models.Model):
    """抽查比例 of one grade as an exact fraction; ``N`` is 未评级. Lowest terms, 0/1 for none."""

    # CASCADE: part of the draft itself, as above
    plan = models.ForeignKey(Plan, verbose_name="任务", on_delete=models.CASCADE, related_name="rates")
    grade = models.CharField("等级", max_length=8)
    numerator = models.PositiveIntegerField("分子", default=0)
    denominator = models.PositiveIntegerField("分母", default=1)
    cap = models.PositiveSmallIntegerField("年度检查次数上限", null=True, blank=True, help_text="空 = 不设上限。")
    classes = models.BooleanField("按近期是否检查分层", default=False)

    class Meta:
        verbose_name = "抽查比例"
        verbose_name_plural = "抽查比例"
        ordering = ["grade"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "grade"], name="planrate_unique"),
            models.CheckConstraint(
                condition=Q(denominator__gte=1) & Q(numerator__lte=F("denominator")),
                name="planrate_between_0_and_1",
                violation_error_message="抽查比例应在 0 到 100% 之间。",
            ),
            models.CheckConstraint(
                condition=Q(numerator__gt=0) | Q(denominator=1),
                name="planrate_zero_is_0_1",
                violation_error_message="不抽取的等级，比例写成 0。",
            ),
            models.CheckConstraint(
                condition=Q(cap__isnull=True) | Q(cap__gte=1),
                name="planrate_cap_positive",
                violation_error_message="年度检查次数上限应是 1 以上的整数；不抽取的等级，比例写成 0。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grade} {self.numerator}/{self.denominator}"

    @property
    def fraction(self) -> Fraction:
        """The rate as an exact fraction."""
        return Fraction(self.numerator, self.denominator)


class PlanAttachment(models.Model):
    """本单位抽查事项现场检查文书 that a department attaches to the plan (通知六(一)2); handed out with each record."""

    plan = models.ForeignKey(Plan, verbose_name="任务", on_delete=models.PROTECT, related_name="attachments")
    department = models.ForeignKey(Department, verbose_name="部门", on_delete=models.PROTECT)
    title = models.CharField("文书名称", max_length=100)
    file = models.FileField("文件", upload_to="plan-attachments/")
    sha256 = models.CharField("文件摘要", max_length=64)
    uploaded_by = models.ForeignKey(User, verbose_name="上传人", on_delete=models.PROTECT)
    uploaded_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "现场检查文书"
        verbose_name_plural = "现场检查文书"
        ordering = ["plan_id", "department__order", "pk"]

    def __str__(self) -> str:
        return self.title
