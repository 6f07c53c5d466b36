"""Who was there and who signed: drawn signatures with their strokes, the second officer's code, usual reasons."""

from django.db import models
from django.db.models import Q

from inspections.enums import Answer, SignatoryRole, SignerKind
from registry.models import User

REASONED = [(one.value, one.label) for one in (Answer.NOT_APPLICABLE, Answer.NOT_CHECKED)]


class Signature(models.Model):
    """A drawn signature: strokes and the picture made from them, and which content it was put under. Append-only.

    Not a 可靠的电子签名 (电子签名法 第13条): it shows what was drawn on this phone, as paper would.
    """

    record = models.ForeignKey(
        "inspections.InspectionRecord", verbose_name="一企一表", on_delete=models.PROTECT, related_name="signatures"
    )
    kind = models.CharField("签字人类别", max_length=12, choices=SignerKind.choices)
    member = models.ForeignKey(
        "inspections.SectionMember", verbose_name="检查人员", null=True, blank=True, on_delete=models.PROTECT,
        related_name="signatures",
    )  # fmt: skip
    name = models.CharField("姓名", max_length=50)
    post = models.CharField("身份或职务", max_length=100, blank=True)
    strokes = models.JSONField("笔迹")
    width = models.PositiveSmallIntegerField("签字板宽")
    height = models.PositiveSmallIntegerField("签字板高")
    file = models.FileField("图片", upload_to="signatures/")
    sha256 = models.CharField("图片摘要", max_length=64)
    content_version = models.PositiveIntegerField("签字时的版本")
    content_digest = models.CharField("签字时的内容摘要", max_length=64)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(User, verbose_name="登录人", on_delete=models.PROTECT, related_name="taken_signatures")

    class Meta:
        verbose_name = "手写签字"
        verbose_name_plural = "手写签字"
        ordering = ["record_id", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="INSPECTOR", member__isnull=False) | (~Q(kind="INSPECTOR") & Q(member__isnull=True)),
                name="signature_inspector_has_member",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.get_kind_display()}）"


class PhoneConfirmation(models.Model):
    """已电话确认: the enterprise agreed by telephone to what was changed after it had signed. Append-only.

    One of the two ways on after such a change; the other is a new signature. ``head`` and ``sections`` are the digests
    that it covers, as those of a signature in the trail.
    """

    record = models.ForeignKey(
        "inspections.InspectionRecord", verbose_name="一企一表", on_delete=models.PROTECT, related_name="phone_calls"
    )
    section = models.ForeignKey(
        "inspections.DepartmentSection", verbose_name="部门检查", on_delete=models.PROTECT, related_name="phone_calls"
    )
    name = models.CharField("接电话的人", max_length=50)
    role = models.CharField("身份", max_length=16, choices=SignatoryRole.choices)
    phone = models.CharField("电话号码", max_length=40)
    called_at = models.DateTimeField("通话时间")
    head = models.CharField("入场信息摘要", max_length=64)
    sections = models.JSONField("所确认的部门内容摘要")
    content_version = models.PositiveIntegerField("确认时的版本")
    at = models.DateTimeField("登记时间")
    by = models.ForeignKey(User, verbose_name="登记人", on_delete=models.PROTECT, related_name="phone_confirmations")

    class Meta:
        verbose_name = "电话确认"
        verbose_name_plural = "电话确认"
        ordering = ["record_id", "pk"]

    def __str__(self) -> str:
        return f"{self.record} {self.name}"

    @property
    def masked(self) -> str:
        """The number as it is printed: the middle covered."""
        return f"{self.phone[:3]}****{self.phone[-4:]}" if len(self.phone) >= 11 else f"****{self.phone[-2:]}"


class AttendanceCode(models.Model):
    """A short-lived code on the first officer's screen, by which the second one confirms that both were present."""

    section = models.ForeignKey(
        "inspections.DepartmentSection", verbose_name="部门检查", on_delete=models.PROTECT, related_name="codes"
    )
    code = models.CharField("到场码", max_length=6)
    issued_at = models.DateTimeField("生成时间")
    expires_at = models.DateTimeField("失效时间")
    issued_by = models.ForeignKey(User, verbose_name="生成人", on_delete=models.PROTECT, related_name="issued_codes")
    wrong_tries = models.PositiveSmallIntegerField("输错次数", default=0)
    used_at = models.DateTimeField("确认时间", null=True, blank=True)
    used_by = models.ForeignKey(
        User, verbose_name="确认人", null=True, blank=True, on_delete=models.PROTECT, related_name="used_codes"
    )

    class Meta:
        verbose_name = "到场码"
        verbose_name_plural = "到场码"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.section} {self.issued_at:%H:%M}"


class ReasonPhrase(models.Model):
    """常用原因 for 合理缺项 and 未检查, offered as chips, kept by the office. Phrases of 不符合 belong to the item."""

    answer = models.CharField("用于", max_length=16, choices=REASONED)
    text = models.CharField("原因", max_length=40)
    order = models.PositiveSmallIntegerField("顺序", default=0)
    active = models.BooleanField("有效", default=True)

    class Meta:
        verbose_name = "常用原因"
        verbose_name_plural = "常用原因"
        ordering = ["answer", "order", "pk"]
        constraints = [models.UniqueConstraint(fields=["answer", "text"], name="reasonphrase_once")]

    def __str__(self) -> str:
        return self.text
