"""States, answers, result codes and follow-ups of the joint inspection. See docs/states.md."""

from django.db.models import TextChoices

from sampling.enums import EOutReason


class SectionState(TextChoices):
    """State of a department's section (design.md §4). Overdue is computed, never a state."""

    NOT_STARTED = "NOT_STARTED", "未开始"
    DRAFT = "DRAFT", "填写中"
    SUBMITTED = "SUBMITTED", "待复核"
    RETURNED = "RETURNED", "退回修改"
    APPROVED = "APPROVED", "已复核"
    NO_ITEMS = "NO_ITEMS", "无检查事项"
    NOT_MINE = "NOT_MINE", "不属本部门"
    CLOSED = "CLOSED", "已按状态结案"


SECTION_TRANSITIONS: dict[SectionState, set[SectionState]] = {
    SectionState.NOT_STARTED: {SectionState.DRAFT, SectionState.NOT_MINE, SectionState.CLOSED},
    SectionState.DRAFT: {SectionState.SUBMITTED, SectionState.CLOSED},
    SectionState.SUBMITTED: {SectionState.APPROVED, SectionState.RETURNED},
    SectionState.RETURNED: {SectionState.SUBMITTED},
    SectionState.APPROVED: {SectionState.RETURNED},
    SectionState.NO_ITEMS: set(),
    SectionState.NOT_MINE: set(),
    SectionState.CLOSED: set(),
}
CLOSED_WITHOUT_VISIT = {SectionState.NO_ITEMS, SectionState.NOT_MINE, SectionState.CLOSED}
OPEN_FOR_ENTRY = {SectionState.NOT_STARTED, SectionState.DRAFT, SectionState.RETURNED}
FREE_TO_PUBLISH = {SectionState.APPROVED, SectionState.CLOSED}


class RecordState(TextChoices):
    """Stage of a record before its sections speak: confirmed first, open for entry afterwards."""

    CONFIRMING = "CONFIRMING", "比对确认中"
    OPEN = "OPEN", "检查中"
    REPLACED = "REPLACED", "已递补"
    CLOSED = "CLOSED", "按状态结案"


RECORD_TRANSITIONS: dict[RecordState, set[RecordState]] = {
    RecordState.CONFIRMING: {RecordState.OPEN, RecordState.REPLACED, RecordState.CLOSED},
    RecordState.OPEN: set(),
    RecordState.REPLACED: set(),
    RecordState.CLOSED: set(),
}


class Decision(TextChoices):
    """比对和确认 of one department on one enterprise."""

    PENDING = "PENDING", "待确认"
    CONFIRMED = "CONFIRMED", "已确认"
    RETURNED = "RETURNED", "已退回"


class ReturnReason(TextChoices):
    """退回原因 (decisions.md)."""

    DEREGISTERED = "DEREGISTERED", "已注销"
    REVOKED = "REVOKED", "吊销"
    ANNULLED = "ANNULLED", "撤销"
    MOVED_OUT = "MOVED_OUT", "迁出"
    ADDRESS = "ADDRESS", "地址不符"
    NOT_IN_SCOPE = "NOT_IN_SCOPE", "不在范围"
    DUPLICATE = "DUPLICATE", "重复"
    NOT_MINE = "NOT_MINE", "不属本部门"
    OTHER = "OTHER", "其他"


class LeadDecision(TextChoices):
    """What the lead bureau does with a returned enterprise."""

    KEEP = "KEEP", "保留，继续检查"
    CLOSE = "CLOSE", "保留，按状态结案"
    REPLACE = "REPLACE", "由同层候补递补"
    EXEMPT = "EXEMPT", "该部门不检查"


