"""What people are told: the inbox, and the reminders already sent."""

from django.db import models

from inspections import querysets
from registry.models import User


class Notice(models.Model):
    """A message in a person's inbox."""

    recipient = models.ForeignKey(User, verbose_name="收件人", on_delete=models.PROTECT, related_name="notices")
    text = models.CharField("内容", max_length=300)
    url = models.CharField("链接", max_length=200, blank=True)
    at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True, blank=True)

    objects = querysets.NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "通知"
        verbose_name_plural = "通知"
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.text


class Reminder(models.Model):
    """That a reminder was given: once per kind, object, recipient and day, however often the job runs."""

    kind = models.CharField("种类", max_length=20)
    object_id = models.CharField("对象", max_length=40)
    recipient = models.ForeignKey(User, verbose_name="收件人", on_delete=models.PROTECT, related_name="reminders")
    day = models.DateField("提醒日")
    notice = models.ForeignKey(Notice, verbose_name="通知", on_delete=models.PROTECT, related_name="reminders")

    class Meta:
        verbose_name = "提醒"
        verbose_name_plural = "提醒"
        ordering = ["-day", "pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "object_id", "recipient", "day"], name="reminder_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} {self.day}"
