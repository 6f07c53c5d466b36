"""执法检查人员名录: the columns of the import file and how each is cleaned."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from registry.enums import InspectorStatus
from registry.importers.reading import (
    EMPTY,
    Cleaner,
    Wrong,
    choice,
    normal_word,
    phone,
    refuse_identity,
    remembered,
    text,
    unknown_word,
)
from registry.models import Department, Specialty
from registry.services import InspectorRow
from registry.spreadsheets import Header, Kind

HEADERS = [
    Header("姓名"),
    Header("部门"),
    Header("执法证号", Kind.CODE),
    Header("执法证有效期至", Kind.DATE),
    Header("职务", required=False),
    Header("专业", required=False),
    Header("手机", Kind.PHONE, required=False, aliases=("手机号",)),
    Header("状态"),
]
HINTS = {
    "姓名": "与执法证一致。",
    "部门": "部门全称或简称，如：旅文广电局。",
    "执法证号": "单元格须为文本格式。一人一证，不要填身份证号。",
    "执法证有效期至": "年月日，如 2026-12-31；过期的人不参加抽取。",
    "职务": "可不填。",
    "专业": "可不填；几个专业用“、”隔开，须在专业表内。",
    "手机": "可不填；只供内部联系，不对外公布。",
    "状态": "在岗、休假或借调、调离或退休、停用之一；只有在岗的参加抽取。",
}
STATUS_WORDS = {
    "休假": InspectorStatus.UNAVAILABLE,
    "借调": InspectorStatus.UNAVAILABLE,
    "请假": InspectorStatus.UNAVAILABLE,
    "调离": InspectorStatus.LEFT,
    "退休": InspectorStatus.LEFT,
    "在职": InspectorStatus.ACTIVE,
}
FIELDS = {
    "姓名": "name",
    "部门": "department_id",
    "执法证号": "badge",
    "执法证有效期至": "badge_valid_until",
    "职务": "position",
    "手机": "phone",
    "状态": "status",
}


class InspectorCleaner(Cleaner):
    """Cleans an inspector file."""

    headers = HEADERS
    key = "执法证号"
    title = "姓名"

    def __init__(self) -> None:
        departments: dict[str, int] = {}
        shown = []
        for department in Department.objects.filter(active=True):
            shown.append(department.short_name)
            for word in (department.name, department.short_name, department.code):
                departments.setdefault(normal_word(word), department.pk)
        status = {normal_word(label): value for value, label in InspectorStatus.choices} | STATUS_WORDS
        self.columns: dict[str, Callable[[Any], Any]] = {
            "姓名": text(50, required=True, named=True),
            "部门": choice(departments, shown, "部门表"),
            "执法证号": _badge,
            "执法证有效期至": _valid_until,
            "职务": text(50),
            "专业": _specialties(),
            "手机": phone(20),
            "状态": choice(status, InspectorStatus.labels, "状态"),
        }

    def build(
        self, number: int, cells: dict[str, Any], wrong: set[str], report: Callable[[str, str], None]
    ) -> InspectorRow:
        """The clean row."""
        values = {field: cells[column] for column, field in FIELDS.items() if column in cells}
        return InspectorRow(number, values, cells.get("专业"))


def _badge(value: str | None) -> str:
    if not value:
        raise Wrong(EMPTY)
    badge = normal_word(value)
    refuse_identity(badge)
    if len(badge) > 40:
        raise Wrong(f"有{len(badge)}位，最多40位，请核对")
    return badge


def _valid_until(value: dt.date | None) -> dt.date:
    if value is None:
        raise Wrong(EMPTY)
    return value


def _specialties() -> Callable[[str | None], tuple[int, ...]]:
    words: dict[str, int] = {}
    shown = []
    for specialty in Specialty.objects.all():
        shown.append(specialty.name)
        words.setdefault(normal_word(specialty.name), specialty.pk)
        words.setdefault(normal_word(specialty.code), specialty.pk)

    def clean(value: str | None) -> tuple[int, ...]:
        keys = []
        for part in (value or "").replace("，", "、").replace(",", "、").split("、"):
            if not part.strip():
                continue
            key = words.get(normal_word(part))
            if key is None:
                advice = "" if shown else "，专业表还是空的，请系统管理员先添加，或留空"
                raise Wrong(unknown_word(part.strip(), shown, "专业表") + advice)
            if key not in keys:
                keys.append(key)
        return tuple(keys)

    return remembered(clean)
