"""Departments, users, inspectors and recusals."""

import datetime as dt

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from registry import querysets
from registry.enums import InspectorStatus, Role
from registry.models.keys import Keyed, KeyField
from registry.models.shapes import ascii_code, code_shape
from registry.text import folded


class Department(models.Model):
    """A participating department; it, never the 领导小组办公室, is the 检查机关 (国办发〔2024〕54号)."""

    code = models.CharField(
        "代码", max_length=32, unique=True, validators=[ascii_code], help_text="用于抽取文件，如 WL。"
    )
    name = models.CharField("名称", max_length=100, unique=True)
    short_name = models.CharField("简称", max_length=30, unique=True)
    order = models.PositiveSmallIntegerField("在通知中的顺序", default=0)
    kind = models.CharField("类别", max_length=30, blank=True)
    phone = models.CharField("公开电话", max_length=30, blank=True)
    active = models.BooleanField("使用中", default=True)

    class Meta:
        verbose_name = "部门"
        verbose_name_plural = "部门"
        ordering = ["order", "code"]
        constraints = [
            models.CheckConstraint(
                condition=code_shape("code") & ~Q(name="") & ~Q(short_name=""),
                name="department_is_named",
                violation_error_message="部门要有代码、名称和简称；代码只能用英文字母、数字和 . _ -。",
            )
        ]

    def __str__(self) -> str:
        return self.short_name


class User(AbstractUser):
    """An account. Accounts are made by the system administrator; there is no sign-up (decisions.md)."""

    name = models.CharField("姓名", max_length=50)
    department = models.ForeignKey(
        Department, verbose_name="部门", null=True, blank=True, on_delete=models.PROTECT, related_name="users"
    )
    is_lead = models.BooleanField("牵头部门", default=False)
    is_dept_admin = models.BooleanField("部门管理员", default=False)
    is_inspector = models.BooleanField("执法检查人员", default=False)
    is_auditor = models.BooleanField("审计", default=False)
    is_sysadmin = models.BooleanField("系统管理员", default=False)
    must_change_password = models.BooleanField("下次登录须改密码", default=False)
    issued_password = models.CharField("发过的一次性密码（散列）", max_length=128, blank=True)

    class Meta:
        verbose_name = "用户"
        verbose_name_plural = "用户"
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(is_lead=True, is_auditor=True)
                & ~Q(is_lead=True, is_sysadmin=True)
                & ~Q(is_auditor=True, is_sysadmin=True),
                name="user_separate_powers",
                violation_error_message="牵头部门、审计、系统管理员三种权限，一个账号只能有一种，请取消多余的勾选。",
            ),
            models.CheckConstraint(
                condition=Q(department__isnull=False) | Q(is_lead=False, is_dept_admin=False, is_inspector=False),
                name="user_department_needed",
                violation_error_message="牵头部门、部门管理员和执法检查人员的账号必须选择所属部门。",
            ),
        ]

    @property
    def roles(self) -> set[Role]:
        """The roles of an active account; an inactive one has none."""
        if not self.is_active:
            return set()
        flags = {
            Role.LEAD: self.is_lead,
            Role.DEPT_ADMIN: self.is_dept_admin,
            Role.INSPECTOR: self.is_inspector,
            Role.AUDITOR: self.is_auditor,
            Role.SYSADMIN: self.is_sysadmin,
        }
        return {role for role, held in flags.items() if held}

    def __str__(self) -> str:
        return self.name or self.username


class Inspector(Keyed):
    """执法检查人员名录库: one person with one enforcement certificate."""

    department = models.ForeignKey(Department, verbose_name="部门", on_delete=models.PROTECT, related_name="inspectors")
    name = models.CharField("姓名", max_length=50)
    search_key = KeyField("查找键", of="name", by=folded, max_length=100)
    badge = models.CharField("执法证号", max_length=40, unique=True)
    badge_valid_until = models.DateField("执法证有效期至")
    position = models.CharField("职务", max_length=50, blank=True)
    phone = models.CharField("手机", max_length=20, blank=True)
    specialties = models.ManyToManyField("registry.Specialty", verbose_name="专业", blank=True)
    status = models.CharField("状态", max_length=12, choices=InspectorStatus.choices, default=InspectorStatus.ACTIVE)
    unavailable_from = models.DateField("不在岗自", null=True, blank=True)
    unavailable_to = models.DateField("不在岗至", null=True, blank=True)
    user = models.OneToOneField(
        User, verbose_name="账号", null=True, blank=True, on_delete=models.PROTECT, related_name="inspector"
    )

    objects = querysets.InspectorQuerySet.as_manager()

    class Meta:
        verbose_name = "执法检查人员"
        verbose_name_plural = "执法检查人员"
        ordering = ["department__order", "badge"]
        constraints = [
            models.CheckConstraint(
                condition=Q(unavailable_to__isnull=True) | Q(unavailable_from__lte=models.F("unavailable_to")),
                name="inspector_unavailable_order",
                violation_error_message="“不在岗至”早于“不在岗自”，请核对两个日期。",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(badge=""),
                name="inspector_is_named",
                violation_error_message="检查人员要有姓名和执法证号。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.badge}）"

    def why_not_drawable(self, on: dt.date, last_plan_day: dt.date) -> str:
        """Why this person cannot be drawn, in Chinese; empty when drawable.

        ``on``: the later of the freeze day and the first plan day; the certificate must be valid to ``last_plan_day``
        (decisions.md; "失效人员不纳入检查执法人员抽取范围").
        """
        if self.status != InspectorStatus.ACTIVE:
            return self.get_status_display()
        if self.badge_valid_until < last_plan_day:
            return f"执法证{self.badge_valid_until:%Y-%m-%d}到期"
        if self.unavailable_from and self.unavailable_from <= on <= (self.unavailable_to or on):
            return "不在岗"
        return ""


class Recusal(models.Model):
    """回避: this inspector must not inspect this enterprise (处罚法 第43条)."""

    inspector = models.ForeignKey(
        Inspector, verbose_name="执法检查人员", on_delete=models.PROTECT, related_name="recusals"
    )
    enterprise = models.ForeignKey(
        "registry.Enterprise", verbose_name="企业", on_delete=models.PROTECT, related_name="recusals"
    )
    reason = models.CharField("回避理由", max_length=200)
    declared_by = models.ForeignKey(
        User, verbose_name="申报人", on_delete=models.PROTECT, related_name="declared_recusals"
    )
    declared_at = models.DateTimeField("申报时间")
    decided_by = models.ForeignKey(
        User, verbose_name="决定人", null=True, blank=True, on_delete=models.PROTECT, related_name="decided_recusals"
    )
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    accepted = models.BooleanField("是否准许", null=True, blank=True)

    objects = querysets.RecusalQuerySet.as_manager()

    class Meta:
        verbose_name = "回避"
        verbose_name_plural = "回避"
        ordering = ["-declared_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["inspector", "enterprise"], name="recusal_unique_pair")]

    def __str__(self) -> str:
        return f"{self.inspector} 回避 {self.enterprise}"
