"""Paper at the desk: the sheet signed by hand comes back as a scan."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from inspections import services
from inspections.enums import EvidenceKind
from inspections.forms.desk import ScanForm
from inspections.models import InspectionRecord
from inspections.views.showing import attempt
from registry.models import User
from registry.permissions import DEPT_ADMIN, INSPECTOR, requires


@requires(DEPT_ADMIN, INSPECTOR, methods=("GET", "POST"))
def task_scan(request: HttpRequest, pk: int) -> HttpResponse:
    """Upload the scan of a sheet signed on paper, beside those there are."""
    rows = InspectionRecord.objects.visible_to(request.user).select_related("selection__enterprise")
    record = get_object_or_404(rows, pk=pk)
    sent = request.method == "POST"
    form = ScanForm(request.POST if sent else None, request.FILES if sent else None)
    if attempt(request.user, form, f"scan:{pk}", lambda: _store(request.user, record, form)):
        messages.success(request, f"{record.selection.enterprise}：签字扫描件已上传。")
        return redirect("inspections:task_detail", record.pk)
    scans = record.evidence.filter(kind=EvidenceKind.SIGNED_SCAN)
    context = {"form": form, "record": record, "scans": scans}
    return render(request, "inspections/desk/task_scan.html", context)


def _store(user: User, record: InspectionRecord, form: ScanForm) -> dict[str, Any]:
    upload = form.cleaned_data["file"]
    row = services.add_evidence(actor=user, record=record, kind=EvidenceKind.SIGNED_SCAN, upload=upload)
    return {"pk": row.pk}
