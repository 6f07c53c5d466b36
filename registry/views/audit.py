"""操作记录: the trail with filters, one object's history, the chains recomputed."""

from typing import Any

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from registry import audit
from registry.filters import AuditFilter
from registry.models import AuditEvent, AuditHead
from registry.permissions import AUDITOR, SYSADMIN, requires
from registry.views.paging import page_of

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
}


def label_of(object_type: str, name: str) -> str:
    """A field's Chinese name; what is no field of the model has a word of its own, or stays as it is."""
    try:
        return str(apps.get_model(object_type)._meta.get_field(name).verbose_name)
    except (LookupError, ValueError, FieldDoesNotExist, AttributeError):
        return WORDS.get(name, name)


def changes_of(event: AuditEvent) -> list[tuple[str, Any, Any]]:
    """(field in words, before, after) of an event, in the order of the names."""
    names = sorted({*event.before, *event.after})
    return [(label_of(event.object_type, name), event.before.get(name), event.after.get(name)) for name in names]


def _with_changes(page: Any) -> Any:
    for event in page.object_list:
        event.changes = changes_of(event)
    return page


@requires(AUDITOR, SYSADMIN)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Newest first; the state of the chains on top."""
    found = AuditFilter(request.GET, queryset=AuditEvent.objects.visible_to(request.user))
    context = {"filter": found, "heads": AuditHead.objects.all()[:20], **page_of(found.qs, request.GET)}
    _with_changes(context["page"])
    return render(request, "registry/audit_log.html", context)


@requires(AUDITOR, SYSADMIN)
def audit_object(request: HttpRequest, object_type: str, object_id: str) -> HttpResponse:
    """What happened to one object."""
    rows = AuditEvent.objects.visible_to(request.user).filter(object_type=object_type, object_id=object_id)
    context = page_of(rows, request.GET)
    _with_changes(context["page"])
    return render(request, "registry/audit_object.html", context | {"object_type": object_type, "object_id": object_id})


@requires(AUDITOR, SYSADMIN)
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Recompute every chain. Reads only, so the auditor may do it."""
    faults = audit.verify_all()
    for fault in faults:
        messages.error(request, f"断链：{fault}")
    if not faults:
        count = AuditEvent.objects.count()
        messages.success(request, f"已逐条重算 {count} 条操作记录，{AuditHead.objects.count()} 个记录流全部完好。")
    return redirect("registry:audit_log")
