"""The record of one enterprise (一企一表), a section per department, a finding per item."""

import secrets

from django.db import models
from django.db.models import F, Q

from inspections import querysets
from inspections.enums import (
    Answer,
    Arrival,
    Measure,
    RecordState,
    ResultCode,
    ReviewDecision,
    SectionState,
    SignatoryRole,
    SignatureState,
)
from registry.models import Department, InspectionItem, Inspector, User
from sampling.models import Plan, Selection


def new_token() -> str:
    """What the QR code of a notice names its record by: 128 random bits, so that nobody finds another's by counting."""
    return secrets.token_urlsafe(16)


class InspectionRecord(models.Model):
    """随机抽查联合检查记录表: 一户企业一份 (notice 五(三))."""

    selection = models.OneToOneField(
        Selection, verbose_name="抽中企业", on_delete=models.PROTECT, related_name="record"
    )
    dispatch = models.ForeignKey(
        "inspections.Dispatch", verbose_name="派发", on_delete=models.PROTECT, related_name="records"
    )
    plan = models.ForeignKey(Plan, verbose_name="任务", on_delete=models.PROTECT, related_name="records")
    team = models.PositiveSmallIntegerField("检查队")
    number = models.CharField("编号", max_length=60, unique=True)
    token = models.CharField("扫码凭证", max_length=32, unique=True, default=new_token, editable=False)
    state = models.CharField("状态", max_length=12, choices=RecordState.choices, default=RecordState.CONFIRMING)
    address_at_dispatch = models.CharField("派发时住所", max_length=300, blank=True)
    proceed_reason = models.TextField("未全部确认而继续的理由", blank=True)
    opened_at = models.DateTimeField("开始检查时间", null=True, blank=True)

    visit_from = models.DateTimeField("检查开始时间", null=True, blank=True)
    visit_to = models.DateTimeField("检查结束时间", null=True, blank=True)
    place = models.CharField("检查地点", max_length=300, blank=True)
    methods = models.JSONField("检查方式", default=list, blank=True)
    certificates_shown = models.BooleanField("已出示执法证件", default=False)
    informed = models.BooleanField("已告知检查事由、依据、权利义务及申请回避权", default=False)
    recusal_requested = models.BooleanField("当事人申请回避", null=True, blank=True)
    recusal_reason = models.CharField("申请回避理由", max_length=200, blank=True)
    overall = models.TextField("现场情况", blank=True)
    consultation = models.TextField("咨询与答复", blank=True)
    recorder = models.CharField("执法记录仪编号", max_length=100, blank=True)

    opinion_agrees = models.BooleanField("企业认为记录属实", null=True, blank=True)
    opinion_text = models.TextField("企业异议", blank=True)
    signature = models.CharField(
        "签字情况", max_length=20, choices=SignatureState.choices, default=SignatureState.PENDING
    )
    signatory_name = models.CharField("签字人", max_length=50, blank=True)
    signatory_role = models.CharField("签字人身份", max_length=16, choices=SignatoryRole.choices, blank=True)
    signatory_post = models.CharField("签字人职务", max_length=50, blank=True)
    refusal_reason = models.TextField("拒签或无法签字的原因", blank=True)
    witness_name = models.CharField("见证人", max_length=50, blank=True)
    witness_unit = models.CharField("见证人单位", max_length=100, blank=True)
    signed_on = models.DateField("签字日期", null=True, blank=True)
    signed_digest = models.CharField("签字时记录摘要", max_length=64, blank=True)

    version = models.PositiveIntegerField("版本", default=1)

    objects = querysets.RecordQuerySet.as_manager()

    class Meta:
        verbose_name = "一企一表"
        verbose_name_plural = "一企一表"
        ordering = ["plan_id", "number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(visit_to__isnull=True) | Q(visit_from__isnull=False, visit_to__gte=F("visit_from")),
                name="record_visit_order",
                violation_error_message="检查结束时间早于开始时间，请核对。",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class DepartmentSection(models.Model):
    """What one department checks at one enterprise."""

    record = models.ForeignKey(
        InspectionRecord, verbose_name="一企一表", on_delete=models.PROTECT, related_name="sections"
    )
    department = models.ForeignKey(Department, verbose_name="部门", on_delete=models.PROTECT, related_name="sections")
    state = models.CharField("状态", max_length=12, choices=SectionState.choices, default=SectionState.NOT_STARTED)
    written_only = models.BooleanField("本部门为书面检查，未到现场", default=False)
    arrival = models.CharField("到场情况", max_length=12, choices=Arrival.choices, blank=True)
    arrived_at = models.DateTimeField("到达时间", null=True, blank=True)
    attempts = models.JSONField("联系经过", default=list, blank=True)
    found_at = models.CharField("现址或去向", max_length=300, blank=True)
    said = models.TextField("对方怎样说", blank=True)
    met_name = models.CharField("接待人", max_length=50, blank=True)
    met_post = models.CharField("接待人职务", max_length=50, blank=True)
    onlooker_name = models.CharField("现场见证人", max_length=50, blank=True)
    onlooker_unit = models.CharField("现场见证人单位", max_length=100, blank=True)
    no_onlooker = models.CharField("没有见证人的原因", max_length=200, blank=True)
    result_note = models.TextField("结果说明", blank=True)
    result_confirmed = models.BooleanField("部门结果已由检查人员确认", default=False)
    due_on = models.DateField("回填期限", null=True, blank=True)
    publish_due_on = models.DateField("公示期限", null=True, blank=True)
    calendar_version = models.CharField("回填期限所用日历", max_length=40, blank=True)
    publish_calendar_version = models.CharField("公示期限所用日历", max_length=40, blank=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    submitted_by = models.ForeignKey(
        User, verbose_name="提交人", null=True, blank=True, on_delete=models.PROTECT, related_name="submitted_sections"
    )
    late = models.BooleanField("逾期回填", default=False)
    sealed_digest = models.CharField("提交时内容摘要", max_length=64, blank=True)
    other_body = models.CharField("所用结果的出具单位", max_length=100, blank=True)
    other_body_number = models.CharField("所用结果的编号", max_length=60, blank=True)
    other_body_day = models.DateField("所用结果的日期", null=True, blank=True)
    upstream_number = models.CharField("上级平台录入编号", max_length=60, blank=True)
    upstream_day = models.DateField("上级平台录入日期", null=True, blank=True)
    upstream_by = models.ForeignKey(
        User,
        verbose_name="上级平台录入人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="upstream_entries",
    )
    version = models.PositiveIntegerField("版本", default=1)

    objects = querysets.SectionQuerySet.as_manager()

    class Meta:
        verbose_name = "部门检查"
        verbose_name_plural = "部门检查"
        ordering = ["record_id", "department__order", "department__code"]
        constraints = [
            models.UniqueConstraint(fields=["record", "department"], name="section_one_per_department"),
            models.CheckConstraint(
                condition=~Q(state__in=["SUBMITTED", "APPROVED"]) | Q(submitted_at__isnull=False),
                name="section_submitted_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record} {self.department}"


class SectionMember(models.Model):
    """A drawn inspector of the department on this record, and whether present at the visit."""

    section = models.ForeignKey(
        DepartmentSection, verbose_name="部门检查", on_delete=models.PROTECT, related_name="members"
    )
    inspector = models.ForeignKey(
        Inspector, verbose_name="执法检查人员", on_delete=models.PROTECT, related_name="section_members"
    )
    order = models.PositiveSmallIntegerField("顺序", default=1)
    present = models.BooleanField("到场", default=False)
    replaced = models.BooleanField("已被替换", default=False)
    attended_at = models.DateTimeField("本人登录确认到场", null=True, blank=True)

    class Meta:
        verbose_name = "检查人员"
        verbose_name_plural = "检查人员"
        ordering = ["section_id", "order", "pk"]
        constraints = [models.UniqueConstraint(fields=["section", "inspector"], name="sectionmember_once")]

    def __str__(self) -> str:
        return str(self.inspector)


class ItemFinding(models.Model):
    """检查事项结果: one answer to one item. ``version`` moves with every change, so that nothing is overwritten."""

    section = models.ForeignKey(
        DepartmentSection, verbose_name="部门检查", on_delete=models.PROTECT, related_name="findings"
    )
    item = models.ForeignKey(InspectionItem, verbose_name="抽查事项", on_delete=models.PROTECT)
    order = models.PositiveSmallIntegerField("序号")
    answer = models.CharField("结果", max_length=16, choices=Answer.choices, blank=True)
    text = models.TextField("问题或原因说明", blank=True)
    corrected = models.BooleanField("当场改正", default=False)
    outcome = models.CharField("由到场情况填写", max_length=12, choices=Arrival.choices, blank=True)
    version = models.PositiveIntegerField("版本", default=0)
    updated_at = models.DateTimeField("填写时间", null=True, blank=True)
    updated_by = models.ForeignKey(User, verbose_name="填写人", null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        verbose_name = "事项结果"
        verbose_name_plural = "事项结果"
        ordering = ["section_id", "order"]
        constraints = [models.UniqueConstraint(fields=["section", "item"], name="finding_one_per_item")]

    def __str__(self) -> str:
        return f"{self.item} {self.words}"

    @property
    def words(self) -> str:
        """The answer as it is read: 符合; 未检查（无法联系） where the outcome of the arrival filled it."""
        label = str(self.get_answer_display())
        return f"{label}（{self.get_outcome_display()}）" if self.outcome else label

    @property
    def explanation(self) -> str:
        """What a person wrote to the answer; nothing where the outcome of the arrival filled it."""
        return "" if self.outcome else self.text


class SectionResult(models.Model):
    """检查结果 of a department: one to several codes; an exclusive one stands alone (service)."""

    section = models.ForeignKey(
        DepartmentSection, verbose_name="部门检查", on_delete=models.PROTECT, related_name="results"
    )
    code = models.CharField("检查结果", max_length=20, choices=ResultCode.choices)

    class Meta:
        verbose_name = "检查结果"
        verbose_name_plural = "检查结果"
        ordering = ["section_id", "pk"]
        constraints = [models.UniqueConstraint(fields=["section", "code"], name="sectionresult_once")]

    def __str__(self) -> str:
        return self.get_code_display()


class FollowUp(models.Model):
    """后续处置: measure, deadline, and how it was closed."""

    section = models.ForeignKey(
        DepartmentSection, verbose_name="部门检查", on_delete=models.PROTECT, related_name="follow_ups"
    )
    measure = models.CharField("处置措施", max_length=20, choices=Measure.choices)
    text = models.TextField("说明", blank=True)
    deadline = models.DateField("整改期限", null=True, blank=True)
    reference = models.CharField("文书号或案号", max_length=60, blank=True)
    receiving = models.CharField("接收单位", max_length=100, blank=True)
    closed_on = models.DateField("完结日期", null=True, blank=True)
    closing_text = models.TextField("完结说明", blank=True)

    objects = querysets.FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = "后续处置"
        verbose_name_plural = "后续处置"
        ordering = ["section_id", "pk"]
        constraints = [models.UniqueConstraint(fields=["section", "measure"], name="followup_once")]

    def __str__(self) -> str:
        return self.get_measure_display()


class Assistant(models.Model):
    """协助人员 (通知六(一)3): chosen by the department, not drawn, not counted towards the two, with the reason."""

    section = models.ForeignKey(
        DepartmentSection, verbose_name="部门检查", on_delete=models.PROTECT, related_name="assistants"
    )
    name = models.CharField("姓名", max_length=50)
    unit = models.CharField("单位", max_length=100)
    role = models.CharField("专业或职务", max_length=50)
    reason = models.CharField("协助理由", max_length=200)
    added_by = models.ForeignKey(User, verbose_name="登记人", on_delete=models.PROTECT)
    added_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "协助人员"
        verbose_name_plural = "协助人员"
        ordering = ["section_id", "pk"]

    def __str__(self) -> str:
        return self.name


class Review(models.Model):
    """部门复核 of a submitted section; every decision stays."""

    section = models.ForeignKey(
        DepartmentSection, verbose_name="部门检查", on_delete=models.PROTECT, related_name="reviews"
    )
    decision = models.CharField("复核意见", max_length=8, choices=ReviewDecision.choices)
    reason = models.TextField("理由", blank=True)
    item_reasons = models.JSONField("各事项意见", default=dict, blank=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(User, verbose_name="复核人", on_delete=models.PROTECT, related_name="reviews")

    class Meta:
        verbose_name = "部门复核"
        verbose_name_plural = "部门复核"
        ordering = ["section_id", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(decision="RETURN") | ~Q(reason=""), name="review_return_has_reason")
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.get_decision_display()}"
