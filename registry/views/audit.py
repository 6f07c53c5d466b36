"""操作记录: the trail with filters, one object's history, the chains recomputed."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from registry import audit
from registry.filters import AuditFilter
from registry.models import AuditEvent, AuditHead
from registry.permissions import AUDITOR, SYSADMIN, requires
from registry.views.audit_words import changes_of
from registry.views.paging import page_of


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