# What the lead bureau may do with each return (P07): an address that does not fit is visited all the same (P08), a
# department that is not concerned takes only itself out, and nobody is replaced for being inconvenient.
_GONE = {LeadDecision.KEEP, LeadDecision.CLOSE, LeadDecision.REPLACE}
RETURN_DECISIONS: dict[ReturnReason, set[LeadDecision]] = {
    ReturnReason.DEREGISTERED: _GONE,
    ReturnReason.REVOKED: _GONE,
    ReturnReason.ANNULLED: _GONE,
    ReturnReason.MOVED_OUT: _GONE,
    ReturnReason.ADDRESS: {LeadDecision.KEEP},
    ReturnReason.NOT_IN_SCOPE: {LeadDecision.KEEP, LeadDecision.REPLACE},
    ReturnReason.DUPLICATE: {LeadDecision.KEEP, LeadDecision.REPLACE},
    ReturnReason.NOT_MINE: {LeadDecision.KEEP, LeadDecision.EXEMPT},
    ReturnReason.OTHER: {LeadDecision.KEEP, LeadDecision.CLOSE},
}
# Reason code of the E-OUT event in the draw log (draw.md §2.2).
RETURN_TO_E_OUT: dict[ReturnReason, EOutReason] = {
    ReturnReason.DEREGISTERED: EOutReason.DEREGISTERED,
    ReturnReason.REVOKED: EOutReason.REVOKED,
    ReturnReason.ANNULLED: EOutReason.ANNULLED,
    ReturnReason.MOVED_OUT: EOutReason.MOVED_OUT,
    ReturnReason.NOT_IN_SCOPE: EOutReason.NOT_IN_SCOPE,
    ReturnReason.DUPLICATE: EOutReason.DUPLICATE,
}


class Arrival(TextChoices):
    """到场情况: what the officers met with, the first question of a visit (rules: inspections/arrival.py)."""

    NORMAL = "NORMAL", "正常检查"
    UNREACHABLE = "UNREACHABLE", "无法联系"
    CLOSED = "CLOSED", "已关闭"
    MOVED = "MOVED", "搬走"
    REFUSED = "REFUSED", "拒绝检查"
    ABSENT = "ABSENT", "负责人不在"


class Way(TextChoices):
    """How somebody was looked for at the door."""

    KNOCK = "KNOCK", "敲门"
    CALL = "CALL", "打电话"
    NEIGHBOUR = "NEIGHBOUR", "问邻居"
    LANDLORD = "LANDLORD", "问房东或物业"
    COMMUNITY = "COMMUNITY", "问社区"
    NOTICE = "NOTICE", "门上贴告知单"


class Answer(TextChoices):
    """Item-level answer (domain.md §2.2); empty = not answered yet, there is no default."""

    OK = "OK", "符合"
    NOT_OK = "NOT_OK", "不符合"
    NOT_APPLICABLE = "NOT_APPLICABLE", "合理缺项"
    NOT_CHECKED = "NOT_CHECKED", "未检查"


class ResultCode(TextChoices):
    """检查结果 in the wording of the national system (domain.md §2.2); numbers are never shown as official codes."""

    NO_PROBLEM = "NO_PROBLEM", "未发现问题"
    NOT_PUBLISHED = "NOT_PUBLISHED", "未按规定公示应当公示的信息"
    FALSE_PUBLISHED = "FALSE_PUBLISHED", "公示信息隐瞒真实情况、弄虚作假"
    UNREACHABLE = "UNREACHABLE", "通过登记的住所（经营场所）无法联系"
    CORRECTED = "CORRECTED", "发现问题已责令改正"
    UNCOOPERATIVE = "UNCOOPERATIVE", "不配合检查情节严重"
    NO_ACTIVITY = "NO_ACTIVITY", "未发现开展本次抽查涉及的经营活动"
    PENDING = "PENDING", "发现问题待后续处理"
    NO_ITEMS = "NO_ITEMS", "无检查事项"
    DEREGISTERED = "DEREGISTERED", "注销"
    REVOKED = "REVOKED", "吊销"
    ANNULLED = "ANNULLED", "撤销"
    MOVED_OUT = "MOVED_OUT", "迁出"
    SUSPENDED = "SUSPENDED", "歇业"
    WOUND_UP = "WOUND_UP", "关闭停业或正在组织清算"


