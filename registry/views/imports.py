"""Import: choose a file → check → done. The file is read when it comes in and again when it is imported."""

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry.enums import ImportKind, ImportState
from registry.errors import DomainError
from registry.forms import UploadForm
from registry.importers import Reading, error_copy, preview_of, read_registry_file, template
from registry.models import ImportBatch
from registry.permissions import AUDITOR, LEAD, requires
from registry.services import compare_rows, discard_upload, earlier_import, import_rows, store_upload
from registry.spreadsheets import SpreadsheetError
from registry.views.posted import sent

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STEPS = ["选文件", "核对", "完成"]


def _xlsx(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return response


def _stored(form: UploadForm, user: Any) -> ImportBatch:
    data = form.cleaned_data
    comparison = compare_rows(kind=data["kind"], rows=form.reading.rows, scheme=data["scheme"])
    data["file"].seek(0)
    return store_upload(
        actor=user,
        kind=data["kind"],
        filename=data["file"].name,
        content=data["file"].read(),
        scheme=data["scheme"],
        preview=preview_of(form.reading, comparison),
    )


@requires(LEAD, methods=("GET", "POST"))
def import_upload(request: HttpRequest) -> HttpResponse:
    """Choose the kind and the file; a file that can be read leads to the preview."""
    initial = {"kind": request.GET.get("kind")}
    form = UploadForm(*sent(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        return redirect("registry:import_preview", pk=_stored(form, request.user).pk)
    context = {"form": form, "steps": STEPS, "kinds": ImportKind.choices}
    return render(request, "registry/import_upload.html", context, status=422 if form.errors else 200)


@requires(LEAD)
def import_template(request: HttpRequest, kind: str) -> HttpResponse:
    """The empty file of a kind."""
    if kind not in ImportKind.values:
        raise Http404
    return _xlsx(template(kind), f"{ImportKind(kind).label}模板.xlsx")


@requires(LEAD, AUDITOR, methods=("GET", "POST"), writes=(LEAD,))
def import_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the import would do; POST does it, or lets the file go."""
    batch = get_object_or_404(ImportBatch.objects.select_related("uploaded_by", "scheme"), pk=pk)
    if request.method == "POST":
        return _confirm(request, batch)
    if batch.state == ImportState.IMPORTED:
        return redirect("registry:import_done", pk=pk)
    earlier = earlier_import(kind=batch.kind, digest=batch.sha256)
    return render(request, "registry/import_preview.html", _preview_context(batch, earlier))


def _preview_context(batch: ImportBatch, earlier: ImportBatch | None) -> dict[str, Any]:
    counts = batch.counts
    return {
        "batch": batch,
        "counts": counts,
        "good": counts["total"] - counts["wrong"],
        "to_write": counts["new"] + counts["changed"],
        "earlier": earlier,
        "steps": STEPS,
        "unit": "家" if batch.kind == ImportKind.ENTERPRISES else "人",
        "discarded": batch.state == ImportState.DISCARDED,
    }


def _confirm(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    if request.POST.get("do") == "discard":
        discard_upload(actor=request.user, batch=batch)
        return redirect("registry:import")
    if batch.state == ImportState.IMPORTED:  # a second click: the answer of the first
        return redirect("registry:import_done", pk=batch.pk)
    try:
        reading, _ = _read_again(batch)
        if reading.problems and request.POST.get("do") != "skip":
            raise DomainError(f"有 {reading.wrong} 行有错，请先改好，或选择跳过有错的行。")
        import_rows(actor=request.user, batch=batch, rows=reading.rows, wrong=reading.wrong)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("registry:import_preview", pk=batch.pk)
    return redirect("registry:import_done", pk=batch.pk)


def _read_again(batch: ImportBatch, *, mark: bool = False) -> tuple[Reading, bytes]:
    """The stored file, and with ``mark`` its copy with the errors; DomainError when it is gone or damaged."""
    try:
        with batch.file.open("rb") as file:
            reading = read_registry_file(file, kind=batch.kind, scheme=batch.scheme)
            return reading, error_copy(file, reading) if mark else b""
    except (OSError, SpreadsheetError):
        raise DomainError("找不到当时上传的文件，或文件已损坏，请重新上传一次。") from None


@requires(LEAD)
def import_errors(request: HttpRequest, pk: int) -> HttpResponse:
    """The uploaded file with a red 错误说明 column."""
    batch = get_object_or_404(ImportBatch.objects.select_related("scheme"), pk=pk)
    try:
        content = _read_again(batch, mark=True)[1]
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("registry:import_preview", pk=batch.pk)
    return _xlsx(content, f"{batch.filename.removesuffix('.xlsx')}-错误清单.xlsx")


@requires(LEAD, AUDITOR)
def import_done(request: HttpRequest, pk: int) -> HttpResponse:
    """Counts of a finished import."""
    batch = get_object_or_404(
        ImportBatch.objects.select_related("uploaded_by", "scheme"), pk=pk, state=ImportState.IMPORTED
    )
    context = {"batch": batch, "counts": batch.counts, "steps": STEPS}
    return render(request, "registry/import_done.html", context)
