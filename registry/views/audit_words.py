"""The trail in words: what stands in an event as field names, codes and ISO times, as people say it."""

import datetime as dt
import re
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import TextChoices

from registry import clock, enums
from registry.models import AuditEvent

WORDS = {
    "new": "新增",
    "changed": "更新",
    "unchanged": "不变",
    "skipped": "跳过",
    "rows": "行数",
    "sha256": "文件摘要",
    "codes": "更新的代码",
    "fields": "改动的列",
    "changes": "逐条改动",
    "days": "特殊日数",
    "day": "日期",
    "department": "部门",
    "source": "来源",
    "result": "结果",
    "reason": "理由",
    "departments": "部门",
    "industries": "行业",
    "schemes": "分级办法",
    "items": "抽查事项",
    "years": "日历年数",
    "handover": "未送达内容的接收",
    "inspector": "检查人员",
    "account": "账号",
    "file": "文件摘要",
    "ended_sessions": "结束的登录数",
    "second_factor": "两步验证",
}

CODE = re.compile(r"[A-Z][A-Z0-9_]+")
CODED = re.compile(r"[0-9A-Za-z._-]+ (?=\S)")
KEYED = re.compile(r"\d+ (?=\S)")  # a linked object is kept as its key and its text


def _field(object_type: str, name: str) -> Any:
    try:
        return apps.get_model(object_type)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return None


def label_of(object_type: str, name: str) -> str:
    """A field's Chinese name; what is no field of the model has a word of its own, or stays as it is."""
    return str(getattr(_field(object_type, name), "verbose_name", None) or WORDS.get(name, name))


@cache
def _labels() -> dict[str, str]:
    """Code → label over all choices of the product; a code that means two things is left out."""
    found: dict[str, set[str]] = {}
    for model in apps.get_models():
        for field in model._meta.get_fields():
            for code, label in getattr(field, "flatchoices", ()):
                found.setdefault(str(code), set()).add(str(label))
    for kind in vars(enums).values():
        if isinstance(kind, type) and issubclass(kind, TextChoices):
            for code, label in kind.choices:
                found.setdefault(str(code), set()).add(str(label))
    return {code: labels.pop() for code, labels in found.items() if len(labels) == 1}


def words_of(object_type: str, name: str, value: Any) -> str:
    """A stored value as people say it: labels for codes, 是 and 否, Shanghai time, the text of a linked object."""
    field = _field(object_type, name)
    if isinstance(value, list):
        return "、".join(words_of(object_type, name, one) for one in value) or "（空）"
    if isinstance(value, dict):
        return "，".join(f"{label_of(object_type, key)} {words_of('', key, one)}" for key, one in value.items())
    if isinstance(value, bool):
        return "是" if value else "否"
    if value in (None, ""):
        return "（空）"
    text = str(value)
    choices = {str(code): str(label) for code, label in getattr(field, "flatchoices", ())}
    if text in choices:
        return choices[text]
    if CODE.fullmatch(text):
        return _labels().get(text, text)
    if re.match(r"\d{4}-\d\d-\d\dT\d\d:", text):
        return f"{dt.datetime.fromisoformat(text).astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    return _keyed(field).sub("", text, count=1) if field is None or field.is_relation else text


def _keyed(field: Any) -> re.Pattern[str]:
    """What stands before the text of a linked object: its key, which is a number, or a code where a code is the key."""
    related = getattr(field, "related_model", None)
    return CODED if related is not None and isinstance(related._meta.pk, models.CharField) else KEYED


def changes_of(event: AuditEvent) -> list[tuple[str, str | None, str]]:
    """(field, before or None where there was no before, after) of an event in words, in the order of the names."""
    kind = event.object_type
    return [
        (
            label_of(kind, name),
            words_of(kind, name, event.before[name]) if name in event.before else None,
            words_of(kind, name, event.after[name]) if name in event.after else "（空）",
        )
        for name in sorted({*event.before, *event.after})
    ]


def changes_in_words(event: AuditEvent) -> str:
    """The changes of an event in one cell: ``状态：待复核 → 已复核；理由：核实``."""
    return "；".join(
        f"{label}：{after}" if before is None else f"{label}：{before} → {after}"
        for label, before, after in changes_of(event)
    )
