"""States and kinds of plans and draws; one TRANSITIONS table per state field. See docs/states.md."""

from django.db.models import TextChoices


class PlanState(TextChoices):
    """State of a plan (design.md §4)."""

    DRAFT = "DRAFT", "编制中"
    FROZEN = "FROZEN", "名单已冻结"
    DRAWN = "DRAWN", "已抽取"
    DISPATCHED = "DISPATCHED", "已派发"
    INSPECTING = "INSPECTING", "检查中"
    COMPLETED = "COMPLETED", "检查完成"
    SUMMARISED = "SUMMARISED", "已总结"
    ARCHIVED = "ARCHIVED", "已归档"
    CANCELLED = "CANCELLED", "已取消"


PLAN_TRANSITIONS: dict[PlanState, set[PlanState]] = {
    PlanState.DRAFT: {PlanState.FROZEN, PlanState.CANCELLED},
    PlanState.FROZEN: {PlanState.DRAWN, PlanState.DRAFT, PlanState.CANCELLED},
    PlanState.DRAWN: {PlanState.DISPATCHED, PlanState.DRAFT, PlanState.CANCELLED},
    PlanState.DISPATCHED: {PlanState.INSPECTING, PlanState.CANCELLED},
    PlanState.INSPECTING: {PlanState.COMPLETED, PlanState.CANCELLED},
    PlanState.COMPLETED: {PlanState.SUMMARISED},
    PlanState.SUMMARISED: {PlanState.ARCHIVED},
    PlanState.ARCHIVED: set(),
    PlanState.CANCELLED: set(),
}


class DrawType(TextChoices):
    """抽查类型 (企业公示信息抽查办法 第5条)."""

    DIRECTED = "DIRECTED", "定向抽查"
    UNDIRECTED = "UNDIRECTED", "不定向抽查"


class Stream(TextChoices):
    """The draw logs: rehearsals are numbered and chained apart, so that none can pass for a real draw."""

    MAIN = "main", "正式"
    REHEARSAL = "rehearsal", "演练"


class Beacon(TextChoices):
    """A public source of randomness beside the dice; names as in entropy.tsv (draw.md §2.2)."""

    NONE = "none", "不用"
    DRAND = "drand", "drand 公共信标"
    SSQ = "ssq", "双色球开奖号码"


class RevealCause(TextChoices):
    """Why a sealed draw was opened."""

    DATE = "date", "到揭示日期"
    PUBLISHED = "published", "检查结果已全部公示"
    VOID = "void", "抽取作废"
    CANCELLED = "cancelled", "任务取消"


class Decision(TextChoices):
    """What became of a request."""

    PENDING = "PENDING", "待办理"
    APPROVED = "APPROVED", "已同意"
    REFUSED = "REFUSED", "未同意"
    WITHDRAWN = "WITHDRAWN", "已撤回"


DECISION_TRANSITIONS: dict[Decision, set[Decision]] = {
    Decision.PENDING: {Decision.APPROVED, Decision.REFUSED, Decision.WITHDRAWN},
    Decision.APPROVED: set(),
    Decision.REFUSED: set(),
    Decision.WITHDRAWN: set(),
}


class PickKind(TextChoices):
    """Main pick or reserve."""

    MAIN = "MAIN", "抽中"
    RESERVE = "RESERVE", "候补"


class DrawEventKind(TextChoices):
    """What may happen to a draw afterwards; a draw itself is never edited (draw.md §2.3)."""

    VOID = "VOID", "作废"
    E_OUT = "E-OUT", "企业递补"
    I_OUT = "I-OUT", "人员替换"


class ExcludeReason(TextChoices):
    """Reason codes of exclude.tsv (draw.md §2.2)."""

    INDUSTRY = "industry", "行业不在范围"
    AFTER_CUTOFF = "after-cutoff", "登记日期不在范围"
    AUTHORITY = "authority", "登记机关不符"
    STATUS = "status", "登记状态不是存续"
    NO_ID = "no-id", "没有统一社会信用代码"
    CAP = "cap", "本年检查次数已达上限"


class EOutReason(TextChoices):
    """Reason codes of E-OUT events (draw.md §2.2)."""

    DEREGISTERED = "deregistered", "注销"
    REVOKED = "revoked", "吊销"
    ANNULLED = "annulled", "撤销"
    MOVED_OUT = "moved-out", "迁出"
    NOT_IN_SCOPE = "not-in-scope", "不在范围"
    DUPLICATE = "duplicate", "重复"
    CAP = "cap", "频次上限"


class IOutReason(TextChoices):
    """Reason codes of I-OUT events (draw.md §2.2)."""

    SICK = "sick", "病假"
    LEAVE = "leave", "请假"
    TRANSFERRED = "transferred", "调离"
    CERTIFICATE = "certificate", "执法证失效"
    RECUSED = "recused", "回避"
