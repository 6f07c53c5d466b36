"""Choices of the registry."""

from django.db.models import TextChoices


class Role(TextChoices):
    """Who may do what (decisions.md); PUBLIC marks pages without login."""

    PUBLIC = "public", "公众"
    LEAD = "lead", "牵头部门"
    DEPT_ADMIN = "dept_admin", "部门管理员"
    INSPECTOR = "inspector", "执法检查人员"
    AUDITOR = "auditor", "审计"
    SYSADMIN = "sysadmin", "系统管理员"


class EntityType(TextChoices):
    """主体类型 (domain.md §3.3)."""

    COMPANY = "COMPANY", "企业"
    INDIVIDUAL = "INDIVIDUAL", "个体工商户"
    COOPERATIVE = "COOPERATIVE", "农民专业合作社"
    FOREIGN_OFFICE = "FOREIGN_OFFICE", "外国企业代表机构"


class RegStatus(TextChoices):
    """登记状态; only ACTIVE can be drawn."""

    ACTIVE = "ACTIVE", "存续"
    SUSPENDED = "SUSPENDED", "歇业"
    DEREGISTERED = "DEREGISTERED", "注销"
    REVOKED = "REVOKED", "吊销"
    ANNULLED = "ANNULLED", "撤销"
    MOVED_OUT = "MOVED_OUT", "迁出"


class InspectorStatus(TextChoices):
    """状态 of an inspector; only ACTIVE can be drawn."""

    ACTIVE = "ACTIVE", "在岗"
    UNAVAILABLE = "UNAVAILABLE", "休假或借调"
    LEFT = "LEFT", "调离或退休"
    DISABLED = "DISABLED", "停用"


# Who is away comes back, and may still send what was filled in before.
SERVING = (InspectorStatus.ACTIVE, InspectorStatus.UNAVAILABLE)


class ItemPriority(TextChoices):
    """事项类别."""

    GENERAL = "GENERAL", "一般检查事项"
    KEY = "KEY", "重点检查事项"


class CheckMethod(TextChoices):
    """检查方式 (domain.md §3.5)."""

    ON_SITE = "ON_SITE", "实地核查"
    WRITTEN = "WRITTEN", "书面检查"
    COMPARISON = "COMPARISON", "信息比对"
    NETWORK = "NETWORK", "网络监测"
    LABORATORY = "LABORATORY", "检验检测"
    OTHER_BODY = "OTHER_BODY", "利用其他部门检查、核查结果或专业机构结论"


class DayKind(TextChoices):
    """What a calendar row says of a day that is not an ordinary one."""

    OFF = "OFF", "休"
    WORK = "WORK", "班"
    LOCAL_OFF = "LOCAL_OFF", "本地休息"


class JobState(TextChoices):
    """State of a background job; the row is the truth, Celery only carries its id."""

    PENDING = "PENDING", "排队中"
    RUNNING = "RUNNING", "进行中"
    DONE = "DONE", "已完成"
    FAILED = "FAILED", "失败"


class ImportKind(TextChoices):
    """What a registry file holds."""

    ENTERPRISES = "enterprises", "企业名录"
    INSPECTORS = "inspectors", "执法检查人员名录"


class ImportState(TextChoices):
    """State of an uploaded registry file."""

    PREVIEW = "PREVIEW", "待确认"
    IMPORTED = "IMPORTED", "已导入"
    DISCARDED = "DISCARDED", "已放弃"
