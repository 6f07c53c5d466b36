"""Files that belong to a record: photos, scans, other bodies' results."""

from typing import ClassVar

from django.db import models

from inspections.enums import EvidenceKind, TakenFrom
from registry.models import User


class InForce(models.Manager["Evidence"]):
    """What belongs to the record as it is told now. Also what ``finding.evidence`` and the like give."""

    def get_queryset(self) -> models.QuerySet["Evidence"]:
        """Without what was withdrawn."""
        return super().get_queryset().filter(withdrawn_at=None)


class Evidence(models.Model):
    """A stored file with its digest; served only through an access-checked view.

    A photo of a finding that was taken back is withdrawn: kept with its bytes, but no part of the record, of what is
    signed, printed or published (docs/adr/0004).
    """

    record = models.ForeignKey(
        "inspections.InspectionRecord", verbose_name="一企一表", on_delete=models.PROTECT, related_name="evidence"
    )
    section = models.ForeignKey(
        "inspections.DepartmentSection",
        verbose_name="部门检查",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="evidence",
    )
    finding = models.ForeignKey(
        "inspections.ItemFinding",
        verbose_name="事项结果",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="evidence",
    )
    kind = models.CharField("种类", max_length=16, choices=EvidenceKind.choices)
    file = models.FileField("文件", upload_to="evidence/")
    original_name = models.CharField("原文件名", max_length=255)
    content_type = models.CharField("类型", max_length=50)
    sha256 = models.CharField("摘要", max_length=64)
    size = models.PositiveIntegerField("字节数")
    taken_at = models.DateTimeField("拍摄时间", null=True, blank=True)
    taken_from = models.CharField("拍摄时间来源", max_length=8, choices=TakenFrom.choices, blank=True)
    shot_by = models.ForeignKey(
        User, verbose_name="拍摄人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    latitude = models.DecimalField("纬度", max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)
    accuracy = models.PositiveIntegerField("误差（米）", null=True, blank=True)
    uploaded_at = models.DateTimeField("上传时间")
    uploaded_by = models.ForeignKey(User, verbose_name="上传人", on_delete=models.PROTECT)
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, verbose_name="撤下人", null=True, blank=True, on_delete=models.PROTECT, related_name="withdrawn_evidence"
    )

    objects = InForce()
    everything: ClassVar[models.Manager["Evidence"]] = models.Manager()  # also what was withdrawn

    class Meta:
        verbose_name = "证据材料"
        verbose_name_plural = "证据材料"
        ordering = ["record_id", "pk"]
        constraints = [models.UniqueConstraint(fields=["record", "section", "finding", "sha256"], name="evidence_once")]

    def __str__(self) -> str:
        return self.original_name
