"""What a freeze leaves behind: the roster and its files, the pool, the nonces, and the chained log."""

from django.db import models

from registry.models import Department, Inspector, User
from sampling.enums import RevealCause, Stream
from sampling.models.plan import Plan


class Roster(models.Model):
    """冻结名单: one freeze of a plan. Append-only; the bytes are its BundleFiles."""

    plan = models.ForeignKey(Plan, verbose_name="任务", on_delete=models.PROTECT, related_name="roster")
    round = models.PositiveSmallIntegerField("轮次", default=1)
    stream = models.CharField("记录链", max_length=12, choices=Stream.choices, default=Stream.MAIN)
    seq = models.PositiveIntegerField("冻结序号")
    draw_id = models.CharField("抽取编号", max_length=32, unique=True)
    prev = models.CharField("冻结前链首", max_length=64)
    digest = models.CharField("冻结文件摘要", max_length=64)
    counts = models.JSONField("各等级户数", default=dict)
    excluded = models.JSONField("未列入户数", default=dict)
    total = models.PositiveIntegerField("名单户数")
    not_before = models.DateTimeField("最早抽取时间")
    reveal_by = models.DateTimeField("最迟揭示时间", null=True, blank=True)
    sealed = models.BooleanField("封存抽取结果", default=False)
    strata_public = models.BooleanField("公开信用风险分层", default=False)
    frozen_at = models.DateTimeField("冻结时间")
    frozen_by = models.ForeignKey(User, verbose_name="冻结人", on_delete=models.PROTECT, related_name="rosters")

    class Meta:
        verbose_name = "冻结名单"
        verbose_name_plural = "冻结名单"
        ordering = ["-frozen_at", "-seq"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "round"], name="roster_unique_round"),
            models.UniqueConstraint(fields=["stream", "seq"], name="roster_unique_seq"),
        ]

    def __str__(self) -> str:
        return self.draw_id

    @property
    def revealed(self) -> bool:
        """Whether the public may have the files: an open list at once, a sealed one from its Reveal on."""
        return not self.sealed or hasattr(self, "reveal")


FILE_WORDS = {
    "freeze": "冻结清单", "roster": "企业名单", "exclude": "没有列入的企业", "plan": "比例和队数", "pool": "检查人员",
    "recuse": "回避", "entropy": "当众产生的数字", "nonces": "保密随机数", "result": "抽取结果", "events": "替换",
    "void": "作废", "audit": "审计核对", "log": "记录链", "names": "名称对照", "public": "抽中的代码和号码",
    "public-plan": "队数和席位",
}  # fmt: skip


def file_words(name: str) -> str:
    """What a file of a draw holds, in words: roster → 企业名单, events-001 → 替换."""
    return FILE_WORDS.get(name) or FILE_WORDS.get(name.partition("-")[0], name)


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

    @property
    def words(self) -> str:
        """What the file holds, in words."""
        return file_words(self.name)


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


LOG_WORDS = {
    "FREEZE": "名单冻结", "ENTROPY": "摇号", "RESULT": "抽取", "EVENTS": "替换", "NONCES": "揭示", "VOID": "作废",
    "AUDIT": "审计核对",
}  # fmt: skip


class LogEntry(models.Model):
    """One line of a draw log (draw.md §2.1): consecutive in its stream, chained, append-only."""

    stream = models.CharField("记录链", max_length=12, choices=Stream.choices, default=Stream.MAIN)
    seq = models.PositiveIntegerField("序号")
    time = models.CharField("时间", max_length=25)
    kind = models.CharField("种类", max_length=12)
    roster = models.ForeignKey(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="log")
    record = models.CharField("记录文件", max_length=40)
    sha256 = models.CharField("记录摘要", max_length=64)
    chain = models.CharField("链值", max_length=64)

    class Meta:
        verbose_name = "抽取记录链"
        verbose_name_plural = "抽取记录链"
        ordering = ["stream", "seq"]
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="logentry_unique_seq")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"

    @property
    def words(self) -> str:
        """What the line records, in words: FREEZE → 名单冻结, EVENTS-001 → 替换."""
        return LOG_WORDS.get(self.kind.partition("-")[0], self.kind)


