"""Files and paper: evidence served access-checked, the record and the notice as PDF."""

from urllib.parse import quote

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from inspections import printing, services
from inspections.models import DepartmentSection, Evidence, InspectionRecord
from registry.errors import DomainError
from registry.permissions import STAFF, requires

BATCH = 20
SANDBOX = "sandbox; default-src 'none'"


@requires(*STAFF)
def evidence_file(request: HttpRequest, pk: int) -> FileResponse:
    """A stored file to whoever may see its record; everybody else gets 404 (trust.md I9)."""
    visible = InspectionRecord.objects.visible_to(request.user)
    row = get_object_or_404(Evidence.objects.filter(record__in=visible.values("pk")), pk=pk)
    try:
        stored = row.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    inline = row.content_type == "image/jpeg"
    response = FileResponse(stored, content_type=row.content_type)
    response["Content-Disposition"] = _disposition(row.original_name, inline=inline)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _disposition(name: str, *, inline: bool) -> str:
    return f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}"


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = _disposition(f"{name}.pdf", inline=True)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@requires(*STAFF)
def record_print(request: HttpRequest, pk: int) -> HttpResponse:
    """一企一表 as PDF; ``?blank=1`` for a day without phone."""
    record = get_object_or_404(InspectionRecord.objects.visible_to(request.user), pk=pk)
    services.note_reading(actor=request.user, record=record)
    blank = "blank" in request.GET
    return _pdf(
        printing.render_records([record], blank=blank), f"一企一表 {record.number}{'（空白）' if blank else ''}"
    )


@requires(*STAFF)
def print_batch(request: HttpRequest) -> HttpResponse:
    """The selected records (``?pk=1&pk=2``, at most 20) in one file."""
    keys = {key for key in request.GET.getlist("pk") if key.isdigit() and len(key) < 18}
    if not keys:
        raise DomainError("请先勾选要打印的企业，再点打印。")
    if len(keys) > BATCH:
        raise DomainError(f"一次最多直接打印 {BATCH} 份，您选了 {len(keys)} 份；更多的请在“导出”里生成，做好后下载。")
    records = list(InspectionRecord.objects.visible_to(request.user).filter(pk__in=keys).order_by("number"))
    if not records:
        raise Http404
    for record in records:
        services.note_reading(actor=request.user, record=record)
    return _pdf(printing.render_records(records, blank="blank" in request.GET), f"一企一表 {len(records)}份")


@requires(*STAFF)
def notice_print(request: HttpRequest, pk: int) -> HttpResponse:
    """检查通知书 of one department."""
    section = get_object_or_404(DepartmentSection.objects.visible_to(request.user), pk=pk)
    return _pdf(printing.render_notice(section), f"检查通知书 {section.record.number} {section.department}")
