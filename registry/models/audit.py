"""The trail: one chained event table, operation keys, and the rows behind background jobs."""

from django.db import models
from django.db.models import Q

from registry import querysets
from registry.enums import JobState
from registry.models.people import User


class AuditHead(models.Model):
    """The head of one stream: locked while an event is appended, so that numbers have no gaps."""

    stream = models.CharField("记录流", max_length=60, primary_key=True)
    seq = models.PositiveBigIntegerField("末号", default=0)
    head = models.CharField("链首", max_length=64, default="0" * 64)

    class Meta:
        verbose_name = "记录链首"
        verbose_name_plural = "记录链首"
        ordering = ["stream"]

    def __str__(self) -> str:
        return f"{self.stream} {self.seq}"


class AuditEvent(models.Model):
    """Who did what, when, to what, before and after, why, in which request. Append-only, chained per stream.

    Streams: ``plan:N``, ``record:N``, ``registry``, ``accounts``, ``publication``, ``export``, ``feedback``, ``store``.
    """

    stream = models.CharField("记录流", max_length=60)
    seq = models.PositiveBigIntegerField("序号")
    prev_hash = models.CharField("前一条摘要", max_length=64)
    hash = models.CharField("摘要", max_length=64)
    at = models.DateTimeField("时间")
    actor = models.ForeignKey(User, verbose_name="操作人", null=True, on_delete=models.PROTECT)
    actor_name = models.CharField("操作人姓名", max_length=100)
    action = models.CharField("操作", max_length=60)
    object_type = models.CharField("对象类型", max_length=60)
    object_id = models.CharField("对象编号", max_length=60)
    object_text = models.CharField("对象", max_length=300, blank=True)
    before = models.JSONField("修改前", default=dict, blank=True)
    after = models.JSONField("修改后", default=dict, blank=True)
    reason = models.TextField("理由", blank=True)
    request_id = models.CharField("请求编号", max_length=40, blank=True)

    objects = querysets.AuditQuerySet.as_manager()

    class Meta:
        verbose_name = "操作记录"
        verbose_name_plural = "操作记录"
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="audit_unique_seq")]
        indexes = [models.Index(fields=["object_type", "object_id"], name="audit_object")]

    def __str__(self) -> str:
        return f"{self.stream}#{self.seq} {self.action}"


class OperationKey(models.Model):
    """A change a client may send twice: the key of the first one, and the answer it got."""

    key = models.CharField("操作键", max_length=64, unique=True)
    user = models.ForeignKey(User, verbose_name="用户", null=True, on_delete=models.PROTECT)
    action = models.CharField("操作", max_length=60)
    answer = models.JSONField("当时的答复", default=dict)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "操作键"
        verbose_name_plural = "操作键"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.action} {self.key}"


class Job(models.Model):
    """A background job. ``task`` is the dotted path of a function taking the object's id; safe to run twice."""

    task = models.CharField("任务", max_length=100)
    object_id = models.CharField("对象编号", max_length=40)
    state = models.CharField("状态", max_length=10, choices=JobState.choices, default=JobState.PENDING)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    created_at = models.DateTimeField("排队时间")
    started_at = models.DateTimeField("开始时间", null=True, blank=True)
    alive_at = models.DateTimeField("最近在做", null=True, blank=True)
    claim = models.CharField("由谁在做", max_length=32, blank=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)
    error = models.TextField("出错说明", blank=True)

    class Meta:
        verbose_name = "后台任务"
        verbose_name_plural = "后台任务"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "object_id"],
                condition=Q(state__in=["PENDING", "RUNNING"]),
                name="job_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.object_id}"


class StoreMark(models.Model):
    """How far database and stored files have come together: one row here, one file beside the files, moved on together.

    When they differ, one of the two was restored from a backup (registry/services/store_mark.py).
    """

    store = models.CharField("存放编号", max_length=32)
    seq = models.PositiveBigIntegerField("序号", default=0)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "文件存放标记"
        verbose_name_plural = "文件存放标记"

    def __str__(self) -> str:
        return f"{self.store} {self.seq}"
