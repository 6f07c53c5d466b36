"""A plan, its frozen roster, the draw, the teams."""

from fractions import Fraction

from django.db import models
from django.db.models import F, Q

from registry.models import Department, Enterprise, Industry, InspectionItem, Inspector, RiskScheme, User
from sampling import querysets
from sampling.enums import DrawEventKind, DrawType, PickKind, PlanState


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
        ]

    def __str__(self) -> str:
        return self.task_name


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


class Roster(models.Model):
    """冻结名单: one freeze of a plan. Append-only; the bytes are its BundleFiles."""

    plan = models.ForeignKey(Plan, verbose_name="任务", on_delete=models.PROTECT, related_name="roster")
    round = models.PositiveSmallIntegerField("轮次", default=1)
    seq = models.PositiveIntegerField("冻结序号", unique=True)
    draw_id = models.CharField("抽取编号", max_length=32, unique=True)
    prev = models.CharField("冻结前链首", max_length=64)
    digest = models.CharField("冻结文件摘要", max_length=64)
    counts = models.JSONField("各等级户数", default=dict)
    excluded = models.JSONField("未列入户数", default=dict)
    total = models.PositiveIntegerField("名单户数")
    not_before = models.DateTimeField("最早抽取时间")
    frozen_at = models.DateTimeField("冻结时间")
    frozen_by = models.ForeignKey(User, verbose_name="冻结人", on_delete=models.PROTECT, related_name="rosters")

    class Meta:
        verbose_name = "冻结名单"
        verbose_name_plural = "冻结名单"
        ordering = ["-seq"]
        constraints = [models.UniqueConstraint(fields=["plan", "round"], name="roster_unique_round")]

    def __str__(self) -> str:
        return self.draw_id


class BundleFile(models.Model):
    """One file of a draw, byte for byte (draw.md §2.2). ``names`` goes to the auditor only and is not digested."""

    roster = models.ForeignKey(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="files")
    name = models.CharField("文件", max_length=40)
    content = models.TextField("内容")
    sha256 = models.CharField("摘要", max_length=64)
    size = models.PositiveIntegerField("字节数")

    class Meta:
        verbose_name = "抽取文件"
        verbose_name_plural = "抽取文件"
        ordering = ["roster_id", "name"]
        constraints = [models.UniqueConstraint(fields=["roster", "name"], name="bundlefile_unique")]

    def __str__(self) -> str:
        return f"{self.name}.tsv"


class PoolMember(models.Model):
    """An inspector in a frozen pool under the pseudonym of this draw."""

    roster = models.ForeignKey(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="pool")
    inspector = models.ForeignKey(Inspector, verbose_name="执法检查人员", on_delete=models.PROTECT)
    department = models.ForeignKey(Department, verbose_name="部门", on_delete=models.PROTECT)
    pid = models.CharField("匿名编号", max_length=32)
    salt = models.CharField("随机盐", max_length=32)

    class Meta:
        verbose_name = "冻结人员"
        verbose_name_plural = "冻结人员"
        ordering = ["roster_id", "department__code", "pid"]
        constraints = [
            models.UniqueConstraint(fields=["roster", "inspector"], name="poolmember_unique_person"),
            models.UniqueConstraint(fields=["roster", "pid"], name="poolmember_unique_pid"),
        ]

    def __str__(self) -> str:
        return self.pid


class LogEntry(models.Model):
    """One line of the draw log (draw.md §2.1): global, consecutive, chained, append-only."""

    seq = models.PositiveIntegerField("序号", unique=True)
    time = models.CharField("时间", max_length=25)
    kind = models.CharField("种类", max_length=12)
    roster = models.ForeignKey(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="log")
    record = models.CharField("记录文件", max_length=40)
    sha256 = models.CharField("记录摘要", max_length=64)
    chain = models.CharField("链值", max_length=64)

    class Meta:
        verbose_name = "抽取记录链"
        verbose_name_plural = "抽取记录链"
        ordering = ["seq"]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class LogHead(models.Model):
    """The head of the draw log: one row, locked while a line is appended, so that numbers and chain have no gaps."""

    ONLY = 1

    seq = models.PositiveIntegerField("末号", default=0)
    chain = models.CharField("链首", max_length=64, default="0" * 64)
    time = models.CharField("末条时间", max_length=25, blank=True)

    class Meta:
        verbose_name = "抽取记录链首"
        verbose_name_plural = "抽取记录链首"

    def __str__(self) -> str:
        return f"{self.seq} {self.chain[:12]}"


