"""What people are told: the inbox, the reminders already sent, and the ways out of the house."""

from django.db import models

from inspections import querysets
from inspections.enums import Channel, DeliveryState
from registry.models import User
from sampling.models import Plan


class Notice(models.Model):
    """A message in a person's inbox."""

    recipient = models.ForeignKey(User, verbose_name="收件人", on_delete=models.PROTECT, related_name="notices")
    text = models.CharField("内容", max_length=600)
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


class Mention(models.Model):
    """That a deadline was mentioned: once per object and day, however often the job runs; by hand apart.

    What can be shown afterwards: when, to whom, how late it was, and whether the message was made up for an outage.
    """

    kind = models.CharField("种类", max_length=20)
    object_id = models.PositiveBigIntegerField("对象")
    plan = models.ForeignKey(Plan, verbose_name="任务", on_delete=models.PROTECT, related_name="mentions")
    day = models.DateField("提醒日")
    manual = models.BooleanField("人工提醒", default=False)
    caught_up = models.BooleanField("补发", default=False)
    days_late = models.PositiveSmallIntegerField("逾期工作日", default=0)
    told = models.JSONField("收件人", default=list, help_text="账号编号")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "期限提醒"
        verbose_name_plural = "期限提醒"
        ordering = ["-day", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id", "day", "manual"], name="mention_once_a_day")
        ]
        indexes = [models.Index(fields=["plan", "kind", "object_id"], name="mention_of_an_object")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} {self.day}"


class ReminderRun(models.Model):
    """The daily run: its row is the lock of the day, and what an outage is seen by."""

    day = models.DateField("提醒日", unique=True)
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    notices = models.PositiveIntegerField("消息数", default=0)
    missed_from = models.DateField("补发自", null=True, blank=True)

    class Meta:
        verbose_name = "每日提醒"
        verbose_name_plural = "每日提醒"
        ordering = ["-day"]

    def __str__(self) -> str:
        return str(self.day)


class NoticeSetting(models.Model):
    """By which ways a person wants to be told. Without a row: inbox and, where there is an address, e-mail."""

    user = models.OneToOneField(User, verbose_name="用户", on_delete=models.PROTECT, related_name="notice_setting")
    inbox = models.BooleanField("站内通知提示未读", default=True)
    mail = models.BooleanField("发邮件", default=True)
    webhook = models.BooleanField("发到群机器人", default=False)
    webhook_url = models.CharField("群机器人地址", max_length=300, blank=True)

    class Meta:
        verbose_name = "通知方式"
        verbose_name_plural = "通知方式"
        ordering = ["user_id"]

    def __str__(self) -> str:
        return str(self.user)


class Delivery(models.Model):
    """A notice on its way out of the house. The row is the truth; a failed one is tried again, ever more rarely."""

    notice = models.ForeignKey(Notice, verbose_name="通知", on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField("渠道", max_length=10, choices=Channel.choices)
    state = models.CharField("状态", max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    tries = models.PositiveSmallIntegerField("尝试次数", default=0)
    next_try = models.DateTimeField("下次尝试")
    sent_at = models.DateTimeField("送达时间", null=True, blank=True)
    error = models.CharField("失败原因", max_length=300, blank=True)

    objects = querysets.DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "消息发送"
        verbose_name_plural = "消息发送"
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["notice", "channel"], name="delivery_once_per_channel")]
        indexes = [models.Index(fields=["state", "next_try"], name="delivery_waiting")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.get_state_display()}"
