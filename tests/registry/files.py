"""Import files for the tests: rows as dicts, changed where a test needs it."""

import io
from typing import Any

import openpyxl

from tests.factories import uscc

ENTERPRISE = {
    "统一社会信用代码": "",
    "名称": "演示一号网吧",
    "主体类型": "企业",
    "登记机关": "演示县市场监督管理局",
    "登记状态": "存续",
    "成立日期": "2020-01-02",
    "住所": "演示镇示例街1号",
    "乡镇": "演示镇",
    "法定代表人": "张某",
    "行业": "网吧",
    "信用风险等级": "B",
    "等级日期": "2024-05-01",
    "联系人": "李某",
    "联系电话": "13900000001",
    "许可证名称": "网络文化经营许可证",
    "许可证编号": "演示字0001号",
    "许可有效期至": "长期",
}
INSPECTOR = {
    "姓名": "检查员甲",
    "部门": "旅文广电局",
    "执法证号": "演示WL0001",
    "执法证有效期至": "2026-12-31",
    "职务": "科员",
    "专业": "",
    "手机": "13800000001",
    "状态": "在岗",
}


def enterprise(number: int = 1, **cells: Any) -> dict[str, Any]:
    """A good enterprise row with a code of its own."""
    return ENTERPRISE | {"统一社会信用代码": uscc(900_000 + number), "名称": f"演示{number}号网吧"} | cells


def inspector(number: int = 1, **cells: Any) -> dict[str, Any]:
    """A good inspector row with a certificate of its own."""
    return INSPECTOR | {"执法证号": f"演示WL{number:04d}", "姓名": f"检查员{number}"} | cells


def book(*rows: dict[str, Any], title: str = "", headers: list[str] | None = None) -> bytes:
    """The rows as .xlsx; the headers are those of the first row, the first data row is row 2 (3 below a title)."""
    made = openpyxl.Workbook()
    sheet = made.active
    if title:
        sheet.append([title])
    names = headers or list(rows[0])
    sheet.append(names)
    for row in rows:
        sheet.append([row.get(name) for name in names])
    for cells in sheet.iter_rows():
        for cell in cells:
            if isinstance(cell.value, str) and cell.value.startswith("="):
                cell.data_type = "s" if cell.value.startswith("==") else "f"
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()
