"""The twelve columns of 检查结果公告 (domain.md §3.6), for Excel and CSV alike."""

from publicity.models import PublishedResult

RESULT_HEADERS = [
    "序号",
    "抽查计划编号",
    "抽查计划名称",
    "抽查任务编号",
    "抽查任务名称",
    "抽查类型",
    "检查机关",
    "抽查市场主体名称",
    "统一社会信用代码/注册号",
    "检查完成日期",
    "检查结果",
    "备注",
]
RESULT_WIDTHS = [6, 18, 26, 22, 30, 12, 26, 28, 22, 14, 28, 24]


def result_row(number: int, row: PublishedResult) -> list[str | int]:
    """One row in the order of ``RESULT_HEADERS``; only what was published."""
    public = row.publication.snapshot
    return [
        number,
        public["plan_code"],
        public["plan_name"],
        public["task_code"],
        public["task_name"],
        public["draw_type"],
        row.organ,
        public["name"],
        public["uscc"],
        row.finished_on.isoformat() if row.finished_on else "",
        row.results,
        row.remark,
    ]