STATUS_RESULTS = {
    ResultCode.DEREGISTERED,
    ResultCode.REVOKED,
    ResultCode.ANNULLED,
    ResultCode.MOVED_OUT,
    ResultCode.SUSPENDED,
    ResultCode.WOUND_UP,
}
# The status result a return reason stands for; 其他 names none, there the lead bureau chooses.
RETURN_RESULTS: dict[ReturnReason, ResultCode] = {
    ReturnReason.DEREGISTERED: ResultCode.DEREGISTERED,
    ReturnReason.REVOKED: ResultCode.REVOKED,
    ReturnReason.ANNULLED: ResultCode.ANNULLED,
    ReturnReason.MOVED_OUT: ResultCode.MOVED_OUT,
}
EXCLUSIVE_RESULTS = STATUS_RESULTS | {
    ResultCode.NO_PROBLEM,
    ResultCode.UNREACHABLE,
    ResultCode.NO_ACTIVITY,
    ResultCode.NO_ITEMS,
}
MARKET_ONLY_RESULTS = {ResultCode.NOT_PUBLISHED, ResultCode.FALSE_PUBLISHED}
RESULTS_WITHOUT_NOTE = {ResultCode.NO_PROBLEM, ResultCode.NO_ITEMS}


class Measure(TextChoices):
    """后续处置 (domain.md §2.3)."""

    NONE = "NONE", "无需后续处置"
    ORDER_CORRECT = "ORDER_CORRECT", "责令限期改正"
    OPEN_CASE = "OPEN_CASE", "立案查处"
    TRANSFER_CASE = "TRANSFER_CASE", "移送办案机构或司法机关"
    NOTIFY_DEPT = "NOTIFY_DEPT", "抄告相关部门"
    ABNORMAL_LIST = "ABNORMAL_LIST", "列入经营异常名录"
    FEEDBACK_ROUTINE = "FEEDBACK_ROUTINE", "反馈日常监管"
    OTHER = "OTHER", "其他"


class SignatureState(TextChoices):
    """How the enterprise signed (domain.md §10)."""

    PENDING = "PENDING", "待签"
    SIGNED = "SIGNED", "签字"
    SEALED = "SEALED", "盖章"
    SIGNED_AND_SEALED = "SIGNED_AND_SEALED", "签字并盖章"
    REFUSED = "REFUSED", "拒绝签字"
    UNABLE = "UNABLE", "无法签字"
    NOT_APPLICABLE = "NOT_APPLICABLE", "不适用（无法联系、未现场检查）"


class SignatoryRole(TextChoices):
    """身份 of who signs for the enterprise."""

    LEGAL_REP = "LEGAL_REP", "法定代表人"
    PRINCIPAL = "PRINCIPAL", "负责人"
    SITE_MANAGER = "SITE_MANAGER", "现场负责人"
    ENTRUSTED = "ENTRUSTED", "受委托人"


class SignerKind(TextChoices):
    """Whose drawn signature it is."""

    ENTERPRISE = "ENTERPRISE", "企业"
    WITNESS = "WITNESS", "见证人"
    INSPECTOR = "INSPECTOR", "检查人员"


class EvidenceKind(TextChoices):
    """What an uploaded file is."""

    PHOTO = "PHOTO", "照片"
    DOOR = "DOOR", "门口照片"
    SIGNED_SCAN = "SIGNED_SCAN", "签字盖章的一企一表扫描件"
    DEPARTMENT_FORM = "DEPARTMENT_FORM", "本单位现场检查文书"
    OTHER_BODY = "OTHER_BODY", "其他部门结果或专业结论"
    OTHER = "OTHER", "其他材料"


class TakenFrom(TextChoices):
    """Where the time of a picture comes from."""

    EXIF = "EXIF", "相机记录"
    FILE = "FILE", "文件时间"


class ReviewDecision(TextChoices):
    """部门复核."""

    PASS = "PASS", "通过"
    RETURN = "RETURN", "退回修改"


class Channel(TextChoices):
    """A way out of the house; the inbox inside it is the notice itself."""

    MAIL = "MAIL", "邮件"
    WEBHOOK = "WEBHOOK", "群机器人"


class DeliveryState(TextChoices):
    """State of a message on its way out."""

    WAITING = "WAITING", "等待发送"
    SENT = "SENT", "已送达"
    FAILED = "FAILED", "没有送达"


DELIVERY_TRANSITIONS: dict[DeliveryState, set[DeliveryState]] = {
    DeliveryState.WAITING: {DeliveryState.SENT, DeliveryState.FAILED},
    DeliveryState.FAILED: {DeliveryState.WAITING},
    DeliveryState.SENT: set(),
}