class Draw(models.Model):
    """抽取. Append-only: what was typed, what came out, who did it before whom."""

    plan = models.ForeignKey(Plan, verbose_name="任务", on_delete=models.PROTECT, related_name="draws")
    round = models.PositiveSmallIntegerField("轮次", default=1)
    roster = models.OneToOneField(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="draw")
    algorithm = models.CharField("算法", max_length=16, default="dr1")
    digits = models.CharField("骰子数字", max_length=100)
    witnesses = models.JSONField("见证人", default=list)
    seed = models.CharField("种子", max_length=64)
    branch = models.CharField("配对方式", max_length=10)
    strata = models.JSONField("各层结果", default=list)
    result_digest = models.CharField("结果摘要", max_length=64)
    drawn_at = models.DateTimeField("抽取时间")
    drawn_by = models.ForeignKey(User, verbose_name="操作人", on_delete=models.PROTECT, related_name="draws")
    approved_by = models.ForeignKey(
        User, verbose_name="第二确认人", null=True, blank=True, on_delete=models.PROTECT, related_name="approved_draws"
    )
    supersedes = models.OneToOneField(
        "DrawEvent", verbose_name="接替", null=True, blank=True, on_delete=models.PROTECT, related_name="successor"
    )

    class Meta:
        verbose_name = "抽取"
        verbose_name_plural = "抽取"
        ordering = ["-drawn_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["plan", "round"], name="draw_once_per_round")]

    def __str__(self) -> str:
        return self.roster.draw_id


class Selection(models.Model):
    """An enterprise that was drawn, or stands in the reserve, in the order of its stratum."""

    draw = models.ForeignKey(Draw, verbose_name="抽取", on_delete=models.PROTECT, related_name="selections")
    enterprise = models.ForeignKey(Enterprise, verbose_name="企业", on_delete=models.PROTECT, related_name="selections")
    stratum = models.CharField("层", max_length=32)
    rank = models.PositiveIntegerField("名次")
    ticket = models.CharField("号码", max_length=64)
    kind = models.CharField("类别", max_length=8, choices=PickKind.choices)

    class Meta:
        verbose_name = "抽中企业"
        verbose_name_plural = "抽中企业"
        ordering = ["draw_id", "stratum", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["draw", "enterprise"], name="selection_once"),
            models.UniqueConstraint(fields=["draw", "stratum", "rank"], name="selection_unique_rank"),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise} {self.stratum}-{self.rank}"


class TeamMember(models.Model):
    """An inspector's seat in a team (MAIN), or place in the standby order of the department (RESERVE, team 0)."""

    draw = models.ForeignKey(Draw, verbose_name="抽取", on_delete=models.PROTECT, related_name="members")
    department = models.ForeignKey(Department, verbose_name="部门", on_delete=models.PROTECT)
    inspector = models.ForeignKey(
        Inspector, verbose_name="执法检查人员", on_delete=models.PROTECT, related_name="memberships"
    )
    team = models.PositiveSmallIntegerField("检查队", default=0)
    seat = models.PositiveSmallIntegerField("席位或候补名次")
    pid = models.CharField("匿名编号", max_length=32)
    phase = models.CharField("专业名额", max_length=32, default="-")
    ticket = models.CharField("号码", max_length=64)
    kind = models.CharField("类别", max_length=8, choices=PickKind.choices)

    class Meta:
        verbose_name = "检查队成员"
        verbose_name_plural = "检查队成员"
        ordering = ["draw_id", "team", "seat", "department__code"]
        constraints = [models.UniqueConstraint(fields=["draw", "inspector"], name="teammember_once")]

    def __str__(self) -> str:
        return f"{self.team}队 {self.inspector}"


class Match(models.Model):
    """Which team inspects which enterprise, as drawn."""

    selection = models.OneToOneField(Selection, verbose_name="抽中企业", on_delete=models.PROTECT, related_name="match")
    team = models.PositiveSmallIntegerField("检查队")

    class Meta:
        verbose_name = "匹配"
        verbose_name_plural = "匹配"
        ordering = ["selection_id"]

    def __str__(self) -> str:
        return f"{self.selection} → {self.team}队"


class DrawEvent(models.Model):
    """What happened to a draw afterwards: annulment, reserve called up, inspector replaced. Append-only."""

    draw = models.ForeignKey(Draw, verbose_name="抽取", on_delete=models.PROTECT, related_name="events")
    batch = models.PositiveSmallIntegerField("批次")
    kind = models.CharField("种类", max_length=8, choices=DrawEventKind.choices)
    selection = models.ForeignKey(
        Selection, verbose_name="退出企业", null=True, blank=True, on_delete=models.PROTECT, related_name="out_events"
    )
    member = models.ForeignKey(
        TeamMember, verbose_name="退出人员", null=True, blank=True, on_delete=models.PROTECT, related_name="out_events"
    )
    substitute = models.ForeignKey(
        Selection, verbose_name="递补企业", null=True, blank=True, on_delete=models.PROTECT, related_name="in_events"
    )
    substitute_member = models.ForeignKey(
        TeamMember, verbose_name="替换人员", null=True, blank=True, on_delete=models.PROTECT, related_name="in_events"
    )
    team = models.PositiveSmallIntegerField("检查队", null=True, blank=True)
    seat = models.PositiveSmallIntegerField("席位", null=True, blank=True)
    code = models.CharField("理由代码", max_length=20)
    reason = models.TextField("理由")
    evidence_sha256 = models.CharField("证据摘要", max_length=64, blank=True)
    at = models.DateTimeField("时间")
    actor = models.ForeignKey(User, verbose_name="操作人", on_delete=models.PROTECT, related_name="draw_events")
    second = models.ForeignKey(
        User, verbose_name="第二人", null=True, blank=True, on_delete=models.PROTECT, related_name="seconded_events"
    )

    class Meta:
        verbose_name = "抽取后事件"
        verbose_name_plural = "抽取后事件"
        ordering = ["draw_id", "batch", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["selection"], condition=Q(kind="E-OUT"), name="drawevent_enterprise_out_once"
            ),
            models.UniqueConstraint(fields=["member"], condition=Q(kind="I-OUT"), name="drawevent_person_out_once"),
        ]

    def __str__(self) -> str:
        return f"{self.draw} {self.get_kind_display()}"
