"""Exports: ask for one, see how far it is, fetch the file. The auditor sees who exported what."""

from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from publicity import services
from publicity.enums import ExportState
from publicity.forms import ExportForm
from publicity.models import ExportJob
from publicity.views.pages import page_of
from registry import clock
from registry.access_log import personal_data_read
from registry.errors import DomainError
from registry.operations import new_key, once
from registry.permissions import AUDITOR, DEPT_ADMIN, LEAD, SYSADMIN, requires
from sampling.models import Plan

CONTENT_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".json": "application/json",
    ".pdf": "application/pdf",
}


def _request_export(request: HttpRequest, form: ExportForm) -> bool:
    """Ask for the export of a valid form; ``False`` when refused, with the reason beside the form."""
    data = form.cleaned_data
    parameters = {"as_of": data["as_of"].isoformat(), "records": request.POST.getlist("records")}

    def effect() -> dict[str, Any]:
        plan, kind = data["plan"], data["kind"]
        return {"export": services.request_export(actor=request.user, plan=plan, kind=kind, parameters=parameters).pk}

    try:
        once(key=data["key"], user=request.user, action="publicity:export", effect=effect)
    except DomainError as refusal:
        form.add_error(None, refusal.message)
        return False
    return True


@requires(LEAD, DEPT_ADMIN, methods=("GET", "POST"))
def export_new(request: HttpRequest) -> HttpResponse:
    """Choose what to export; the file is made in the background."""
    plans = Plan.objects.visible_to(request.user).order_by("-created_at")
    initial = {"key": new_key(), "plan": request.GET.get("plan", "")[:12], "kind": request.GET.get("kind", "")[:20]}
    form = ExportForm(request.POST or None, plans=plans, initial=initial)
    if request.method == "POST" and form.is_valid() and _request_export(request, form):
        messages.success(request, "已开始生成，做好后在这里下载；文件保留 7 天。")
        return redirect("publicity:export_list")
    return render(request, "publicity/export_new.html", {"form": form})


@requires(LEAD, DEPT_ADMIN, methods=("POST",))
def print_new(request: HttpRequest) -> HttpResponse:
    """打印所选 of the task list: a job, because many forms take longer than a request may."""
    chosen, blank = request.POST.getlist("records"), "blank" in request.POST

    def effect() -> dict[str, Any]:
        jobs = services.request_prints(actor=request.user, records=chosen, blank=blank)
        return {"count": sum(len(job.parameters["records"]) for job in jobs), "files": len(jobs)}

    try:
        key = request.POST.get("key", "")
        answer, _now = once(key=key, user=request.user, action="publicity:print", effect=effect)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("inspections:task_list")
    files = f"，演练的另成一个文件，共 {answer['files']} 个" if answer["files"] > 1 else ""
    messages.success(request, f"正在生成 {answer['count']} 份一企一表{files}，做好后在这里下载。")
    return redirect("publicity:export_list")


@requires(LEAD, DEPT_ADMIN, SYSADMIN, methods=("POST",))
def export_rows(request: HttpRequest, name: str) -> HttpResponse:
    """导出 Excel of a list as it was on the screen: same filter, same columns."""
    query = request.POST.get("query", "")

    def effect() -> dict[str, Any]:
        return {"export": services.request_list(actor=request.user, name=name, query=query).pk}

    once(key=request.POST.get("key", ""), user=request.user, action=f"publicity:list:{name}", effect=effect)
    messages.success(request, "已开始生成，做好后在这里下载；文件保留 7 天。")
    return redirect("publicity:export_list")


@requires(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN)
def export_list(request: HttpRequest) -> HttpResponse:
    """My exports; for the auditor everybody's."""
    rows = ExportJob.objects.visible_to(request.user).select_related("plan", "requested_by__department")
    context = {
        "states": ExportState,
        "unfinished": (ExportState.WAITING, ExportState.RUNNING),
        "everybody": bool(request.user.roles & {AUDITOR, SYSADMIN}),
        "may_export": bool(request.user.roles & {LEAD, DEPT_ADMIN}),
        **page_of(request, rows),
    }
    context["busy"] = any(job.state in context["unfinished"] for job in context["page"])
    return render(request, "publicity/export_list.html", context)


def _why_not(export: ExportJob) -> str:
    """Why there is no file to fetch, and what to do; empty when there is one."""
    if export.state == ExportState.EXPIRED or (export.expires_at and export.expires_at <= clock.now()):
        return "这个文件保留 7 天，已经过期。请重新导出。"
    if export.state != ExportState.READY:
        return f"文件还不能下载（{export.get_state_display()}）。请回到导出列表看进度。"
    return "" if default_storage.exists(export.file.name) else "文件不在了，可能已被清理。请重新导出。"


@requires(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN)
def export_file(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The file of a finished export, while it lasts."""
    export = get_object_or_404(ExportJob.objects.visible_to(request.user), pk=pk)
    problem = _why_not(export)
    if problem:
        context = {"message": problem, "back_url": reverse("publicity:export_list")}
        return render(request, "409.html", context, status=409)
    if export.personal:
        personal_data_read(user=request.user, what="导出文件", key=export.pk)
    suffix = "." + export.file.name.rsplit(".", 1)[-1]
    return FileResponse(
        export.file.open("rb"), as_attachment=True, filename=export.filename, content_type=CONTENT_TYPES[suffix]
    )


@requires(LEAD, DEPT_ADMIN, SYSADMIN, methods=("POST",))
def export_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a failed export again."""
    export = get_object_or_404(ExportJob.objects.visible_to(request.user), pk=pk)
    services.retry_export(actor=request.user, export=export)
    messages.success(request, "已重新开始生成。")
    return redirect("publicity:export_list")
