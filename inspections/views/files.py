"""Files and paper: evidence served access-checked, the record and the notice as PDF."""

from typing import Any
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from inspections import printing, services
from inspections.models import DepartmentSection, Evidence, InspectionRecord, Signature
from inspections.services.evidence import thumbnail
from registry.errors import DomainError
from registry.permissions import STAFF, requires
from sampling.models import Plan

BATCH = 20
SANDBOX = "sandbox; default-src 'none'"


@requires(*STAFF)
def evidence_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A stored file (``?small=1``: a picture of 320 px) to whoever may see its record; 404 to others (trust.md I9)."""
    visible = InspectionRecord.objects.visible_to(request.user)
    row = get_object_or_404(Evidence.everything.filter(record__in=visible.values("pk")), pk=pk)
    inline = row.content_type == "image/jpeg"
    stored = _opened(row.file)
    if inline and "small" in request.GET:
        with stored:
            small = HttpResponse(thumbnail(stored.read()), content_type="image/jpeg")
        return _guarded(small, row.original_name, inline=True)
    return _guarded(FileResponse(stored, content_type=row.content_type), row.original_name, inline=inline)


@requires(*STAFF)
def signature_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The picture of a drawn signature to whoever may see its record."""
    visible = InspectionRecord.objects.visible_to(request.user)
    row = get_object_or_404(Signature.objects.filter(record__in=visible.values("pk")), pk=pk)
    return _guarded(FileResponse(_opened(row.file), content_type="image/png"), f"签字 {row.name}.png", inline=True)


def _opened(file: Any) -> Any:
    try:
        return file.open("rb")
    except FileNotFoundError:
        raise Http404 from None


def _guarded(response: HttpResponseBase, name: str, *, inline: bool) -> HttpResponseBase:
    response["Content-Disposition"] = _disposition(name, inline=inline)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _disposition(name: str, *, inline: bool) -> str:
    return f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}"


def _pdf(content: bytes, name: str, plan: Plan) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    mark = "演练-" if plan.rehearsal else ""
    response["Content-Disposition"] = _disposition(f"{mark}{name}.pdf", inline=True)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@requires(*STAFF)
def record_print(request: HttpRequest, pk: int) -> HttpResponse:
    """一企一表 as PDF; ``?blank=1`` for a day without phone."""
    record = get_object_or_404(InspectionRecord.objects.visible_to(request.user), pk=pk)
    services.note_reading(actor=request.user, record=record)
    blank = "blank" in request.GET
    name = f"一企一表 {record.number}{'（空白）' if blank else ''}"
    plan = record.plan  # read before the printing, which takes its time
    return _pdf(printing.render_records([record], blank=blank), name, plan)


@requires(*STAFF)
def print_batch(request: HttpRequest) -> HttpResponse:
    """The selected records (``?pk=1&pk=2``, at most 20) in one file."""
    keys = {key for key in request.GET.getlist("pk") if key.isdigit() and len(key) < 18}
    if not keys:
        raise DomainError("请先勾选要打印的企业，再点打印。")
    if len(keys) > BATCH:
        raise DomainError(f"一次最多直接打印 {BATCH} 份，您选了 {len(keys)} 份；更多的请分几次，或请部门管理员打印。")
    # in the order of tasks and numbers (Meta.ordering), also when they are of several tasks
    records = list(InspectionRecord.objects.visible_to(request.user).filter(pk__in=keys).select_related("plan"))
    if not records:
        raise Http404
    for record in records:
        services.note_reading(actor=request.user, record=record)
    plan = next((record.plan for record in records if record.plan.rehearsal), records[0].plan)
    return _pdf(printing.render_records(records, blank="blank" in request.GET), f"一企一表 {len(records)}份", plan)


@requires(*STAFF)
def notice_print(request: HttpRequest, pk: int) -> HttpResponse:
    """检查通知书 of one department."""
    section = get_object_or_404(DepartmentSection.objects.visible_to(request.user), pk=pk)
    plan, name = section.record.plan, f"检查通知书 {section.record.number} {section.department}"
    return _pdf(printing.render_notice(section), name, plan)
