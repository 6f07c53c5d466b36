"""Kinds and states of what goes out."""

from django.db.models import TextChoices


class ExportKind(TextChoices):
    """What an export holds."""

    RESULTS_XLSX = "results_xlsx", "抽查结果公示（Excel）"
    RESULTS_JSON = "results_json", "抽查结果（JSON）"
    STATISTICS_XLSX = "statistics_xlsx", "统计表（Excel）"
    RECORDS_PDF = "records_pdf", "一企一表（PDF）"
    LIST_XLSX = "list_xlsx", "列表（Excel）"
    BLANK_RECORDS_PDF = "blank_records_pdf", "空白一企一表（PDF）"


class ExportState(TextChoices):
    """State of an export."""

    WAITING = "WAITING", "排队中"
    RUNNING = "RUNNING", "生成中"
    READY = "READY", "可下载"
    FAILED = "FAILED", "失败"
    EXPIRED = "EXPIRED", "已过期"


class FeedbackKind(TextChoices):
    """What the public writes to the lead bureau's inbox."""

    REPORT = "REPORT", "举报企业违法经营"
    OBJECTION = "OBJECTION", "对检查或公示结果有异议"
    CONDUCT = "CONDUCT", "反映检查人员问题"
    QUESTION = "QUESTION", "咨询"