class LogHead(models.Model):
    """The head of a draw log: a row a stream, locked while a line is appended, so that nothing is left out."""

    stream = models.CharField("记录链", max_length=12, choices=Stream.choices, default=Stream.MAIN, unique=True)
    seq = models.PositiveIntegerField("末号", default=0)
    chain = models.CharField("链首", max_length=64, default="0" * 64)
    time = models.CharField("末条时间", max_length=25, blank=True)

    class Meta:
        verbose_name = "抽取记录链首"
        verbose_name_plural = "抽取记录链首"

    def __str__(self) -> str:
        return f"{self.seq} {self.chain[:12]}"


class OpenFreeze(models.Model):
    """The one freeze of a plan that waits for its draw; gone once it is drawn or void. The only row here that goes."""

    plan = models.OneToOneField(Plan, verbose_name="任务", on_delete=models.PROTECT, related_name="open_freeze")
    roster = models.OneToOneField(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="open_freeze")

    class Meta:
        verbose_name = "待抽取的冻结"
        verbose_name_plural = "待抽取的冻结"

    def __str__(self) -> str:
        return str(self.roster)


class FreezeVoid(models.Model):
    """作废 of a freeze that was never drawn: a dispute that was right. Append-only; a void draw is a DrawEvent."""

    roster = models.OneToOneField(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="void")
    reason = models.TextField("理由")
    at = models.DateTimeField("时间")
    actor = models.ForeignKey(User, verbose_name="操作人", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(
        User, verbose_name="第二人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "冻结作废"
        verbose_name_plural = "冻结作废"

    def __str__(self) -> str:
        return f"{self.roster} 作废"


class Nonce(models.Model):
    """A party's commitment to its random number (draw.md §0.4). Append-only."""

    OFFICE = "office"

    roster = models.ForeignKey(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="nonces")
    party = models.CharField("持有方", max_length=32)
    name = models.CharField("持有方名称", max_length=100, blank=True)
    commitment = models.CharField("承诺值", max_length=64)

    class Meta:
        verbose_name = "保密随机数"
        verbose_name_plural = "保密随机数"
        ordering = ["roster_id", "party"]
        constraints = [models.UniqueConstraint(fields=["roster", "party"], name="nonce_unique_party")]

    def __str__(self) -> str:
        return self.party


class NonceValue(models.Model):
    """The number behind a commitment: the office's from the freeze on, another party's once it was handed over.

    Append-only. Leaves the services only through the reveal; no admin page, export or trail shows it.
    """

    nonce = models.OneToOneField(Nonce, verbose_name="保密随机数", on_delete=models.PROTECT, related_name="kept")
    value = models.CharField("数值", max_length=64)
    at = models.DateTimeField("记入时间")
    entered_by = models.ForeignKey(User, verbose_name="记入人", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "保密随机数数值"
        verbose_name_plural = "保密随机数数值"

    def __str__(self) -> str:
        return f"{self.nonce}（不显示）"


class SealedCopy(models.Model):
    """That the office's number was printed for a witness to keep, once, and who keeps it. Append-only."""

    roster = models.OneToOneField(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="sealed_copy")
    holder = models.CharField("保管人", max_length=50)
    unit = models.CharField("保管人单位", max_length=100)
    at = models.DateTimeField("打印时间")
    actor = models.ForeignKey(User, verbose_name="打印人", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "封存纸件"
        verbose_name_plural = "封存纸件"

    def __str__(self) -> str:
        return f"{self.roster} {self.holder}"


class Reveal(models.Model):
    """揭示: from here on the files of a sealed draw are public. Append-only; ``actor`` empty = the system."""

    roster = models.OneToOneField(Roster, verbose_name="冻结名单", on_delete=models.PROTECT, related_name="reveal")
    cause = models.CharField("缘由", max_length=12, choices=RevealCause.choices)
    at = models.DateTimeField("揭示时间")
    actor = models.ForeignKey(
        User, verbose_name="操作人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "揭示"
        verbose_name_plural = "揭示"

    def __str__(self) -> str:
        return f"{self.roster} {self.get_cause_display()}"
