"""What one person asked for and another one decides: a draw, a replacement, a void."""

from django.db import models
from django.db.models import F, Q

from registry.models import Department, User
from sampling.enums import Decision, DrawEventKind
from sampling.models.drawn import Draw, DrawEvent, Selection, TeamMember
from sampling.models.frozen import Roster


class DrawRequest(models.Model):
    """待确认的抽取: what was typed before the witnesses, until a second person of the lead bureau confirms it.

    Never deleted: a withdrawn one stays to be seen, since somebody who may type twice may choose.
    """

    roster = models.ForeignKey(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="draw_requests")
    digits = models.CharField("骰子数字", max_length=100)
    beacon = models.CharField("信标数值", max_length=200, blank=True)
    witnesses = models.JSONField("见证人", default=list)
    requested_by = models.ForeignKey(User, verbose_name="录入人", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField("录入时间")
    confirmed_by = models.ForeignKey(
        User, verbose_name="确认人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, verbose_name="撤回人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawn_reason = models.TextField("撤回理由", blank=True)

    class Meta:
        verbose_name = "待确认的抽取"
        verbose_name_plural = "待确认的抽取"
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["roster"],
                condition=Q(withdrawn_at__isnull=True),
                name="drawrequest_one_in_force",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("requested_by")),
                name="drawrequest_two_people",
                violation_error_message="确认人不能是录入人本人。",
            ),
        ]

    def __str__(self) -> str:
        return str(self.roster)


class VoidRequest(models.Model):
    """作废申请: of a freeze or of its draw, until a second person of the lead bureau confirms it."""

    roster = models.ForeignKey(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="void_requests")
    reason = models.TextField("理由")
    decision = models.CharField("状态", max_length=10, choices=Decision.choices, default=Decision.PENDING)
    requested_by = models.ForeignKey(User, verbose_name="申请人", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField("申请时间")
    decided_by = models.ForeignKey(
        User, verbose_name="第二人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("办理时间", null=True, blank=True)

    class Meta:
        verbose_name = "作废申请"
        verbose_name_plural = "作废申请"
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["roster"], condition=Q(decision="PENDING"), name="voidrequest_one_pending"),
            models.CheckConstraint(
                condition=~Q(decision="APPROVED") | ~Q(decided_by=F("requested_by")),
                name="voidrequest_two_people",
                violation_error_message="作废须由申请人以外的第二人确认。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.roster} {self.get_decision_display()}"


class EventRequest(models.Model):
    """替换申请: a department asks that a drawn enterprise or inspector be taken out, with evidence (draw.md §2.3).

    It never names who comes in: that follows from the order of the draw.
    """

    draw = models.ForeignKey(Draw, verbose_name="抽取", on_delete=models.PROTECT, related_name="event_requests")
    kind = models.CharField("种类", max_length=8, choices=DrawEventKind.choices)
    selection = models.ForeignKey(
        Selection, verbose_name="退出企业", null=True, blank=True, on_delete=models.PROTECT, related_name="requests"
    )
    member = models.ForeignKey(
        TeamMember, verbose_name="退出人员", null=True, blank=True, on_delete=models.PROTECT, related_name="requests"
    )
    code = models.CharField("理由代码", max_length=20)
    reason = models.TextField("理由")
    evidence = models.FileField("证明材料", upload_to="draw-evidence/", blank=True)
    evidence_sha256 = models.CharField("材料摘要", max_length=64, blank=True)
    department = models.ForeignKey(Department, verbose_name="申请部门", on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(User, verbose_name="申请人", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField("申请时间")
    decision = models.CharField("状态", max_length=10, choices=Decision.choices, default=Decision.PENDING)
    decision_reason = models.TextField("办理意见", blank=True)
    decided_by = models.ForeignKey(
        User, verbose_name="办理人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField("办理时间", null=True, blank=True)
    event = models.OneToOneField(
        DrawEvent, verbose_name="事件", null=True, blank=True, on_delete=models.PROTECT, related_name="request"
    )

    class Meta:
        verbose_name = "替换申请"
        verbose_name_plural = "替换申请"
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["selection"],
                condition=Q(decision="PENDING"),
                name="eventrequest_enterprise_pending_once",
            ),
            models.UniqueConstraint(
                fields=["member"], condition=Q(decision="PENDING"), name="eventrequest_person_pending_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="E-OUT", selection__isnull=False, member__isnull=True)
                | Q(kind="I-OUT", selection__isnull=True, member__isnull=False),
                name="eventrequest_one_subject",
                violation_error_message="替换申请只能是一家企业或一名检查人员。",
            ),
            models.CheckConstraint(
                condition=Q(event__isnull=True) | Q(decision="APPROVED"),
                name="eventrequest_event_when_approved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.draw} {self.get_kind_display()} {self.selection or self.member}"
