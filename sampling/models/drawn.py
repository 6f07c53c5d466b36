"""What a draw decided, and what happened to it since."""

from django.db import models
from django.db.models import Q

from registry.models import Department, Enterprise, Inspector, User
from sampling.enums import DrawEventKind, PickKind
from sampling.models.frozen import Roster
from sampling.models.plan import Plan


class Draw(models.Model):
    """抽取. Append-only: what was typed, what came out, who did it before whom."""

    plan = models.ForeignKey(Plan, verbose_name="任务", on_delete=models.PROTECT, related_name="draws")
    round = models.PositiveSmallIntegerField("轮次", default=1)
    roster = models.OneToOneField(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="draw")
    algorithm = models.CharField("算法", max_length=16, default="dr1")
    digits = models.CharField("骰子数字", max_length=100)
    beacon = models.CharField("信标数值", max_length=200, blank=True)
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
