"""派发, 比对和确认, and the approval before the visit."""

from django.db import models
from django.db.models import Q

from inspections import querysets
from inspections.enums import Decision, LeadDecision, ReturnReason
from registry.models import Department, User
from sampling.models import Draw


class Dispatch(models.Model):
    """派发 of a draw to the departments; starts the clock of 2 working days (notice 五(一))."""

    draw = models.OneToOneField(Draw, verbose_name="抽取", on_delete=models.PROTECT, related_name="dispatch")
    at = models.DateTimeField("派发时间")
    by = models.ForeignKey(User, verbose_name="派发人", on_delete=models.PROTECT, related_name="dispatches")
    confirm_due_on = models.DateField("确认期限")
    calendar_version = models.CharField("所用日历", max_length=40)

    class Meta:
        verbose_name = "派发"
        verbose_name_plural = "派发"
        ordering = ["-at", "pk"]

    def __str__(self) -> str:
        return f"派发 {self.draw}"


class Confirmation(models.Model):
    """比对确认 of one enterprise by one department. Silence never confirms (decisions.md)."""

    record = models.ForeignKey(
        "inspections.InspectionRecord", verbose_name="一企一表", on_delete=models.PROTECT, related_name="confirmations"
    )
    department = models.ForeignKey(
        Department, verbose_name="部门", on_delete=models.PROTECT, related_name="confirmations"
    )
    started_on = models.DateField("期限起算日", null=True, blank=True, help_text="派发或递补之日，当日不计")
    due_on = models.DateField("确认期限")
    calendar_version = models.CharField("所用日历", max_length=40, blank=True)
    decision = models.CharField("结果", max_length=10, choices=Decision.choices, default=Decision.PENDING)
    reason = models.CharField("退回原因", max_length=16, choices=ReturnReason.choices, blank=True)
    note = models.TextField("说明", blank=True)
    at = models.DateTimeField("确认时间", null=True, blank=True)
    by = models.ForeignKey(
        User, verbose_name="确认人", null=True, blank=True, on_delete=models.PROTECT, related_name="confirmations"
    )
    late = models.BooleanField("逾期确认", default=False)
    lead_decision = models.CharField("牵头部门处理", max_length=8, choices=LeadDecision.choices, blank=True)
    lead_reason = models.TextField("处理理由", blank=True)
    lead_at = models.DateTimeField("处理时间", null=True, blank=True)
    lead_by = models.ForeignKey(
        User, verbose_name="处理人", null=True, blank=True, on_delete=models.PROTECT, related_name="lead_decisions"
    )

    objects = querysets.ConfirmationQuerySet.as_manager()

    class Meta:
        verbose_name = "比对确认"
        verbose_name_plural = "比对确认"
        ordering = ["record_id", "department__order"]
        constraints = [
            models.UniqueConstraint(fields=["record", "department"], name="confirmation_one_per_department"),
            models.CheckConstraint(
                condition=Q(decision="PENDING", at__isnull=True) | ~Q(decision="PENDING") & Q(at__isnull=False),
                name="confirmation_decided_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(decision="RETURNED") | ~Q(reason=""), name="confirmation_return_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record} {self.department} {self.get_decision_display()}"


class Approval(models.Model):
    """行政检查审批 by the head of the organ before the visit (司法部 2025-04-18 解答)."""

    section = models.OneToOneField(
        "inspections.DepartmentSection", verbose_name="部门检查", on_delete=models.PROTECT, related_name="approval"
    )
    approver = models.CharField("批准人", max_length=50)
    day = models.DateField("批准日期")
    urgent = models.BooleanField("紧急情况先行检查", default=False)
    urgent_reason = models.CharField("紧急理由", max_length=200, blank=True)
    recorded_by = models.ForeignKey(User, verbose_name="登记人", on_delete=models.PROTECT)
    recorded_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "检查审批"
        verbose_name_plural = "检查审批"
        ordering = ["section_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(urgent=False) | ~Q(urgent_reason=""),
                name="approval_urgent_has_reason",
                violation_error_message="紧急情况先行检查的，请写明紧急理由。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.approver}"
